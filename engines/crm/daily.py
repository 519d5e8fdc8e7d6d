"""Sum a run up day by day on the local calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import DAY_MS, Clock, Instants
from engines.crm.funnel import MQL, SQL
from engines.crm.world import World
from runner.contract import Floats

_COUNTED = (
    "contacts_created", "mql_entries", "sql_entries", "deals_created", "deals_won", "deals_lost",
    "activities", "revenue_won", "pipeline_change",
)  # fmt: skip


class DailyCounts:
    """What happens on each local day of [start, end) ms, of the blocks added so far.

    Money is counted in hundredths: exact in any order.
    """

    __slots__ = ("_clock", "_counts", "_first")

    def __init__(self, clock: Clock, start: int, end: int) -> None:
        first, last = (clock.local(np.array([start, end - 1])) // DAY_MS).tolist()
        self._clock, self._first = clock, first
        self._counts = {name: np.zeros(last - first + 1, dtype=np.int64) for name in _COUNTED}

    def add(self, world: World) -> None:
        """Count a block."""
        deals, life, amount = world.deals, world.lifecycle, world.deals.amount
        created, closed = deals.created < world.end, deals.closed < world.end
        won, lost = closed & deals.won, closed & ~deals.won
        self._count("contacts_created", world.created)
        self._count("mql_entries", life.at[life.target == MQL])
        self._count("sql_entries", life.at[life.target == SQL])
        self._count("deals_created", deals.created[created])
        self._count("deals_won", deals.closed[won])
        self._count("deals_lost", deals.closed[lost])
        self._count("activities", world.activities.at)
        self._pay("revenue_won", deals.closed[won], amount[won])
        self._pay("pipeline_change", deals.created[created], amount[created])
        self._pay("pipeline_change", deals.closed[closed], -amount[closed])

    def rows(self) -> Mapping[str, Any]:
        """Return one row per local day of the window."""
        counted = dict(self._counts)
        revenue, change = counted.pop("revenue_won"), counted.pop("pipeline_change")
        return {
            "date": np.arange(self._first, self._first + change.size),
            "day": np.arange(1, change.size + 1),
            **counted,
            "revenue_won": revenue / 100,
            "pipeline_value_open": np.cumsum(change) / 100,
        }

    def _days(self, instants: Instants) -> NDArray[np.int64]:
        return np.asarray(self._clock.local(instants) // DAY_MS - self._first, dtype=np.int64)

    def _count(self, name: str, instants: Instants) -> None:
        counts = self._counts[name]
        counts += np.bincount(self._days(instants), minlength=counts.size)

    def _pay(self, name: str, instants: Instants, amount: Floats) -> None:
        hundredths = np.rint(amount * 100).astype(np.int64)
        np.add.at(self._counts[name], self._days(instants), hundredths)
