"""Studentised bootstrap intervals of means and of differences of means.

Sums over a resample are exact: values are put on a grid so coarse that no bit is lost and so fine
that it does not matter (at most 2^-11 sd up to 1,000 replicates). Therefore a row's interval does
not depend on the other rows, on blocks, on threads or on the machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from runner.stats.moments import moments

Floats: TypeAlias = NDArray[np.float64]
Resampler = Callable[[int, int, int], Floats]
"""`(n, first, last)` -> float64 (last - first, n): how often resamples hold each of n values."""

_BLOCK = 2_000_000  # numbers in memory at once
_BITS = 26  # half of a float64: squares are exact too
_FEWEST_BITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """How to resample: how often, at which confidence, and from which draws.

    `arm` serves pairs and arms, `control` the control's own replicates where they are independent.
    """

    resamples: int
    confidence: float
    arm: Resampler
    control: Resampler


def bootstrap_mean(values: Floats, how: Bootstrap) -> tuple[Floats, Floats]:
    """Return the bootstrap-t interval of the mean of each row: `values` float64 (rows, n).

    Its ends are float64 (rows,) in the unit of `values`. A NaN is left out. NaN where the interval
    has no ends: fewer than four values as a rule, since too many resamples then repeat one value,
    or no spread.

    Source: B. Efron, R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 12.5.
    """
    return _by_count((values,), lambda parts: _one_sample(parts[0], how))


def bootstrap_difference(arm: Floats, control: Floats, how: Bootstrap) -> tuple[Floats, Floats]:
    """Return the bootstrap-t interval of mean(arm) - mean(control), independent samples.

    `arm` float64 (rows, n), `control` float64 (rows, m); each is resampled by itself. The ends are
    float64 (rows,) in the unit of both; NaN as in `bootstrap_mean`.

    Source: Efron and Tibshirani (1993), chapters 8.3 and 12.5.
    """
    return _by_count((arm, control), lambda parts: _two_samples(parts[0], parts[1], how))


def _by_count(
    samples: tuple[Floats, ...], interval: Callable[[list[Floats]], tuple[Floats, Floats]]
) -> tuple[Floats, Floats]:
    """Apply `interval` to rows of equal counts together, in blocks, their NaN removed."""
    counts = np.stack([np.sum(~np.isnan(s), axis=-1) for s in samples], axis=-1)
    low, high = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    for sizes in np.unique(counts, axis=0):
        if sizes.min() < 2:  # noqa: PLR2004 - one value has no spread
            continue
        for rows in _blocks(np.flatnonzero((counts == sizes).all(axis=-1)), int(sizes.max())):
            parts = [_filled(s[rows], int(n)) for s, n in zip(samples, sizes, strict=True)]
            low[rows], high[rows] = interval(parts)
    return low, high


def _blocks(rows: NDArray[np.intp], n: int) -> Iterator[NDArray[np.intp]]:
    size = max(1, _BLOCK // max(n, 2000))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _filled(values: Floats, n: int) -> Floats:
    """Return the n values of each row side by side, in order: float64 (rows, n)."""
    if values.shape[-1] == n:
        return values
    return values[~np.isnan(values)].reshape(len(values), n)


def _one_sample(values: Floats, how: Bootstrap) -> tuple[Floats, Floats]:
    spread = moments(values)
    shift, variance = _resampled(values, how.resamples, how.arm)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = shift / np.sqrt(variance)
    return _turned(t, spread.mean, np.sqrt(spread.variance / spread.n), how.confidence)


def _two_samples(arm: Floats, control: Floats, how: Bootstrap) -> tuple[Floats, Floats]:
    own, other = moments(arm), moments(control)
    shift, variance = _resampled(arm, how.resamples, how.arm)
    shift_other, variance_other = _resampled(control, how.resamples, how.control)
    shift = shift * own.sd[:, None] - shift_other * other.sd[:, None]
    total = variance * own.variance[:, None] + variance_other * other.variance[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = shift / np.sqrt(total)
    se = np.sqrt(own.variance / own.n + other.variance / other.n)
    return _turned(t, own.mean - other.mean, se, how.confidence)


def _resampled(values: Floats, resamples: int, draw: Resampler) -> tuple[Floats, Floats]:
    """Return the mean of each resample and its squared standard error, float64 (rows, resamples).

    In units of the row's sd and its square, the row's mean at zero.
    """
    n = values.shape[-1]
    grid = _on_grid(values)
    shift, variance = (np.empty((len(values), resamples)) for _ in range(2))
    step = max(1, _BLOCK // n)
    for first in range(0, resamples, step):
        last = min(first + step, resamples)
        weights = draw(n, first, last).T
        total, squares = grid @ weights, grid**2 @ weights
        shift[:, first:last] = total / n
        variance[:, first:last] = (n * squares - total**2) / (n * n * (n - 1.0))
    return shift, variance


def _on_grid(values: Floats) -> Floats:
    """Return values as multiples of 2^-bits of their row's sd, around the row's mean."""
    n = values.shape[-1]
    digits = math.ceil(math.log2(n))
    unit = 2.0 ** -max(_BITS - (3 * digits + 1) // 2, _FEWEST_BITS)
    spread = moments(values)
    sd = np.where(spread.variance > 0, spread.sd, 1.0)
    return np.asarray(np.round((values - spread.mean[:, None]) / sd[:, None] / unit) * unit)


def _turned(t: Floats, centre: Floats, se: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return `centre - t se` at the upper and the lower quantile of the bootstrapped t."""
    resamples = t.shape[-1]
    rank = max(1, math.floor((resamples + 1) * (1 - confidence) / 2))
    t[np.isnan(t)] = 0.0  # a resample that repeats one value at the very mean
    ranked = np.partition(t, [rank - 1, resamples - rank], axis=-1)
    low = centre - ranked[:, resamples - rank] * se
    high = centre - ranked[:, rank - 1] * se
    has_ends = np.isfinite(low) & np.isfinite(high) & (se > 0)
    return np.where(has_ends, low, np.nan), np.where(has_ends, high, np.nan)
