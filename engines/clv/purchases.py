"""Hold the purchase days of all customers, one customer after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runner.contract import Floats

Texts = NDArray[Any]
"""Object array of texts, (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """Purchase days of n customers, in the order of their ids.

    Attributes:
        ids: text (n,), ascending; copy: int64 (n,), 0 but for resampled customers.
        entity: uint64 (n,), the customer's address in random draws.
        offset: int64 (n + 1,); customer i has the rows offset[i] to offset[i + 1], at least one.
        tick: int64 (n_rows,), ascending per customer; revenue: float64 (n_rows,), >= 0.
        cohort, archetype: text (n,), or None where there is none.
        position: int64 (n,), place of the customer in the table that was read.
    """

    ids: Texts
    copy: NDArray[np.int64]
    entity: NDArray[np.uint64]
    offset: NDArray[np.int64]
    tick: NDArray[np.int64]
    revenue: Floats
    cohort: Texts | None
    archetype: Texts | None
    position: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.ids.size)

    @property
    def owner(self) -> NDArray[np.int64]:
        """Customer of each row, (n_rows,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offset))

    @property
    def first(self) -> NDArray[np.int64]:
        """Tick of each customer's first purchase, (n,)."""
        return self.tick[self.offset[:-1]]

    def take(self, rows: NDArray[np.int64], copy: NDArray[np.int64] | None = None) -> Purchases:
        """Return the customers at `rows`, in that order, numbered by `copy`."""
        sizes = np.diff(self.offset)[rows]
        offset = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        inside = np.arange(offset[-1]) - np.repeat(offset[:-1], sizes)
        source = np.repeat(self.offset[:-1][rows], sizes) + inside
        return Purchases(
            ids=self.ids[rows],
            copy=self.copy[rows] if copy is None else copy,
            entity=self.entity[rows],
            offset=offset,
            tick=self.tick[source],
            revenue=self.revenue[source],
            cohort=None if self.cohort is None else self.cohort[rows],
            archetype=None if self.archetype is None else self.archetype[rows],
            position=self.position[rows],
        )

    def until(self, last: int) -> Purchases:
        """Return what was known at the end of tick `last`: later rows and customers left out."""
        known = self.tick <= last
        sizes = np.bincount(self.owner[known], minlength=len(self))
        there = np.flatnonzero(sizes)
        offset = np.concatenate([[0], np.cumsum(sizes[there])]).astype(np.int64)
        return Purchases(
            ids=self.ids[there], copy=self.copy[there], entity=self.entity[there], offset=offset,
            tick=self.tick[known], revenue=self.revenue[known],
            cohort=None if self.cohort is None else self.cohort[there],
            archetype=None if self.archetype is None else self.archetype[there],
            position=self.position[there],
        )  # fmt: skip

    def between(
        self, low: NDArray[np.int64] | int, high: NDArray[np.int64] | int
    ) -> tuple[NDArray[np.int64], Floats]:
        """Return each customer's purchases and revenue in (low, high]: int64 and float64 (n,)."""
        owner = self.owner
        inside = (self.tick > _by_row(low, owner)) & (self.tick <= _by_row(high, owner))
        count = np.bincount(owner[inside], minlength=len(self))
        revenue = sums_by(owner[inside], self.revenue[inside], len(self))
        return count.astype(np.int64), revenue


def sums_by(owner: NDArray[np.int64], amount: Floats, n: int) -> Floats:
    """Return the sum of the amounts of each owner 0..n-1, added in the given order."""
    return np.asarray(np.bincount(owner, weights=amount, minlength=n), dtype=np.float64)


def _by_row(value: NDArray[np.int64] | int, owner: NDArray[np.int64]) -> NDArray[np.int64] | int:
    return value if isinstance(value, int) else value[owner]
