"""Check what must hold for every plan: growth lemma, pairing, prefixes, bounds of draws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.taps import ENGINE
from engines.taps.budgets import budget_series
from engines.taps.funnels import new_customers, unspent_budget
from engines.taps.pricing import bounded_price, median, round_up
from engines.taps.retention import active_series, first_falling_month
from engines.taps.tests.support import ALL_BLOCKS, PRIVATE, PUBLIC, Ran, params, run
from runner.draws import DrawSource

SPREADS = {
    "public_tap.cac_sd_eur": 20.0,
    "public_tap.cvr_sd": 0.01,
    "public_tap.churn_rate_sd": 0.02,
    "private_tap.cac_sd_eur": 50.0,
    "private_tap.churn_rate_sd": 0.02,
}
PLANS = st.fixed_dictionaries(
    {
        "public_tap.budget_month0_eur": st.floats(0, 1e6),
        "public_tap.budget_growth_pct_mom": st.floats(-100, 50),
        "public_tap.cac_base_eur": st.floats(5, 500),
        "public_tap.churn_rate_mom": st.floats(0, 0.5),
        "public_tap.initial_active": st.floats(0, 1e6),
        "public_tap.pricing.target_margin_pct": st.floats(0, 95),
        "public_tap.pricing.infra_overhead_pct": st.floats(0, 1000),
        "public_tap.pricing.base_cost_eur_per_1m": st.floats(0, 1e6),
        "public_tap.capacity.target_utilization_pct": st.floats(0.1, 100),
        "public_tap.capacity.max_instances": st.integers(0, 100),
        "private_tap.budget_growth_pct_mom": st.floats(-100, 50),
        "private_tap.hours_per_client_mean": st.floats(0, 200),
        "private_tap.hours_min": st.floats(0, 100),
        "private_tap.hours_max": st.floats(100, 744),
        "private_tap.churn_rate_mom": st.floats(0, 0.5),
        "private_tap.management_fee_eur_per_client_month": st.floats(0, 100),
        "pricing.fx_usd_per_eur": st.floats(0.01, 100),
    }
)
DISTRIBUTIONS = st.sampled_from(["none", "uniform", "normal", "lognormal"])


@settings(deadline=None, max_examples=60)
@given(plan=PLANS, horizon=st.integers(1, 30))
def test_checks_hold_for_any_plan(plan: dict[str, Any], horizon: int) -> None:
    ran = run(plan, horizon=horizon)
    assert {name: text for name, text in ran.outcome.checks.items() if text} == {}
    assert set(ran.outcome.checks) == {check.name for check in ENGINE.checks}


@settings(deadline=None, max_examples=40)
@given(
    distribution=st.fixed_dictionaries(dict.fromkeys(ALL_BLOCKS, DISTRIBUTIONS)),
    replicate=st.integers(0, 1000),
    step=st.booleans(),
)
def test_checks_hold_for_any_monthly_block(
    distribution: dict[str, str], replicate: int, step: bool
) -> None:
    steps = {path.replace("distribution", "step"): None for path in ALL_BLOCKS if not step}
    ran = run({**SPREADS, **distribution, **steps}, replicate=replicate)
    assert {name: text for name, text in ran.outcome.checks.items() if text} == {}
    on = sum(name != "none" for name in distribution.values())
    assert len(ran.rows("monthly_draws")) == on * 18


def test_growing_budget_never_shrinks_the_base() -> None:
    count, months = 20_000, 60
    draws = DrawSource(seed=11)
    growth, churn, budget, cac = (
        draws.variable_uniforms(name, np.arange(count)).tolist()
        for name in ("growth", "churn", "budget", "cac")
    )
    failures = 0
    for g, c, b, a in zip(growth, churn, budget, cac, strict=True):
        price = 1.0 + 499.0 * a
        spent = budget_series(5000.0 * b, 50.0 * g, months)
        new = [new_customers(value, price) for value in spent]
        failures += first_falling_month(active_series(new, [c] * months, 0.0), 0.0) > 0
    assert failures == 0


@settings(deadline=None, max_examples=25)
@given(churn=st.floats(0, 1))
def test_churn_moves_no_public_tokens_or_revenue(churn: float) -> None:
    base, changed = run(), run({"public_tap.churn_rate_mom": churn})
    for column in ("expected_new_customers", "tokens", "revenue_eur", "gross_margin_eur"):
        assert base.tables[PUBLIC][column] == changed.tables[PUBLIC][column]


@settings(deadline=None, max_examples=25)
@given(cvr=st.floats(0.001, 1).filter(lambda value: value != 0.03))
def test_conversion_rate_moves_visits_only(cvr: float) -> None:
    base, changed = run(), run({"public_tap.cvr_base": cvr})
    moved = {
        column
        for column in base.tables[PUBLIC]
        if repr(base.tables[PUBLIC][column]) != repr(changed.tables[PUBLIC][column])
    }
    assert moved == {"cvr", "visits", "cost_per_visit_eur"}


@settings(deadline=None, max_examples=15)
@given(short=st.integers(1, 20), more=st.integers(1, 40), replicate=st.integers(0, 99))
def test_longer_horizon_keeps_earlier_months(short: int, more: int, replicate: int) -> None:
    overrides = {**ALL_BLOCKS, "public_tap.initial_active": 12.0}
    first = run(overrides, horizon=short, replicate=replicate)
    second = run(overrides, horizon=short + more, replicate=replicate)
    for name in (PUBLIC, PRIVATE, "public_tap_capacity_by_month"):
        assert repr(first.rows(name)) == repr(second.rows(name)[:short])
    for name, month in (("monthly_draws", 2), ("cohorts", 2)):
        kept = [row for row in second.rows(name) if row[month] <= short]
        assert repr(first.rows(name)) == repr(kept)


@pytest.mark.parametrize("path", list(ALL_BLOCKS))
def test_switching_one_variable_on_leaves_other_draws_alone(path: str) -> None:
    others = {name: value for name, value in ALL_BLOCKS.items() if name != path}
    without, whole = draws_by_variable(run(others)), draws_by_variable(run(ALL_BLOCKS))
    assert {name: whole[name] for name in without} == without
    assert len(whole) == len(without) + 1


def draws_by_variable(ran: Ran) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in ran.rows("monthly_draws"):
        found.setdefault(row[1], []).append(row)
    return found


def test_centre_drawn_per_replicate_leaves_uniforms_alone() -> None:
    on = {"public_tap.monthly.cac.distribution": "normal", "public_tap.cac_sd_eur": 30.0}
    one = run({**on, "public_tap.cac_base_eur": 45.0}).tables["monthly_draws"]
    other = run({**on, "public_tap.cac_base_eur": 90.0}).tables["monthly_draws"]
    assert one["uniform"] == other["uniform"]
    pairs = zip(one["draw_value"], other["draw_value"], strict=True)
    assert all(low <= high for low, high in pairs)
    assert one["draw_value"] != other["draw_value"]


def test_replicates_differ_and_repeats_do_not() -> None:
    assert repr(run(ALL_BLOCKS, replicate=1)) == repr(run(ALL_BLOCKS, replicate=1))
    assert run(ALL_BLOCKS, replicate=1).outcome != run(ALL_BLOCKS, replicate=2).outcome
    assert run(replicate=1).outcome == run(replicate=2).outcome


@settings(deadline=None, max_examples=200)
@given(budget=st.floats(0, 1e12), cac=st.floats(0.01, 1e6))
def test_new_customers_floor_the_ratio(budget: float, cac: float) -> None:
    new = new_customers(budget, cac)
    assert budget / cac - 1 < new <= budget / cac * (1 + 1e-9)
    assert 0 <= unspent_budget(budget, new, cac) <= max(budget, cac * (1 + 1e-9))


@settings(deadline=None, max_examples=200)
@given(multiple=st.integers(1, 10**6), cents=st.integers(1, 10**5))
def test_exact_multiples_stay_whole(multiple: int, cents: int) -> None:
    assert new_customers(multiple * cents / 100, cents / 100) == multiple


@settings(deadline=None, max_examples=200)
@given(raw=st.floats(1e-9, 1e6), increment=st.floats(1e-6, 10))
def test_price_is_rounded_up_by_less_than_one_increment(raw: float, increment: float) -> None:
    price = round_up(raw, increment)
    assert price >= raw * (1 - 1e-9)
    assert price <= raw + increment * (1 + 1e-6)


def test_price_below_one_increment_becomes_one_increment() -> None:
    assert round_up(1e-12, 1000.0) == 1000.0


def test_price_finer_than_twelve_decimals_is_not_rounded_below_cost() -> None:
    assert round_up(3.2e-13, 1e-13) == pytest.approx(4e-13)


def test_price_without_rules_is_raw() -> None:
    assert bounded_price(0.0065, None, None, None) == (0.0065, "none")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=9).map(sorted))
def test_median_lies_in_the_middle(values: list[float]) -> None:
    middle = median(values)
    assert sum(v <= middle for v in values) * 2 >= len(values)
    assert sum(v >= middle for v in values) * 2 >= len(values)


@settings(deadline=None, max_examples=50)
@given(fx=st.floats(0.01, 100), markup=st.floats(0, 1000))
def test_private_margin_follows_from_the_markup_alone(fx: float, markup: float) -> None:
    given_params = params({"pricing.fx_usd_per_eur": fx, "private_tap.markup_pct": markup})
    price = ENGINE.prepare(given_params, {}, 1).private_price
    by_price = (price.sell_eur_hr - price.provider_eur_hr_med) / price.sell_eur_hr * 100
    assert math.isclose(price.margin_pct, by_price, rel_tol=1e-9, abs_tol=1e-9)
