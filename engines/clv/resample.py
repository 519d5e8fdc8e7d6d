"""Draw customers with replacement: the bootstrap of a purchase file."""

from __future__ import annotations

import numpy as np

from engines.clv.purchases import Purchases
from engines.clv.transactions import FileData
from runner.contract import Draws

STREAMS = ("resample.slot",)


def resample(data: FileData, draws: Draws) -> Purchases:
    """Return the customers of this replicate: those of the file in replicate 0, else a resample.

    Copies of one customer are separate customers, numbered 0, 1, ...
    """
    if draws.replicate == 0:
        return data.purchases
    n = len(data.purchases)
    slots = draws.uniform("resample.slot", entities=slice(0, n))
    chosen = np.sort(data.slot_order[np.minimum((slots * n).astype(np.int64), n - 1)])
    first = np.searchsorted(chosen, chosen, side="left")
    return data.purchases.take(chosen, copy=np.arange(n) - first)
