"""Reduce purchases to frequency, recency, age and monetary value at the end of a stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.clv.models.histories import Histories, histories
from engines.clv.purchases import Purchases, sums_by
from engines.clv.windows import Windows
from runner.contract import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageData:
    """What is known of each customer at the end of a fitting window; arrays (n,) unless noted.

    Attributes:
        stage: calibration or forecast; end: its last tick.
        customers: their purchases up to `end`.
        x: repeat purchase days; t_x, age: in time units; m: mean revenue per repeat purchase day.
        revenue: up to `end`; spend_count, spend_mean: what spend per purchase is estimated from.
        rows: distinct (x, t_x, T); place: row of each customer.
        pairs_x, pairs_age: distinct (x, T), float64 (n_pairs,); pair: place of each customer.
    """

    stage: str
    end: int
    customers: Purchases
    x: Ints
    t_x: Floats
    age: Floats
    m: Floats
    revenue: Floats
    spend_count: Ints
    spend_mean: Floats
    rows: Histories
    place: Ints
    pairs_x: Floats
    pairs_age: Floats
    pair: Ints

    def __len__(self) -> int:
        return int(self.x.size)

    def take(self, chosen: Ints) -> StageData:
        """Return the customers at `chosen`, in that order; the distinct rows stay as they are."""
        return replace(
            self, customers=self.customers.take(chosen), x=self.x[chosen], t_x=self.t_x[chosen],
            age=self.age[chosen], m=self.m[chosen], revenue=self.revenue[chosen],
            spend_count=self.spend_count[chosen], spend_mean=self.spend_mean[chosen],
            place=self.place[chosen], pair=self.pair[chosen],
        )  # fmt: skip


def stage_data(
    stage: str, purchases: Purchases, windows: Windows, end: int, *, include_first: bool
) -> StageData:
    """Return the customers first seen up to tick `end`, as known then."""
    known = purchases.until(end)
    return equal_age_data(
        stage, known, windows, np.full(len(known), end), end, include_first=include_first
    )


def equal_age_data(  # noqa: PLR0913 - the window may end at one age instead of one tick
    stage: str, purchases: Purchases, windows: Windows, ends: Ints, end: int, *, include_first: bool
) -> StageData:
    """Return all customers as known at the end of each one's own last tick `ends`, (n,)."""
    first, n = purchases.first, len(purchases)
    owner = purchases.owner
    inside = purchases.tick <= ends[owner]
    count = np.bincount(owner[inside], minlength=n).astype(np.int64)
    last = purchases.tick[purchases.offset[:-1] + count - 1]
    is_repeat = inside.copy()
    is_repeat[purchases.offset[:-1]] = False
    repeat = sums_by(owner[is_repeat], purchases.revenue[is_repeat], n)
    x = count - 1
    total = repeat + purchases.revenue[purchases.offset[:-1]]
    m = repeat / np.maximum(x, 1)
    keys, place, weight = distinct_rows(x, last - first, ends - first)
    pairs, pair, _ = distinct_rows(x, ends - first)
    return StageData(
        stage=stage, end=end, customers=purchases, x=x,
        t_x=windows.units(last - first), age=windows.units(ends - first), m=m, revenue=total,
        spend_count=count if include_first else x,
        spend_mean=total / count if include_first else m,
        rows=histories(
            keys[0].astype(np.float64), windows.units(keys[1]), windows.units(keys[2]),
            weight.astype(np.float64),
        ),
        place=place,
        pairs_x=pairs[0].astype(np.float64), pairs_age=windows.units(pairs[1]), pair=pair,
    )  # fmt: skip


def distinct_rows(*columns: NDArray[Any]) -> tuple[list[NDArray[Any]], Ints, Ints]:
    """Return the distinct combinations in order, the place of each row in them, their numbers."""
    order = np.lexsort(columns[::-1])
    sorted_columns = [column[order] for column in columns]
    is_new = np.ones(order.size, dtype=bool)
    if order.size:
        is_new[1:] = np.any([column[1:] != column[:-1] for column in sorted_columns], axis=0)
    start = np.flatnonzero(is_new)
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.cumsum(is_new) - 1
    count = np.diff(np.append(start, order.size)).astype(np.int64)
    return [column[start] for column in sorted_columns], place, count
