"""Say what a difference comes to: better, worse, the same, or not shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.compare.estimates import EXACT, NONE, Columns, is_zero

Texts = NDArray[np.object_]

BETTER, WORSE, HIGHER, LOWER = "better", "worse", "higher", "lower"
NO_DIFFERENCE_SHOWN, SAME, NOT_COMPARED = "no_difference_shown", "same", "not_compared"


def findings(columns: Columns, method: Texts, better: Texts, confidence: float) -> Texts:
    """Return the finding of each row; a side is named only where nothing speaks against it.

    That is where the Holm-adjusted p-value is below 1 - `confidence` and the interval excludes
    zero. `better` is higher, lower or none.
    """
    low, high = columns["ci_low"], columns["ci_high"]
    is_sure = columns["p_holm"] < 1 - confidence
    above, below = is_sure & (low > 0), is_sure & (high < 0)
    found = np.full(len(method), NO_DIFFERENCE_SHOWN, dtype=np.object_)
    found[above], found[below] = HIGHER, LOWER
    found[(above & (better == "higher")) | (below & (better == "lower"))] = BETTER
    found[(above & (better == "lower")) | (below & (better == "higher"))] = WORSE
    found[(method == EXACT) & is_zero(columns)] = SAME
    found[method == NONE] = NOT_COMPARED
    return found
