"""Declare columns of tables: a name has the same unit wherever it stands."""

from __future__ import annotations

from runner.contract import Column, ColumnKind

_UNITS = {
    "minutes": "minutes", "revenue_usd": "USD", "price_usd": "USD", "budget_usd": "USD",
    "spent_in_window_usd": "USD", "cumulative_revenue_usd": "USD", "gold": "gold", "gems": "gems",
    "energy": "energy", "tickets": "tickets", "age_day": "days", "sim_day": "day",
    "retention_multiplier": "ratio", "monetisation_multiplier": "ratio",
    "total_spent_usd": "USD", "seconds": "seconds", "idle_seconds": "seconds",
    "seconds_since_last": "seconds", "gems_spent": "gems", "gold_spent": "gold",
    "pass_gems": "gems", "team_power": "power", "required_power": "power", "own_power": "power",
    "opponent_power": "power", "power_before": "power", "power_after": "power",
    "team_power_before": "power", "team_power_after": "power", "damage_pct": "percent",
    "total_minutes": "minutes", "vip_points": "cents", "exp": "exp",
}  # fmt: skip


def column(
    name: str, kind: ColumnKind, doc: str = "", *, unit: str = "", nullable: bool = False
) -> Column:
    """Declare a column; its unit follows from its name, other float64 are fractions."""
    default = _UNITS.get(name, "fraction" if kind == "float64" else "")
    return Column(name=name, kind=kind, unit=unit or default, nullable=nullable, doc=doc)


def category(
    name: str, categories: tuple[str, ...], doc: str = "", *, nullable: bool = False
) -> Column:
    """Declare a column of texts from a fixed list."""
    return Column(name=name, kind="category", categories=categories, nullable=nullable, doc=doc)


def agent_key(name: str) -> Column:
    """Declare the number of the agent as part of a key."""
    return Column(name=name, kind="int64", role="key", doc="number of the agent")
