"""Judge an interval against a margin: equivalence, non-inferiority, bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"


def equivalence_level(confidence: float) -> float:
    """Return the confidence of the interval that stands for two one-sided tests.

    Each is done at 1 - `confidence`, a fraction, so the interval has 1 - 2 (1 - confidence): 0.90
    for 0.95.

    Source: D. J. Schuirmann (1987).
    """
    return 2 * confidence - 1


def against_band(
    proof: tuple[Floats, Floats], refutal: tuple[Floats, Floats], band: tuple[float, float]
) -> NDArray[np.object_]:
    """Return pass, fail or inconclusive for each row, object (rows,); None without an interval.

    Pass: the interval `proof` lies within `band` (ends included). Fail: the interval `refutal`
    lies wholly outside. Intervals are two ends, float64 (rows,), in the unit of `band`, whose
    infinite ends leave a side open.
    """
    low, high = band
    within = (proof[0] >= low) & (proof[1] <= high)
    outside = (refutal[1] < low) | (refutal[0] > high)
    unknown = np.isnan(proof[0]) | np.isnan(proof[1])
    found = np.full(unknown.shape, INCONCLUSIVE, dtype=np.object_)
    for where, verdict in ((outside, FAIL), (within, PASS), (unknown, None)):
        found[where] = verdict
    return found
