"""The same addresses served by NumPy's Philox, so that nobody has to trust our mixer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.draws.mixer import Key, Words, listed

_PER_BLOCK = 4  # Philox4x64 gives four words per counter value
_LONG_GAP = 256  # blocks; skipping fewer costs less than a new generator
_LONG_RUN = 4096  # blocks generated together at most, gaps aside: keeps memory flat
_MASK = 0xFFFFFFFFFFFFFFFF


def uniforms(
    key: Key, replicate: Words, step: Words, entities: Words | slice
) -> NDArray[np.float64]:
    """Return uniforms in [0, 1) with 53 bits at the broadcast addresses.

    The counter is (entity // 4, step, replicate, 0) and the word within the block entity % 4:
    exact and address-based, but far slower than the mixer on sparse entities.

    Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
    """
    entities = listed(entities)
    shape = np.broadcast_shapes(replicate.shape, step.shape, entities.shape)
    if 0 in shape:
        return np.empty(shape)
    columns = [np.broadcast_to(a, shape).reshape(-1) for a in (replicate, step, entities)]
    rows, place = np.unique(np.stack(columns[:2]), axis=1, return_inverse=True)
    order = np.argsort(place.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(place.reshape(-1), minlength=rows.shape[1]))
    out = np.empty(columns[2].size, dtype=np.float64)
    for row, mine in zip(rows.T.tolist(), np.split(order, ends[:-1]), strict=True):
        out[mine] = _row(key, row[0], row[1], columns[2][mine])
    return out.reshape(shape)


def _row(key: Key, replicate: int, step: int, entities: Words) -> NDArray[np.float64]:
    blocks, place = np.unique(entities // np.uint64(_PER_BLOCK), return_inverse=True)
    gaps = np.flatnonzero(np.diff(blocks) > _LONG_GAP) + 1
    cuts = np.union1d(gaps, np.arange(_LONG_RUN, blocks.size, _LONG_RUN))
    words = [_blocks(key, replicate, step, run) for run in np.split(blocks, cuts)]
    within = (entities % np.uint64(_PER_BLOCK)).astype(np.intp)
    picked = np.concatenate(words)[place.reshape(-1), within]
    return np.asarray((picked >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def _blocks(key: Key, replicate: int, step: int, blocks: Words) -> Words:
    """Return uint64 (n, 4) for sorted blocks, the short gaps between them generated too."""
    first, last = int(blocks[0]), int(blocks[-1])
    run = _run(key, replicate, step, first, last - first + 1)
    return run if len(run) == len(blocks) else run[(blocks - blocks[0]).astype(np.intp)]


def _run(key: Key, replicate: int, step: int, first: int, count: int) -> Words:
    """Return uint64 (count, 4) for consecutive counter values; NumPy increments before use."""
    before = (first | step << 64 | replicate << 128) - 1
    counter = [(before >> shift) & _MASK for shift in (0, 64, 128, 192)]
    generator = np.random.Philox(
        counter=np.array(counter, dtype=np.uint64), key=np.array(key, dtype=np.uint64)
    )
    return generator.random_raw(count * _PER_BLOCK).reshape(count, _PER_BLOCK)
