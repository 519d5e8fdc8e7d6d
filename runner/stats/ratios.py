"""Intervals for the ratio of two means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.stats.differences import MeanDifference
from runner.stats.student import t_quantile

Floats = NDArray[np.float64]


def fieller(means: MeanDifference, confidence: float) -> tuple[Floats, Floats]:
    """Return the ends of the interval of mean(arm) / mean(control), float64 (rows,).

    Numbers without unit. NaN where the interval is unbounded: the control's mean is not clearly
    away from zero.

    Source: E. C. Fieller (1954), the r with (a - r c)^2 <= t^2 Var(a - r c).
    """
    a, c = means.arm.mean, means.control.mean
    t2 = t_quantile(means.df, confidence) ** 2
    var_a, var_c = (m.variance / np.maximum(m.n, 1) for m in (means.arm, means.control))
    leading = c**2 - t2 * var_c
    middle = a * c - t2 * means.covariance
    is_bounded = leading > 0
    root = np.sqrt(np.maximum(middle**2 - leading * (a**2 - t2 * var_a), 0.0))
    divisor = np.where(is_bounded, leading, np.nan)
    return (middle - root) / divisor, (middle + root) / divisor
