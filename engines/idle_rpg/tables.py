"""Declare the tables of a run."""

from __future__ import annotations

from engines.idle_rpg.columns import agent_key, category, column
from engines.idle_rpg.events.schemas import event_tables
from engines.idle_rpg.labels import source_names, variant_names
from engines.idle_rpg.params import BOT, TRIGGERS, Params, enabled_tests
from engines.idle_rpg.params_play import MOST_DAYS
from engines.idle_rpg.trials import NAMES
from runner.contract import Column, ColumnKind, Growth, TableSchema

DIMENSIONS = ("all", "archetype", "clean", "install_day", "source")
_POPULATION: frozenset[Growth] = frozenset({"population"})
_HORIZON: frozenset[Growth] = frozenset({"horizon"})


def archetype_names(params: Params) -> tuple[str, ...]:
    """Return the archetypes, bots last."""
    return (*params.archetypes, BOT)


def day_label(day: int) -> str:
    """Return an install day as it stands in `cohort_retention`: three digits."""
    return f"{day:03d}"


def cohort_values(params: Params) -> tuple[str, ...]:
    """Return every value of every dimension of `cohort_retention`, in alphabetical order."""
    last = max([params.population.install_window_days,
                *(event.sim_day for event in params.traffic.events.values())])  # fmt: skip
    days = [day_label(day) for day in range(1, min(last, MOST_DAYS) + 1)]
    return tuple(sorted({"all", "clean", *archetype_names(params), *source_names(params), *days}))


def version_labels(params: Params) -> tuple[str, ...]:
    """Return app versions as shown: `v1_2_0` is 1.2.0."""
    names = params.population.app_version_weights
    return tuple(name.removeprefix("v").replace("_", ".") for name in names)


def tables(params: Params) -> tuple[TableSchema, ...]:
    """Return the tables of a run; those of tests only where there are tests."""
    tests = enabled_tests(params)
    found = [
        _agents(params), _agent_days(), _purchases(params), _daily_summary(),
        _cohort_retention(params), _banners(),
    ]  # fmt: skip
    of_tests = [_exposures(params), _results(params)] if tests else []
    return (*found, *of_tests, *event_tables(params))


def _agents(params: Params) -> TableSchema:
    population = params.population
    return TableSchema(
        name="agents",
        doc="One row per agent: the truth about it, and its life at the end of the run.",
        columns=(
            agent_key("agent_id"),
            category("archetype", archetype_names(params)),
            column("is_bot", "bool"),
            category("source", source_names(params)),
            category("traffic_event", tuple(params.traffic.events) or ("none",), nullable=True),
            category("country", tuple(population.country_weights)),
            category("platform", tuple(population.platform_weights)),
            category("app_version", version_labels(params)),
            column("install_day", "int16", "sim_day"),
            column("install_at", "timestamp", "start of the first session"),
            column("retention_multiplier", "float64", "of its origin"),
            column("monetisation_multiplier", "float64", "of its origin"),
            Column(name="ab_assignments", kind="str", doc="test=variant, joined by ;"),
            column("churn_day", "int16", "sim_day of permanent churn", nullable=True),
            column("churn_age_day", "int16", nullable=True),
            column("last_active_day", "int16", "sim_day"),
            column("active_days", "int16"),
            column("sessions", "int32"),
            column("minutes", "float64"),
            column("tutorial_steps_shown", "int8"),
            column("tutorial_completed", "bool"),
            column("purchases", "int16"),
            column("revenue_usd", "float64"),
            column("first_purchase_age_day", "int16", nullable=True),
            column("pulls", "int32"),
            column("legendaries", "int16"),
            column("stages_cleared", "int16"),
            column("player_level", "int16"),
            column("vip_level", "int8"),
            column("guild_id", "int16", nullable=True),
            column("team_power", "int32"),
            column("gold", "int64"),
            column("gems", "int64"),
            column("tickets", "int32"),
            column("energy", "int16", "at the midnight that ends the last active day"),
        ),
        key=("agent_id",),
        prefix_stable=_POPULATION,
    )


def _agent_days() -> TableSchema:
    counts: tuple[tuple[str, ColumnKind], ...] = (
        ("attempts", "int16"), ("sweeps", "int16"), ("wins", "int16"), ("losses", "int16"),
        ("upgrades", "int16"), ("pulls", "int16"), ("legendaries", "int8"), ("ads", "int8"),
        ("arena_battles", "int8"), ("guild_attacks", "int8"), ("purchases", "int8"),
    )  # fmt: skip
    return TableSchema(
        name="agent_days",
        doc="One row per agent and active day; balances are those at midnight.",
        columns=(
            agent_key("agent_id"),
            column("sim_day", "int16"),
            column("age_day", "int16"),
            column("sessions", "int8"),
            column("minutes", "float64"),
            *(column(name, kind) for name, kind in counts),
            column("revenue_usd", "float64"),
            column("gold", "int64"),
            column("gems", "int64"),
            column("tickets", "int32"),
            column("energy", "int16"),
            column("team_power", "int32"),
            column("stages_cleared", "int16"),
            column("player_level", "int16"),
            column("in_guild", "bool"),
            column("losing_streak", "int16"),
            column("return_probability", "float64", "chance with which the agent came today"),
        ),
        key=("agent_id", "sim_day"),
        prefix_stable=_POPULATION | _HORIZON,
    )


def _purchases(params: Params) -> TableSchema:
    return TableSchema(
        name="purchases",
        doc="One row per purchase.",
        columns=(
            agent_key("agent_id"),
            column("purchase_no", "int16", "from 1, by agent"),
            column("purchased_at", "timestamp"),
            column("sim_day", "int16"),
            column("age_day", "int16"),
            column("session_no", "int8", "from 0, by day"),
            category("trigger", TRIGGERS),
            category("product", tuple(params.iap.products)),
            column("price_usd", "float64"),
            column("gems", "int32"),
            column("tickets", "int16"),
            column("window", "int16", "30-day window since install"),
            column("budget_usd", "float64", "of the window"),
            column("spent_in_window_usd", "float64", "after this purchase"),
        ),
        key=("agent_id", "purchase_no"),
        prefix_stable=_POPULATION | _HORIZON,
    )


def _daily_summary() -> TableSchema:
    counts = ("purchases", "payers")
    return TableSchema(
        name="daily_summary",
        doc="One row per calendar day.",
        columns=(
            column("sim_day", "int16"),
            column("date", "date"),
            column("installs", "int32"),
            column("dau", "int32", "agents active on the day"),
            column("mau", "int32", "agents active on the day or the 29 before"),
            column("bots_active", "int32"),
            column("sessions", "int32"),
            column("minutes", "float64"),
            *(column(name, "int32") for name in counts),
            column("revenue_usd", "float64"),
            column("ads", "int32"),
            column("pulls", "int32"),
            column("legendaries", "int32"),
            column("newly_churned", "int32"),
        ),
        key=("sim_day",),
        prefix_stable=_HORIZON,
    )


def _cohort_retention(params: Params) -> TableSchema:
    return TableSchema(
        name="cohort_retention",
        doc="Retention by age of cohorts; only agents whose day lies inside the run count.",
        columns=(
            category("dimension", DIMENSIONS),
            category("value", cohort_values(params)),
            column("age_day", "int16"),
            column("n_eligible", "int32"),
            column("n_active", "int32", "on exactly this day"),
            column("retention", "float64"),
            column("n_rolling", "int32", "on this day or later"),
            column("rolling_retention", "float64"),
            column("expected_retention", "float64", "null where histories decide", nullable=True),
            column("cumulative_revenue_usd", "float64", "of ages up to this one"),
        ),
        key=("dimension", "value", "age_day"),
    )


def _banners() -> TableSchema:
    return TableSchema(
        name="banners",
        doc="Limited banners that begin inside the run.",
        columns=(
            column("banner_index", "int16"),
            column("first_sim_day", "int16"),
            column("last_sim_day", "int16"),
            column("featured_hero_id", "int16"),
        ),
        key=("banner_index",),
        prefix_stable=_POPULATION | _HORIZON,
    )


def _exposures(params: Params) -> TableSchema:
    return TableSchema(
        name="ab_exposures",
        doc="One row per agent and enabled test.",
        columns=(
            agent_key("agent_id"),
            category("test", tuple(enabled_tests(params))),
            category("variant", variant_names(params), "assigned, exposed or not"),
            column("exposed_age_day", "int16", "null: never exposed", nullable=True),
            column("exposed_at", "timestamp", "install, or midnight of the day", nullable=True),
        ),
        key=("agent_id", "test"),
        prefix_stable=_POPULATION,
    )


def _results(params: Params) -> TableSchema:
    return TableSchema(
        name="ab_results",
        doc="Variants of split tests against their control, over exposed non-bots.",
        columns=(
            category("test", tuple(enabled_tests(params))),
            category("variant", variant_names(params)),
            category("metric", NAMES),
            column("n_control", "int32"),
            column("n_variant", "int32"),
            column("control_value", "float64", unit="metric's"),
            column("variant_value", "float64", unit="metric's"),
            column("difference", "float64", unit="metric's"),
            column("ci_low", "float64", "95 %", unit="metric's"),
            column("ci_high", "float64", "95 %", unit="metric's"),
            column("lift_pct", "float64", unit="percent", nullable=True),
            column("lift_ci_low_pct", "float64", "95 %", unit="percent", nullable=True),
            column("lift_ci_high_pct", "float64", "95 %", unit="percent", nullable=True),
            column("declared_lift_pct", "float64", "by the effects", unit="percent", nullable=True),
        ),
        key=("test", "variant", "metric"),
    )
