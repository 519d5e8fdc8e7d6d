"""Hold teams as bits of hero ids, which makes changes easy to see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import EMPTY

_ONE = np.uint64(1)


def team_bits(candidates: NDArray[np.int16]) -> NDArray[np.uint64]:
    """Return the team as bits of hero ids, given candidates (m, c): twice an id, plus one."""
    inside = (candidates & 1 > 0) & (candidates < EMPTY)
    bits = _ONE << (candidates >> 1).astype(np.uint64)
    return np.asarray(np.where(inside, bits, np.uint64(0)).sum(axis=1, dtype=np.uint64))


def lowest_hero(bits: NDArray[np.uint64]) -> Ints:
    """Return the place of the lowest bit of each word, -1 of zero."""
    below = (bits & (~bits + _ONE)) - _ONE
    return np.where(bits > 0, np.bitwise_count(below).astype(np.int64), -1)
