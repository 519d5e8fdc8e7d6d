"""Declare what all events have in common: who, when, and how far the agent has come."""

from __future__ import annotations

from engines.idle_rpg.columns import agent_key, column
from runner.contract import Column, Growth, TableSchema

PREFIX = "event_"
_GROWTH: frozenset[Growth] = frozenset({"population", "horizon"})
ENVELOPE = (
    Column(name="event_id", kind="uint64", doc="unique in a run, equal for equal seeds"),
    agent_key("agent_id"),
    column("event_at", "timestamp"),
    column("sim_day", "int16"),
    column("age_day", "int16"),
    column("session_no", "int8", "from 0, by day"),
    column("event_order", "int32", "rises with time within an agent's day"),
    column("player_level", "int16"),
    column("vip_level", "int8"),
    column("chapter", "int8", "of the next stage"),
    column("total_spent_usd", "float64"),
)


def event_table(name: str, doc: str, *columns: Column) -> TableSchema:
    """Return the table of a type: the envelope, then its own columns."""
    return TableSchema(
        name=f"{PREFIX}{name}", doc=doc, columns=(*ENVELOPE, *columns),
        key=("agent_id", "age_day", "event_order"), prefix_stable=_GROWTH,
    )  # fmt: skip
