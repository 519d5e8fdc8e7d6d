"""Lay a run out in its tables, in batches, those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import DAY_MS, Clock
from engines.crm.daily import daily_summary
from engines.crm.deals import CLOSED_LOST, CLOSED_WON, LOST_DEAL, OPEN_DEAL, WON_DEAL
from engines.crm.names import FIRST_NAMES, LAST_NAMES, company_names
from engines.crm.params import CrmParams
from engines.crm.preview import plan_preview
from engines.crm.reconciliation import OBJECTS
from engines.crm.snapshot import snapshot
from engines.crm.tables import PREVIEWED
from engines.crm.touches import BASELINE, LOST_TICKET, WON_NOTE
from engines.crm.world import World
from runner.contract import Draws, TableSink

BLOCK = 131_072
"""Rows per write: large tables are never built as a whole."""

Columns = Mapping[str, Any]
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Output:
    """All that tables are made of."""

    params: CrmParams
    clock: Clock
    draws: Draws
    world: World
    horizon: int


def write_tables(run: Output, out: TableSink) -> dict[str, int]:
    """Write the tables that are wanted; return their numbers of rows."""
    writers: Mapping[str, Callable[[Output], Iterator[Columns]]] = {
        "contacts": _contacts,
        "companies": _companies,
        "lifecycle_events": _lifecycle_events,
        "deals": _deals,
        "deal_stage_events": _deal_stage_events,
        "activities": _activities,
        "reconciliation": _reconciliation,
        "plan_preview": _plan_preview,
        "daily_summary": _daily_summary,
        "parameter_snapshot": _parameter_snapshot,
    }
    rows = {}
    for table, columns in writers.items():
        if out.wants(table):
            rows[table] = 0
            for batch in columns(run):
                rows[table] += len(next(iter(batch.values())))
                out.write(table, batch)
    return rows


def _blocks(n_rows: int) -> Iterator[slice]:
    for start in range(0, n_rows, BLOCK):
        yield slice(start, min(start + BLOCK, n_rows))


def _contacts(run: Output) -> Iterator[Columns]:
    world, life = run.world, run.world.lifecycle
    for here in _blocks(world.n_contacts):
        first = run.draws.uniform("crm.contact.first_name", entities=here)
        last = run.draws.uniform("crm.contact.last_name", entities=here)
        yield {
            "contact_id": np.arange(here.start, here.stop),
            "company_id": world.companies.of_contact[here],
            "owner_id": world.owner[here],
            "first_name": (first * len(FIRST_NAMES)).astype(np.int32),
            "last_name": (last * len(LAST_NAMES)).astype(np.int32),
            "archetype": world.kinds[here],
            "created_at": world.created[here],
            "lifecycle_stage": life.stage[here],
            "highest_stage": life.highest[here],
            "nurture_cycles": life.returns[here],
            "last_event_at": life.last_at[here],
        }


def _companies(run: Output) -> Iterator[Columns]:
    world, companies = run.world, run.world.companies
    highest = np.zeros(companies.size.size, dtype=np.int8)
    np.maximum.at(highest, companies.of_contact, world.lifecycle.highest)
    for here in _blocks(companies.size.size):
        names, domains = company_names(here.start, here.stop)
        yield {
            "company_id": np.arange(here.start, here.stop),
            "name": names,
            "domain": domains,
            "created_at": companies.created[here],
            "contact_count": companies.size[here],
            "owner_id": world.owner[companies.first_contact[here]],
            "highest_stage": highest[here],
            "size_exempt": companies.exempt[here],
        }


def _lifecycle_events(run: Output) -> Iterator[Columns]:
    life = run.world.lifecycle
    for here in _blocks(life.at.size):
        yield {
            "contact_id": life.contact[here],
            "seq": life.seq[here],
            "at": life.at[here],
            "from_stage": life.source[here],
            "to_stage": life.target[here],
            "reason": life.reason[here],
            "pass_index": life.pass_index[here],
        }


def _deals(run: Output) -> Iterator[Columns]:
    world, deals = run.world, run.world.deals
    created = np.flatnonzero(deals.created < world.end)
    for block in _blocks(created.size):
        rows = created[block]
        contact, closed_at = deals.contact[rows], deals.closed[rows]
        is_open = closed_at >= world.end
        won = deals.won[rows]
        entered = (deals.boundaries[rows] < world.end).sum(axis=1) - 1
        cycle = (closed_at - deals.sql_at[rows]) / DAY_MS
        yield {
            "deal_id": contact,
            "contact_id": contact,
            "company_id": world.companies.of_contact[contact],
            "owner_id": world.owner[contact],
            "pass_index": deals.pass_index[rows],
            "sql_at": deals.sql_at[rows],
            "created_at": deals.created[rows],
            "amount": deals.amount[rows],
            "stage": _deal_stage(entered, won),
            "status": np.where(is_open, OPEN_DEAL, np.where(won, WON_DEAL, LOST_DEAL)),
            "win_probability": np.where(is_open, np.nan, deals.win_probability[rows]),
            "closed_at": np.ma.MaskedArray(closed_at, mask=is_open),
            "sales_cycle_days": np.where(is_open, np.nan, cycle),
        }


def _deal_stage(reached: NDArray[np.int64], won: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the stage code at the boundary reached, 0 to 5."""
    return np.where(reached < CLOSED_WON, reached, np.where(won, CLOSED_WON, CLOSED_LOST))


def _deal_stage_events(run: Output) -> Iterator[Columns]:
    world, deals = run.world, run.world.deals
    for block in _blocks(deals.contact.size):
        boundaries = deals.boundaries[block]
        row, seq = np.nonzero(boundaries < world.end)
        yield {
            "deal_id": deals.contact[block][row],
            "seq": seq,
            "stage": _deal_stage(seq, deals.won[block][row]),
            "entered_at": boundaries[row, seq],
        }


def _activities(run: Output) -> Iterator[Columns]:
    world, done = run.world, run.world.activities
    for here in _blocks(done.at.size):
        contact, trigger = done.contact[here], done.trigger[here]
        has_deal = (trigger == WON_NOTE) | (trigger == LOST_TICKET)
        delay = (done.at[here] - done.parent[here]) / _MINUTE_MS
        yield {
            "activity_id": np.arange(here.start, here.stop),
            "type": done.kind[here],
            "trigger": trigger,
            "contact_id": contact,
            "company_id": world.companies.of_contact[contact],
            "deal_id": np.ma.MaskedArray(contact, mask=~has_deal),
            "pass_index": done.pass_index[here],
            "ordinal": done.ordinal[here],
            "at": done.at[here],
            "delay_min": np.where(trigger == BASELINE, np.nan, delay),
            "owner_id": world.owner[contact],
        }


def _reconciliation(run: Output) -> Iterator[Columns]:
    balances = [run.world.reconciliation[name] for name in OBJECTS]
    counted = (
        "attempted", "declined", "planned", "processed", "skipped_record_cap",
        "skipped_global_budget", "pending",
    )  # fmt: skip
    yield {
        "object_type": list(OBJECTS),
        **{name: [getattr(balance, name) for balance in balances] for name in counted},
    }


def _plan_preview(run: Output) -> Iterator[Columns]:
    expected = plan_preview(run.params)
    rows = [expected[name] for name in PREVIEWED]
    yield {
        "object_type": list(PREVIEWED),
        "expected_planned": [row.planned for row in rows],
        "budget": [np.nan if row.budget is None else float(row.budget) for row in rows],
        "exceeds_budget": [row.exceeds_budget for row in rows],
    }


def _daily_summary(run: Output) -> Iterator[Columns]:
    yield daily_summary(run.world, run.clock)


def _parameter_snapshot(run: Output) -> Iterator[Columns]:
    yield snapshot(run.params, run.world, run.horizon)
