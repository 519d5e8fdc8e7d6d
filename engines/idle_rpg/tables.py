"""Declare the tables of a run."""

from __future__ import annotations

from engines.idle_rpg.params import BOT, TRIGGERS, Params, enabled_tests
from engines.idle_rpg.params_play import MOST_DAYS
from engines.idle_rpg.rules import origin_sources
from engines.idle_rpg.trials import NAMES
from runner.contract import Column, ColumnKind, Growth, TableSchema

DIMENSIONS = ("all", "archetype", "clean", "install_day", "source")
_POPULATION: frozenset[Growth] = frozenset({"population"})
_HORIZON: frozenset[Growth] = frozenset({"horizon"})
_UNITS = {
    "minutes": "minutes", "revenue_usd": "USD", "price_usd": "USD", "budget_usd": "USD",
    "spent_in_window_usd": "USD", "cumulative_revenue_usd": "USD", "gold": "gold", "gems": "gems",
    "energy": "energy", "tickets": "tickets", "age_day": "days", "sim_day": "day",
    "retention_multiplier": "ratio", "monetisation_multiplier": "ratio",
}  # fmt: skip


def archetype_names(params: Params) -> tuple[str, ...]:
    """Return the archetypes, bots last."""
    return (*params.archetypes, BOT)


def source_names(params: Params) -> tuple[str, ...]:
    """Return the sources of all origins, those of events last."""
    return tuple(dict.fromkeys(origin_sources(params)))


def day_label(day: int) -> str:
    """Return an install day as it stands in `cohort_retention`: three digits."""
    return f"{day:03d}"


def cohort_values(params: Params) -> tuple[str, ...]:
    """Return every value of every dimension of `cohort_retention`, in alphabetical order."""
    last = max([params.population.install_window_days,
                *(event.sim_day for event in params.traffic.events.values())])  # fmt: skip
    days = [day_label(day) for day in range(1, min(last, MOST_DAYS) + 1)]
    return tuple(sorted({"all", "clean", *archetype_names(params), *source_names(params), *days}))


def variant_names(params: Params) -> tuple[str, ...]:
    """Return the variants of all tests, in alphabetical order."""
    return tuple(sorted({v for test in enabled_tests(params).values() for v in test.variants}))


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
    return (*found, *([_exposures(params), _results(params)] if tests else []))


def _c(
    name: str, kind: ColumnKind, doc: str = "", *, unit: str = "", nullable: bool = False
) -> Column:
    default = _UNITS.get(name, "fraction" if kind == "float64" else "")
    return Column(name=name, kind=kind, unit=unit or default, nullable=nullable, doc=doc)


def _cat(
    name: str, categories: tuple[str, ...], doc: str = "", *, nullable: bool = False
) -> Column:
    return Column(name=name, kind="category", categories=categories, nullable=nullable, doc=doc)


def _key(name: str) -> Column:
    return Column(name=name, kind="int64", role="key", doc="number of the agent")


def _agents(params: Params) -> TableSchema:
    population = params.population
    return TableSchema(
        name="agents",
        doc="One row per agent: the truth about it, and its life at the end of the run.",
        columns=(
            _key("agent_id"),
            _cat("archetype", archetype_names(params)),
            _c("is_bot", "bool"),
            _cat("source", source_names(params)),
            _cat("traffic_event", tuple(params.traffic.events) or ("none",), nullable=True),
            _cat("country", tuple(population.country_weights)),
            _cat("platform", tuple(population.platform_weights)),
            _cat("app_version", version_labels(params)),
            _c("install_day", "int16", "sim_day"),
            _c("install_at", "timestamp", "start of the first session"),
            _c("retention_multiplier", "float64", "of its origin"),
            _c("monetisation_multiplier", "float64", "of its origin"),
            Column(name="ab_assignments", kind="str", doc="test=variant, joined by ;"),
            _c("churn_day", "int16", "sim_day of permanent churn", nullable=True),
            _c("churn_age_day", "int16", nullable=True),
            _c("last_active_day", "int16", "sim_day"),
            _c("active_days", "int16"),
            _c("sessions", "int32"),
            _c("minutes", "float64"),
            _c("tutorial_steps_shown", "int8"),
            _c("tutorial_completed", "bool"),
            _c("purchases", "int16"),
            _c("revenue_usd", "float64"),
            _c("first_purchase_age_day", "int16", nullable=True),
            _c("pulls", "int32"),
            _c("legendaries", "int16"),
            _c("stages_cleared", "int16"),
            _c("player_level", "int16"),
            _c("vip_level", "int8"),
            _c("guild_id", "int16", nullable=True),
            _c("team_power", "int32"),
            _c("gold", "int64"),
            _c("gems", "int64"),
            _c("tickets", "int32"),
            _c("energy", "int16", "at the midnight that ends the last active day"),
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
            _key("agent_id"),
            _c("sim_day", "int16"),
            _c("age_day", "int16"),
            _c("sessions", "int8"),
            _c("minutes", "float64"),
            *(_c(name, kind) for name, kind in counts),
            _c("revenue_usd", "float64"),
            _c("gold", "int64"),
            _c("gems", "int64"),
            _c("tickets", "int32"),
            _c("energy", "int16"),
            _c("team_power", "int32"),
            _c("stages_cleared", "int16"),
            _c("player_level", "int16"),
            _c("in_guild", "bool"),
            _c("losing_streak", "int16"),
            _c("return_probability", "float64", "chance with which the agent came today"),
        ),
        key=("agent_id", "sim_day"),
        prefix_stable=_POPULATION | _HORIZON,
    )


def _purchases(params: Params) -> TableSchema:
    return TableSchema(
        name="purchases",
        doc="One row per purchase.",
        columns=(
            _key("agent_id"),
            _c("purchase_no", "int16", "from 1, by agent"),
            _c("purchased_at", "timestamp"),
            _c("sim_day", "int16"),
            _c("age_day", "int16"),
            _c("session_no", "int8", "from 0, by day"),
            _cat("trigger", TRIGGERS),
            _cat("product", tuple(params.iap.products)),
            _c("price_usd", "float64"),
            _c("gems", "int32"),
            _c("tickets", "int16"),
            _c("window", "int16", "30-day window since install"),
            _c("budget_usd", "float64", "of the window"),
            _c("spent_in_window_usd", "float64", "after this purchase"),
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
            _c("sim_day", "int16"),
            _c("date", "date"),
            _c("installs", "int32"),
            _c("dau", "int32", "agents active on the day"),
            _c("mau", "int32", "agents active on the day or the 29 before"),
            _c("bots_active", "int32"),
            _c("sessions", "int32"),
            _c("minutes", "float64"),
            *(_c(name, "int32") for name in counts),
            _c("revenue_usd", "float64"),
            _c("ads", "int32"),
            _c("pulls", "int32"),
            _c("legendaries", "int32"),
            _c("newly_churned", "int32"),
        ),
        key=("sim_day",),
        prefix_stable=_HORIZON,
    )


def _cohort_retention(params: Params) -> TableSchema:
    return TableSchema(
        name="cohort_retention",
        doc="Retention by age of cohorts; only agents whose day lies inside the run count.",
        columns=(
            _cat("dimension", DIMENSIONS),
            _cat("value", cohort_values(params)),
            _c("age_day", "int16"),
            _c("n_eligible", "int32"),
            _c("n_active", "int32", "on exactly this day"),
            _c("retention", "float64"),
            _c("n_rolling", "int32", "on this day or later"),
            _c("rolling_retention", "float64"),
            _c("expected_retention", "float64", "null where histories decide", nullable=True),
            _c("cumulative_revenue_usd", "float64", "of ages up to this one"),
        ),
        key=("dimension", "value", "age_day"),
    )


def _banners() -> TableSchema:
    return TableSchema(
        name="banners",
        doc="Limited banners that begin inside the run.",
        columns=(
            _c("banner_index", "int16"),
            _c("first_sim_day", "int16"),
            _c("last_sim_day", "int16"),
            _c("featured_hero_id", "int16"),
        ),
        key=("banner_index",),
        prefix_stable=_POPULATION | _HORIZON,
    )


def _exposures(params: Params) -> TableSchema:
    return TableSchema(
        name="ab_exposures",
        doc="One row per agent and enabled test.",
        columns=(
            _key("agent_id"),
            _cat("test", tuple(enabled_tests(params))),
            _cat("variant", variant_names(params), "assigned, exposed or not"),
            _c("exposed_age_day", "int16", "null: never exposed", nullable=True),
            _c("exposed_at", "timestamp", "install, or midnight of the day", nullable=True),
        ),
        key=("agent_id", "test"),
        prefix_stable=_POPULATION,
    )


def _results(params: Params) -> TableSchema:
    return TableSchema(
        name="ab_results",
        doc="Variants of split tests against their control, over exposed non-bots.",
        columns=(
            _cat("test", tuple(enabled_tests(params))),
            _cat("variant", variant_names(params)),
            _cat("metric", NAMES),
            _c("n_control", "int32"),
            _c("n_variant", "int32"),
            _c("control_value", "float64", unit="metric's"),
            _c("variant_value", "float64", unit="metric's"),
            _c("difference", "float64", unit="metric's"),
            _c("ci_low", "float64", "95 %", unit="metric's"),
            _c("ci_high", "float64", "95 %", unit="metric's"),
            _c("lift_pct", "float64", unit="percent", nullable=True),
            _c("lift_ci_low_pct", "float64", "95 %", unit="percent", nullable=True),
            _c("lift_ci_high_pct", "float64", "95 %", unit="percent", nullable=True),
            _c("declared_lift_pct", "float64", "by the effects", unit="percent", nullable=True),
        ),
        key=("test", "variant", "metric"),
    )
