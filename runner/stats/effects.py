"""Standardised sizes of effects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.stats.moments import Moments

Floats = NDArray[np.float64]


def hedges(arm: Moments, control: Moments) -> Floats:
    """Return the difference of means in units of the root mean variance, float64 (rows,).

    A number without unit. The small-sample factor takes out the upward bias. NaN without spread.

    Source: L. V. Hedges (1981), g with the exact factor; J. Cohen (1988) for the mean variance.
    """
    pooled = np.sqrt((arm.variance + control.variance) / 2)
    size = np.divide(
        arm.mean - control.mean, pooled, out=np.full(pooled.shape, np.nan), where=pooled > 0
    )
    return np.asarray(size * small_sample_factor(arm.n + control.n - 2), dtype=np.float64)


def small_sample_factor(df: Floats) -> Floats:
    """Return Hedges' factor `gamma(df/2) / (sqrt(df/2) gamma((df-1)/2))`, float64 as `df`.

    Below 1 and rising to 1 with the degrees of freedom; NaN where `df` is 1 or less.

    Source: L. V. Hedges (1981), the exact correction J of his g.
    """
    from scipy.special import gammaln

    half = np.where(df > 1, df, np.nan) / 2
    return np.asarray(np.exp(gammaln(half) - gammaln(half - 0.5)) / np.sqrt(half))
