"""Record what happens to subscriptions, and put it in order."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

EVENT_TYPES = (
    "payment_recovered",
    "payment_failure",
    "churn",
    "renewal",
    "expansion",
    "downgrade",
)
"""In the order in which they stand within a day."""

EVENT_CODES = dict(zip(EVENT_TYPES, ("pr", "pf", "ch", "rn", "ex", "dg"), strict=True))

RECOVERED, FAILURE, CHURN, RENEWAL, EXPANSION, DOWNGRADE = range(len(EVENT_TYPES))

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events of a batch in order of customer, week and type, all int64 (n_events,).

    `place`: the customer's place in the batch. `before`, `after`: MRR, USD per month.
    """

    place: Ints
    week: Ints
    kind: Ints
    before: Ints
    after: Ints

    def of(self, *kinds: int) -> NDArray[np.bool_]:
        """Tell which events are of one of these kinds, bool (n_events,)."""
        return np.isin(self.kind, kinds)

    def count(self, kind: int, customers: int) -> Ints:
        """Return the number of events of a kind per customer, (n,)."""
        return np.bincount(self.place[self.kind == kind], minlength=customers)


@dataclass(slots=True)
class EventLog:
    """Collects events week by week, in any order within a week."""

    _kinds: list[tuple[int, int]] = field(default_factory=list)
    _columns: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)

    def add(self, kind: int, week: int, place: Ints, before: Ints, after: Ints) -> None:
        """Add events of one kind in one week: int64 (n_events,) each."""
        if place.size:
            self._kinds.append((kind, week))
            self._columns.append((place, before, after))

    def in_order(self, weeks: int) -> Events:
        """Return all events; `weeks` exceeds every week."""
        sizes = [columns[0].size for columns in self._columns]
        kinds = np.array(self._kinds, dtype=np.int64).reshape(-1, 2)
        kind, week = np.repeat(kinds, sizes, axis=0).T
        place, before, after = (_joined([parts[at] for parts in self._columns]) for at in range(3))
        order = np.argsort((place * weeks + week) * len(EVENT_TYPES) + kind)  # no two are equal
        return Events(
            place=place[order], week=week[order], kind=kind[order],
            before=before[order], after=after[order],
        )  # fmt: skip


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
