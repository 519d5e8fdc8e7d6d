"""The same addresses served by NumPy's Philox, so that nobody has to trust our mixer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from runner.draws.mixer import Key, listed
from runner.draws.passes import Floats, Words

_PER_BLOCK = 4  # Philox4x64 gives four words per counter value
_MASK = 0xFFFFFFFFFFFFFFFF
_SHIFT, _PLACE = np.uint64(2), np.uint64(_PER_BLOCK - 1)  # entity -> block, word within it
_LONG_GAP = 256  # blocks; generating fewer costs less than starting anew
_LONG_RUN = 4096  # blocks generated together at most, gaps aside: keeps memory flat


def uniforms(key: Key, replicate: Words, step: Words, entities: Words | slice) -> Floats:
    """Return uniforms in [0, 1) with 53 bits at the broadcast addresses.

    The counter is (entity // 4, step, replicate, 0) and the word within the block entity % 4:
    exact and address-based, but slower than the mixer, most of all on sparse entities.

    Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
    """
    philox = np.random.Philox(counter=0, key=np.array(key, dtype=np.uint64))
    if replicate.size == 1 and step.size == 1:
        return _single_row(philox, replicate, step, entities)
    entities = listed(entities)
    shape = np.broadcast_shapes(replicate.shape, step.shape, entities.shape)
    entities = np.broadcast_to(entities, shape).reshape(-1)
    out = np.empty(entities.size)
    for row_replicate, row_step, here in _rows(replicate, step, shape):
        out[here] = _row(philox, row_replicate, row_step, entities[here])
    return out.reshape(shape)


def _single_row(
    philox: np.random.Philox, replicate: Words, step: Words, entities: Words | slice
) -> Floats:
    row, depth = (int(replicate.item()), int(step.item())), max(replicate.ndim, step.ndim)
    if not isinstance(entities, slice):
        found = _row(philox, *row, entities.reshape(-1)).reshape(entities.shape)
    else:
        first, stop = entities.start // _PER_BLOCK, -(-entities.stop // _PER_BLOCK)
        words = _run(philox, *row, first, stop - first).reshape(-1)
        skipped = entities.start - first * _PER_BLOCK
        found = _as_unit(words[skipped : skipped + entities.stop - entities.start])
    return found.reshape((1,) * (depth - found.ndim) + found.shape)


def _rows(
    replicate: Words, step: Words, shape: tuple[int, ...]
) -> Iterator[tuple[int, int, NDArray[np.intp]]]:
    """Yield each distinct replicate and step with the flat places of `shape` where they stand."""
    replicates, at_replicate = np.unique(replicate, return_inverse=True)
    steps, at_step = np.unique(step, return_inverse=True)
    rows = at_replicate.reshape(replicate.shape) * steps.size + at_step.reshape(step.shape)
    numbers, which = np.unique(rows, return_inverse=True)
    which = np.broadcast_to(which.reshape(rows.shape), shape).reshape(-1)
    order = np.argsort(which, kind="stable")
    end = 0
    for number, count in zip(numbers.tolist(), np.bincount(which).tolist(), strict=False):
        start, end = end, end + count
        yield (
            int(replicates[number // steps.size]),
            int(steps[number % steps.size]),
            order[start:end],
        )


def _row(philox: np.random.Philox, replicate: int, step: int, entities: Words) -> Floats:
    if entities.size == 0:
        return np.empty(0)
    blocks, within = entities >> _SHIFT, (entities & _PLACE).view(np.int64)
    first, last = int(blocks.min()), int(blocks.max())
    if last - first < _PER_BLOCK * entities.size:
        words = _run(philox, replicate, step, first, last - first + 1)
        places = (blocks - np.uint64(first)).view(np.int64)
    else:
        needed, places = np.unique(blocks, return_inverse=True)
        words = _sparse(philox, replicate, step, needed)
    return _as_unit(words.reshape(-1)[places.reshape(-1) * _PER_BLOCK + within])


def _sparse(philox: np.random.Philox, replicate: int, step: int, blocks: Words) -> Words:
    """Return uint64 (n, 4) for sorted blocks; short gaps between them are generated too."""
    gaps = np.flatnonzero(np.diff(blocks) > _LONG_GAP) + 1
    cuts = np.union1d(gaps, np.arange(_LONG_RUN, blocks.size, _LONG_RUN))
    words = np.empty((blocks.size, _PER_BLOCK), dtype=np.uint64)
    for start, end in zip([0, *cuts.tolist()], [*cuts.tolist(), blocks.size], strict=True):
        run = blocks[start:end]
        first, last = int(run[0]), int(run[-1])
        made = _run(philox, replicate, step, first, last - first + 1)
        words[start:end] = made[(run - run[0]).view(np.int64)]
    return words


def _run(philox: np.random.Philox, replicate: int, step: int, first: int, count: int) -> Words:
    """Return uint64 (count, 4) for consecutive counter values; NumPy increments before use."""
    before = (first | step << 64 | replicate << 128) - 1
    counter = [(before >> shift) & _MASK for shift in (0, 64, 128, 192)]
    state = philox.state
    state["state"]["counter"] = np.array(counter, dtype=np.uint64)
    state["buffer_pos"] = _PER_BLOCK  # nothing left over from an earlier counter
    philox.state = state
    return philox.random_raw(count * _PER_BLOCK).reshape(count, _PER_BLOCK)


def _as_unit(words: Words) -> Floats:
    return np.asarray((words >> np.uint64(11)).view(np.int64) * 2.0**-53, dtype=np.float64)
