"""Turn passes among replicates into a verdict at stated error rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from runner.stats import wilson

Verdict = Literal["pass", "fail", "inconclusive", "not_evaluated"]
_SEVERITY: tuple[Verdict, ...] = ("pass", "not_evaluated", "inconclusive", "fail")
_MOST_REPLICATES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with what it rests on.

    `low` and `high` are the Wilson 95 % bounds of the true passing share, `needed` the replicates
    that would decide at the present share (None when decided, or not to be decided).
    """

    verdict: Verdict
    passed: int
    evaluated: int
    low: float | None = None
    high: float | None = None
    needed: int | None = None


def verdict_of(passed: int, evaluated: int, pass_share: float, margin: float) -> Judgement:
    """Judge `passed` of `evaluated` replicates against a required passing share.

    With `pass_share` 1 one failure fails; otherwise the upper bound must fall below the share to
    fail, and to pass the observed share must reach it with a lower bound within `margin` of it.
    """
    if evaluated == 0:
        return Judgement(verdict="not_evaluated", passed=0, evaluated=0)
    low, high = wilson(passed, evaluated)
    verdict = _decide(passed, evaluated, pass_share, margin)
    needed = _needed(passed / evaluated, evaluated, pass_share, margin) if (
        verdict == "inconclusive"
    ) else None  # fmt: skip
    return Judgement(
        verdict=verdict, passed=passed, evaluated=evaluated, low=low, high=high, needed=needed
    )


def _decide(passed: int, n: int, pass_share: float, margin: float) -> Verdict:
    if pass_share >= 1.0:
        return "pass" if passed == n else "fail"
    low, high = wilson(passed, n)
    if high < pass_share:
        return "fail"
    if passed / n >= pass_share and low >= pass_share - margin:
        return "pass"
    return "inconclusive"


def _needed(share: float, n: int, pass_share: float, margin: float) -> int | None:
    """Return the fewest replicates that decide at this share, by doubling and bisection."""
    high = n
    while _decide(round(share * high), high, pass_share, margin) == "inconclusive":
        high *= 2
        if high > _MOST_REPLICATES:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if _decide(round(share * middle), middle, pass_share, margin) == "inconclusive":
            low = middle
        else:
            high = middle
    return high


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the most severe verdict: fail, inconclusive, not_evaluated, pass; none: the third."""
    found = list(verdicts)
    return max(found, key=_SEVERITY.index) if found else "not_evaluated"
