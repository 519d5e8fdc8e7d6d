"""Declare the tables of events: one type each, a common envelope before its own columns."""

from __future__ import annotations

from engines.idle_rpg.events.schemas_market import purchase_types, reward_types, social_types
from engines.idle_rpg.events.schemas_play import (
    campaign_types,
    economy_types,
    hero_types,
    session_types,
)
from engines.idle_rpg.params import Params
from runner.contract import TableSchema


def event_tables(params: Params) -> tuple[TableSchema, ...]:
    """Return one table per event type, exposures only where there are tests."""
    return (
        *session_types(params), *economy_types(), *campaign_types(), *reward_types(params),
        *hero_types(), *purchase_types(params), *social_types(),
    )  # fmt: skip
