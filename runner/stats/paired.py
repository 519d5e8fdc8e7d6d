"""The paired comparison of two means: the same replicate seen in both arms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.stats.differences import MeanDifference
from runner.stats.moments import covariance, moments

Floats = NDArray[np.float64]


def paired(arm: Floats, control: Floats) -> MeanDifference:
    """Return what pairs tell of a difference; both float64 (rows, n), pairs side by side.

    Pairs with a NaN are left out on both sides.

    Source: Student (1908), the t test of differences, n - 1 degrees of freedom.
    """
    both = ~(np.isnan(arm) | np.isnan(control))
    own, other = (np.where(both, values, np.nan) for values in (arm, control))
    spread = moments(own - other)
    return MeanDifference(
        arm=moments(own),
        control=moments(other),
        covariance=covariance(own, other) / np.maximum(spread.n, 1),
        se=np.sqrt(spread.variance / np.maximum(spread.n, 1)),
        df=spread.n - 1,
    )
