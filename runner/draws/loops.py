"""Choose the mixer's innermost loops: the compiled ones where they were built, else NumPy's."""

from __future__ import annotations

import functools
import warnings
from typing import Protocol

import numpy as np

from runner.draws import passes
from runner.draws.passes import Floats, Words

_CHECKED = 67  # uniforms compared: whole vectors of any processor, and a rest


class Loops(Protocol):
    """What `passes.py` and `mixing.c` have in common."""

    def fill_rows(
        self, keys: Words, replicates: Words, steps: Words, entities: Words | int, out: Floats, /
    ) -> None:
        """See `passes.fill_rows`."""

    def fill_each(self, state: Words, between: Words, out: Floats, /) -> None:
        """See `passes.fill_each`."""


@functools.cache
def loops() -> Loops:
    """Return the loops of this process: compiled ones only if they give NumPy's bits."""
    try:
        from runner.draws import mixing
    except ImportError:
        return passes
    if _agrees(mixing):
        return mixing
    warnings.warn(
        "the compiled random-number loops are not those of this version: NumPy's are used, which "
        "give the same numbers more slowly; install cohortsweep again",
        RuntimeWarning,
        stacklevel=2,
    )
    return passes


def are_compiled() -> bool:
    """Tell whether this process draws with the compiled loops."""
    return loops() is not passes


def _agrees(some: Loops) -> bool:
    """Tell whether loops, perhaps compiled for another version, give NumPy's numbers."""
    try:
        return _bits(some) == _bits(passes)
    except (AttributeError, TypeError, ValueError):
        return False


def _bits(some: Loops) -> bytes:
    """Return a few uniforms of each loop as bytes."""
    entities = np.arange(_CHECKED, dtype=np.uint64) * passes.constant(passes.STEP)
    keys = entities[:6].reshape(2, 3) + passes.constant(passes.REPLICATE)
    out = np.empty((7, _CHECKED))
    some.fill_rows(keys, keys[1], keys[0], entities, out[:3])
    some.fill_rows(keys, keys[0, :1], keys[1], passes.MASK - 5, out[3:6])
    some.fill_each(entities + keys[0, 1], entities, out[6])
    return out.tobytes()
