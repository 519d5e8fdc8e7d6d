"""Sum up what metrics, checks and the daily summary need of all blocks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import Instants
from engines.crm.daily import DailyCounts
from engines.crm.deals import Deals
from engines.crm.params import CrmParams
from engines.crm.preparation import Prepared
from engines.crm.reconciliation import Balance, joined
from engines.crm.scenario import TOUCH_TYPES, GroupSize
from engines.crm.timeline import advances_and_exits
from engines.crm.world import World
from runner.contract import Floats


@dataclass(slots=True)
class ClosedDeals:
    """Amounts of deals created, and cycles of deals closed, in the window, block by block.

    `amounts` float64 in currency; `cycle_ms`, `sql_at` int64 of closed deals; money that is `won`
    or `open` is summed in hundredths, so that no order of blocks changes a digit.
    """

    amounts: list[Floats] = field(default_factory=list)
    cycle_ms: list[Instants] = field(default_factory=list)
    sql_at: list[Instants] = field(default_factory=list)
    n_won: int = 0
    won: int = 0
    open: int = 0

    def add(self, deals: Deals, end: int) -> None:
        """Count the deals of a block."""
        created, closed = deals.created < end, deals.closed < end
        self.amounts.append(deals.amount[created])
        self.cycle_ms.append((deals.closed - deals.sql_at)[closed])
        self.sql_at.append(deals.sql_at[closed])
        self.n_won += int((deals.won & closed).sum())
        self.won += _hundredths(deals.amount[deals.won & closed])
        self.open += _hundredths(deals.amount[created & ~closed])


def _hundredths(amount: Floats) -> int:
    return int(np.rint(amount * 100).astype(np.int64).sum())


@dataclass(slots=True)
class Totals:
    """Counts over blocks; `activities`, `advances`, `exits` int64 (4,) by type and stage.

    `cycle_multiplier` is the largest one among archetypes present.
    """

    prepared: Prepared
    n_contacts: int = 0
    n_companies: int = 0
    cycle_multiplier: float = 0.0
    deals: ClosedDeals = field(default_factory=ClosedDeals)
    activities: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, dtype=np.int64))
    advances: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, dtype=np.int64))
    exits: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, dtype=np.int64))
    outside_hours: int = 0
    companies_out_of_range: int = 0
    reconciliation: dict[str, Balance] = field(default_factory=dict)
    daily: DailyCounts | None = None

    def add(self, params: CrmParams, world: World) -> None:
        """Count a block."""
        self.n_contacts += world.n_contacts
        self.n_companies += world.companies.size.size
        self.cycle_multiplier = max(self.cycle_multiplier, world.cycle_multiplier)
        self.deals.add(world.deals, world.end)
        self.activities += np.bincount(world.activities.kind, minlength=len(TOUCH_TYPES))
        advances, exits = advances_and_exits(world.lifecycle)
        self.advances += advances
        self.exits += exits
        self.outside_hours += int(self.prepared.calendar.outside(world.activities.at).sum())
        self.companies_out_of_range += _out_of_range(params.scenario.group_size, world)
        self.reconciliation = joined(self.reconciliation, world.reconciliation)
        self.daily = self.daily or DailyCounts(self.prepared.clock, world.start, world.end)
        self.daily.add(world)


def _out_of_range(group: GroupSize, world: World) -> int:
    companies = world.companies
    outside = (companies.size < group.min) | (companies.size > group.max)
    return int((outside & ~companies.exempt).sum())
