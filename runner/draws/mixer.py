"""Keyed counter-mode generator: 64 random bits at each (replicate, step, entity).

Two stages. A *row* (replicate, step) is hashed with both key words into two 64-bit row words; an
entity then enters by a Weyl step from the first row word and passes two rounds of a 64-bit
finaliser, with the second row word between them. Nothing is sequential, so any subset of
addresses costs only itself and gives the bits it has in the whole. The loops over entities are in
`passes.py`, and compiled in `mixing.c`.

Source: finaliser constants "Mix13" of D. Stafford (2011), as used by G. Steele, D. Lea and
C. Flood, "Fast splittable pseudorandom number generators" (2014); increments are odd fractions of
the golden ratio and of sqrt(2), sqrt(3).
"""

from __future__ import annotations

import functools
from typing import TypeAlias

import numpy as np

from runner.draws.loops import loops
from runner.draws.passes import (
    ENTITY,
    M1,
    M2,
    MASK,
    REPLICATE,
    STEP,
    Floats,
    Words,
    constant,
    hashed,
)  # fmt: skip

Key: TypeAlias = tuple[int, int]

_W_ENTITY = constant(ENTITY)
_LONG_ROW = 1024  # from here on a row is worth its own passes


def uniforms(key: Key, replicate: Words, step: Words, entities: Words | slice) -> Floats:
    """Return uniforms in [0, 1) with 53 bits at the broadcast addresses.

    Args:
        key: two 64-bit words from `stream_key`.
        replicate, step: uint64 arrays, broadcastable with each other and with the entities.
        entities: uint64 array, or `slice(start, stop)` for consecutive entities.
    """
    if replicate.size == 1 and step.size == 1:
        return _single_row(key, replicate, step, entities)
    words = row_words(key, replicate, step)
    if words.shape[-1] == 1 and _length(entities) >= _LONG_ROW:
        return _long_rows(words, entities)
    return _elements(words, listed(entities))


def _length(entities: Words | slice) -> int:
    if isinstance(entities, slice):
        return int(entities.stop - entities.start)
    return entities.shape[-1] if entities.ndim else 1


def listed(entities: Words | slice) -> Words:
    """Return the entities as an array, those of a slice one by one up to 2^64 - 1."""
    if not isinstance(entities, slice):
        return entities
    return np.arange(_length(entities), dtype=np.uint64) + constant(entities.start & MASK)


def _single_row(key: Key, replicate: Words, step: Words, entities: Words | slice) -> Floats:
    words = _one_row(key, int(replicate.item()), int(step.item()))
    out = np.empty(_length(entities) if isinstance(entities, slice) else entities.size)
    loops().fill_row(*words, _flat(entities), out)
    own = out.shape if isinstance(entities, slice) else entities.shape
    depth = max(replicate.ndim, step.ndim)
    return out.reshape((1,) * (depth - len(own)) + own)


def _flat(entities: Words | slice) -> Words | int:
    """Return entities side by side, or the first of a slice."""
    if isinstance(entities, slice):
        return int(entities.start) & MASK
    return np.ascontiguousarray(entities).reshape(-1)


def _long_rows(words: Words, entities: Words | slice) -> Floats:
    """Return uniforms where each row spans the last axis; `words` is uint64 (2, ..., 1)."""
    count = _length(entities)
    lines = words.shape[1:-1]
    own = not isinstance(entities, slice) and entities.ndim > 1
    if not isinstance(entities, slice) and own:
        lines = np.broadcast_shapes(lines, entities.shape[:-1])
        entities = np.broadcast_to(entities, (*lines, count)).reshape(-1, count)
    first, second = (np.broadcast_to(word[..., 0], lines).reshape(-1).tolist() for word in words)
    out = np.empty((len(first), count))
    for index, row in enumerate(out):
        mine = entities[index] if own and not isinstance(entities, slice) else entities
        loops().fill_row(first[index], second[index], _flat(mine), row)
    return out.reshape(*lines, count)


def _elements(words: Words, entities: Words) -> Floats:
    """Return uniforms where the row may change from one element to the next."""
    placed = entities * _W_ENTITY + words[0]
    second = words[1] if words[1].shape == placed.shape else np.broadcast_to(words[1], placed.shape)
    out = np.empty(placed.size)
    loops().fill_each(placed.reshape(-1), np.ascontiguousarray(second).reshape(-1), out)
    return out.reshape(placed.shape)


def row_words(key: Key, replicate: Words, step: Words) -> Words:
    """Return the two words of each row, uint64 (2, *rows); rows that repeat are hashed once."""
    if replicate.size == 1 and step.size >= _LONG_ROW:
        first = step.min()
        count = int(step.max() - first) + 1
        if count <= step.size // 4:
            known = hashed(key, replicate.reshape(1), first + np.arange(count, dtype=np.uint64))
            words: Words = known.take((step - first).view(np.int64), axis=1)
            return words.reshape(2, *np.broadcast_shapes(replicate.shape, step.shape))
    return hashed(key, replicate, step)


def uniform_rows(keys: Words, replicate: int, steps: Words, entities: Words | slice) -> Floats:
    """Return uniforms of rows with a key and a step each: float64 (n, m).

    Args:
        keys: uint64 (2, n), the key words of each row; steps: uint64 (n,).
        replicate: of all rows.
        entities: uint64 (m,), or `slice(start, stop)`.
    """
    places = np.ascontiguousarray(listed(entities))
    out = np.empty((steps.size, places.size))
    loops().fill_rows(keys, replicate, np.ascontiguousarray(steps), places, out)
    return out


@functools.lru_cache(maxsize=256)
def _one_row(key: Key, replicate: int, step: int) -> tuple[int, int]:
    """Return the two words of one row; plain integers beat arrays of one element."""
    first = _finalised((step + 1) * STEP + key[0]) + (replicate + 1) * REPLICATE
    second = _finalised((replicate + 1) * STEP + key[1]) + (step + 1) * REPLICATE
    return _finalised(first), _finalised(second)


def _finalised(word: int) -> int:
    word &= MASK
    word = (word ^ word >> 30) * M1 & MASK
    word = (word ^ word >> 27) * M2 & MASK
    return word ^ word >> 31
