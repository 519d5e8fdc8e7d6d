"""Adjust p-values for the number of questions asked together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def holm(p_values: Floats) -> Floats:
    """Return adjusted p-values, float64 (rows, k): each row is one family of k tests.

    A NaN is no test and stays NaN. Rejecting where the adjusted value is at most alpha keeps the
    chance of any false rejection in a family at alpha or below, whatever the dependence.

    Source: S. Holm (1979), the sequentially rejective Bonferroni procedure.
    """
    order = np.argsort(p_values, axis=-1, kind="stable")  # NaN last
    ranked = np.take_along_axis(p_values, order, axis=-1)
    tests = np.sum(~np.isnan(ranked), axis=-1, keepdims=True)
    left = np.maximum(tests - np.arange(p_values.shape[-1]), 1)
    stepped = np.minimum(np.fmax.accumulate(ranked * left, axis=-1), 1.0)
    adjusted = np.empty_like(p_values)
    np.put_along_axis(adjusted, order, np.where(np.isnan(ranked), np.nan, stepped), axis=-1)
    return adjusted
