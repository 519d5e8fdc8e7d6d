"""Percentile intervals over resamples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def percentile_interval(samples: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the central interval of each row of `samples`: float64 (rows, n), NaN left out.

    Its ends are float64 (rows,) in the unit of `samples`. The p-quantile is the value of rank
    p (n + 1), between two ranks on the line through them; NaN with fewer than two values.

    Source: B. Efron (1979), the percentile interval; R. Hyndman, Y. Fan (1996), definition 6.
    """
    if not samples.shape[-1]:
        return np.full(samples.shape[:-1], np.nan), np.full(samples.shape[:-1], np.nan)
    ranked = np.sort(samples, axis=-1)  # NaN last
    n = np.sum(~np.isnan(ranked), axis=-1)
    tail = (1 - confidence) / 2
    return _at(ranked, n, tail * (n + 1) - 1), _at(ranked, n, (1 - tail) * (n + 1) - 1)


def _at(ranked: Floats, n: NDArray[np.int64], position: Floats) -> Floats:
    place = np.clip(position, 0, np.maximum(n - 1, 0))
    lower = np.floor(place).astype(np.int64)
    upper = np.minimum(lower + 1, np.maximum(n - 1, 0))
    below = np.take_along_axis(ranked, lower[..., None], axis=-1)[..., 0]
    above = np.take_along_axis(ranked, upper[..., None], axis=-1)[..., 0]
    found = below + (place - lower) * (above - below)
    return np.where(n > 1, found, np.nan)
