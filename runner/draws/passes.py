"""The mixer's innermost loops as passes of NumPy over blocks that stay in the cache.

`mixing.c` has the same functions compiled. These serve where there was no compiler, and they are
what the compiled ones are held against.
"""

from __future__ import annotations

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


def fill_row(first: int, second: int, entities: Words | int, out: Floats) -> None:
    """Write the uniforms of one row to `out`, float64 (n,).

    Args:
        first, second: the row's words.
        entities: uint64 (n,), or the first of n that follow one another, up to 2^64 - 1.
    """
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


def fill_rows(keys: Words, replicate: int, steps: Words, entities: Words, out: Floats) -> None:
    """Write the uniforms of rows with a key and a step each to `out`, float64 (n, m).

    Args:
        keys: uint64 (2, n), the key words of each row; steps: uint64 (n,).
        replicate: of all rows.
        entities: uint64 (m,).
    """
    words = hashed((keys[0], keys[1]), np.array([replicate], dtype=np.uint64), steps)
    count, size = out.shape
    if size >= _BLOCK:
        for row, first, second in zip(out, *words.tolist(), strict=True):
            fill_row(first, second, entities, row)
        return
    placed, rows = entities * _W_ENTITY, words[..., None]
    together = max(1, min(count, _BLOCK // max(1, size)))
    state, scratch = np.empty((2, together, size), dtype=np.uint64)
    for start in range(0, count, together):
        some = out[start : start + together]
        here = state[: len(some)]
        np.add(placed, rows[0, start : start + together], here)
        _finish(here, scratch[: len(some)], rows[1, start : start + together], some)


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
    words = np.empty((2, *np.broadcast_shapes(replicate.shape, step.shape)), dtype=np.uint64)
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


def _finish(state: Words, scratch: Words, between: Words, out: Floats) -> None:
    """Turn Weyl words into uniforms in `out`; `state` and `scratch` are overwritten."""
    finalise(state, scratch)
    np.bitwise_xor(state, between, state)
    finalise(state, scratch)
    np.right_shift(state, _S11, state)
    np.copyto(out, state.view(np.int64), casting="same_kind")  # below 2^53: signed is faster
    np.multiply(out, _TO_UNIT, out)
