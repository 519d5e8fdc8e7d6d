"""Simulate the private tap: GPU hours, rented by active clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engines.taps.customers import CustomerMonths, MoneyMonths, money_months, simulate_customers
from engines.taps.funnels import guarded_hours
from engines.taps.params import PrivateTap
from engines.taps.pricing import PrivatePrice
from engines.taps.sampling import MonthDraws, MonthlyDistribution, draw_months, month_values
from runner.contract import Draws

SCOPE = "private_tap"


@dataclass(frozen=True, slots=True)
class PrivatePlan:
    """What a private run is made of, chance aside: horizon in months, parameters, prices."""

    horizon: int
    tap: PrivateTap
    price: PrivatePrice


@dataclass(frozen=True, slots=True)
class PrivateMonths:
    """The private tap month by month; lists (n_months,).

    `hours`: GPU hours sold. `hours_per_client`: hours, after the guard; `hours_guarded` tells
    where the guard changed them. `hours_revenue`, `fee_revenue`: EUR. `sell_eur_hr`: EUR per
    hour, one price for the run.
    """

    customers: CustomerMonths
    money: MoneyMonths
    hours: list[float]
    hours_per_client: list[float]
    hours_guarded: list[bool]
    hours_revenue: list[float]
    fee_revenue: list[float]
    sell_eur_hr: float
    drawn: dict[str, MonthDraws]


def simulate_months(
    plan: PrivatePlan, variables: Mapping[str, MonthlyDistribution], draws: Draws
) -> PrivateMonths:
    """Return the months of the private tap.

    Raises:
        SimulationError: a budget or ratio beyond what numbers can hold.
    """
    tap, price, horizon = plan.tap, plan.price, plan.horizon
    drawn = draw_months(variables, draws, horizon)
    cac = month_values(drawn, "cac", tap.cac_base_eur, horizon)
    churn = month_values(drawn, "churn", tap.churn_rate_mom, horizon)
    wanted = month_values(drawn, "hours_per_client", tap.hours_per_client_mean, horizon)
    customers = simulate_customers(SCOPE, tap, horizon, cac, churn)
    per_client = guarded_hours(wanted, tap.hours_min, tap.hours_max)
    hours = [a * h for a, h in zip(customers.active, per_client, strict=True)]
    sell, fee = price.sell_eur_hr, tap.management_fee_eur_per_client_month
    hours_revenue = [h * sell for h in hours]
    fee_revenue = [a * fee for a in customers.active]
    return PrivateMonths(
        customers=customers,
        money=money_months(
            [h + f for h, f in zip(hours_revenue, fee_revenue, strict=True)],
            [h * price.provider_eur_hr_med for h in hours],
        ),
        hours=hours,
        hours_per_client=per_client,
        hours_guarded=[kept != asked for kept, asked in zip(per_client, wanted, strict=True)],
        hours_revenue=hours_revenue,
        fee_revenue=fee_revenue,
        sell_eur_hr=sell,
        drawn=drawn,
    )
