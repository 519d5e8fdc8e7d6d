"""Declare the tables of a run."""

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
from engines.lifecycle.events import EVENT_CODES, EVENT_TYPES
from engines.lifecycle.invoices import STATUSES
from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.params_population import MATURITIES
from engines.lifecycle.snapshot_tables import snapshot_table
from engines.lifecycle.traits import ACCOUNT_TRAITS, TRAITS
from engines.lifecycle.weeks import REASONS
from runner.contract import Column, Growth, TableSchema

SUBSCRIPTION_STATUSES = ("active", "churned")
ACTIVE, CHURNED = range(len(SUBSCRIPTION_STATUSES))

_POPULATION: frozenset[Growth] = frozenset({"population"})
_HORIZON: frozenset[Growth] = frozenset({"horizon"})
_BOTH: frozenset[Growth] = _POPULATION | _HORIZON

_SUBSCRIPTION = Column(
    name="subscription_id", kind="id", pattern="sub_{customer_id:08d}", doc="its customer's digits"
)


def _week(doc: str = "weeks since the start, from 0") -> Column:
    return whole("tenure_week", "int16", "weeks", doc)


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
        whole("calendar_week", "int32", "weeks", "0 begins with the acquisition window"),
        date("week_start"),
        whole("new_customers", "int64", "customers"),
        whole("churned_customers", "int64", "customers"),
        whole("active_customers", "int64", "customers", "at the end of the week"),
        whole("new_mrr_usd", "int64", MRR),
        whole("expansion_mrr_usd", "int64", MRR),
        whole("contraction_mrr_usd", "int64", MRR, "lost by downgrades, >= 0"),
        whole("churned_mrr_usd", "int64", MRR, "lost by churn, >= 0"),
        whole("mrr_usd", "int64", MRR, "at the end of the week"),
        whole("renewals", "int64", "events"),
        whole("expansions", "int64", "events"),
        whole("invoices", "int64", "invoices", "issued in the week"),
        whole("invoiced_usd", "int64", USD),
        whole("failed_invoices", "int64", "invoices", "issued in the week, first attempt failed"),
        whole("collected_usd", "int64", USD, "paid at once, or recovered in the week"),
    ),
)

TENURE_SUMMARY = TableSchema(
    name="tenure_summary",
    key=("tenure_week",),
    doc="customers by tenure week, with the survival curve",
    columns=(
        whole("tenure_week", "int32", "weeks", "weeks since the start, from 0"),
        whole("at_risk", "int64", "customers", "who lived this week"),
        whole("churned_payment_failure", "int64", "customers"),
        whole("churned_non_renewal", "int64", "customers"),
        whole("churned_voluntary", "int64", "customers"),
        whole("renewals", "int64", "events"),
        whole("expansions", "int64", "events"),
        number(
            "survival", "fraction", nullable=True,
            doc="share that stays beyond this week (Kaplan-Meier); null when nobody is at risk",
        ),
    ),
)  # fmt: skip


def _accounts(params: LifecycleParams) -> TableSchema:
    name = Column(name="company_name", kind="id", pattern="Company {account_id:08d}")
    return TableSchema(
        name="accounts",
        key=("account_id",),
        prefix_stable=_BOTH,
        doc="parent companies; some have no customer",
        columns=(
            account_id(),
            name,
            text("motif", list(params.motifs)),
            *profile(params),
            text("process_maturity_band", MATURITIES),
            date("created_at"),
        ),
    )


def _customers(params: LifecycleParams) -> TableSchema:
    return TableSchema(
        name="customers",
        key=("customer_id",),
        prefix_stable=_POPULATION,
        doc="subscribing units; each has exactly one subscription",
        columns=(
            customer_id(),
            account_id(),
            text("initial_plan", list(params.population.plans)),
            Column(name="csm_rep_id", kind="id", pattern="rep_{:03d}", doc="account manager"),
            date("customer_start_at"),
            date("sim_end_at", "last day simulated"),
            whole("initial_mrr_usd", "int64", MRR),
            whole("contract_term_months", "int16", "months"),
        ),
    )


_LATENTS = TableSchema(
    name="latents",
    key=("customer_id",),
    prefix_stable=_BOTH,
    doc="hidden traits in [0, 1]: known to the simulator only",
    columns=(
        customer_id(),
        account_id(),
        *(number(f"customer_{trait}", "trait", role="hidden") for trait in TRAITS),
        *(number(f"account_{trait}", "trait", role="hidden") for trait in ACCOUNT_TRAITS),
        *(number(f"effective_{trait}", "trait", role="hidden") for trait in TRAITS),
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
            customer_id(),
            text("plan_name", list(params.population.plans)),
            text("subscription_status", SUBSCRIPTION_STATUSES),
            date("subscription_start_at"),
            whole("current_mrr_usd", "int64", MRR, "0 once churned"),
            whole("mrr_at_churn_usd", "int64", MRR, "just before churn", nullable=True),
            whole("contract_term_months", "int16", "months"),
            whole("renewal_count", "int16", "events"),
            whole("expansion_count", "int16", "events"),
            whole("downgrade_count", "int16", "events"),
            date("subscription_end_at", "equals churn_at", nullable=True),
            date("churn_at", nullable=True),
            whole("churn_week", "int16", "weeks", nullable=True),
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
        customer_id(),
        text("event_type", EVENT_TYPES),
        _week(),
        date("event_date"),
        whole("mrr_before_usd", "int64", MRR),
        whole("mrr_after_usd", "int64", MRR),
        whole("contract_term_months_new", "int16", "months", "of a renewal", nullable=True),
    ),
)  # fmt: skip

_HEALTH = TableSchema(
    name="health_signals",
    key=("customer_id", "tenure_week"),
    prefix_stable=_BOTH,
    doc="usage, tickets and scores by week, the churn week included",
    columns=(
        Column(name="signal_id", kind="id", pattern="hsig_{customer_id:08d}_w{tenure_week:04d}"),
        customer_id(),
        _week(),
        date("period_start"),
        whole("active_users", "int32", "users"),
        number("feature_depth_score", "score", "0 to 1, rounded; drives expansion"),
        whole("support_tickets", "int16", "tickets"),
        whole("nps_score", "int8", "points", "0 to 10, set in survey weeks", nullable=True),
    ),
)

_INVOICES = TableSchema(
    name="invoices",
    key=("customer_id", "tenure_week"),
    prefix_stable=_POPULATION,
    doc="invoices with their final status",
    columns=(
        Column(name="invoice_id", kind="id", pattern="inv_{customer_id:08d}_w{tenure_week:04d}"),
        customer_id(),
        _week("of issue"),
        date("invoice_date"),
        whole("amount_usd", "int64", USD),
        text("payment_status", STATUSES),
        date(
            "resolved_at", "paid: invoice date; failed: null; else when dunning ended",
            nullable=True,
        ),
    ),
)  # fmt: skip
