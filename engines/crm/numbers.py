"""Turn uniforms into waiting times, counts and odds, and put instants in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.crm.addressing import Variates
from engines.crm.clock import DAY_MS, Instants
from runner.contract import Entities, Floats

_SMALLEST_PRODUCT = 1e-300  # of up to 16 uniforms, each at least 2^-53 or 0
_WORD_BITS = 63


def erlang(draws: Variates, stream: str, step: int, shape: int, entities: Entities) -> Floats:
    """Return Erlang waiting times with mean 1, float64 (n,), from `shape` uniforms each.

    Source: sum of exponentials by inversion, -ln(u_1 ... u_k)/k.
    """
    product = draws.uniform(stream, step=step, entities=entities)
    for component in range(1, shape):
        product *= draws.uniform(stream, step=step + component, entities=entities)
    np.maximum(product, _SMALLEST_PRODUCT, out=product)
    np.log(product, out=product)
    product *= -1.0 / shape
    return product


def as_ms(days: Floats) -> Instants:
    """Return durations in days as whole milliseconds, at least 1: int64 (n,)."""
    return np.maximum(np.rint(days * DAY_MS), 1.0).astype(np.int64)


def counts(uniforms: Floats, low: int, high: int) -> NDArray[np.int64]:
    """Return whole numbers from low to high, each equally likely: int64 (n,)."""
    return low + (uniforms * (high - low + 1)).astype(np.int64)


def with_odds(probability: Floats | float, odds: Floats | float) -> Floats | float:
    """Return probabilities whose odds are multiplied by `odds`."""
    return odds * probability / (1.0 - probability + odds * probability)


def in_order(instants: Instants) -> NDArray[np.int64]:
    """Return the stable order of instants, int64 (n,): positions from earliest to latest.

    Instant and position are packed into one word where they fit, because whole words sort several
    times faster than positions do.
    """
    if not instants.size:
        return np.zeros(0, dtype=np.int64)
    bits = int(instants.size).bit_length()
    first = instants.min()
    if int(instants.max() - first) >= 1 << (_WORD_BITS - bits):
        return np.asarray(np.argsort(instants, kind="stable"))
    packed: NDArray[np.int64] = instants - first
    packed <<= bits
    packed += np.arange(instants.size, dtype=np.int32)  # half the room of whole words
    packed.sort()
    packed &= (1 << bits) - 1
    return packed


def fix_ties(order: NDArray[np.int64], instants: Instants, *keys: NDArray[np.integer]) -> None:
    """Order, in place, those of equal instant by `keys`, the first key first."""
    ordered = instants[order]
    same = ordered[1:] == ordered[:-1]
    del ordered
    if not same.any():
        return
    tied = np.zeros(order.size, dtype=bool)
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    members = order[places]
    ranked = np.lexsort((*(key[members] for key in reversed(keys)), instants[members]))
    order[places] = members[ranked]


def rank_within(groups: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return for each row how many earlier rows have its group: int32 (n,)."""
    order = in_order(groups.astype(np.int64, copy=False)).astype(np.int32)
    ordered = groups[order]
    is_first = np.ones(groups.size, dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    del ordered
    starts = np.flatnonzero(is_first)
    lengths = np.diff(np.append(starts, groups.size))
    rank = np.empty(groups.size, dtype=np.int32)
    rank[order] = np.arange(groups.size, dtype=np.int32)
    first = np.empty(groups.size, dtype=np.int32)
    first[order] = np.repeat(starts.astype(np.int32), lengths)
    rank -= first
    return rank
