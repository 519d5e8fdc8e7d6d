"""Check that each check holds on honest runs, and fails on a broken column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engines.taps import ENGINE
from engines.taps.checks import CHECKS, RunResults, run_checks
from engines.taps.cohorts import Cohorts, split_by_cohort
from engines.taps.metrics import run_metrics
from engines.taps.model import prepare
from engines.taps.private import PrivatePlan
from engines.taps.private import simulate_months as private_months
from engines.taps.public import PublicPlan
from engines.taps.public import simulate_months as public_months
from engines.taps.tests.support import ALL_BLOCKS, params
from runner.draws import DrawSource


@pytest.fixture
def results() -> RunResults:
    given = params({**ALL_BLOCKS, "public_tap.initial_active": 5.0})
    ready = prepare(given, {}, 6)
    draws = DrawSource(seed=3).for_run(0, ENGINE.streams)
    public = public_months(
        PublicPlan(6, given.public_tap, ready.public_price, 720.0), ready.public_variables, draws
    )
    private = private_months(
        PrivatePlan(6, given.private_tap, ready.private_price), ready.private_variables, draws
    )
    cohorts = {
        scope: split_by_cohort(c.new, c.churn, c.initial_active)
        for scope, c in (("public_tap", public.customers), ("private_tap", private.customers))
    }
    metrics = run_metrics(public, private, (ready.public_price, ready.private_price))
    return RunResults(given, ready.public_price, public, private, metrics, cohorts)


def customers(run: RunResults, **columns: object) -> RunResults:
    months = run.private
    return replace(run, private=replace(months, customers=replace(months.customers, **columns)))  # type: ignore[arg-type]


def negative_budget(run: RunResults) -> RunResults:
    return customers(run, budget=[500.0, -1.0, *run.private.customers.budget[2:]])


def one_customer_too_many(run: RunResults) -> RunResults:
    return customers(run, new=[n + 1 for n in run.private.customers.new])


def half_a_customer(run: RunResults) -> RunResults:
    held = run.private.customers
    return customers(run, new=[0.5, *held.new[1:]], unfloored=[0.6, *held.unfloored[1:]])


def broken_step(run: RunResults) -> RunResults:
    active = run.private.customers.active
    return customers(run, active=[*active[:3], active[3] + 1e-6, *active[4:]])


def negative_active(run: RunResults) -> RunResults:
    return customers(run, active=[-1.0, *run.private.customers.active[1:]])


def hours_beyond_the_guard(run: RunResults) -> RunResults:
    return replace(run, private=replace(run.private, hours_per_client=[10.0] * 5 + [745.0]))


def price_below_raw(run: RunResults) -> RunResults:
    return replace(run, price=replace(run.price, sell_eur_per_1k=0.006))


def price_above_cap(run: RunResults) -> RunResults:
    return replace(run, price=replace(run.price, sell_eur_per_1k=3.001))


def draw_off_the_lattice(run: RunResults) -> RunResults:
    drawn = dict(run.public.drawn)
    series = drawn["cvr"]
    drawn["cvr"] = replace(series, values=[*series.values[:5], series.values[5] + 1e-9])
    return replace(run, public=replace(run.public, drawn=drawn))


def draw_outside(run: RunResults) -> RunResults:
    drawn = dict(run.private.drawn)
    drawn["cac"] = replace(drawn["cac"], values=[1010.0] * 6)
    return replace(run, private=replace(run.private, drawn=drawn))


def hidden_violation(run: RunResults) -> RunResults:
    capacity = replace(run.public.capacity, needed=[101] * 6)
    return replace(run, public=replace(run.public, capacity=capacity))


def lost_cohort(run: RunResults) -> RunResults:
    whole = run.cohorts["public_tap"]
    fraction = whole.fraction.copy()
    fraction[0] = 0.0
    return replace(run, cohorts={**run.cohorts, "public_tap": Cohorts(whole.acquired, fraction)})


def wrong_total(run: RunResults) -> RunResults:
    return replace(run, metrics={**run.metrics, "private_hours_total": 1.0})


def wrong_running_total(run: RunResults) -> RunResults:
    money = replace(run.public.money, cumulative_revenue=[0.0] * 6)
    return replace(run, public=replace(run.public, money=money))


BREAKS: list[tuple[str, Callable[[RunResults], RunResults], str]] = [
    ("budget_nonnegative", negative_budget, "private_tap month 2: budget -1.0 EUR is negative"),
    ("new_is_floor", one_customer_too_many, "private_tap month 1: "),
    ("new_is_floor", half_a_customer, "private_tap month 1: 0.5 new customers do not floor 0.6"),
    ("recursion", broken_step, "private_tap month 4: "),
    ("active_nonnegative", negative_active, "private_tap month 1: -1.0 active is negative"),
    ("hours_in_guard", hours_beyond_the_guard, "month 6: 745.0 hours outside [0, 744]"),
    ("price_up", price_below_raw, "price 0.006 EUR per 1k is below its raw price"),
    ("price_up", price_above_cap, "price 3.001 EUR per 1k is outside [0.005, 3.0]"),
    ("draws_in_range", draw_off_the_lattice, "public_tap.cvr month 6: "),
    ("draws_in_range", draw_outside, "private_tap.cac month 1: 1010.0 outside [10.0, 1000.0]"),
    ("capacity_honest", hidden_violation, "month 1: 101 of 100 instances, violation False"),
    ("cohort_sum", lost_cohort, "public_tap month 1: cohorts add up to "),
    ("totals_match", wrong_total, "private_hours_total is 1.0, its column adds up to "),
    ("totals_match", wrong_running_total, "public: cumulative revenue ends at 0.0, not "),
]


def test_all_checks_hold_on_an_honest_run(results: RunResults) -> None:
    assert run_checks(results) == {check.name: None for check in CHECKS}


@pytest.mark.parametrize(("name", "break_it", "text"), BREAKS)
def test_check_fails_on_a_broken_run(
    results: RunResults, name: str, break_it: Callable[[RunResults], RunResults], text: str
) -> None:
    found = run_checks(break_it(results))[name]
    assert found is not None
    assert found.startswith(text)


def test_every_check_can_fail() -> None:
    assert {name for name, _, _ in BREAKS} == {check.name for check in CHECKS}
