"""Chances of each verdict: exact binomial sums against enumeration, and the stated error rates."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from runner.accept import verdict_of

Z2 = stats.norm.ppf(0.975) ** 2
SIZES = (1, 2, 3, 10, 20, 32, 50, 100, 317)
SHARES = (0.05, 0.5, 0.75, 0.9, 0.95, 0.99)
MARGINS = (0.0, 0.05, 0.1)
TRUE = (0.0, 0.3, 0.85, 0.9, 0.95, 0.99, 1.0)


def enumerated(n: int, true: float, pass_share: float, margin: float) -> dict[str, float]:
    """Return the chance of each verdict by going through all counts."""
    found = {"pass": 0.0, "fail": 0.0, "inconclusive": 0.0}
    chances = stats.binom.pmf(np.arange(n + 1), n, true)
    for passed, chance in enumerate(chances.tolist()):
        found[verdict_of(passed, n, pass_share, margin).verdict] += chance
    return found


def exact(n: int, true: float, pass_share: float, margin: float) -> dict[str, float]:
    """Return the chance of each verdict from the critical counts of the score test.

    The upper bound lies below p when n (p - s)^2 > z^2 p (1 - p) and s < p; the lower bound
    reaches q = p - margin when n (s - q)^2 >= z^2 q (1 - q) and s > q.
    """
    share, low = pass_share, pass_share - margin
    most_that_fail = math.ceil(n * share - math.sqrt(n * Z2 * share * (1 - share)) - 1e-12) - 1
    reach = n * low + math.sqrt(max(0.0, n * Z2 * low * (1 - low)))
    least_that_pass = math.ceil(max(n * share, reach) - 1e-9)
    fail = float(stats.binom.cdf(most_that_fail, n, true))
    passes = float(stats.binom.sf(least_that_pass - 1, n, true))
    return {"pass": passes, "fail": fail, "inconclusive": 1 - passes - fail}


@pytest.mark.parametrize(
    ("n", "pass_share", "margin"), list(itertools.product(SIZES, SHARES, MARGINS))
)
def test_chances_of_verdicts_are_binomial(n: int, pass_share: float, margin: float) -> None:
    for true in TRUE:
        seen = enumerated(n, true, pass_share, margin)
        assert seen == pytest.approx(exact(n, true, pass_share, margin), abs=1e-9)


@pytest.mark.parametrize("n", [1, 5, 64])
@pytest.mark.parametrize("true", [0.9, 0.99, 1.0])
def test_share_one_passes_with_chance_true_to_the_n(n: int, true: float) -> None:
    seen = enumerated(n, true, 1.0, 0.1)
    assert seen == pytest.approx({"pass": true**n, "fail": 1 - true**n, "inconclusive": 0.0})


def false_fail(n: int, pass_share: float) -> float:
    """Return the largest chance of `fail` when the true share reaches the one required."""
    return enumerated(n, pass_share, pass_share, 0.1)["fail"]


def false_pass(n: int, pass_share: float, margin: float = 0.1) -> float:
    """Return the largest chance of `pass` when the true share is short by the margin or more."""
    return enumerated(n, pass_share - margin, pass_share, margin)["pass"]


def test_errors_are_largest_at_the_edge() -> None:
    for n in (5, 20, 100):
        fails = [enumerated(n, t, 0.9, 0.1)["fail"] for t in np.linspace(0.9, 1, 21)]
        passes = [enumerated(n, t, 0.9, 0.1)["pass"] for t in np.linspace(0, 0.8, 21)]
        assert fails == sorted(fails, reverse=True)
        assert passes == sorted(passes)


@pytest.mark.parametrize(("pass_share", "least"), [(0.5, 20), (0.8, 30), (0.9, 50), (0.95, 100)])
def test_false_alarms_stay_below_5_percent_from_here(pass_share: float, least: int) -> None:
    assert max(false_fail(n, pass_share) for n in range(least, 400)) < 0.05


@pytest.mark.parametrize("pass_share", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_false_passes_stay_below_5_percent_from_10_replicates(pass_share: float) -> None:
    assert max(false_pass(n, pass_share) for n in range(10, 400)) < 0.05


def test_few_replicates_fail_too_easily() -> None:
    """Stated in docs/acceptance.md: 2 of 3 passing already fails a share of 95 %."""
    assert false_fail(3, 0.95) == pytest.approx(1 - 0.95**3)
    assert max(false_fail(n, 0.95) for n in range(1, 400)) == pytest.approx(0.142625)
