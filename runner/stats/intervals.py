"""Intervals for a mean over independent replicates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from runner.stats.student import t_quantile


def t_half_width(n: ArrayLike, sd: ArrayLike, confidence: float = 0.95) -> NDArray[np.float64]:
    """Return the half width of the Student t interval of a mean.

    `n` (replicates) and `sd` (their standard deviation, divisor n - 1) broadcast; with fewer than
    two replicates the half width is NaN, in the unit of `sd` otherwise.

    Source: Student (1908); t(1/2 + confidence/2, n - 1) * sd / sqrt(n).
    """
    count, spread = np.asarray(n, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    quantile = t_quantile(count - 1, confidence)
    return np.asarray(quantile * spread / np.sqrt(np.maximum(count, 1)), dtype=np.float64)
