"""Sum a run up day by day on the local calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import DAY_MS, Clock, Instants
from engines.crm.funnel import MQL, SQL
from engines.crm.world import World
from runner.contract import Floats


@dataclass(frozen=True, slots=True)
class _Days:
    """Local days of a window: `first` in days since the epoch, `count` of them."""

    clock: Clock
    first: int
    count: int

    def of(self, instants: Instants) -> NDArray[np.int64]:
        """Return the place of instants (n,) among the days."""
        return np.asarray(self.clock.local(instants) // DAY_MS - self.first, dtype=np.int64)

    def counts(self, instants: Instants) -> NDArray[np.int64]:
        """Return how many instants fall on each day: int64 (count,)."""
        return np.bincount(self.of(instants), minlength=self.count)

    def sums(self, instants: Instants, amount: Floats) -> NDArray[np.int64]:
        """Return the amounts on each day in hundredths, int64 (count,): exact in any order."""
        hundredths = np.zeros(self.count, dtype=np.int64)
        np.add.at(hundredths, self.of(instants), np.rint(amount * 100).astype(np.int64))
        return hundredths


def daily_summary(world: World, clock: Clock) -> Mapping[str, Any]:
    """Return one row per local day of the window."""
    edges = clock.local(np.array([world.start, world.end - 1])) // DAY_MS
    days = _Days(clock, int(edges[0]), int(edges[1] - edges[0]) + 1)
    deals, life = world.deals, world.lifecycle
    created, closed = deals.created < world.end, deals.closed < world.end
    won, lost = closed & deals.won, closed & ~deals.won
    amount = deals.amount
    opened = days.sums(deals.created[created], amount[created])
    ended = days.sums(deals.closed[closed], amount[closed])
    return {
        "date": np.arange(days.first, days.first + days.count),
        "day": np.arange(1, days.count + 1),
        "contacts_created": days.counts(world.created),
        "mql_entries": days.counts(life.at[life.target == MQL]),
        "sql_entries": days.counts(life.at[life.target == SQL]),
        "deals_created": days.counts(deals.created[created]),
        "deals_won": days.counts(deals.closed[won]),
        "deals_lost": days.counts(deals.closed[lost]),
        "activities": days.counts(world.activities.at),
        "revenue_won": days.sums(deals.closed[won], amount[won]) / 100,
        "pipeline_value_open": np.cumsum(opened - ended) / 100,
    }
