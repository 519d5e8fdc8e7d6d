"""Hold teams as bits of hero ids, which makes changes easy to see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.lookup import Ints

_ONE = np.uint64(1)


def team_bits(candidates: NDArray[np.int16]) -> NDArray[np.uint64]:
    """Return teams as bits of hero ids, given ids and grades of candidates (2, c, m): (m,)."""
    ids, grades = candidates
    bits = _ONE << ids.astype(np.uint64)
    return np.asarray(np.where(grades & 1, bits, np.uint64(0)).sum(axis=0, dtype=np.uint64))


def lowest_hero(bits: NDArray[np.uint64]) -> Ints:
    """Return the place of the lowest bit of each word, -1 of zero."""
    below = (bits & (~bits + _ONE)) - _ONE
    return np.where(bits > 0, np.bitwise_count(below).astype(np.int64), -1)
