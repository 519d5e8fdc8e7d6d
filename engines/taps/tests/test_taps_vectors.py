"""Check the published numbers of the engine, one by one."""

from __future__ import annotations

import math
from typing import Any

import pytest

from engines.taps.budgets import budget_series
from engines.taps.cohorts import active_by_month, split_by_cohort
from engines.taps.funnels import new_customers, unspent_budget
from engines.taps.params import TapsParams
from engines.taps.pricing import bounded_price, private_price, provider_prices, public_price
from engines.taps.retention import active_series, first_falling_month, growth_series
from engines.taps.tests.support import CAPACITY, PRIVATE, PUBLIC, params, run
from runner.contract import Distribution, DistributionName, Null, SimulationError, quantise

NEW = [20, 21, 23, 25, 27, 29, 31, 34, 37, 39, 43, 46, 50, 54, 58, 63, 68, 74]
ACTIVE = [
    20, 40.4, 62.188, 85.3224, 109.7627, 135.4698, 162.4057, 191.5335, 222.7875,
    255.1039, 290.4508, 327.7373, 367.9052, 410.8680, 456.5420, 505.8457, 558.6703, 615.9102,
]  # fmt: skip


def test_public_customers_of_the_default_plan() -> None:
    ran = run()
    table = ran.tables[PUBLIC]
    assert table["expected_new_customers"] == NEW
    assert sum(NEW) == 742 == ran.metric("public_new_total")
    assert table["active_customers"] == pytest.approx(ACTIVE, abs=5e-5)
    assert ran.metric("public_tokens_total") == 37_100_000
    assert math.fsum(table["new_customers_unfloored"]) == pytest.approx(749.0049, abs=5e-5)
    unfloored = active_series(table["new_customers_unfloored"], table["churn_rate_mom"], 0.0)
    assert unfloored[-1] == pytest.approx(621.4670, abs=5e-5)


def test_public_totals_of_the_default_plan() -> None:
    ran = run()
    assert ran.metric("public_budget_total_eur") == pytest.approx(37_450.2437, abs=5e-5)
    assert ran.metric("public_blended_cac_eur") == pytest.approx(50.4720, abs=5e-5)
    assert ran.metric("public_floor_loss_pct") == pytest.approx(0.9352, abs=5e-5)
    assert ran.metric("public_min_growth_mom_pct") == pytest.approx(10.2457, abs=5e-5)
    growth = growth_series(ran.tables[PUBLIC]["active_customers"], 0.0)
    assert growth[0] is None
    assert growth.index(min(value for value in growth if value is not None)) + 1 == 18
    assert ran.tables[PUBLIC]["visits"][0] == pytest.approx(666.667, abs=5e-4)
    assert ran.tables[PUBLIC]["cost_per_visit_eur"][0] == pytest.approx(1.50)
    assert ran.metric("public_revenue_total_eur") == pytest.approx(259.70, rel=1e-9)
    assert ran.metric("public_cogs_total_eur") == pytest.approx(109.1764, abs=5e-5)


def test_public_price_of_the_default_plan() -> None:
    price = public_price(TapsParams())
    assert price.eur_hr_effective == pytest.approx(0.190909, abs=5e-7)
    assert price.tokens_per_hour == pytest.approx(405_000)
    assert price.cost_eur_per_1m == pytest.approx(2.942761, abs=5e-7)
    assert price.raw_sell_eur_per_1k == pytest.approx(0.00653947, abs=5e-9)
    assert price.sell_eur_per_1k == 0.007
    assert price.margin_pct == pytest.approx(57.9606, abs=5e-5)
    assert price.price_binding == "none"


def test_capacity_of_the_default_plan() -> None:
    table = run().tables[CAPACITY]
    assert table["peak_tokens_per_hour"][17] == pytest.approx(6_166.67, abs=5e-3)
    assert table["instances_needed"][17] == 1
    assert not any(table["capacity_violation"])


@pytest.mark.parametrize(
    ("cost", "price", "binding"),
    [(2.79, 0.007, "none"), (2.70, 0.006, "none"), (0.9, 0.005, "floor"), (2000.0, 3.0, "cap")],
)
def test_public_price_is_rounded_up_then_bounded(cost: float, price: float, binding: str) -> None:
    assert bounded_price(cost / 1000 / 0.45, 0.001, 0.005, 3.0) == (price, binding)


def test_binding_cap_costs_margin() -> None:
    ran = run({"public_tap.pricing.base_cost_eur_per_1m": 2000.0 - 0.942760942760943})
    assert ran.metric("public_sell_eur_per_1k") == 3.0
    assert ran.metric("public_price_margin_pct") == pytest.approx(33.3333, abs=5e-5)
    assert ran.tables["public_tap_prices"]["price_binding"] == ["cap"]


def test_private_price_of_the_default_plan() -> None:
    pricing = TapsParams().pricing
    prices = provider_prices(pricing.offers, "rtx_4090", pricing)
    assert prices == pytest.approx([0.324545, 0.525, 0.563182], abs=5e-7)
    price = private_price(pricing, "rtx_4090", 40.0)
    assert price.provider_eur_hr_med == pytest.approx(0.525, rel=1e-9)
    assert price.sell_eur_hr == pytest.approx(0.735, rel=1e-9)
    assert price.margin_pct == pytest.approx(28.5714, abs=5e-5)
    assert private_price(pricing, "rtx_4090", 25.0).margin_pct == 20.0


def test_provider_has_one_vote_and_even_counts_take_the_middle() -> None:
    changed = params(
        {
            "pricing.offers.second_offer_of_a": {
                "provider": "provider_a",
                "gpu_class": "rtx_4090",
                "usd_hr": 0.10,
            },
            "pricing.offers.provider_c_rtx_4090": None,
        }
    )
    price = private_price(changed.pricing, "rtx_4090", 0.0)
    assert price.provider_count == 2
    assert price.provider_eur_hr_med == pytest.approx((0.10 + 0.55) / 2 / 1.1 * 1.05)


@pytest.mark.parametrize(
    ("budget", "cac", "new"),
    [(0.3, 0.1, 3), (0.7, 0.1, 7), (4.35, 0.01, 435), (999.99, 50, 19), (10.0, math.inf, 0)],
)
def test_floor_respects_exact_multiples(budget: float, cac: float, new: int) -> None:
    assert new_customers(budget, cac) == new


def test_unspent_budget_shows_no_rounding_noise() -> None:
    assert unspent_budget(0.3, 3, 0.1) == 0.0
    assert unspent_budget(999.99, 19, 50.0) == pytest.approx(49.99)
    assert unspent_budget(10.0, 0, math.inf) == 10.0


@pytest.mark.parametrize(
    ("x", "low", "high", "step", "tick"),
    [
        (0.35, 0.3, 0.9, 0.1, 0.4),
        (52.5, 5, 500, 5, 55),
        (52.49, 5, 500, 5, 50),
        (0.95, 0, 1, 0.3, 0.9),
        (2, 0, 1, 0.3, 0.9),
    ],
)
def test_quantise(x: float, low: float, high: float, step: float, tick: float) -> None:
    assert quantise(x, low, high, step) == tick


@pytest.mark.parametrize(
    ("name", "rule", "uniform", "continuous", "value"),
    [
        ("uniform", (0, 0, 5, 500, 5), 0.004, None, 5),
        ("uniform", (0, 0, 5, 500, 5), 0.006, None, 10),
        ("uniform", (0, 0, 5, 500, 5), 0.5, None, 255),
        ("uniform", (0, 0, 5, 500, 5), 0.999, None, 500),
        ("normal", (50, 10, 5, 500, 5), 0.1, 37.184659, 35),
        ("normal", (50, 10, 5, 500, 5), 0.9, 62.815535, 65),
        ("normal", (50, 10, 40, 60, 5), 0.0, None, 40),
        ("normal", (50, 10, 40, 60, 5), 0.9, 57.490146, 55),
        ("lognormal", (50000, 5000, 1000, 200000, 1000), 0.1, 43781.4997, 44000),
        ("lognormal", (50000, 5000, 1000, 200000, 1000), 0.5, 49751.8595, 50000),
        ("lognormal", (50000, 5000, 1000, 200000, 1000), 0.9, 56536.3804, 57000),
        ("normal", (0.03, 0.01, 0, 0.5, 0.005), 0.25, 0.02328693, 0.025),
    ],
)
def test_month_value_at_a_uniform(
    name: DistributionName,
    rule: tuple[float, float, float, float, float],
    uniform: float,
    continuous: float | None,
    value: float,
) -> None:
    centre, sd, low, high, step = rule
    distribution = Distribution(name=name, centre=centre, sd=sd, low=low, high=high, step=step)
    assert distribution.value(uniform) == value
    if continuous is not None:
        assert distribution.continuous_at([uniform])[0] == pytest.approx(continuous, rel=1e-7)


def test_falling_budget_fails_in_month_8() -> None:
    ran = run({"public_tap.budget_growth_pct_mom": -30.0})
    table = ran.tables[PUBLIC]
    assert table["expected_new_customers"][:10] == [20, 14, 9, 6, 4, 3, 2, 1, 1, 0]
    assert ran.metric("public_monotone_first_fail_month") == 8
    growth = growth_series(table["active_customers"], 0.0)[7]
    assert growth is not None
    assert -growth == pytest.approx(0.0103146, abs=5e-8)


def test_opening_base_falls_for_six_months() -> None:
    ran = run({"public_tap.initial_active": 1000.0})
    table = ran.tables[PUBLIC]
    falls = [
        month
        for month, before, now in zip(
            table["month"],
            table["active_customers_before"],
            table["active_customers"],
            strict=True,
        )
        if now < before
    ]
    assert table["active_customers"][0] == pytest.approx(990)
    assert falls == [1, 2, 3, 4, 5, 6]
    assert ran.metric("public_monotone_first_fail_month") == 1


def test_opening_base_holds_when_the_budget_replaces_churn() -> None:
    ran = run(
        {
            "public_tap.initial_active": 1000.0,
            "public_tap.budget_month0_eur": 1500.0,
            "public_tap.budget_growth_pct_mom": 0.0,
        }
    )
    assert ran.tables[PUBLIC]["active_customers"] == pytest.approx([1000.0] * 18)
    assert ran.metric("public_monotone_first_fail_month") == 0


def test_churn_peak_fails_in_its_month() -> None:
    churn = [0.03] * 4 + [0.5] + [0.03] * 13
    active = active_series(NEW, churn, 0.0)
    growth = growth_series(active, 0.0)[4]
    assert active[4] == pytest.approx(69.66118, abs=5e-6)
    assert first_falling_month(active, 0.0) == 5
    assert growth is not None
    assert -growth == pytest.approx(0.183553, abs=5e-7)


def test_drops_that_exceptions_cover() -> None:
    active = [100.0, 90.0, 95.0, 80.0]
    growth = growth_series(active, 0.0)
    assert first_falling_month(active, 0.0) == 2
    assert growth[1] == pytest.approx(-0.10)
    assert growth[3] == pytest.approx(-0.157895, abs=5e-7)


@pytest.mark.parametrize(("g", "last"), [(-0.05, 25), (-0.08, 19), (-0.30, 8)])
def test_falling_budget_holds_until_the_closed_form_says(g: float, last: int) -> None:
    c, d = 0.03, -g
    assert math.floor(1 + math.log(c / d) / math.log((1 - d) / (1 - c))) == last
    new = budget_series(20.0, 100 * g, 60)
    active = active_series(new, [c] * 60, 0.0)
    assert first_falling_month(active, 0.0) == last + 1


@pytest.mark.parametrize(("g", "c"), [(0.08, 0.03), (0.0, 0.1), (-0.2, 0.05), (-0.1, 0.1)])
def test_closed_form_of_active_customers(g: float, c: float) -> None:
    active = active_series(budget_series(20.0, 100 * g, 24), [c] * 24, 0.0)
    for month, value in enumerate(active, start=1):
        if g == -c:
            expected = 20 * month * (1 - c) ** (month - 1)
        else:
            expected = 20 * ((1 + g) ** month - (1 - c) ** month) / (g + c)
        assert value == pytest.approx(expected, rel=1e-9)


def test_no_budget_gives_no_customers_and_no_error() -> None:
    ran = run({"public_tap.budget_month0_eur": 0.0, "private_tap.budget_month0_eur": 0.0})
    assert set(ran.tables[PUBLIC]["expected_new_customers"]) == {0}
    assert set(ran.tables[PRIVATE]["active_clients"]) == {0.0}
    for name, value in ran.outcome.metrics.items():
        if isinstance(value, Null):
            assert value.reason, name
        else:
            assert math.isfinite(value), name


def test_growth_of_minus_100_percent_stops_after_month_1() -> None:
    ran = run({"public_tap.budget_growth_pct_mom": -100.0}, horizon=3)
    assert ran.tables[PUBLIC]["expected_new_customers"] == [20, 0, 0]


def test_full_churn_keeps_only_new_customers() -> None:
    ran = run({"public_tap.churn_rate_mom": 1.0})
    assert ran.tables[PUBLIC]["active_customers"] == NEW


def test_no_churn_keeps_everybody() -> None:
    assert run({"public_tap.churn_rate_mom": 0.0}).metric("public_active_end") == 742


def test_hours_are_held_at_the_guard() -> None:
    ran = run(
        {
            "private_tap.hours_per_client_mean": 800.0,
            "private_tap.initial_active": 10.0,
            "private_tap.churn_rate_mom": 0.0,
            "private_tap.budget_month0_eur": 0.0,
        }
    )
    assert ran.tables[PRIVATE]["hours"] == [7440.0] * 18
    assert all(ran.tables[PRIVATE]["hours_guarded"])


def test_cohorts_add_up_to_active_customers() -> None:
    churn = [0.03, 0.5, 0.0, 1.0, 0.1]
    cohorts = split_by_cohort(NEW[:5], churn, 7.0)
    assert active_by_month(cohorts).tolist() == pytest.approx(active_series(NEW[:5], churn, 7.0))


def failure(overrides: dict[str, Any], horizon: int = 18) -> str:
    with pytest.raises(SimulationError) as caught:
        run(overrides, horizon=horizon)
    return str(caught.value)


def test_infinite_budget_names_month_and_value() -> None:
    text = failure({"public_tap.budget_growth_pct_mom": 1000.0}, 600)
    assert text.startswith("public_tap: month 295: budget = inf EUR is not finite")


def test_ratio_above_2_to_53_names_month_and_value() -> None:
    text = failure(
        {"private_tap.budget_month0_eur": 1e12, "private_tap.budget_growth_pct_mom": 1000.0}
    )
    assert text.startswith("private_tap: month 8: budget / CAC = 9.74359e+16 customers exceeds")


def test_zero_budget_may_grow_without_bound() -> None:
    overrides = {"public_tap.budget_month0_eur": 0.0, "public_tap.budget_growth_pct_mom": 1000.0}
    assert run(overrides, horizon=600).metric("public_budget_total_eur") == 0.0
