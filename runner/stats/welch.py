"""The comparison of two means from independent replicates, whose spreads may differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.stats.differences import MeanDifference
from runner.stats.moments import moments

Floats = NDArray[np.float64]


def welch(arm: Floats, control: Floats) -> MeanDifference:
    """Return what independent samples tell of a difference; float64 (rows, n) and (rows, m).

    A NaN is left out. `df` is n + m - 2 where neither sample has any spread.

    Source: B. L. Welch (1947), with the degrees of freedom of Satterthwaite (1946).
    """
    own, other = moments(arm), moments(control)
    of_mean = [m.variance / np.maximum(m.n, 1) for m in (own, other)]
    total = of_mean[0] + of_mean[1]
    parts = [v**2 / np.maximum(m.n - 1, 1) for v, m in zip(of_mean, (own, other), strict=True)]
    divisor = parts[0] + parts[1]
    df = np.divide(total**2, divisor, out=own.n + other.n - 2, where=divisor > 0)
    return MeanDifference(
        arm=own,
        control=other,
        covariance=np.zeros_like(total),
        se=np.sqrt(total),
        df=np.where(np.isnan(total), np.nan, df),
    )
