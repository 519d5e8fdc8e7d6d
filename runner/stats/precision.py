"""How many replicates make an interval as narrow as wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from runner.stats.student import t_quantile

Floats = NDArray[np.float64]
_FEWEST = 2.0
_MOST = 1e12
_NORMAL_DF = 1e9  # here t is the normal distribution


def replicates_for_half_width(
    sd: ArrayLike, half_width: ArrayLike, confidence: float, df_per_replicate: ArrayLike = 1.0
) -> Floats:
    """Return the fewest replicates n >= 2 with t sd / sqrt(n) <= half_width, float64 (rows,).

    `sd` is that of one replicate's contribution, in the unit of `half_width`; the degrees of
    freedom are `df_per_replicate` (n - 1). NaN where either is unknown or no n will do.

    Source: the half width of Student's interval (1908), solved for n by bisection.
    """
    spread, wanted, per = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (sd, half_width, df_per_replicate))
    )
    is_known = np.isfinite(spread) & (wanted > 0) & (per > 0)
    ratio = np.where(is_known, spread, 0.0) / np.where(is_known, wanted, 1.0)
    per = np.where(is_known, per, 1.0)
    low = np.clip(np.ceil((t_quantile(_NORMAL_DF, confidence) * ratio) ** 2), _FEWEST, _MOST)
    high = np.ceil((t_quantile(per * (low - 1), confidence) * ratio) ** 2)
    high = np.clip(high, low, _MOST)
    while (low < high).any():
        middle = np.floor((low + high) / 2)
        enough = (t_quantile(per * (middle - 1), confidence) * ratio) ** 2 <= middle
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
        low = np.minimum(low, high)
    return np.asarray(np.where(is_known & (low < _MOST), low, np.nan), dtype=np.float64)
