"""Declare the tables of a run."""

from __future__ import annotations

from collections.abc import Sequence

from engines.lifecycle.events import EVENT_CODES, EVENT_TYPES
from engines.lifecycle.invoices import STATUSES
from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.traits import ACCOUNT_TRAITS, TRAITS
from engines.lifecycle.weeks import REASONS
from runner.contract import Column, ColumnKind, Growth, Role, TableSchema

SUBSCRIPTION_STATUSES = ("active", "churned")
ACTIVE, CHURNED = range(len(SUBSCRIPTION_STATUSES))

MATURITIES = ("low", "medium", "high")

_POPULATION: frozenset[Growth] = frozenset({"population"})
_HORIZON: frozenset[Growth] = frozenset({"horizon"})
_BOTH: frozenset[Growth] = _POPULATION | _HORIZON

_USD, _MRR = "USD", "USD_per_month"


def _account(role: Role = "") -> Column:
    return Column(name="account_id", kind="id", pattern="acct_{:08d}", role=role)


def _customer(role: Role = "") -> Column:
    return Column(name="customer_id", kind="id", pattern="cust_{:08d}", role=role)


_SUBSCRIPTION = Column(
    name="subscription_id", kind="id", pattern="sub_{customer_id:08d}", doc="its customer's digits"
)


def _text(name: str, categories: Sequence[str], role: Role = "", doc: str = "") -> Column:
    return Column(name=name, kind="category", categories=tuple(categories), role=role, doc=doc)


def _date(name: str, doc: str = "", *, nullable: bool = False, role: Role = "") -> Column:
    return Column(name=name, kind="date", nullable=nullable, doc=doc, role=role)


def _whole(  # noqa: PLR0913 - one keyword per property of a column
    name: str, kind: ColumnKind, unit: str, doc: str = "", *, nullable: bool = False,
    role: Role = "",
) -> Column:  # fmt: skip
    return Column(name=name, kind=kind, unit=unit, nullable=nullable, doc=doc, role=role)


def _float(
    name: str, unit: str, doc: str = "", *, nullable: bool = False, role: Role = ""
) -> Column:
    return Column(name=name, kind="float64", unit=unit, nullable=nullable, doc=doc, role=role)


def _week(doc: str = "weeks since the start, from 0") -> Column:
    return _whole("tenure_week", "int16", "weeks", doc)


def tables(params: LifecycleParams) -> tuple[TableSchema, ...]:
    """Return the tables that a run with these parameters can build."""
    regimes = params.snapshot.regimes
    snapshots = [snapshot_table(params, regime) for regime in regimes]
    return (
        WEEKLY_SUMMARY,
        TENURE_SUMMARY,
        _accounts(params),
        _customers(params),
        _LATENTS,
        _subscriptions(params),
        _EVENTS,
        _HEALTH,
        _INVOICES,
        *snapshots,
    )


WEEKLY_SUMMARY = TableSchema(
    name="weekly_summary",
    key=("calendar_week",),
    prefix_stable=_HORIZON,
    doc="customers and MRR by complete calendar week; the changes bridge one MRR to the next",
    columns=(
        _whole("calendar_week", "int32", "weeks", "0 begins with the acquisition window"),
        _date("week_start"),
        _whole("new_customers", "int64", "customers"),
        _whole("churned_customers", "int64", "customers"),
        _whole("active_customers", "int64", "customers", "at the end of the week"),
        _whole("new_mrr_usd", "int64", _MRR),
        _whole("expansion_mrr_usd", "int64", _MRR),
        _whole("contraction_mrr_usd", "int64", _MRR, "lost by downgrades, >= 0"),
        _whole("churned_mrr_usd", "int64", _MRR, "lost by churn, >= 0"),
        _whole("mrr_usd", "int64", _MRR, "at the end of the week"),
        _whole("renewals", "int64", "events"),
        _whole("expansions", "int64", "events"),
        _whole("invoices", "int64", "invoices", "issued in the week"),
        _whole("invoiced_usd", "int64", _USD),
        _whole("failed_invoices", "int64", "invoices", "issued in the week, first attempt failed"),
        _whole("collected_usd", "int64", _USD, "paid at once, or recovered in the week"),
    ),
)

TENURE_SUMMARY = TableSchema(
    name="tenure_summary",
    key=("tenure_week",),
    doc="customers by tenure week, with the survival curve",
    columns=(
        _whole("tenure_week", "int32", "weeks", "weeks since the start, from 0"),
        _whole("at_risk", "int64", "customers", "who lived this week"),
        _whole("churned_payment_failure", "int64", "customers"),
        _whole("churned_non_renewal", "int64", "customers"),
        _whole("churned_voluntary", "int64", "customers"),
        _whole("renewals", "int64", "events"),
        _whole("expansions", "int64", "events"),
        _float(
            "survival", "fraction", nullable=True,
            doc="share that stays beyond this week (Kaplan-Meier); null when nobody is at risk",
        ),
    ),
)  # fmt: skip


def _profile(params: LifecycleParams, role: Role = "") -> tuple[Column, ...]:
    population = params.population
    employees = [band.label for band in population.employee_bands.values()]
    revenues = [band.label for band in population.revenue_bands.values()]
    return (
        _text("industry", population.industries, role),
        _text("region", population.regions, role),
        _text("employee_band", employees, role),
        _text("estimated_revenue_band", revenues, role),
    )


def _accounts(params: LifecycleParams) -> TableSchema:
    name = Column(name="company_name", kind="id", pattern="Company {account_id:08d}")
    return TableSchema(
        name="accounts",
        key=("account_id",),
        prefix_stable=_BOTH,
        doc="parent companies; some have no customer",
        columns=(
            _account(),
            name,
            _text("motif", list(params.motifs)),
            *_profile(params),
            _text("process_maturity_band", MATURITIES),
            _date("created_at"),
        ),
    )


def _customers(params: LifecycleParams) -> TableSchema:
    return TableSchema(
        name="customers",
        key=("customer_id",),
        prefix_stable=_POPULATION,
        doc="subscribing units; each has exactly one subscription",
        columns=(
            _customer(),
            _account(),
            _text("initial_plan", list(params.population.plans)),
            Column(name="csm_rep_id", kind="id", pattern="rep_{:03d}", doc="account manager"),
            _date("customer_start_at"),
            _date("sim_end_at", "last day simulated"),
            _whole("initial_mrr_usd", "int64", _MRR),
            _whole("contract_term_months", "int16", "months"),
        ),
    )


_LATENTS = TableSchema(
    name="latents",
    key=("customer_id",),
    prefix_stable=_BOTH,
    doc="hidden traits in [0, 1]: known to the simulator only",
    columns=(
        _customer(),
        _account(),
        *(_float(f"customer_{trait}", "trait", role="hidden") for trait in TRAITS),
        *(_float(f"account_{trait}", "trait", role="hidden") for trait in ACCOUNT_TRAITS),
        *(_float(f"effective_{trait}", "trait", role="hidden") for trait in TRAITS),
    ),
)


def _subscriptions(params: LifecycleParams) -> TableSchema:
    return TableSchema(
        name="subscriptions",
        key=("customer_id",),
        prefix_stable=_POPULATION,
        doc="contracts as they stand at the end of the run",
        columns=(
            _SUBSCRIPTION,
            _customer(),
            _text("plan_name", list(params.population.plans)),
            _text("subscription_status", SUBSCRIPTION_STATUSES),
            _date("subscription_start_at"),
            _whole("current_mrr_usd", "int64", _MRR, "0 once churned"),
            _whole("mrr_at_churn_usd", "int64", _MRR, "just before churn", nullable=True),
            _whole("contract_term_months", "int16", "months"),
            _whole("renewal_count", "int16", "events"),
            _whole("expansion_count", "int16", "events"),
            _whole("downgrade_count", "int16", "events"),
            _date("subscription_end_at", "equals churn_at", nullable=True),
            _date("churn_at", nullable=True),
            _whole("churn_week", "int16", "weeks", nullable=True),
            Column(name="churn_reason", kind="category", categories=REASONS, nullable=True),
        ),
    )


_EVENTS = TableSchema(
    name="subscription_events",
    key=("customer_id", "tenure_week", "event_type"),
    prefix_stable=_BOTH,
    doc="what happened to subscriptions",
    columns=(
        Column(
            name="event_id", kind="id", codes={"event_type": EVENT_CODES},
            pattern="subev_{customer_id:08d}_w{tenure_week:04d}_{event_type}",
        ),
        _SUBSCRIPTION,
        _customer(),
        _text("event_type", EVENT_TYPES),
        _week(),
        _date("event_date"),
        _whole("mrr_before_usd", "int64", _MRR),
        _whole("mrr_after_usd", "int64", _MRR),
        _whole("contract_term_months_new", "int16", "months", "of a renewal", nullable=True),
    ),
)  # fmt: skip

_HEALTH = TableSchema(
    name="health_signals",
    key=("customer_id", "tenure_week"),
    prefix_stable=_BOTH,
    doc="usage, tickets and scores by week, the churn week included",
    columns=(
        Column(name="signal_id", kind="id", pattern="hsig_{customer_id:08d}_w{tenure_week:04d}"),
        _customer(),
        _week(),
        _date("period_start"),
        _whole("active_users", "int32", "users"),
        _float("feature_depth_score", "score", "0 to 1, rounded; drives expansion"),
        _whole("support_tickets", "int16", "tickets"),
        _whole("nps_score", "int8", "points", "0 to 10, set in survey weeks", nullable=True),
    ),
)

_INVOICES = TableSchema(
    name="invoices",
    key=("customer_id", "tenure_week"),
    prefix_stable=_POPULATION,
    doc="invoices with their final status",
    columns=(
        Column(name="invoice_id", kind="id", pattern="inv_{customer_id:08d}_w{tenure_week:04d}"),
        _customer(),
        _week("of issue"),
        _date("invoice_date"),
        _whole("amount_usd", "int64", _USD),
        _text("payment_status", STATUSES),
        _date(
            "resolved_at", "paid: invoice date; failed: null; else when dunning ended",
            nullable=True,
        ),
    ),
)  # fmt: skip


def target_name(window_days: int) -> str:
    """Return the column of a revenue target."""
    return f"ltv_revenue_{window_days}d"


def churn_target_name(params: LifecycleParams) -> str:
    """Return the column of the churn target."""
    return f"churned_within_{params.targets.churn_window_days}d"


def snapshot_table(params: LifecycleParams, regime: str) -> TableSchema:
    """Return the schema of a snapshot: features as of its cutoff, and targets after it."""
    when = "one calendar date" if regime == "calendar" else "a tenure in weeks"
    return TableSchema(
        name=f"snapshot_{regime}",
        key=("customer_id",),
        prefix_stable=_POPULATION,
        doc=f"active customers as of {when}, with what came after",
        columns=(
            _customer("key"),
            _account("key"),
            _date("cutoff_date", "features know nothing after this day", role="key"),
            *_profile(params, "feature"),
            _text("initial_plan", list(params.population.plans), "feature"),
            *_FEATURES,
            *((_TRAP,) if params.snapshot.include_trap else ()),
            *_targets(params),
        ),
    )


def _feature(
    name: str, kind: ColumnKind, unit: str, doc: str = "", *, nullable: bool = False
) -> Column:
    return _whole(name, kind, unit, doc, nullable=nullable, role="feature")


_FEATURES = (
    _feature("tenure_weeks", "int32", "weeks", "complete weeks since the start"),
    _feature("initial_mrr_usd", "int64", _MRR),
    _feature("current_mrr_usd", "int64", _MRR),
    _feature("mrr_change_usd", "int64", _MRR, "current minus initial"),
    _feature("renewal_count", "int32", "events"),
    _feature("expansion_count", "int32", "events"),
    _feature("downgrade_count", "int32", "events"),
    _feature("contract_term_months", "int32", "months"),
    _feature("weeks_to_next_renewal", "int32", "weeks", "to the next anniversary, >= 1"),
    _feature("avg_active_users_lookback", "float64", "users"),
    _feature("avg_feature_depth_lookback", "float64", "score"),
    _feature(
        "active_user_trend_lookback", "float64", "users_per_week",
        "least-squares slope; null below two weeks", nullable=True,
    ),
    _feature("support_ticket_count_lookback", "int64", "tickets"),
    _feature("last_nps_score", "int32", "points", "null before the first survey", nullable=True),
    _feature("payment_failure_count", "int32", "invoices"),
    _feature("open_failed_invoice_count", "int32", "invoices", "in dunning at the cutoff"),
    _feature(
        "weeks_since_last_payment_failure", "int32", "weeks", "null without one", nullable=True
    ),
)  # fmt: skip

_TRAP = _whole(
    "mrr_change_full_period_usd", "int64", _MRR, "gives the future away: last MRR minus initial",
    role="trap",
)  # fmt: skip


def _targets(params: LifecycleParams) -> tuple[Column, ...]:
    may_be_blank = params.targets.on_short_horizon == "blank"
    revenue = [
        _float(target_name(days), _USD, "invoices paid or recovered", nullable=may_be_blank,
               role="target")
        for days in params.targets.windows_days
    ]  # fmt: skip
    churned = Column(
        name=churn_target_name(params), kind="bool", nullable=may_be_blank, role="target"
    )
    return (*revenue, churned)
