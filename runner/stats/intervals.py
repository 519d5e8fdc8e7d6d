"""Intervals for a mean over independent replicates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def t_half_width(n: ArrayLike, sd: ArrayLike, confidence: float = 0.95) -> NDArray[np.float64]:
    """Return the half width of the Student t interval of a mean.

    `n` (replicates) and `sd` (their standard deviation, divisor n - 1) broadcast; with fewer than
    two replicates the half width is NaN, in the unit of `sd` otherwise.

    Source: Student (1908); t(1/2 + confidence/2, n - 1) * sd / sqrt(n).
    """
    from scipy.special import stdtrit

    count, spread = np.asarray(n, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    quantile = stdtrit(np.maximum(count - 1, 1), 0.5 + confidence / 2)
    half = quantile * spread / np.sqrt(np.maximum(count, 1))
    return np.asarray(np.where(count > 1, half, np.nan), dtype=np.float64)
