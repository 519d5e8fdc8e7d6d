"""Declare the snapshot tables: features as of a cutoff, and targets after it."""

from __future__ import annotations

from engines.lifecycle.columns import (
    MRR,
    USD,
    account_id,
    customer_id,
    date,
    number,
    profile,
    text,
    whole,
)
from engines.lifecycle.params import LifecycleParams
from runner.contract import Column, ColumnKind, Growth, TableSchema

_POPULATION: frozenset[Growth] = frozenset({"population"})


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
            customer_id("key"),
            account_id("key"),
            date("cutoff_date", "features know nothing after this day", role="key"),
            *profile(params, "feature"),
            text("initial_plan", list(params.population.plans), "feature"),
            *_FEATURES,
            *((_TRAP,) if params.snapshot.include_trap else ()),
            *_targets(params),
        ),
    )


def _feature(
    name: str, kind: ColumnKind, unit: str, doc: str = "", *, nullable: bool = False
) -> Column:
    return whole(name, kind, unit, doc, nullable=nullable, role="feature")


_FEATURES = (
    _feature("tenure_weeks", "int32", "weeks", "complete weeks since the start"),
    _feature("initial_mrr_usd", "int64", MRR),
    _feature("current_mrr_usd", "int64", MRR),
    _feature("mrr_change_usd", "int64", MRR, "current minus initial"),
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

_TRAP = whole(
    "mrr_change_full_period_usd", "int64", MRR, "gives the future away: last MRR minus initial",
    role="trap",
)  # fmt: skip


def _targets(params: LifecycleParams) -> tuple[Column, ...]:
    may_be_blank = params.targets.on_short_horizon == "blank"
    revenue = [
        number(target_name(days), USD, "invoices paid or recovered", nullable=may_be_blank,
               role="target")
        for days in params.targets.windows_days
    ]  # fmt: skip
    churned = Column(
        name=churn_target_name(params), kind="bool", nullable=may_be_blank, role="target"
    )
    return (*revenue, churned)
