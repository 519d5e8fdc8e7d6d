"""Split the variance of a grid of runs into what its parts contribute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Variance of one run about its cell's mean, split in two: float64 scalars.

    `between_replicates` is that of a replicate's expectation, `within_replicate` that of its runs
    about it; with one run per replicate the first holds both and the second is NaN.
    """

    between_replicates: float
    within_replicate: float


def within_cells(values: Floats) -> Within:
    """Return the variance components of `values`: float64 (cells, replicates, runs), NaN missing.

    In the squared unit of `values`; NaN where no cell has two values to compare.

    Source: the one-way random-effects model, S. Searle et al., Variance Components (1992), 3.5;
    a negative estimate is put to zero.
    """
    runs = values.shape[-1]
    means = nan_mean(values, axis=-1)
    of_means = _pooled_variance(means)
    if runs == 1:
        return Within(between_replicates=of_means, within_replicate=np.nan)
    own = _pooled_variance(values)
    between = max(0.0, of_means - own / runs) if own == own else of_means  # noqa: PLR0124 - NaN
    return Within(between_replicates=between, within_replicate=own)


def main_effects(means: Floats, factors: list[Codes]) -> tuple[list[float], float]:
    """Return each factor's share of the variance of cell means, and what is left over.

    `means` float64 (cells,); each of `factors` int64 (cells,) numbers the levels. Level means are
    taken out one factor after the other: on a full grid these are the classical main effects, in
    any order; where cells are missing an earlier factor gets what two have in common. All are in
    the squared unit of `means` and add up to their variance with divisor `cells`.

    Source: sequential sums of squares, R. A. Fisher (1925).
    """
    left = means - means.mean()
    found = []
    for codes in factors:
        counts = np.bincount(codes)
        level = np.bincount(codes, weights=left) / np.maximum(counts, 1)
        found.append(float(np.mean(level[codes] ** 2)))
        left = left - level[codes]
    return found, float(np.mean(left**2))


def residual_variance(values: Floats) -> float:
    """Return the variance that is left without cell and replicate means: float64 (cells, n).

    It is the noise in differences between cells: with common random numbers far less than the
    variance within cells, in the squared unit of `values`. Only replicates that every cell has
    count; NaN with fewer than two.

    Source: the error mean square of the two-way layout without interaction, R. A. Fisher (1925).
    """
    whole = values[:, ~np.isnan(values).any(axis=0)]
    cells, n = whole.shape
    if cells < 2 or n < 2:  # noqa: PLR2004 - no degree of freedom is left
        return np.nan
    left = whole - whole.mean(axis=1, keepdims=True) - whole.mean(axis=0) + whole.mean()
    return float(np.sum(left**2) / ((cells - 1) * (n - 1)))


def nan_mean(values: Floats, axis: int) -> Floats:
    """Return the mean over `axis` of float64 values that are there; NaN without any."""
    has_value = ~np.isnan(values)
    count = has_value.sum(axis=axis)
    total = np.where(has_value, values, 0.0).sum(axis=axis)
    return np.asarray(total / np.where(count > 0, count, np.nan), dtype=np.float64)


def _pooled_variance(values: Floats) -> float:
    """Return the variance within the last axis, pooled over the others by degrees of freedom."""
    centred = values - nan_mean(values, axis=-1)[..., None]
    count = np.sum(~np.isnan(values), axis=-1)
    freedom = np.maximum(count - 1, 0).sum()
    return float(np.nansum(centred**2) / freedom) if freedom else np.nan
