"""Compute cost and power tables exactly, with whole numbers from the decimal text of a parameter.

In floating point 100 * 1.15 floors to 114; the right value is 115.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

BEYOND = 2**50  # more than anybody ever has of anything; sums of it still fit into 64 bits


def exact(value: float) -> Fraction:
    """Return the number that a parameter's shortest decimal text means."""
    return Fraction(repr(float(value)))


def growth_table(base: float, growth: float, size: int) -> Ints:
    """Return floor(base * growth^k) for k = 0, ..., size - 1: int64 (size,), at most BEYOND."""
    step, value = exact(growth), exact(base)
    found = []
    for _ in range(size):
        found.append(min(value.numerator // value.denominator, BEYOND))
        value = min(value * step, Fraction(BEYOND))
    return np.array(found, dtype=np.int64)


def level_totals(base: float, growth: float, most: int) -> Ints:
    """Return the experience at which levels 1, 2, ... are reached: int64 (most,), 0 first.

    Reaching level L from L - 1 costs floor(base * growth^(L-1)).
    """
    costs = growth_table(base, growth, most)
    costs[0] = 0
    return np.cumsum(costs)


def floored_share(amounts: Ints, bonus: float) -> Ints:
    """Return floor(amount * (1 + bonus)), exactly; int64 like `amounts`."""
    factor = 1 + exact(bonus)
    return np.asarray(amounts * factor.numerator // factor.denominator, dtype=np.int64)


def least_whole(required: Ints, ratios: Sequence[float]) -> Ints:
    """Return the smallest whole own power with own / required >= ratio: int64 (n_ratios, n)."""
    rows = []
    for ratio in ratios:
        least = exact(ratio)
        rows.append([-(-int(r) * least.numerator // least.denominator) for r in required])
    return np.array(rows, dtype=np.int64).reshape(len(ratios), required.size)


def cents(usd: float) -> int:
    """Return an amount of money in whole cents, halves up."""
    amount = exact(usd) * 100
    return int((2 * amount.numerator + amount.denominator) // (2 * amount.denominator))
