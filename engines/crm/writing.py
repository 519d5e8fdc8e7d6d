"""Lay a run out in its tables, in batches, those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.crm.agenda import Agenda
from engines.crm.clock import DAY_MS
from engines.crm.deals import CLOSED_LOST, CLOSED_WON, LOST_DEAL, OPEN_DEAL, WON_DEAL
from engines.crm.names import FIRST_NAMES, LAST_NAMES, company_names
from engines.crm.params import CrmParams
from engines.crm.preview import plan_preview
from engines.crm.reconciliation import OBJECTS
from engines.crm.snapshot import snapshot
from engines.crm.tables import PREVIEWED
from engines.crm.totals import Totals
from engines.crm.touches import BASELINE, LOST_TICKET, WON_NOTE
from engines.crm.world import World
from runner.contract import Draws, TableSink

ROWS = 131_072
"""Rows per write at most, but for activities."""

Columns = Mapping[str, Any]
_MINUTE_MS = 60_000


class Writer:
    """Writes the tables that are wanted, and counts their `rows`."""

    def __init__(self, params: CrmParams, draws: Draws, out: TableSink, n_contacts: int) -> None:
        self._params, self._draws, self._out = params, draws, out
        self.rows: dict[str, int] = {}
        n_kept = n_contacts if out.wants("activities") else 0
        self._company = np.empty(n_kept, dtype=np.int32)
        self._owner = np.empty(n_kept, dtype=np.int16)

    def write_block(self, world: World) -> None:
        """Write the objects of a block, all but its activities."""
        self._write("contacts", lambda: _contacts(world, self._draws))
        self._write("companies", lambda: _companies(world))
        self._write("lifecycle_events", lambda: _lifecycle_events(world))
        self._write("deals", lambda: _deals(world))
        self._write("deal_stage_events", lambda: _deal_stage_events(world))
        if self._company.size:
            here = world.block.contacts
            self._company[here] = world.companies.of_contact + world.block.companies.start
            self._owner[here] = world.owner

    def write_activities(self, agenda: Agenda) -> None:
        """Write the activities of all blocks in order of time."""
        self._write("activities", lambda: _activities(agenda, self._company, self._owner))

    def write_run(self, totals: Totals, horizon: int) -> None:
        """Write what is known of the run as a whole."""
        self._write("reconciliation", lambda: _reconciliation(totals))
        self._write("plan_preview", lambda: _plan_preview(self._params))
        self._write("daily_summary", lambda: _daily_summary(totals))
        self._write("parameter_snapshot", lambda: iter((snapshot(self._params, totals, horizon),)))

    def _write(self, table: str, batches: Callable[[], Iterator[Columns]]) -> None:
        if self._out.wants(table):
            self.rows.setdefault(table, 0)
            for batch in batches():
                self.rows[table] += len(next(iter(batch.values())))
                self._out.write(table, batch)


def _blocks(n_rows: int) -> Iterator[slice]:
    for start in range(0, n_rows, ROWS):
        yield slice(start, min(start + ROWS, n_rows))


def _contacts(world: World, draws: Draws) -> Iterator[Columns]:
    life, first_contact = world.lifecycle, world.block.contacts.start
    for here in _blocks(world.n_contacts):
        of_run = slice(here.start + first_contact, here.stop + first_contact)
        first = draws.uniform("crm.contact.first_name", entities=of_run)
        last = draws.uniform("crm.contact.last_name", entities=of_run)
        yield {
            "contact_id": np.arange(of_run.start, of_run.stop),
            "company_id": world.companies.of_contact[here] + world.block.companies.start,
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


def _companies(world: World) -> Iterator[Columns]:
    companies, first = world.companies, world.block.companies.start
    highest = np.zeros(companies.size.size, dtype=np.int8)
    np.maximum.at(highest, companies.of_contact, world.lifecycle.highest)
    for here in _blocks(companies.size.size):
        names, domains = company_names(here.start + first, here.stop + first)
        yield {
            "company_id": np.arange(here.start + first, here.stop + first),
            "name": names,
            "domain": domains,
            "created_at": companies.created[here],
            "contact_count": companies.size[here],
            "owner_id": world.owner[companies.first_contact[here]],
            "highest_stage": highest[here],
            "size_exempt": companies.exempt[here],
        }


def _lifecycle_events(world: World) -> Iterator[Columns]:
    life = world.lifecycle
    for here in _blocks(life.at.size):
        yield {
            "contact_id": life.contact[here] + np.int64(world.block.contacts.start),
            "seq": life.seq[here],
            "at": life.at[here],
            "from_stage": life.source[here],
            "to_stage": life.target[here],
            "reason": life.reason[here],
            "pass_index": life.pass_index[here],
        }


def _deals(world: World) -> Iterator[Columns]:
    deals, block = world.deals, world.block
    created = np.flatnonzero(deals.created < world.end)
    for here in _blocks(created.size):
        rows = created[here]
        contact, closed_at = deals.contact[rows], deals.closed[rows]
        is_open = closed_at >= world.end
        won = deals.won[rows]
        entered = (deals.boundaries[rows] < world.end).sum(axis=1) - 1
        cycle = (closed_at - deals.sql_at[rows]) / DAY_MS
        yield {
            "deal_id": contact + block.contacts.start,
            "contact_id": contact + block.contacts.start,
            "company_id": world.companies.of_contact[contact] + block.companies.start,
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


def _deal_stage_events(world: World) -> Iterator[Columns]:
    deals = world.deals
    for here in _blocks(deals.contact.size):
        boundaries = deals.boundaries[here]
        row, seq = np.nonzero(boundaries < world.end)
        yield {
            "deal_id": deals.contact[here][row] + world.block.contacts.start,
            "seq": seq,
            "stage": _deal_stage(seq, deals.won[here][row]),
            "entered_at": boundaries[row, seq],
        }


def _activities(
    agenda: Agenda, company: NDArray[np.int32], owner: NDArray[np.int16]
) -> Iterator[Columns]:
    first = 0
    for turn in agenda.turns():
        has_deal = (turn.trigger == WON_NOTE) | (turn.trigger == LOST_TICKET)
        yield {
            "activity_id": np.arange(first, first + turn.at.size),
            "type": turn.kind,
            "trigger": turn.trigger,
            "contact_id": turn.contact,
            "company_id": company[turn.contact],
            "deal_id": np.ma.MaskedArray(turn.contact, mask=~has_deal),
            "pass_index": turn.pass_index,
            "ordinal": turn.ordinal,
            "at": turn.at,
            "delay_min": np.where(turn.trigger == BASELINE, np.nan, turn.delay / _MINUTE_MS),
            "owner_id": owner[turn.contact],
        }
        first += turn.at.size


def _reconciliation(totals: Totals) -> Iterator[Columns]:
    balances = [totals.reconciliation[name] for name in OBJECTS]
    counted = (
        "attempted", "declined", "planned", "processed", "skipped_record_cap",
        "skipped_global_budget", "pending",
    )  # fmt: skip
    yield {
        "object_type": list(OBJECTS),
        **{name: [getattr(balance, name) for balance in balances] for name in counted},
    }


def _plan_preview(params: CrmParams) -> Iterator[Columns]:
    expected = plan_preview(params)
    rows = [expected[name] for name in PREVIEWED]
    yield {
        "object_type": list(PREVIEWED),
        "expected_planned": [row.planned for row in rows],
        "budget": [np.nan if row.budget is None else float(row.budget) for row in rows],
        "exceeds_budget": [row.exceeds_budget for row in rows],
    }


def _daily_summary(totals: Totals) -> Iterator[Columns]:
    if totals.daily is not None:
        yield totals.daily.rows()
