"""Judge a family of statistical tests at one stated rate of false alarms.

Each test gives a p-value. The family fails when any p-value is so small that a perfect generator
would show it less often than the stated rate, over all tests together (Bonferroni); it is
inconclusive when the smallest is merely odd, and then a larger sample is the answer, not a rerun
until it passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Verdict = Literal["pass", "fail", "inconclusive"]
Floats = NDArray[np.float64]

FALSE_ALARMS = 1e-6
ODD = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The verdict on a family of tests, with its smallest p-value and where that stood."""

    verdict: Verdict
    test: str
    p_value: float
    n_tests: int


def judge(
    p_values: Mapping[str, float], *, false_alarms: float = FALSE_ALARMS, odd: float = ODD
) -> Evidence:
    """Judge two-sided p-values by name; both rates hold for the family, not for one test."""
    if not p_values or any(math.isnan(p) for p in p_values.values()):
        raise ValueError("every test must give a p-value")
    test = min(p_values, key=lambda name: p_values[name])
    corrected = p_values[test] * len(p_values)
    verdict: Verdict = "pass"
    if corrected < odd:
        verdict = "fail" if corrected < false_alarms else "inconclusive"
    return Evidence(verdict=verdict, test=test, p_value=p_values[test], n_tests=len(p_values))


def two_sided(z: float) -> float:
    """Return the p-value of a standard normal statistic."""
    return float(2 * stats.norm.sf(abs(z)))


def chi_square(counts: NDArray[np.integer], expected: float | Floats) -> float:
    """Return the p-value of counts; both a bad fit and a fit too good to be true are small."""
    statistic = float(np.sum((counts - expected) ** 2 / expected))
    degrees = counts.size - 1
    upper, lower = stats.chi2.sf(statistic, degrees), stats.chi2.cdf(statistic, degrees)
    return float(min(1.0, 2 * min(upper, lower)))


def uniformity(u: Floats, cells: int = 1024) -> float:
    """Return the p-value of equal counts in equal cells."""
    counts = np.bincount((u * cells).astype(np.intp), minlength=cells)
    return chi_square(counts, u.size / cells)


def pairs(u: Floats, v: Floats, side: int = 64) -> float:
    """Return the p-value of equal counts in the squares of a board, one point per pair."""
    board = (u * side).astype(np.intp) * side + (v * side).astype(np.intp)
    return chi_square(np.bincount(board, minlength=side * side), u.size / side**2)


def correlation(u: Floats, v: Floats) -> float:
    """Return the p-value of no linear correlation."""
    product = float(np.mean((u - 0.5) * (v - 0.5)))
    return two_sided(product * 12 * math.sqrt(u.size))


def bit_balance(u: Floats, bits: int = 53) -> dict[str, float]:
    """Return one p-value per bit: as many ones as zeros."""
    words = (u * 2.0**53).astype(np.uint64)
    found = {}
    for bit in range(bits):
        ones = int(np.count_nonzero(words >> np.uint64(bit) & np.uint64(1)))
        found[f"bit {bit}"] = two_sided((2 * ones - u.size) / math.sqrt(u.size))
    return found


def avalanche(u: Floats, v: Floats, bits: int = 53) -> float:
    """Return the p-value of half the bits differing, pair by pair: the spread counts as well."""
    differing = np.bitwise_count((u * 2.0**53).astype(np.uint64) ^ (v * 2.0**53).astype(np.uint64))
    z_mean = (float(np.mean(differing)) - bits / 2) / math.sqrt(bits / 4 / u.size)
    fourth = (3 * bits**2 - 2 * bits) / 16
    z_spread = (float(np.mean((differing - bits / 2.0) ** 2)) - bits / 4) / math.sqrt(
        (fourth - (bits / 4) ** 2) / u.size
    )
    return min(1.0, 2 * min(two_sided(z_mean), two_sided(z_spread)))


def runs(u: Floats) -> float:
    """Return the p-value of the number of runs above and below one half."""
    above = u >= 0.5
    changes = int(np.count_nonzero(above[1:] != above[:-1]))
    n = u.size - 1
    return two_sided((2 * changes - n) / math.sqrt(n))


def birthday_spacings(u: Floats, days_log2: int, birthdays_log2: int) -> float:
    """Return the p-value of repeated spacings between sorted points of a long year.

    Source: G. Marsaglia and W. W. Tsang, "Some difficult-to-pass tests of randomness" (2002).
    """
    size, days = 1 << birthdays_log2, 1 << days_log2
    whole = u[: u.size // size * size].reshape(-1, size)
    born = np.sort((whole * days).astype(np.int64), axis=1)
    spacings = np.sort(np.diff(born, axis=1), axis=1)
    repeats = int(np.count_nonzero(np.diff(spacings, axis=1) == 0))
    expected = whole.shape[0] * size**3 / (4 * days)
    upper, lower = stats.poisson.sf(repeats - 1, expected), stats.poisson.cdf(repeats, expected)
    return float(min(1.0, 2 * min(upper, lower)))


def collisions(u: Floats, urns_log2: int) -> float:
    """Return the p-value of the number of points that fall into an occupied urn."""
    urns = float(1 << urns_log2)
    occupied = np.unique((u * urns).astype(np.int64)).size
    expected = u.size - urns * -np.expm1(u.size * np.log1p(-1 / urns))
    found = u.size - occupied
    upper, lower = stats.poisson.sf(found - 1, expected), stats.poisson.cdf(found, expected)
    return float(min(1.0, 2 * min(upper, lower)))


def same_distribution(u: Floats, v: Floats) -> float:
    """Return the p-value of the two-sample Kolmogorov-Smirnov test."""
    return float(stats.ks_2samp(u, v, method="asymp").pvalue)
