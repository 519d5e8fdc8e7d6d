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
_BLOCK = 16384
_RAMP = np.arange(_BLOCK, dtype=np.uint64) * _ENTITY
_TO_UNIT = 2.0**-53


def uniforms(key: Key, replicate: Words, step: Words, entities: Words | slice) -> NDArray[np.float64]:
    """Return uniforms in [0, 1) with 53 bits at the broadcast addresses.

    Args:
        key: two 64-bit words from `stream_key`.
        replicate, step: uint64 arrays, broadcastable with each other and with the entities.
        entities: uint64 array, or `slice(start, stop)` for consecutive entities.
    """
    first, second = row_words(key, replicate, step)
    if first.size == 1:
        flat = _fill_row(first.reshape(())[()], second.reshape(())[()], entities)
        shape = np.broadcast_shapes(first.shape, flat.shape)
        return flat.reshape(shape)
    if isinstance(entities, slice):
        entities = np.arange(entities.start, entities.stop, dtype=np.uint64)
    return _fill_rows(first, second, entities)


def row_words(key: Key, replicate: Words, step: Words) -> tuple[Words, Words]:
    """Return the two 64-bit words of each (replicate, step) row."""
    shape = np.broadcast_shapes(replicate.shape, step.shape)
    first = np.broadcast_to(_absorb(np.uint64(key[0]), step, replicate), shape)
    second = np.broadcast_to(_absorb(np.uint64(key[1]), replicate, step), shape)
    return first, second


def _absorb(word: np.uint64, a: Words, b: Words) -> Words:
    state = np.array((a + np.uint64(1)) * _STEP + word, dtype=np.uint64, ndmin=1)
    finalise(state, np.empty_like(state))
    state = np.array(state.reshape(a.shape) + (b + np.uint64(1)) * _REPLICATE, ndmin=1)
    finalise(state, np.empty_like(state))
    return state.reshape(np.broadcast_shapes(a.shape, b.shape))


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


def _fill_row(first: np.uint64, second: np.uint64, entities: Words | slice) -> NDArray[np.float64]:
    """Return the uniforms of one row, block by block so that scratch stays in the cache."""
    if isinstance(entities, slice):
        count, shape = entities.stop - entities.start, (entities.stop - entities.start,)
    else:
        count, shape = entities.size, entities.shape
        entities = entities.reshape(-1)
    out = np.empty(count, dtype=np.float64)
    state, scratch = np.empty(min(count, _BLOCK), np.uint64), np.empty(min(count, _BLOCK), np.uint64)
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        z, t = state[:size], scratch[:size]
        if isinstance(entities, slice):
            offset = (entities.start + start) * int(_ENTITY) + int(first)
            np.add(_RAMP[:size], np.uint64(offset & 0xFFFFFFFFFFFFFFFF), out=z)
        else:
            np.multiply(entities[start : start + size], _ENTITY, out=z)
            np.add(z, first, out=z)
        _two_rounds(z, t, second)
        np.multiply(z, _TO_UNIT, out=out[start : start + size], casting="unsafe")
    return out.reshape(shape)


def _fill_rows(first: Words, second: Words, entities: Words) -> NDArray[np.float64]:
    shape = np.broadcast_shapes(first.shape, entities.shape)
    out = np.empty(shape, dtype=np.float64)
    lead = (1,) * (len(shape) - first.ndim)
    first, second = first.reshape(lead + first.shape), second.reshape(lead + second.shape)
    entities = entities.reshape((1,) * (len(shape) - entities.ndim) + entities.shape)
    if len(shape) > 1 and first.shape[-1] == 1:
        for index in np.ndindex(shape[:-1]):
            row = tuple(i if n > 1 else 0 for i, n in zip(index, first.shape, strict=False))
            line = tuple(i if n > 1 else 0 for i, n in zip(index, entities.shape, strict=False))
            out[index] = _fill_row(first[row][0], second[row][0], entities[line])
        return out
    z = np.ascontiguousarray(np.broadcast_to(entities * _ENTITY + first, shape)).reshape(-1)
    _two_rounds(z, np.empty_like(z), np.broadcast_to(second, shape).reshape(-1))
    np.multiply(z.reshape(shape), _TO_UNIT, out=out, casting="unsafe")
    return out


def _two_rounds(z: Words, scratch: Words, between: Words | np.uint64) -> None:
    finalise(z, scratch)
    np.bitwise_xor(z, between, out=z)
    finalise(z, scratch)
    np.right_shift(z, _S11, out=z)
