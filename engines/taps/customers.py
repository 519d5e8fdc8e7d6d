"""Simulate the months that both taps have in common: budget, acquisition, retention, money."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engines.taps.budgets import budget_series
from engines.taps.funnels import new_customers, unfloored_customers, unspent_budget
from engines.taps.params import PrivateTap, PublicTap
from engines.taps.retention import active_before, active_series
from runner.contract import SimulationError

_CARRY_EVERY = 32  # months


@dataclass(frozen=True, slots=True)
class CustomerMonths:
    """Customers of one tap; lists (n_months,).

    `budget`, `cac`, `unspent`: EUR. `churn`: fraction. `unfloored`, `before` (A_{m-1}), `active`,
    `churned`: count. `new`: whole count. `initial_active`: A_0, count.
    """

    initial_active: float
    budget: list[float]
    cac: list[float]
    churn: list[float]
    unfloored: list[float]
    new: list[int]
    before: list[float]
    active: list[float]
    churned: list[float]
    unspent: list[float]


@dataclass(frozen=True, slots=True)
class MoneyMonths:
    """What one tap earns; lists (n_months,), EUR."""

    revenue: list[float]
    cumulative_revenue: list[float]
    cogs: list[float]
    gross_margin: list[float]


def simulate_customers(
    scope: str, tap: PublicTap | PrivateTap, horizon: int, cac: list[float], churn: list[float]
) -> CustomerMonths:
    """Return the customers that a tap's budget buys and keeps.

    Raises:
        SimulationError: a budget that is not finite, or more than 2^53 customers in a month.
    """
    try:
        budget = budget_series(tap.budget_month0_eur, tap.budget_growth_pct_mom, horizon)
        unfloored = unfloored_customers(budget, cac)
    except SimulationError as error:
        raise SimulationError(f"{scope}: {error}") from None
    new = [new_customers(b, c) for b, c in zip(budget, cac, strict=True)]
    active = active_series(new, churn, tap.initial_active)
    before = active_before(active, tap.initial_active)
    return CustomerMonths(
        initial_active=tap.initial_active,
        budget=budget,
        cac=cac,
        churn=churn,
        unfloored=unfloored,
        new=new,
        before=before,
        active=active,
        churned=[then * lost for then, lost in zip(before, churn, strict=True)],
        unspent=[unspent_budget(b, n, c) for b, n, c in zip(budget, new, cac, strict=True)],
    )


def money_months(revenue: list[float], cogs: list[float]) -> MoneyMonths:
    """Return revenue, its running total, cost and gross margin per month."""
    margin = [earned - cost for earned, cost in zip(revenue, cogs, strict=True)]
    return MoneyMonths(revenue, running_totals(revenue), cogs, margin)


def running_totals(values: Sequence[float]) -> list[float]:
    """Return `math.fsum` of the values up to and including each month, floats (n_months,).

    Past months are carried as a few numbers with exactly their sum, so long runs stay linear.
    """
    found: list[float] = []
    carried: list[float] = []
    for start in range(0, len(values), _CARRY_EVERY):
        block = [*carried, *values[start : start + _CARRY_EVERY]]
        first = len(carried) + 1
        found += [math.fsum(block[:stop]) for stop in range(first, len(block) + 1)]
        carried = exact_parts(block) if len(found) < len(values) else []
    return found


def exact_parts(values: Sequence[float]) -> list[float]:
    """Return the fewest numbers, each the rounded rest of those before, with the same exact sum."""
    parts: list[float] = []
    rest = math.fsum(values)
    while rest:
        parts.append(rest)
        rest = math.fsum([*values, *(-part for part in parts)])
    return parts
