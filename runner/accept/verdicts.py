"""Turn passes among replicates into a verdict at stated error rates."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from runner.stats import trials_to_separate, wilson, wilson_at

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
    verdict = _decide(passed / evaluated, evaluated, pass_share, margin)
    needed = None
    if verdict == "inconclusive":
        needed = replicates_needed(passed, evaluated, pass_share, margin)
    return Judgement(
        verdict=verdict, passed=passed, evaluated=evaluated, low=low, high=high, needed=needed
    )


def replicates_needed(passed: int, evaluated: int, pass_share: float, margin: float) -> int | None:
    """Return the fewest replicates at which the share `passed / evaluated` would be decided.

    None when that is more than a study may have: the share lies too near the one required, or
    with margin 0 on it.
    """
    share = passed / evaluated
    bound = pass_share if share < pass_share else pass_share - margin
    meets = trials_to_separate(share, bound)
    if meets > _MOST_REPLICATES:
        return None
    first = max(1, math.floor(meets) - 1)  # the closed form and the bounds round differently
    nearby = range(first, first + 4)
    return next(n for n in nearby if _decide(share, n, pass_share, margin) != "inconclusive")


def _decide(share: float, n: int, pass_share: float, margin: float) -> Verdict:
    if pass_share >= 1.0:
        return "pass" if share >= 1.0 else "fail"
    low, high = wilson_at(share, n)
    if high < pass_share:
        return "fail"
    if share >= pass_share and low >= pass_share - margin:
        return "pass"
    return "inconclusive"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the most severe verdict: fail, inconclusive, not_evaluated, pass; none: the third."""
    found = list(verdicts)
    return max(found, key=_SEVERITY.index) if found else "not_evaluated"
