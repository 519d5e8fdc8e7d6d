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
import math
from typing import TypeAlias

import numpy as np

from runner.draws.loops import loops
from runner.draws.passes import ENTITY, MASK, Floats, Words, constant, hashed

Key: TypeAlias = tuple[int, int]

_W_ENTITY = constant(ENTITY)
_MANY_ROWS = 1024  # from here on rows that repeat are worth looking for


def uniforms(key: Key, replicate: Words, step: Words, entities: Words | slice) -> Floats:
    """Return uniforms in [0, 1) with 53 bits at the broadcast addresses.

    Args:
        key: two 64-bit words from `stream_key`.
        replicate, step: uint64 arrays, broadcastable with each other and with the entities.
        entities: uint64 array, or `slice(start, stop)` for consecutive entities.
    """
    own = _shape(entities)
    if replicate.size == step.size == 1:
        rows = (1,)
        shape = (1,) * (max(replicate.ndim, step.ndim) - len(own)) + own
    else:
        rows = np.broadcast_shapes(replicate.shape, step.shape)
        if rows[-1] != 1 or len(own) != 1:
            return _elements(row_words(key, replicate, step), listed(entities))
        shape = (*rows[:-1], *own)
    out = np.empty((math.prod(rows), math.prod(own)))
    of_rows = (_words(key), _flat(replicate, rows), _flat(step, rows))
    loops().fill_rows(*of_rows, _side_by_side(entities), out)
    return out.reshape(shape)


def uniform_rows(keys: Words, replicate: int, steps: Words, entities: Words | slice) -> Floats:
    """Return uniforms of rows with a key and a step each: float64 (n, m).

    Args:
        keys: uint64 (2, n), the key words of each row; steps: uint64 (n,).
        replicate: of all rows.
        entities: uint64 (m,), or `slice(start, stop)`.
    """
    out = np.empty((steps.size, *_shape(entities)))
    of_all = np.array([replicate], dtype=np.uint64)
    loops().fill_rows(keys, of_all, np.ascontiguousarray(steps), _side_by_side(entities), out)
    return out


def listed(entities: Words | slice) -> Words:
    """Return the entities as an array, those of a slice one by one up to 2^64 - 1."""
    if not isinstance(entities, slice):
        return entities
    return np.arange(*_shape(entities), dtype=np.uint64) + constant(entities.start & MASK)


def _shape(entities: Words | slice) -> tuple[int, ...]:
    return (entities.stop - entities.start,) if isinstance(entities, slice) else entities.shape


def _side_by_side(entities: Words | slice) -> Words | int:
    """Return entities as uint64 (m,), or the first of a slice."""
    if isinstance(entities, slice):
        return int(entities.start) & MASK
    return np.ascontiguousarray(entities).reshape(-1)


def _flat(words: Words, rows: tuple[int, ...]) -> Words:
    """Return what broadcasts to rows as uint64 (n,), or (1,) where it is the same in all."""
    if words.size == 1:
        return words.reshape(1)
    return np.ascontiguousarray(np.broadcast_to(words, rows)).reshape(-1)


@functools.lru_cache(maxsize=4096)
def _words(key: Key) -> Words:
    return np.array(key, dtype=np.uint64).reshape(2, 1)


def _elements(words: Words, entities: Words) -> Floats:
    """Return uniforms where the row may change from one element to the next."""
    placed = entities * _W_ENTITY + words[0]
    second = words[1] if words[1].shape == placed.shape else np.broadcast_to(words[1], placed.shape)
    out = np.empty(placed.size)
    loops().fill_each(placed.reshape(-1), np.ascontiguousarray(second).reshape(-1), out)
    return out.reshape(placed.shape)


def row_words(key: Key, replicate: Words, step: Words) -> Words:
    """Return the two words of each row, uint64 (2, *rows); rows that repeat are hashed once."""
    if replicate.size == 1 and step.size >= _MANY_ROWS:
        first = step.min()
        count = int(step.max() - first) + 1
        if count <= step.size // 4:
            known = hashed(key, replicate.reshape(1), first + np.arange(count, dtype=np.uint64))
            words: Words = known.take((step - first).view(np.int64), axis=1)
            return words.reshape(2, *np.broadcast_shapes(replicate.shape, step.shape))
    return hashed(key, replicate, step)
