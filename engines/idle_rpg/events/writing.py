"""Sort the events of a block by agent and time, number them, and write them in batches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.buffer import Buffer
from engines.idle_rpg.events.envelope import ENVELOPE, PREFIX
from engines.idle_rpg.events.log import EventLog, first_marks, marked
from engines.idle_rpg.events.order import (
    AGENT_SHIFT,
    ages,
    event_ids,
    orders,
    sessions,
)
from engines.idle_rpg.events.runs import REPEATED, held, unfold
from engines.idle_rpg.events.settings import Settings
from engines.idle_rpg.events.teams import team_bits
from engines.idle_rpg.population import Profile
from runner.contract import Column, Draws, TableSchema, TableSink

_BATCH = 131_072  # about so many rows are written at once; no byte depends on it
_DAY_SECONDS = 86_400
_OWN = len(ENVELOPE)
_FEW = 127  # categories whose places fit into a byte


def new_log(
    settings: Settings, draws: Draws, profile: Profile, schemas: tuple[TableSchema, ...],
    candidates: NDArray[np.int16],
) -> EventLog:  # fmt: skip
    """Return an empty log of new agents, for the types in `schemas`.

    `candidates`: int16 (2, candidates, n), the heroes they begin with, as in `day.Day`.
    """
    n, params = profile.ids.size, settings.rules.params
    start = params.start

    def full(value: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.full(n, value, dtype=np.int64)

    level = settings.level_of(np.zeros(n, dtype=np.int64))
    return EventLog(
        settings=settings, draws=draws, profile=profile,
        buffers={s.name.removeprefix(PREFIX): _buffer(s) for s in schemas},
        marks=first_marks(level, int(settings.chapter[0])),
        purse=np.repeat([[start.gold], [start.gems], [start.tickets], [start.energy]], n, axis=1),
        rating=full(params.arena.start_rating), tries=full(0), replays=full(0), joined=full(0),
        team=team_bits(candidates), last_end=full(-1), sessions=full(0), seconds=full(0),
        pulls=full(0), number=full(0), started=full(0), played=full(0), gems=full(0), gold=full(0),
        lost=np.zeros(n, dtype=np.bool_), helped=np.zeros(n, dtype=np.bool_), placement=full(0),
        pull_price=np.zeros((2, n), dtype=np.int64), place=full(0),
    )  # fmt: skip


def _buffer(schema: TableSchema) -> Buffer:
    name, own = schema.name.removeprefix(PREFIX), schema.columns[_OWN:]
    return Buffer(held(name, {c.name: _kind(c) for c in own}), repeats=name in REPEATED)


def _kind(column: Column) -> np.dtype[Any]:
    if column.kind != "category":
        return np.dtype(column.kind)
    return np.dtype("int8" if len(column.categories) <= _FEW else "int16")


def write_events(out: TableSink, log: EventLog, schemas: tuple[TableSchema, ...]) -> None:
    """Write every event of a block, and forget it."""
    for schema in schemas:
        _write_type(out, log, schema, log.buffers.pop(schema.name.removeprefix(PREFIX)))


def _write_type(out: TableSink, log: EventLog, schema: TableSchema, buffer: Buffer) -> None:
    buffer.join()
    batches = -(-buffer.size // _BATCH)
    edges = np.linspace(0, log.profile.ids.size, batches + 1).astype(np.int64)
    for events in buffer.by_agents(edges):
        order = np.argsort(events.keys, kind="stable")
        some = unfold(log, schema.name.removeprefix(PREFIX), events, order)
        columns = _envelope(log, some.keys, some.at, some.marks)
        for column in schema.columns[_OWN:]:
            columns[column.name] = _shown(column, some.columns.pop(column.name))
        out.write(schema.name, columns)


def _shown(column: Column, values: Any) -> Any:
    """Return values with nulls where a whole number is below zero, if its column has nulls."""
    if not column.nullable or column.kind == "category":
        return values
    return np.ma.MaskedArray(values, mask=values < 0)


def _envelope(log: EventLog, keys: Any, at: Any, marks: Any) -> dict[str, Any]:
    profile, row = log.profile, keys >> AGENT_SHIFT
    agent, install, order = profile.ids[row], profile.install[row], orders(keys)
    first_day = log.settings.rules.first_day
    age = ages(keys)
    return {
        "event_id": event_ids(log.settings.event_key, agent, keys & (1 << AGENT_SHIFT) - 1),
        "agent_id": agent,
        "event_at": ((first_day - 1 + install) * _DAY_SECONDS + at) * 1000,
        "sim_day": (install + age).astype(np.int16),
        "age_day": age.astype(np.int16),
        "session_no": sessions(order).astype(np.int8),
        "event_order": order.astype(np.int32),
        **marked(marks),
    }
