"""The mixer's innermost loops as passes of NumPy over blocks that stay in the cache.

`mixing.c` has the same functions compiled. These serve where there was no compiler, and they are
what the compiled ones are held against.
"""

from __future__ import annotations

import functools
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint64]
Floats: TypeAlias = NDArray[np.float64]

M1, M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
ENTITY = 0x9E3779B97F4A7C15
STEP = 0x6A09E667F3BCC909
REPLICATE = 0xBB67AE8584CAA73B
MASK = 0xFFFFFFFFFFFFFFFF


def constant(value: int) -> Words:
    """Return a word as an array, which halves the cost of a small operation."""
    return np.array(value, dtype=np.uint64)


_W_M1, _W_M2, _W_ENTITY = constant(M1), constant(M2), constant(ENTITY)
_W_STEP, _W_REPLICATE, _W_ONE = constant(STEP), constant(REPLICATE), constant(1)
_S30, _S27, _S31, _S11 = (constant(shift) for shift in (30, 27, 31, 11))

_BLOCK = 16384  # words per pass: state and scratch stay in the cache
_RAMP = np.arange(_BLOCK, dtype=np.uint64) * _W_ENTITY
_TO_UNIT = np.array(2.0**-53)


def fill_rows(
    keys: Words, replicates: Words, steps: Words, entities: Words | int, out: Floats
) -> None:
    """Write the uniforms of rows to `out`, float64 (n, m).

    Args:
        keys: uint64 (2, n), the key words of each row, or (2, 1), those of all.
        replicates, steps: uint64 (n,), or (1,), those of all rows.
        entities: uint64 (m,), or the first of m that follow one another, up to 2^64 - 1.
    """
    count, size = out.shape
    if not out.size:
        return
    if count == 1:
        first, second = _one_row(*(int(word[0]) for word in (*keys, replicates, steps)))
        _fill_row(first, second, entities, out[0])
        return
    words = np.broadcast_to(hashed((keys[0], keys[1]), replicates, steps), (2, count))
    if size >= _BLOCK:
        for first, second, row in zip(*words.tolist(), out, strict=True):
            _fill_row(first, second, entities, row)
        return
    if isinstance(entities, int):
        placed = _RAMP[:size] + constant(entities * ENTITY & MASK)
    else:
        placed = entities * _W_ENTITY
    together = min(count, _BLOCK // size)
    state, scratch = np.empty((2, together, size), dtype=np.uint64)
    for start in range(0, count, together):
        some = out[start : start + together]
        here, rows = state[: len(some)], words[:, start : start + together, None]
        np.add(placed, rows[0], here)
        _finish(here, scratch[: len(some)], rows[1], some)


def fill_each(state: Words, between: Words, out: Floats) -> None:
    """Write the uniforms of Weyl words with a second row word each to `out`, all (n,).

    `state` may be overwritten.
    """
    scratch = np.empty(min(state.size, _BLOCK), dtype=np.uint64)
    for start in range(0, state.size, _BLOCK):
        here = slice(start, start + _BLOCK)
        some = state[here]
        _finish(some, scratch[: some.size], between[here], out[here])


def hashed(key: tuple[int, int] | tuple[Words, Words], replicate: Words, step: Words) -> Words:
    """Return the two words of each row, uint64 (2, *rows)."""
    replicate, step = replicate + _W_ONE, step + _W_ONE
    rows = np.broadcast_shapes(np.shape(key[0]), replicate.shape, step.shape)
    words = np.empty((2, *rows), dtype=np.uint64)
    np.add(step * _W_STEP, np.asarray(key[0], dtype=np.uint64), words[0])
    np.add(replicate * _W_STEP, np.asarray(key[1], dtype=np.uint64), words[1])
    state, scratch = words.reshape(-1), np.empty(words.size, dtype=np.uint64)
    finalise(state, scratch)
    words[0] += replicate * _W_REPLICATE
    words[1] += step * _W_REPLICATE
    finalise(state, scratch)
    return words


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


def _fill_row(first: int, second: int, entities: Words | int, out: Floats) -> None:
    """Write the uniforms of the row with these two words to `out` (n,), block by block."""
    size = min(out.size, _BLOCK)
    state, scratch = np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.uint64)
    start_word, between = constant(first), constant(second)
    for start in range(0, out.size, _BLOCK):
        here = out[start : start + _BLOCK]
        z = state[: here.size]
        if isinstance(entities, int):
            offset = (entities + start) * ENTITY + first
            np.add(_RAMP[: here.size], constant(offset & MASK), z)
        else:
            np.multiply(entities[start : start + _BLOCK], _W_ENTITY, z)
            np.add(z, start_word, z)
        _finish(z, scratch[: here.size], between, here)


@functools.lru_cache(maxsize=256)
def _one_row(key: int, other_key: int, replicate: int, step: int) -> tuple[int, int]:
    """Return the two words of one row; plain integers beat arrays of one element."""
    first = _finalised((step + 1) * STEP + key) + (replicate + 1) * REPLICATE
    second = _finalised((replicate + 1) * STEP + other_key) + (step + 1) * REPLICATE
    return _finalised(first), _finalised(second)


def _finalised(word: int) -> int:
    word &= MASK
    word = (word ^ word >> 30) * M1 & MASK
    word = (word ^ word >> 27) * M2 & MASK
    return word ^ word >> 31


def _finish(state: Words, scratch: Words, between: Words, out: Floats) -> None:
    """Turn Weyl words into uniforms in `out`; `state` and `scratch` are overwritten."""
    finalise(state, scratch)
    np.bitwise_xor(state, between, state)
    finalise(state, scratch)
    np.right_shift(state, _S11, state)
    np.copyto(out, state.view(np.int64), casting="same_kind")  # below 2^53: signed is faster
    np.multiply(out, _TO_UNIT, out)
