"""Run both taps month by month: prices once per parameter set, then months, tables, checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engines.taps import private, public, tables
from engines.taps.checks import RunResults, run_checks
from engines.taps.cohorts import Cohorts, cohort_rows, split_by_cohort
from engines.taps.customers import CustomerMonths
from engines.taps.metrics import run_metrics
from engines.taps.params import TapsParams
from engines.taps.pricing import PrivatePrice, PublicPrice, private_price, public_price
from engines.taps.private import PrivateMonths, PrivatePlan
from engines.taps.public import PublicMonths, PublicPlan
from engines.taps.sampling import MonthlyDistribution, monthly_distributions
from runner.contract import Draws, Outcome, TableSink


@dataclass(frozen=True, slots=True)
class Prepared:
    """What follows from the parameters alone: prices, and the monthly blocks that are on."""

    public_price: PublicPrice
    private_price: PrivatePrice
    public_variables: dict[str, MonthlyDistribution]
    private_variables: dict[str, MonthlyDistribution]


def prepare(params: TapsParams, files: Mapping[str, Path], horizon: int) -> Prepared:
    """Return the prices and distributions of a parameter set.

    Raises:
        PlanError: the token price is 0 or not finite.
    """
    tap = params.private_tap
    return Prepared(
        public_price(params),
        private_price(params.pricing, tap.gpu_class, tap.markup_pct),
        monthly_distributions(public.SCOPE, params.public_tap),
        monthly_distributions(private.SCOPE, tap),
    )


def simulate(
    params: TapsParams, prepared: Prepared, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Simulate both taps over `horizon` months, and write the tables that are asked for.

    Raises:
        SimulationError: a budget that is not finite, or numbers above 2^53.
    """
    public_plan = PublicPlan(
        horizon, params.public_tap, prepared.public_price, params.pricing.hours_per_month
    )
    private_plan = PrivatePlan(horizon, params.private_tap, prepared.private_price)
    sold = public.simulate_months(public_plan, prepared.public_variables, draws)
    rented = private.simulate_months(private_plan, prepared.private_variables, draws)
    metrics = run_metrics(sold, rented, (prepared.public_price, prepared.private_price))
    _write_months(out, sold, rented)
    _write_prices(out, prepared)
    _write_draws(out, sold, rented)
    cohorts = {
        private.SCOPE: _cohorts_of(rented.customers),
        public.SCOPE: _cohorts_of(sold.customers),
    }
    _write_cohorts(out, cohorts)
    results = RunResults(params, prepared.public_price, sold, rented, metrics, cohorts)
    return Outcome(
        metrics=metrics,
        checks=run_checks(results),
        warnings=run_warnings(params, prepared, rented),
    )


def _write_months(out: TableSink, sold: PublicMonths, rented: PrivateMonths) -> None:
    if out.wants(tables.PUBLIC_MONTHS.name):
        out.write(tables.PUBLIC_MONTHS.name, tables.public_month_columns(sold))
    if out.wants(tables.PRIVATE_MONTHS.name):
        out.write(tables.PRIVATE_MONTHS.name, tables.private_month_columns(rented))
    if out.wants(tables.CAPACITY_MONTHS.name):
        out.write(tables.CAPACITY_MONTHS.name, tables.capacity_columns(sold.capacity))


def _write_prices(out: TableSink, prepared: Prepared) -> None:
    if out.wants(tables.PUBLIC_PRICES.name):
        out.write(tables.PUBLIC_PRICES.name, tables.public_price_columns(prepared.public_price))
    if out.wants(tables.PRIVATE_ECONOMICS.name):
        columns = tables.private_price_columns(prepared.private_price)
        out.write(tables.PRIVATE_ECONOMICS.name, columns)


def _write_draws(out: TableSink, sold: PublicMonths, rented: PrivateMonths) -> None:
    if not out.wants(tables.MONTHLY_DRAWS.name):
        return
    for scope, months in ((private.SCOPE, rented), (public.SCOPE, sold)):
        for name in sorted(months.drawn):
            columns = tables.draw_columns(scope, months.drawn[name])
            out.write(tables.MONTHLY_DRAWS.name, columns)


def _cohorts_of(customers: CustomerMonths) -> Cohorts:
    return split_by_cohort(customers.new, customers.churn, customers.initial_active)


def _write_cohorts(out: TableSink, cohorts: Mapping[str, Cohorts]) -> None:
    if out.wants(tables.COHORTS.name):
        for scope, split in cohorts.items():
            out.write(tables.COHORTS.name, tables.cohort_columns(scope, cohort_rows(split)))


def run_warnings(params: TapsParams, prepared: Prepared, rented: PrivateMonths) -> tuple[str, ...]:
    """Return what a reviewer should know: a thin median, a binding cap, an acting guard."""
    found = []
    price, tap = prepared.private_price, params.private_tap
    if price.provider_count == 1:
        found.append(f"private_tap: one provider alone makes the median of {price.gpu_class}")
    if prepared.public_price.price_binding == "cap":
        margin = prepared.public_price.margin_pct
        found.append(f"public_tap: the price cap binds; the price margin is {margin:.4g} percent")
    if any(rented.hours_guarded):
        months = sum(rented.hours_guarded)
        found.append(
            f"private_tap: the hours guard [{tap.hours_min:g}, {tap.hours_max:g}] "
            f"acted in {months} of {len(rented.hours)} months"
        )
    return tuple(found)
