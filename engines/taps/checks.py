"""Verify in each run that its numbers keep the engine's invariants."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engines.taps.cohorts import Cohorts, active_by_month
from engines.taps.customers import CustomerMonths, MoneyMonths
from engines.taps.params import PublicPricing, TapsParams
from engines.taps.pricing import CapacityMonths, PublicPrice
from engines.taps.private import PrivateMonths
from engines.taps.public import PublicMonths
from engines.taps.sampling import MonthDraws
from runner.contract import Check, MetricValue

_SLACK = 1e-9
_ROUNDING = 1e-12  # ticks are rounded to 12 decimals

CHECKS = (
    Check(name="budget_nonnegative", doc="no budget is negative"),
    Check(name="new_is_floor", doc="new customers are whole and floor the ratio"),
    Check(name="recursion", doc="A_m = A_{m-1}*(1 - c_m) + new_m"),
    Check(name="active_nonnegative", doc="no active count is negative"),
    Check(name="hours_in_guard", doc="hours per client lie within the guard"),
    Check(name="price_up", doc="the token price is not below its raw price, unless capped"),
    Check(name="draws_in_range", doc="month values lie in their range and on their lattice"),
    Check(name="capacity_honest", doc="a violation is flagged exactly when one exists"),
    Check(name="cohort_sum", doc="cohorts add up to the active customers"),
    Check(name="totals_match", doc="metrics equal the sums of their columns"),
)


@dataclass(frozen=True, slots=True)
class RunResults:
    """What one run produced, as far as checks look at it; `cohorts` by scope."""

    params: TapsParams
    price: PublicPrice
    public: PublicMonths
    private: PrivateMonths
    metrics: Mapping[str, MetricValue]
    cohorts: Mapping[str, Cohorts]


def run_checks(run: RunResults) -> dict[str, str | None]:
    """Return each check's name with None, or with where it is broken."""
    public, private = run.public, run.private
    taps = (("public_tap", public.customers), ("private_tap", private.customers))
    guard = (run.params.private_tap.hours_min, run.params.private_tap.hours_max)
    drawn = (*public.drawn.values(), *private.drawn.values())
    limit = run.params.public_tap.capacity.max_instances
    return {
        "budget_nonnegative": _first(budget_nonnegative(*tap) for tap in taps),
        "new_is_floor": _first(new_is_floor(*tap) for tap in taps),
        "recursion": _first(recursion(*tap) for tap in taps),
        "active_nonnegative": _first(active_nonnegative(*tap) for tap in taps),
        "hours_in_guard": hours_in_guard(private.hours_per_client, *guard),
        "price_up": price_up(run.price, run.params.public_tap.pricing),
        "draws_in_range": _first(draws_in_range(series) for series in drawn),
        "capacity_honest": capacity_honest(public.capacity, limit),
        "cohort_sum": _first(cohort_sum(*tap, run.cohorts[tap[0]]) for tap in taps),
        "totals_match": totals_match(run),
    }


def _first(findings: Iterable[str | None]) -> str | None:
    return next((text for text in findings if text is not None), None)


def budget_nonnegative(scope: str, customers: CustomerMonths) -> str | None:
    """Check that no month has a negative budget."""
    if min(customers.budget) >= 0:
        return None
    month = next(m for m, value in enumerate(customers.budget, 1) if not value >= 0)
    return f"{scope} month {month}: budget {customers.budget[month - 1]!r} EUR is negative"


def new_is_floor(scope: str, customers: CustomerMonths) -> str | None:
    """Check that new customers are whole, `ratio - 1 < new <= ratio*(1 + 1e-9)`."""
    pairs = zip(customers.new, customers.unfloored, strict=True)
    for month, (new, ratio) in enumerate(pairs, start=1):
        if not (ratio - 1.0 < new <= ratio * (1.0 + _SLACK) and new == int(new)):
            return f"{scope} month {month}: {new!r} new customers do not floor {ratio!r}"
    return None


def recursion(scope: str, customers: CustomerMonths) -> str | None:
    """Check the step from each month to the next within 1e-9*max(1, A)."""
    before = customers.initial_active
    steps = zip(customers.active, customers.churn, customers.new, strict=True)
    for month, (active, churn, new) in enumerate(steps, start=1):
        expected = before - before * churn + new
        if not abs(active - expected) <= _SLACK * (active if active > 1.0 else 1.0):
            return f"{scope} month {month}: {active!r} active, expected {expected!r}"
        before = active
    return None


def active_nonnegative(scope: str, customers: CustomerMonths) -> str | None:
    """Check that no month has a negative number of active customers."""
    if min(customers.active) >= 0:
        return None
    month = next(m for m, value in enumerate(customers.active, 1) if not value >= 0)
    return f"{scope} month {month}: {customers.active[month - 1]!r} active is negative"


def hours_in_guard(hours_per_client: list[float], low: float, high: float) -> str | None:
    """Check that hours per client stay within the guard."""
    if low <= min(hours_per_client) and max(hours_per_client) <= high:
        return None
    month = next(m for m, value in enumerate(hours_per_client, 1) if not low <= value <= high)
    return f"month {month}: {hours_per_client[month - 1]!r} hours outside [{low:g}, {high:g}]"


def price_up(price: PublicPrice, rules: PublicPricing) -> str | None:
    """Check that the token price is rounded up, and that floor <= price <= cap."""
    sell, raw = price.sell_eur_per_1k, price.raw_sell_eur_per_1k
    floor, cap = rules.price_floor_eur_per_1k, rules.price_cap_eur_per_1k
    if price.price_binding != "cap" and not sell >= raw * (1.0 - _SLACK):
        return f"price {sell!r} EUR per 1k is below its raw price {raw!r}"
    if (floor is not None and not sell >= floor) or (cap is not None and not sell <= cap):
        return f"price {sell!r} EUR per 1k is outside [{floor}, {cap}]"
    return None


def draws_in_range(drawn: MonthDraws) -> str | None:
    """Check that month values lie inside [min, max] and on the lattice `min + k*step`."""
    rule, step = drawn.distribution, drawn.distribution.step
    beyond = _ROUNDING * (1.0 + abs(rule.high)) + _SLACK * (step or 0.0)  # as quantise allows
    low, high = rule.low - beyond, rule.high + beyond
    for month, value in enumerate(drawn.values, start=1):
        if not low <= value <= high:
            return f"{drawn.stream} month {month}: {value!r} outside [{rule.low}, {rule.high}]"
        if step is None:
            continue
        tick = rule.low + math.floor((value - rule.low) / step + 0.5) * step
        if not abs(value - tick) <= _ROUNDING * (1.0 + abs(value)):
            return f"{drawn.stream} month {month}: {value!r} is off the lattice, next to {tick!r}"
    return None


def capacity_honest(capacity: CapacityMonths, max_instances: int) -> str | None:
    """Check that a violation is flagged exactly when more than the maximum is needed."""
    flags = zip(capacity.needed, capacity.violation, strict=True)
    for month, (needed, flag) in enumerate(flags, start=1):
        if flag != (needed > max_instances):
            return f"month {month}: {needed} of {max_instances} instances, violation {flag}"
    return None


def cohort_sum(scope: str, customers: CustomerMonths, cohorts: Cohorts) -> str | None:
    """Check that survivors of all cohorts add up to the active customers of each month."""
    sums = active_by_month(cohorts).tolist()
    for month, (total, active) in enumerate(zip(sums, customers.active, strict=True), start=1):
        if not abs(total - active) <= _SLACK * max(1.0, active):
            return f"{scope} month {month}: cohorts add up to {total!r}, active {active!r}"
    return None


def totals_match(run: RunResults) -> str | None:
    """Check that metrics equal the sums of their columns, and that running totals end there."""
    for tap, months in (("public", run.public), ("private", run.private)):
        wrong = _tap_totals(tap, months.customers, months.money, run.metrics)
        if wrong is not None:
            return wrong
    sums: dict[str, Sequence[float]] = {
        "public_tokens_total": run.public.tokens,
        "public_visits_total": run.public.visits,
        "private_hours_total": run.private.hours,
        "capacity_violation_months": run.public.capacity.violation,
    }
    return _unequal(run.metrics, {name: math.fsum(column) for name, column in sums.items()})


def _tap_totals(
    tap: str, customers: CustomerMonths, money: MoneyMonths, metrics: Mapping[str, MetricValue]
) -> str | None:
    revenue, cogs = math.fsum(money.revenue), math.fsum(money.cogs)
    if money.cumulative_revenue[-1] != revenue:
        return (
            f"{tap}: cumulative revenue ends at {money.cumulative_revenue[-1]!r}, not {revenue!r}"
        )
    expected = {
        f"{tap}_active_end": customers.active[-1],
        f"{tap}_new_total": math.fsum(customers.new),
        f"{tap}_budget_total_eur": math.fsum(customers.budget),
        f"{tap}_revenue_total_eur": revenue,
        f"{tap}_cogs_total_eur": cogs,
        f"{tap}_gross_margin_total_eur": math.fsum(money.gross_margin),
    }
    return _unequal(metrics, expected)


def _unequal(metrics: Mapping[str, MetricValue], expected: Mapping[str, float]) -> str | None:
    for name, total in expected.items():
        if metrics[name] != total:
            return f"{name} is {metrics[name]}, its column adds up to {total!r}"
    return None
