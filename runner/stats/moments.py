"""Counts, means and variances of rows that may lack values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Of each row: `n` values (float64), their `mean` and `variance` (divisor n - 1).

    All are float64 of the shape before the last axis. Mean is NaN without a value, variance NaN
    with fewer than two.
    """

    n: Floats
    mean: Floats
    variance: Floats

    @property
    def sd(self) -> Floats:
        """Standard deviation, divisor n - 1, in the unit of the values; NaN with fewer than two."""
        return np.sqrt(self.variance)


def moments(values: Floats) -> Moments:
    """Return the moments of the last axis of `values`: float64 (..., n), NaN where there is none.

    Source: the two-pass algorithm, T. Chan, G. Golub, R. LeVeque (1983).
    """
    has_value = ~np.isnan(values)
    n = has_value.sum(axis=-1, dtype=np.float64)
    mean = np.where(has_value, values, 0.0).sum(axis=-1) / _or_nan(n)
    residual = np.where(has_value, values - mean[..., None], 0.0)
    return Moments(n=n, mean=mean, variance=(residual**2).sum(axis=-1) / _or_nan(n - 1))


def covariance(first: Floats, second: Floats) -> Floats:
    """Return the covariance (divisor n - 1) of the pairs of each row; both float64 (..., n).

    A pair with a NaN does not count; NaN with fewer than two pairs. Float64 (...,), in the product
    of both units.

    Source: the two-pass algorithm, T. Chan, G. Golub, R. LeVeque (1983).
    """
    both = ~(np.isnan(first) | np.isnan(second))
    n = both.sum(axis=-1, dtype=np.float64)
    centred = [_centred(values, both, n) for values in (first, second)]
    return np.asarray((centred[0] * centred[1]).sum(axis=-1) / _or_nan(n - 1), dtype=np.float64)


def _centred(values: Floats, counts: NDArray[np.bool_], n: Floats) -> Floats:
    mean = np.where(counts, values, 0.0).sum(axis=-1) / _or_nan(n)
    return np.where(counts, values - mean[..., None], 0.0)


def _or_nan(count: Floats) -> Floats:
    """Return a divisor: NaN instead of zero and less, so that nothing divides by them."""
    return np.where(count > 0, count, np.nan)
