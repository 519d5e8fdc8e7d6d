"""The same addresses served by NumPy's Philox, so that nobody has to trust our mixer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.draws.mixer import Key, Words

_PER_BLOCK = 4  # Philox4x64 gives four words per counter value
_MASK = 0xFFFFFFFFFFFFFFFF


def uniforms(
    key: Key, replicate: Words, step: Words, entities: Words | slice
) -> NDArray[np.float64]:
    """Return uniforms in [0, 1) with 53 bits at the broadcast addresses.

    The counter is (entity // 4, step, replicate, 0) and the word within the block entity % 4:
    exact and address-based, but far slower than the mixer on sparse entities.

    Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
    """
    if isinstance(entities, slice):
        entities = np.arange(entities.start, entities.stop, dtype=np.uint64)
    shape = np.broadcast_shapes(replicate.shape, step.shape, entities.shape)
    columns = [np.broadcast_to(a, shape).reshape(-1) for a in (replicate, step, entities)]
    rows, place = np.unique(np.stack(columns[:2]), axis=1, return_inverse=True)
    out = np.empty(columns[2].size, dtype=np.float64)
    for index in range(rows.shape[1]):
        mine = np.flatnonzero(place.reshape(-1) == index)
        out[mine] = _row(key, int(rows[0, index]), int(rows[1, index]), columns[2][mine])
    return out.reshape(shape)


def _row(key: Key, replicate: int, step: int, entities: Words) -> NDArray[np.float64]:
    blocks, place = np.unique(entities // np.uint64(_PER_BLOCK), return_inverse=True)
    breaks = np.flatnonzero(np.diff(blocks) != 1) + 1
    words = np.concatenate(
        [_run(key, replicate, step, int(run[0]), run.size) for run in np.split(blocks, breaks)]
    )
    picked = words[place.reshape(-1), (entities % np.uint64(_PER_BLOCK)).astype(np.intp)]
    return np.asarray((picked >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def _run(key: Key, replicate: int, step: int, first: int, count: int) -> Words:
    """Return uint64 (count, 4) for consecutive counter values; NumPy increments before use."""
    before = (first | step << 64 | replicate << 128) - 1
    counter = [(before >> shift) & _MASK for shift in (0, 64, 128, 192)]
    generator = np.random.Philox(
        counter=np.array(counter, dtype=np.uint64), key=np.array(key, dtype=np.uint64)
    )
    return generator.random_raw(count * _PER_BLOCK).reshape(count, _PER_BLOCK)
