"""The verdict rule on counts: bounds, edges, the replicates that decide."""

from __future__ import annotations

import itertools
import math

import pytest
from scipy import stats

from runner.accept import verdict_of, worst
from runner.accept.verdicts import Verdict, replicates_needed
from runner.stats import trials_to_separate, wilson, wilson_at

SHARES = (0.05, 0.5, 0.8, 0.9, 0.95, 0.99)
MARGINS = (0.0, 0.02, 0.1, 0.5)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 20, 99, 1000, 100_000])
def test_wilson_against_scipy(n: int) -> None:
    for passed in {0, 1, n // 3, n // 2, n - 1, n}:
        theirs = stats.binomtest(passed, n).proportion_ci(0.95, method="wilson")
        low, high = wilson(passed, n)
        assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
        assert 0 <= low <= passed / n <= high <= 1


@pytest.mark.parametrize("n", [1, 10, 500])
def test_wilson_inverts_the_score_test(n: int) -> None:
    """At a bound b, |share - b| is exactly z standard errors of b."""
    for passed in range(n + 1):
        for bound in wilson(passed, n):
            if 0 < bound < 1:
                error = math.sqrt(bound * (1 - bound) / n)
                assert abs(passed / n - bound) == pytest.approx(1.959963984540054 * error)


def test_wilson_bounds_of_all_and_none_are_closed() -> None:
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0


@pytest.mark.parametrize(("passed", "n", "expected"), [
    (0, 1, "fail"), (1, 1, "pass"), (999, 1000, "fail"), (1000, 1000, "pass"),
])  # fmt: skip
def test_share_one_forgives_nothing(passed: int, n: int, expected: str) -> None:
    judged = verdict_of(passed, n, 1.0, 0.1)
    assert (judged.verdict, judged.needed) == (expected, None)
    assert (judged.low, judged.high) == wilson(passed, n)


def test_nothing_evaluated_is_never_a_pass() -> None:
    judged = verdict_of(0, 0, 0.5, 0.1)
    assert (judged.verdict, judged.low, judged.needed) == ("not_evaluated", None, None)


@pytest.mark.parametrize(("passed", "n", "expected"), [
    (30, 32, "inconclusive"), (32, 32, "pass"), (22, 22, "pass"), (21, 21, "inconclusive"),
    (19, 20, "inconclusive"), (84, 100, "fail"), (91, 100, "inconclusive"), (95, 100, "pass"),
])  # fmt: skip
def test_share_of_95_percent(passed: int, n: int, expected: str) -> None:
    assert verdict_of(passed, n, 0.95, 0.10).verdict == expected


def decided(share: float, n: int, pass_share: float, margin: float) -> bool:
    """Tell by the words of the design alone whether a share is decided with n replicates."""
    low, high = wilson_at(share, n)
    return high < pass_share or (share >= pass_share and low >= pass_share - margin)


@pytest.mark.parametrize(("pass_share", "margin"), list(itertools.product(SHARES, MARGINS)))
def test_replicates_needed_is_the_smallest_that_decides(pass_share: float, margin: float) -> None:
    for n in (1, 2, 5, 9, 20, 33):
        for passed in range(n + 1):
            judged = verdict_of(passed, n, pass_share, margin)
            if judged.verdict != "inconclusive":
                assert judged.needed is None
            elif judged.needed is not None and judged.needed < 20_000:
                counts = range(1, judged.needed)
                assert decided(passed / n, judged.needed, pass_share, margin)
                assert not any(decided(passed / n, m, pass_share, margin) for m in counts)
                assert judged.needed > n


def test_replicates_needed_lead_to_that_verdict() -> None:
    """A share that n replicates can have again is decided by the number told, not by one fewer."""
    for passed, n in ((9, 10), (19, 20), (3, 4), (7, 8)):
        needed = verdict_of(passed, n, 0.85, 0.1).needed
        if needed is not None:
            whole = math.ceil(needed / n) * n
            assert verdict_of(passed * whole // n, whole, 0.85, 0.1).verdict != "inconclusive"


@pytest.mark.parametrize(("passed", "n", "pass_share", "margin"), [
    (19, 20, 0.95, 0.0),   # on the bar, and the lower bound never reaches the share itself
    (949_999, 1_000_000, 0.95, 0.0),
])  # fmt: skip
def test_no_number_of_replicates_decides(
    passed: int, n: int, pass_share: float, margin: float
) -> None:
    judged = verdict_of(passed, n, pass_share, margin)
    assert (judged.verdict, judged.needed) == ("inconclusive", None)


def test_more_than_a_study_may_have_is_none() -> None:
    assert replicates_needed(19, 20, 0.9501, 0.0) is None
    assert trials_to_separate(0.95, 0.9501) > 1_000_000


@pytest.mark.parametrize(("pass_share", "margin"), list(itertools.product(SHARES, MARGINS)))
def test_more_passes_never_make_it_worse(pass_share: float, margin: float) -> None:
    order = ["fail", "inconclusive", "pass"]
    for n in (1, 5, 30, 200):
        ranks = [
            order.index(verdict_of(k, n, pass_share, margin).verdict) for k in range(n + 1)
        ]  # fmt: skip
        assert ranks == sorted(ranks)


def test_more_replicates_at_the_same_share_never_undecide() -> None:
    for passed, n in ((1, 2), (4, 5), (9, 10), (10, 10), (19, 20)):
        verdicts = [verdict_of(passed * k, n * k, 0.9, 0.1).verdict for k in range(1, 200)]
        first = next((i for i, v in enumerate(verdicts) if v != "inconclusive"), len(verdicts))
        assert len(set(verdicts[first:])) <= 1


def test_a_wider_margin_never_makes_it_worse() -> None:
    for passed in range(41):
        order = ["fail", "inconclusive", "pass"]
        ranks = [order.index(verdict_of(passed, 40, 0.9, m).verdict) for m in MARGINS]
        assert ranks == sorted(ranks)


@pytest.mark.parametrize(("verdicts", "expected"), [
    ([], "not_evaluated"), (["pass"], "pass"), (["pass", "not_evaluated"], "not_evaluated"),
    (["not_evaluated", "inconclusive", "pass"], "inconclusive"),
    (["pass", "fail", "inconclusive"], "fail"),
])  # fmt: skip
def test_worst(verdicts: list[Verdict], expected: str) -> None:
    assert worst(verdicts) == expected
