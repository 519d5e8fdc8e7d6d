"""Simulate the public tap: prepaid tokens, bought by new customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engines.taps.customers import CustomerMonths, MoneyMonths, money_months, simulate_customers
from engines.taps.funnels import tokens_sold, visits
from engines.taps.params import PublicTap
from engines.taps.pricing import CapacityMonths, PublicPrice, capacity_months
from engines.taps.sampling import MonthDraws, MonthlyDistribution, draw_months, month_values
from runner.contract import Draws

SCOPE = "public_tap"


@dataclass(frozen=True, slots=True)
class PublicPlan:
    """What a public run is made of, chance aside: horizon in months, parameters, prices."""

    horizon: int
    tap: PublicTap
    price: PublicPrice
    hours_per_month: float


@dataclass(frozen=True, slots=True)
class PublicMonths:
    """The public tap month by month; lists (n_months,).

    `tokens`, `tokens_per_conversion`: tokens. `cvr`: fraction. `visits`: count.
    `cost_per_visit`: EUR. `sell_eur_per_1k`: EUR per 1,000 tokens, one price for the run.
    """

    customers: CustomerMonths
    money: MoneyMonths
    capacity: CapacityMonths
    tokens: list[float]
    tokens_per_conversion: list[float]
    cvr: list[float]
    visits: list[float]
    cost_per_visit: list[float]
    sell_eur_per_1k: float
    drawn: dict[str, MonthDraws]


def simulate_months(
    plan: PublicPlan, variables: Mapping[str, MonthlyDistribution], draws: Draws
) -> PublicMonths:
    """Return the months of the public tap.

    Raises:
        SimulationError: a budget, a ratio, visits or capacity beyond what numbers can hold.
    """
    tap, price, horizon = plan.tap, plan.price, plan.horizon
    drawn = draw_months(variables, draws, horizon)
    cac = month_values(drawn, "cac", tap.cac_base_eur, horizon)
    cvr = month_values(drawn, "cvr", tap.cvr_base, horizon)
    per_conversion = month_values(
        drawn, "tokens_per_conversion", tap.tokens_per_conversion_mean, horizon
    )
    churn = month_values(drawn, "churn", tap.churn_rate_mom, horizon)
    customers = simulate_customers(SCOPE, tap, horizon, cac, churn)
    tokens = tokens_sold(customers.new, per_conversion)
    sell, cost = price.sell_eur_per_1k, price.cost_eur_per_1m
    money = money_months([t / 1000.0 * sell for t in tokens], [t / 1e6 * cost for t in tokens])
    return PublicMonths(
        customers=customers,
        money=money,
        capacity=capacity_months(tokens, price.tokens_per_hour, tap.capacity, plan.hours_per_month),
        tokens=tokens,
        tokens_per_conversion=per_conversion,
        cvr=cvr,
        visits=visits(customers.new, cvr),
        cost_per_visit=[c * v for c, v in zip(cac, cvr, strict=True)],
        sell_eur_per_1k=sell,
        drawn=drawn,
    )
