"""Declare the tables of a run, and lay its months out in their columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from engines.taps.cohorts import CohortRows
from engines.taps.customers import CustomerMonths
from engines.taps.pricing import CapacityMonths, PrivatePrice, PublicPrice
from engines.taps.private import PrivateMonths
from engines.taps.public import PublicMonths
from engines.taps.sampling import MonthDraws
from runner.contract import Column, TableSchema

Columns = Mapping[str, Any]

_STABLE: frozenset[Literal["population", "horizon"]] = frozenset({"horizon"})
_PER_1K = "EUR_per_1k_tokens"
_PER_1M = "EUR_per_1M_tokens"
_EUR_HOUR = "EUR_per_hour"
_TOKENS_HOUR = "tokens_per_hour"


def _int(name: str, unit: str = "count", doc: str = "") -> Column:
    return Column(name=name, kind="int64", unit=unit, doc=doc)


def _float(name: str, unit: str, doc: str = "", *, nullable: bool = False) -> Column:
    return Column(name=name, kind="float64", unit=unit, nullable=nullable, doc=doc)


def _text(name: str, doc: str = "") -> Column:
    return Column(name=name, kind="str", doc=doc)


def _flag(name: str, doc: str = "") -> Column:
    return Column(name=name, kind="bool", doc=doc)


_MONTH = _int("month", "months", "1..horizon")
_BEFORE = "A of the month before; null in month 1 without an opening base"

PUBLIC_MONTHS = TableSchema(
    name="public_tap_customers_by_month",
    key=("month",),
    prefix_stable=_STABLE,
    doc="public tap: acquisition, retention, tokens and money by month",
    columns=(
        _MONTH,
        _float("budget_eur", "EUR", "acquisition budget"),
        _float("cac_eur", "EUR", "budget per acquired customer"),
        _int("expected_new_customers", doc="whole customers acquired"),
        _float("active_customers", "count", "after churn and acquisition of the month"),
        _float("tokens", "tokens", "sold in the month"),
        _float("active_customers_before", "count", _BEFORE, nullable=True),
        _float("new_customers_unfloored", "count", "budget / CAC"),
        _float("unspent_budget_eur", "EUR", "what whole customers leave of the budget"),
        _float("churn_rate_mom", "fraction"),
        _float("churned_customers", "count"),
        _float("cvr", "fraction", "conversions per visit, report only"),
        _float("visits", "count", "visits the new customers come from"),
        _float("cost_per_visit_eur", "EUR"),
        _float("tokens_per_conversion", "tokens"),
        _float("sell_eur_per_1k", _PER_1K),
        _float("revenue_eur", "EUR"),
        _float("cumulative_revenue_eur", "EUR"),
        _float("cogs_eur", "EUR"),
        _float("gross_margin_eur", "EUR"),
    ),
)
PRIVATE_MONTHS = TableSchema(
    name="private_tap_customers_by_month",
    key=("month",),
    prefix_stable=_STABLE,
    doc="private tap: acquisition, retention, GPU hours and money by month",
    columns=(
        _MONTH,
        _float("private_budget_eur", "EUR", "acquisition budget"),
        _float("private_cac_eur", "EUR", "budget per acquired client"),
        _int("expected_new_clients", doc="whole clients acquired"),
        _float("active_clients", "count", "after churn and acquisition of the month"),
        _float("hours", "hours", "GPU hours sold in the month"),
        _float("sell_eur_hr", _EUR_HOUR),
        _float("revenue_eur", "EUR", "hours and fee"),
        _float("active_clients_before", "count", _BEFORE, nullable=True),
        _float("new_clients_unfloored", "count", "budget / CAC"),
        _float("unspent_budget_eur", "EUR", "what whole clients leave of the budget"),
        _float("churn_rate_mom", "fraction"),
        _float("churned_clients", "count"),
        _float("hours_per_client", "hours", "after the guard"),
        _flag("hours_guarded", "the guard changed hours_per_client"),
        _float("hours_revenue_eur", "EUR"),
        _float("fee_revenue_eur", "EUR"),
        _float("cumulative_revenue_eur", "EUR"),
        _float("cogs_eur", "EUR"),
        _float("gross_margin_eur", "EUR"),
    ),
)
PUBLIC_PRICES = TableSchema(
    name="public_tap_prices",
    key=("offer",),
    prefix_stable=_STABLE,
    doc="how the token price came about; one row",
    columns=(
        _text("offer"),
        _text("provider"),
        _text("gpu_class"),
        _float("usd_hr", "USD_per_hour"),
        _float("eur_hr_effective", _EUR_HOUR, "exchange rate and buffer included"),
        _float("tokens_per_s", "tokens_per_second"),
        _float("cost_eur_per_1m", _PER_1M),
        _float("raw_sell_eur_per_1k", _PER_1K, "before rounding, floor and cap"),
        _float("sell_eur_per_1k", _PER_1K),
        _float("margin_pct", "percent", "share of the sell price"),
        _text("price_binding", "last rule that changed the price: none, floor or cap"),
    ),
)
PRIVATE_ECONOMICS = TableSchema(
    name="private_tap_economics",
    key=("gpu_class",),
    prefix_stable=_STABLE,
    doc="how the hourly price came about; one row",
    columns=(
        _text("gpu_class"),
        _int("provider_count", doc="providers in the median"),
        _float("provider_eur_hr_med", _EUR_HOUR, "provider median"),
        _float("markup_pct", "percent"),
        _float("sell_eur_hr", _EUR_HOUR),
        _float("margin_eur_hr", _EUR_HOUR),
        _float("margin_pct", "percent", "share of the sell price"),
    ),
)
CAPACITY_MONTHS = TableSchema(
    name="public_tap_capacity_by_month",
    key=("month",),
    prefix_stable=_STABLE,
    doc="demand of the public tap and the GPU instances that serve it",
    columns=(
        _MONTH,
        _float("avg_tokens_per_hour", _TOKENS_HOUR),
        _float("peak_tokens_per_hour", _TOKENS_HOUR),
        _float("cap_tokens_per_hour_per_instance", _TOKENS_HOUR),
        _int("instances_needed", doc="without limits"),
        _int("instances_deployed", doc="within min_instances and max_instances"),
        _flag("capacity_violation", "more needed than max_instances"),
    ),
)
MONTHLY_DRAWS = TableSchema(
    name="monthly_draws",
    key=("scope", "variable_id", "month"),
    prefix_stable=_STABLE,
    doc="values of the variables redrawn each month; empty when no monthly block is on",
    columns=(
        _text("scope"),
        _text("variable_id"),
        _MONTH,
        _float("uniform", "fraction", "the addressed uniform"),
        _float("draw_value", "unit_of_variable", "in the unit of the variable"),
    ),
)
COHORTS = TableSchema(
    name="cohorts",
    key=("scope", "cohort_month", "month"),
    prefix_stable=_STABLE,
    doc="active customers by the month that acquired them; cohort 0 is the opening base",
    columns=(
        _text("scope"),
        _int("cohort_month", "months"),
        _MONTH,
        _float("acquired", "count"),
        _float("survivors", "count"),
        _float("survival_fraction", "fraction"),
    ),
)
TABLES = (
    PUBLIC_MONTHS,
    PRIVATE_MONTHS,
    PUBLIC_PRICES,
    PRIVATE_ECONOMICS,
    CAPACITY_MONTHS,
    MONTHLY_DRAWS,
    COHORTS,
)


def public_month_columns(months: PublicMonths) -> Columns:
    """Return the columns of `public_tap_customers_by_month`, lists (n_months,)."""
    customers, money, horizon = months.customers, months.money, len(months.tokens)
    return {
        "month": list(range(1, horizon + 1)),
        "budget_eur": customers.budget,
        "cac_eur": customers.cac,
        "expected_new_customers": customers.new,
        "active_customers": customers.active,
        "tokens": months.tokens,
        "active_customers_before": _comparable_before(customers),
        "new_customers_unfloored": customers.unfloored,
        "unspent_budget_eur": customers.unspent,
        "churn_rate_mom": customers.churn,
        "churned_customers": customers.churned,
        "cvr": months.cvr,
        "visits": months.visits,
        "cost_per_visit_eur": months.cost_per_visit,
        "tokens_per_conversion": months.tokens_per_conversion,
        "sell_eur_per_1k": [months.sell_eur_per_1k] * horizon,
        "revenue_eur": money.revenue,
        "cumulative_revenue_eur": money.cumulative_revenue,
        "cogs_eur": money.cogs,
        "gross_margin_eur": money.gross_margin,
    }


def private_month_columns(months: PrivateMonths) -> Columns:
    """Return the columns of `private_tap_customers_by_month`, lists (n_months,)."""
    customers, money, horizon = months.customers, months.money, len(months.hours)
    return {
        "month": list(range(1, horizon + 1)),
        "private_budget_eur": customers.budget,
        "private_cac_eur": customers.cac,
        "expected_new_clients": customers.new,
        "active_clients": customers.active,
        "hours": months.hours,
        "sell_eur_hr": [months.sell_eur_hr] * horizon,
        "revenue_eur": money.revenue,
        "active_clients_before": _comparable_before(customers),
        "new_clients_unfloored": customers.unfloored,
        "unspent_budget_eur": customers.unspent,
        "churn_rate_mom": customers.churn,
        "churned_clients": customers.churned,
        "hours_per_client": months.hours_per_client,
        "hours_guarded": months.hours_guarded,
        "hours_revenue_eur": months.hours_revenue,
        "fee_revenue_eur": months.fee_revenue,
        "cumulative_revenue_eur": money.cumulative_revenue,
        "cogs_eur": money.cogs,
        "gross_margin_eur": money.gross_margin,
    }


def _comparable_before(customers: CustomerMonths) -> list[float]:
    if customers.initial_active > 0:
        return customers.before
    return [math.nan, *customers.before[1:]]


def public_price_columns(price: PublicPrice) -> Columns:
    """Return the one row of `public_tap_prices`."""
    return {name: [getattr(price, name)] for name in PUBLIC_PRICES.column_names}


def private_price_columns(price: PrivatePrice) -> Columns:
    """Return the one row of `private_tap_economics`."""
    return {name: [getattr(price, name)] for name in PRIVATE_ECONOMICS.column_names}


def capacity_columns(capacity: CapacityMonths) -> Columns:
    """Return the columns of `public_tap_capacity_by_month`, lists (n_months,)."""
    horizon = len(capacity.needed)
    return {
        "month": list(range(1, horizon + 1)),
        "avg_tokens_per_hour": capacity.average,
        "peak_tokens_per_hour": capacity.peak,
        "cap_tokens_per_hour_per_instance": [capacity.per_instance] * horizon,
        "instances_needed": capacity.needed,
        "instances_deployed": capacity.deployed,
        "capacity_violation": capacity.violation,
    }


def draw_columns(scope: str, drawn: MonthDraws) -> Columns:
    """Return the rows of `monthly_draws` that belong to one variable, lists (n_months,)."""
    horizon = len(drawn.values)
    return {
        "scope": [scope] * horizon,
        "variable_id": [drawn.stream.replace(".", "_")] * horizon,
        "month": list(range(1, horizon + 1)),
        "uniform": drawn.uniforms,
        "draw_value": drawn.values,
    }


def cohort_columns(scope: str, rows: CohortRows) -> Columns:
    """Return the rows of `cohorts` that belong to one tap, arrays (n_rows,)."""
    return {
        "scope": [scope] * len(rows.month),
        "cohort_month": rows.cohort_month,
        "month": rows.month,
        "acquired": rows.acquired,
        "survivors": rows.survivors,
        "survival_fraction": rows.survival_fraction,
    }
