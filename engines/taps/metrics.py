"""Declare the metrics of a run, and compute them from its months."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from engines.taps.customers import CustomerMonths, MoneyMonths, running_totals
from engines.taps.pricing import PrivatePrice, PublicPrice
from engines.taps.private import PrivateMonths
from engines.taps.public import PublicMonths
from engines.taps.retention import first_falling_month, growth_series
from runner.contract import Metric, MetricValue, Null

Better = Literal["higher", "lower", "none"]

NO_BUDGET = "no budget in any month"
NO_NEW = "no customer is acquired within the horizon"
NO_REVENUE = "no revenue within the horizon"
NO_COMPARISON = "no month to compare: one month without an opening base"
NO_PAYBACK = "not within the horizon"


def _tap_metrics(tap: str) -> tuple[Metric, ...]:
    rows: tuple[tuple[str, str, Better, str], ...] = (
        ("active_end", "count", "higher", "active after the last month"),
        ("new_total", "count", "higher", "whole customers acquired"),
        ("budget_total_eur", "EUR", "none", "acquisition budget, spent in full"),
        ("blended_cac_eur", "EUR", "lower", "budget total / new total"),
        ("floor_loss_pct", "percent", "lower", "customers lost to whole numbers"),
        ("revenue_total_eur", "EUR", "higher", "revenue"),
        ("cogs_total_eur", "EUR", "lower", "cost of what was sold"),
        ("gross_margin_total_eur", "EUR", "higher", "revenue - cogs"),
        ("gross_margin_pct", "percent", "higher", "gross margin / revenue"),
        ("contribution_eur", "EUR", "higher", "gross margin - budget"),
        ("payback_month", "months", "lower", "gross margin has paid the budget back"),
        ("min_growth_mom_pct", "percent", "higher", "smallest growth of active customers"),
        ("monotone_first_fail_month", "months", "none", "first month with a fall; 0 = none"),
    )
    return tuple(
        Metric(name=f"{tap}_{name}", unit=unit, better=better, doc=doc)
        for name, unit, better, doc in rows
    )


METRICS = (
    *_tap_metrics("public"),
    *_tap_metrics("private"),
    Metric(name="public_tokens_total", unit="tokens", better="higher", doc="tokens sold"),
    Metric(name="public_visits_total", unit="count", better="none", doc="visits"),
    Metric(name="private_hours_total", unit="hours", better="higher", doc="GPU hours sold"),
    Metric(name="public_sell_eur_per_1k", unit="EUR_per_1k_tokens", doc="token price"),
    Metric(name="private_sell_eur_hr", unit="EUR_per_hour", doc="hourly price"),
    Metric(
        name="public_price_margin_pct", unit="percent", better="higher", doc="of the token price"
    ),
    Metric(
        name="private_price_margin_pct",
        unit="percent",
        better="higher",
        doc="of the hourly price, management fee excluded",
    ),
    Metric(name="capacity_peak_instances", unit="count", better="lower", doc="most needed"),
    Metric(
        name="capacity_violation_months",
        unit="count",
        better="lower",
        doc="months that need more than max_instances",
    ),
    Metric(name="total_revenue_eur", unit="EUR", better="higher", doc="public + private"),
    Metric(name="total_gross_margin_eur", unit="EUR", better="higher", doc="public + private"),
    Metric(name="total_contribution_eur", unit="EUR", better="higher", doc="public + private"),
)


def run_metrics(
    public: PublicMonths, private: PrivateMonths, prices: tuple[PublicPrice, PrivatePrice]
) -> dict[str, MetricValue]:
    """Return every declared metric; totals are `math.fsum` in month order."""
    found: dict[str, MetricValue] = {}
    first = _add_tap_metrics(found, "public", public.customers, public.money)
    second = _add_tap_metrics(found, "private", private.customers, private.money)
    found["public_tokens_total"] = math.fsum(public.tokens)
    found["public_visits_total"] = math.fsum(public.visits)
    found["private_hours_total"] = math.fsum(private.hours)
    found["public_sell_eur_per_1k"] = public.sell_eur_per_1k
    found["private_sell_eur_hr"] = private.sell_eur_hr
    found["public_price_margin_pct"] = prices[0].margin_pct
    found["private_price_margin_pct"] = prices[1].margin_pct
    found["capacity_peak_instances"] = max(public.capacity.needed)
    found["capacity_violation_months"] = sum(public.capacity.violation)
    for name, one, other in zip(_TOTALS, first, second, strict=True):
        found[name] = one + other
    return found


_TOTALS = ("total_revenue_eur", "total_gross_margin_eur", "total_contribution_eur")


def _add_tap_metrics(
    found: dict[str, MetricValue], tap: str, customers: CustomerMonths, money: MoneyMonths
) -> tuple[float, float, float]:
    """Add the metrics of one tap; return its revenue, gross margin and contribution, EUR."""
    new, budget = sum(customers.new), math.fsum(customers.budget)
    unfloored = math.fsum(customers.unfloored)
    revenue, margin = math.fsum(money.revenue), math.fsum(money.gross_margin)
    found[f"{tap}_active_end"] = customers.active[-1]
    found[f"{tap}_new_total"] = new
    found[f"{tap}_budget_total_eur"] = budget
    found[f"{tap}_blended_cac_eur"] = budget / new if new else Null(NO_NEW)
    found[f"{tap}_floor_loss_pct"] = floor_loss_pct(new, unfloored)
    found[f"{tap}_revenue_total_eur"] = revenue
    found[f"{tap}_cogs_total_eur"] = math.fsum(money.cogs)
    found[f"{tap}_gross_margin_total_eur"] = margin
    found[f"{tap}_gross_margin_pct"] = margin / revenue * 100.0 if revenue else Null(NO_REVENUE)
    found[f"{tap}_contribution_eur"] = margin - budget
    found[f"{tap}_payback_month"] = payback_month(money.gross_margin, customers.budget)
    found[f"{tap}_min_growth_mom_pct"] = min_growth_pct(customers)
    found[f"{tap}_monotone_first_fail_month"] = first_falling_month(
        customers.active, customers.initial_active
    )
    return revenue, margin, margin - budget


def floor_loss_pct(new_total: int, unfloored_total: float) -> MetricValue:
    """Return the share of customers lost to whole numbers, percent."""
    if not unfloored_total:
        return Null(NO_BUDGET)
    return (1.0 - new_total / unfloored_total) * 100.0


def payback_month(gross_margin: Sequence[float], budget: Sequence[float]) -> MetricValue:
    """Return the first month whose cumulative gross margin reaches the cumulative budget > 0."""
    earned, spent = running_totals(gross_margin), running_totals(budget)
    for month, (gain, cost) in enumerate(zip(earned, spent, strict=True), start=1):
        if gain >= cost > 0:
            return month
    return Null(NO_PAYBACK)


def min_growth_pct(customers: CustomerMonths) -> MetricValue:
    """Return the smallest growth of active customers over the comparable months, percent."""
    growth = growth_series(customers.active, customers.initial_active)
    compared = [value for value in growth if value is not None]
    return min(compared) * 100.0 if compared else Null(NO_COMPARISON)
