"""Keyed counter-mode generator in plain NumPy: 64 random bits at each (replicate, step, entity).

Two stages. A *row* (replicate, step) is hashed with both key words into two 64-bit row words; an
entity then enters by a Weyl step from the first row word and passes two rounds of a 64-bit
finaliser, with the second row word between them. Nothing is sequential, so any subset of
addresses costs only itself and gives the bits it has in the whole.

Source: finaliser constants "Mix13" of D. Stafford (2011), as used by G. Steele, D. Lea and
C. Flood, "Fast splittable pseudorandom number generators" (2014); increments are odd fractions of
the golden ratio and of sqrt(2), sqrt(3).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint64]
Key: TypeAlias = tuple[int, int]

_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(s) for s in (30, 27, 31, 11))
_ENTITY = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0x6A09E667F3BCC909)
_REPLICATE = np.uint64(0xBB67AE8584CAA73B)
_MASK = 0xFFFFFFFFFFFFFFFF
_BLOCK = 16384
_RAMP = np.arange(_BLOCK, dtype=np.uint64) * _ENTITY
_TO_UNIT = 2.0**-53


def uniforms(
    key: Key, replicate: Words, step: Words, entities: Words | slice
) -> NDArray[np.float64]:
    """Return uniforms in [0, 1) with 53 bits at the broadcast addresses.

    Args:
        key: two 64-bit words from `stream_key`.
        replicate, step: uint64 arrays, broadcastable with each other and with the entities.
        entities: uint64 array, or `slice(start, stop)` for consecutive entities.
    """
    rows = np.broadcast_shapes(replicate.shape, step.shape)
    if isinstance(entities, slice):
        if math.prod(rows) == 1:
            first, second = row_words(key, replicate.reshape(1), step.reshape(1))
            return _row(first[0], second[0], entities).reshape((*rows[:-1], -1))
        entities = np.arange(entities.start, entities.stop, dtype=np.uint64)
    shape = np.broadcast_shapes(rows, entities.shape)
    if math.prod(rows) == 1:
        first, second = row_words(key, replicate.reshape(1), step.reshape(1))
        return _row(first[0], second[0], entities.reshape(-1)).reshape(shape)
    replicate, step = np.broadcast_to(replicate, rows), np.broadcast_to(step, rows)
    if rows[-1] == 1 and shape[-1] > 1:
        return _row_by_row(key, replicate, step, entities, shape)
    return _element_by_element(key, replicate, step, entities, shape)


def _row_by_row(
    key: Key, replicate: Words, step: Words, entities: Words, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return uniforms where each row spans the last axis: its words are computed once."""
    lines = (*shape[:-1], 1)
    first, second = row_words(key, replicate.reshape(-1), step.reshape(-1))
    first = np.broadcast_to(first.reshape(replicate.shape), lines).reshape(-1)
    second = np.broadcast_to(second.reshape(replicate.shape), lines).reshape(-1)
    entities = np.broadcast_to(entities, shape).reshape(-1, shape[-1])
    out = np.empty((first.size, shape[-1]), dtype=np.float64)
    for index in range(first.size):
        out[index] = _row(first[index], second[index], entities[index])
    return out.reshape(shape)


def _element_by_element(
    key: Key, replicate: Words, step: Words, entities: Words, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return uniforms where the row changes with the last axis, in blocks."""
    flat = [np.broadcast_to(a, shape).reshape(-1) for a in (replicate, step, entities)]
    out = np.empty(math.prod(shape), dtype=np.float64)
    for start in range(0, out.size, _BLOCK):
        here = slice(start, start + _BLOCK)
        first, second = row_words(key, flat[0][here], flat[1][here])
        first += flat[2][here] * _ENTITY
        _two_rounds(first, np.empty_like(first), second)
        np.multiply(first, _TO_UNIT, out=out[here], casting="unsafe")
    return out.reshape(shape)


def row_words(key: Key, replicate: Words, step: Words) -> tuple[Words, Words]:
    """Return the two 64-bit words of each row; `replicate` and `step` are uint64 (n_rows,)."""
    return _absorb(np.uint64(key[0]), step, replicate), _absorb(np.uint64(key[1]), replicate, step)


def _absorb(word: np.uint64, a: Words, b: Words) -> Words:
    state = (a + np.uint64(1)) * _STEP + word
    scratch = np.empty_like(state)
    finalise(state, scratch)
    state += (b + np.uint64(1)) * _REPLICATE
    finalise(state, scratch)
    return state


def finalise(words: Words, scratch: Words) -> None:
    """Apply one round of the finaliser to `words` in place."""
    np.right_shift(words, _S30, out=scratch)
    np.bitwise_xor(words, scratch, out=words)
    np.multiply(words, _M1, out=words)
    np.right_shift(words, _S27, out=scratch)
    np.bitwise_xor(words, scratch, out=words)
    np.multiply(words, _M2, out=words)
    np.right_shift(words, _S31, out=scratch)
    np.bitwise_xor(words, scratch, out=words)


def _row(first: np.uint64, second: np.uint64, entities: Words | slice) -> NDArray[np.float64]:
    """Return the uniforms (n,) of one row, block by block so that scratch stays in the cache."""
    count = entities.stop - entities.start if isinstance(entities, slice) else entities.size
    out = np.empty(count, dtype=np.float64)
    state, scratch = (
        np.empty(min(count, _BLOCK), np.uint64),
        np.empty(min(count, _BLOCK), np.uint64),
    )
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        z, t = state[:size], scratch[:size]
        if isinstance(entities, slice):
            offset = (entities.start + start) * int(_ENTITY) + int(first)
            np.add(_RAMP[:size], np.uint64(offset & _MASK), out=z)
        else:
            np.multiply(entities[start : start + size], _ENTITY, out=z)
            np.add(z, first, out=z)
        _two_rounds(z, t, second)
        np.multiply(z, _TO_UNIT, out=out[start : start + size], casting="unsafe")
    return out


def _two_rounds(z: Words, scratch: Words, between: Words | np.uint64) -> None:
    finalise(z, scratch)
    np.bitwise_xor(z, between, out=z)
    finalise(z, scratch)
    np.right_shift(z, _S11, out=z)
