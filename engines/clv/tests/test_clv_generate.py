"""Simulated populations have the moments of their process, and stay put when they grow."""

from __future__ import annotations

import numpy as np
import pytest

from engines.clv.generate import generate
from engines.clv.models import MODELS
from engines.clv.tests.support import draws, params
from engines.clv.windows import synthetic_windows


def population(process="pareto_nbd", n=20_000, last_weeks=39.0, **synthetic):
    given = params({"data": {"source": "synthetic", "synthetic": {
        "process": process, "n_customers": n, "acquisition_units": 0, **synthetic}}})  # fmt: skip
    windows = synthetic_windows(given)
    last = windows.start + last_weeks * windows.ticks_per_unit
    return generate(given, windows, last, draws()), windows, given


@pytest.mark.parametrize("process", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_repeat_purchases_have_the_mean_of_the_model(process):
    made, windows, given = population(process)
    own = given.data.synthetic.pareto if process == "pareto_nbd" else given.data.synthetic.bg
    theta = np.array([getattr(own, name) for name in MODELS[process].parameters])
    x = np.diff(made.purchases.offset) - 1
    mean = MODELS[process].expected_of_new(theta, np.array([39.0]))[0]
    assert abs(x.mean() - mean) < 4 * x.std() / np.sqrt(x.size)
    alive = made.left_at > windows.start + 39 * windows.ticks_per_unit
    if process != "bg_nbd":
        zero = np.zeros(1)
        nothing = np.exp(MODELS[process].log_likelihood(theta, zero, zero, np.array([39.0])))[0]
        assert abs((x == 0).mean() - nothing) < 4 * np.sqrt(nothing / x.size)
    assert 0 < alive.mean() < 1


def test_spend_has_the_mean_of_its_process_and_scales():
    made, _, _ = population(n=20_000)
    per_customer = np.add.reduceat(made.purchases.revenue, made.purchases.offset[:-1])
    mean = per_customer / np.diff(made.purchases.offset)
    assert abs(mean.mean() - 6.25 * 15.44 / 2.74) < 4 * mean.std() / np.sqrt(mean.size)
    double, _, _ = population(n=300, archetypes={"standard": {"share": 1.0, "spend_scale": 2.0}})
    single, _, _ = population(n=300)
    np.testing.assert_allclose(double.purchases.revenue, 2 * single.purchases.revenue)


def test_more_customers_and_a_longer_horizon_change_nobody():
    small, _, _ = population(n=100)
    large, windows, _ = population(n=200, last_weeks=60.0)
    end = int(windows.start + 39 * windows.ticks_per_unit)
    same = large.purchases.take(np.arange(100)).until(end)
    assert same.tick.tolist() == small.purchases.tick.tolist()
    assert same.revenue.tolist() == small.purchases.revenue.tolist()


def test_days_are_floored_and_equal_days_merged():
    exact, windows, _ = population(n=500)
    days, day_windows, _ = population(n=500, resolution="day")
    assert day_windows.ticks_per_day == 1
    floored = exact.purchases.tick // windows.ticks_per_day
    owner = exact.purchases.owner
    pairs = np.unique(np.stack([owner, floored]), axis=1)
    assert days.purchases.tick.tolist() == pairs[1].tolist()
    assert days.purchases.revenue.sum() == pytest.approx(exact.purchases.revenue.sum())


def test_archetypes_have_rates_and_windows_of_their_own():
    made, windows, _ = population(
        n=4000,
        archetypes={"standard": {"share": "auto"},
                    "late": {"share": 0.25, "rate_scale": 3.0, "acquisition_window": [5, 6]}},
    )  # fmt: skip
    late = made.purchases.archetype == "late"
    first = windows.units(made.purchases.first - windows.start)
    assert 0.2 < late.mean() < 0.3
    assert ((first[late] >= 5) & (first[late] <= 6)).all()
    x = np.diff(made.purchases.offset)
    assert x[late].mean() > 1.5 * x[~late].mean()
