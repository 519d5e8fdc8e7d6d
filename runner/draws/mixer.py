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

import functools
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint64]
Floats: TypeAlias = NDArray[np.float64]
Key: TypeAlias = tuple[int, int]

_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_ENTITY = 0x9E3779B97F4A7C15
_STEP = 0x6A09E667F3BCC909
_REPLICATE = 0xBB67AE8584CAA73B
_MASK = 0xFFFFFFFFFFFFFFFF


def _constant(value: int) -> Words:
    return np.array(value, dtype=np.uint64)  # 0-d arrays halve the cost of a small operation


_W_M1, _W_M2, _W_ENTITY = _constant(_M1), _constant(_M2), _constant(_ENTITY)
_W_STEP, _W_REPLICATE, _W_ONE = _constant(_STEP), _constant(_REPLICATE), _constant(1)
_S30, _S27, _S31, _S11 = (_constant(shift) for shift in (30, 27, 31, 11))

_BLOCK = 16384  # words per pass: state and scratch stay in the cache
_LONG_ROW = 1024  # from here on a row is worth its own passes
_RAMP = np.arange(_BLOCK, dtype=np.uint64) * _W_ENTITY
_TO_UNIT = np.array(2.0**-53)


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
    return np.arange(_length(entities), dtype=np.uint64) + _constant(entities.start & _MASK)


def _single_row(key: Key, replicate: Words, step: Words, entities: Words | slice) -> Floats:
    first, second = _one_row(key, int(replicate.item()), int(step.item()))
    out = np.empty(_length(entities) if isinstance(entities, slice) else entities.size)
    _fill_row(first, second, entities, out)
    own = out.shape if isinstance(entities, slice) else entities.shape
    depth = max(replicate.ndim, step.ndim)
    return out.reshape((1,) * (depth - len(own)) + own)


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
        _fill_row(first[index], second[index], mine, row)
    return out.reshape(*lines, count)


def _elements(words: Words, entities: Words) -> Floats:
    """Return uniforms where the row may change from one element to the next."""
    placed = entities * _W_ENTITY + words[0]
    state = placed.reshape(-1)
    second = words[1] if words[1].shape == placed.shape else np.broadcast_to(words[1], placed.shape)
    between = second.reshape(-1)
    out = np.empty(state.size)
    scratch = np.empty(min(state.size, _BLOCK), dtype=np.uint64)
    for start in range(0, state.size, _BLOCK):
        here = slice(start, start + _BLOCK)
        some = state[here]
        _finish(some, scratch[: some.size], between[here], out[here])
    return out.reshape(placed.shape)


def row_words(key: Key, replicate: Words, step: Words) -> Words:
    """Return the two words of each row, uint64 (2, *rows); rows that repeat are hashed once."""
    if replicate.size == 1 and step.size >= _LONG_ROW:
        first = step.min()
        count = int(step.max() - first) + 1
        if count <= step.size // 4:
            known = _hashed(key, replicate.reshape(1), first + np.arange(count, dtype=np.uint64))
            words: Words = known.take((step - first).view(np.int64), axis=1)
            return words.reshape(2, *np.broadcast_shapes(replicate.shape, step.shape))
    return _hashed(key, replicate, step)


def uniform_rows(keys: Words, replicate: int, steps: Words, entities: Words | slice) -> Floats:
    """Return uniforms of rows with a key and a step each: float64 (n, m).

    Args:
        keys: uint64 (2, n), the key words of each row; steps: uint64 (n,).
        replicate: of all rows.
        entities: uint64 (m,), or `slice(start, stop)`.
    """
    words = _hashed((keys[0], keys[1]), np.array([replicate], dtype=np.uint64), steps)[..., None]
    size, count = _length(entities), steps.size
    if size >= _BLOCK:
        return _long_rows(words, entities)
    placed = listed(entities) * _W_ENTITY
    out, together = np.empty((count, size)), min(count, max(1, _BLOCK // max(1, size)))
    state, scratch = np.empty((2, together, size), dtype=np.uint64)
    for start in range(0, count, together):
        some = out[start : start + together]
        here = state[: len(some)]
        np.add(placed, words[0, start : start + together], here)
        _finish(here, scratch[: len(some)], words[1, start : start + together], some)
    return out


def _hashed(key: Key | tuple[Words, Words], replicate: Words, step: Words) -> Words:
    replicate, step = replicate + _W_ONE, step + _W_ONE
    words = np.empty((2, *np.broadcast_shapes(replicate.shape, step.shape)), dtype=np.uint64)
    np.add(step * _W_STEP, np.asarray(key[0], dtype=np.uint64), words[0])
    np.add(replicate * _W_STEP, np.asarray(key[1], dtype=np.uint64), words[1])
    state, scratch = words.reshape(-1), np.empty(words.size, dtype=np.uint64)
    finalise(state, scratch)
    words[0] += replicate * _W_REPLICATE
    words[1] += step * _W_REPLICATE
    finalise(state, scratch)
    return words


@functools.lru_cache(maxsize=256)
def _one_row(key: Key, replicate: int, step: int) -> tuple[int, int]:
    """Return the two words of one row; plain integers beat arrays of one element."""
    first = _finalised((step + 1) * _STEP + key[0]) + (replicate + 1) * _REPLICATE
    second = _finalised((replicate + 1) * _STEP + key[1]) + (step + 1) * _REPLICATE
    return _finalised(first), _finalised(second)


def _finalised(word: int) -> int:
    word &= _MASK
    word = (word ^ word >> 30) * _M1 & _MASK
    word = (word ^ word >> 27) * _M2 & _MASK
    return word ^ word >> 31


def finalise(words: Words, scratch: Words) -> None:
    """Apply one round of the finaliser to `words` in place."""
    np.right_shift(words, _S30, scratch)
    np.bitwise_xor(words, scratch, words)
    np.multiply(words, _W_M1, words)
    np.right_shift(words, _S27, scratch)
    np.bitwise_xor(words, scratch, words)
    np.multiply(words, _W_M2, words)
    np.right_shift(words, _S31, scratch)
    np.bitwise_xor(words, scratch, words)


def _fill_row(first: int, second: int, entities: Words | slice, out: Floats) -> None:
    """Write the uniforms of one row to `out` (n,), block by block."""
    size = min(out.size, _BLOCK)
    state, scratch = np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.uint64)
    start_word, between = _constant(first), _constant(second)
    flat = entities if isinstance(entities, slice) else entities.reshape(-1)
    for start in range(0, out.size, _BLOCK):
        here = out[start : start + _BLOCK]
        z = state[: here.size]
        if isinstance(flat, slice):
            offset = (flat.start + start) * _ENTITY + first
            np.add(_RAMP[: here.size], _constant(offset & _MASK), z)
        else:
            np.multiply(flat[start : start + _BLOCK], _W_ENTITY, z)
            np.add(z, start_word, z)
        _finish(z, scratch[: here.size], between, here)


def _finish(state: Words, scratch: Words, between: Words, out: Floats) -> None:
    """Turn Weyl words into uniforms in `out`; `state` and `scratch` are overwritten."""
    finalise(state, scratch)
    np.bitwise_xor(state, between, state)
    finalise(state, scratch)
    np.right_shift(state, _S11, state)
    np.copyto(out, state.view(np.int64), casting="same_kind")  # below 2^53: signed is faster
    np.multiply(out, _TO_UNIT, out)
