"""Properties of the models: units, compression, limits, monotony, gradients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.clv.fit import Fit, fit_purchases
from engines.clv.models import BG_NBD, MBG_NBD, MODELS, NBD, PARETO_NBD
from engines.clv.models import gamma_gamma as gg
from engines.clv.models.beta_geometric import by_quadrature
from engines.clv.models.histories import histories
from engines.clv.predict import forecast
from engines.clv.purchases import Purchases
from engines.clv.rfm import equal_age_data
from engines.clv.tests.support import params
from engines.clv.windows import Windows

LEAVING = (BG_NBD, MBG_NBD, PARETO_NBD)
X = np.array([0.0, 0, 1, 1, 3, 20, 1000, 1000])
T_X = np.array([0.0, 0, 30, 5, 20, 29, 30, 15])
AGE = np.array([0.0, 30, 30, 30, 30, 30, 30, 30])


def theta_of(k: int):
    log = st.floats(-13.8, 13.8, allow_nan=False)
    return st.lists(log, min_size=k, max_size=k).map(lambda v: np.exp(np.array(v)))


@pytest.mark.parametrize("model", LEAVING, ids=lambda m: m.name)
@settings(max_examples=60, deadline=None)
@given(theta=theta_of(4))
def test_no_parameters_within_the_bounds_give_nan_or_a_negative_number(model, theta):
    with np.errstate(all="raise", under="ignore"):
        likelihood = model.log_likelihood(theta, X, T_X, AGE)
        alive = model.p_alive(theta, X, T_X, AGE)
        expected = model.expected_given_alive(theta, X, AGE, np.array(39.0))
        none = model.p_no_purchase(theta, X, T_X, AGE, 39.0)
    assert np.isfinite(likelihood).all()
    assert ((alive >= 0) & (alive <= 1) & (none >= 0) & (none <= 1)).all()
    assert (np.isfinite(expected) & (expected >= 0)).all()


@pytest.mark.parametrize("model", [*LEAVING, NBD], ids=lambda m: m.name)
@pytest.mark.parametrize("special", [(0.3, 0.4), (0.3, 0.7), (1.0, 2.0), (1.0, 1.0), (2.5, 0.2)])
def test_expectation_starts_at_zero_rises_and_bends_down(model, special):
    theta = np.array([0.5, 5.0, *special])[: len(model.parameters)]
    t = np.linspace(0.0, 80.0, 41)
    for x, age in ((0.0, 0.0), (3.0, 30.0), (1000.0, 38.0)):
        expected = model.expected_given_alive(theta, np.array(x), np.array(age), t)
        assert expected[0] == 0.0
        assert (np.diff(expected) > -1e-9 * expected[-1]).all()
        assert (np.diff(expected, n=2) <= 1e-7 * max(1.0, expected[-1])).all()
    none = [model.p_no_purchase(theta, X, T_X, AGE, h) for h in (0.0, 1.0, 10.0, 100.0)]
    assert (none[0] == 1.0).all()
    assert (np.diff(none, axis=0) <= 1e-12).all()


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("a", [0.3, 0.999999, 1.0, 1.000001, 3.0])
def test_closed_form_equals_quadrature(shift, a):
    theta, model = np.array([0.7, 6.0, a, 1.7]), (BG_NBD, MBG_NBD)[shift]
    x, t = np.array([1.0, 3.0, 20.0, 150.0, 1000.0]), np.full(5, 39.0)
    age = np.full(5, 30.0)
    closed = model.expected_given_alive(theta, x, age, t)
    np.testing.assert_allclose(closed, by_quadrature(shift, theta, x, age, t), rtol=2e-8)


@pytest.mark.parametrize("model", [*LEAVING, NBD], ids=lambda m: m.name)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_gradient_is_the_slope_and_value_the_likelihood(model, data):
    k = len(model.parameters)
    log = np.array(data.draw(st.lists(st.floats(-3, 3), min_size=k, max_size=k)))
    rows = histories(X[:6], T_X[:6], np.maximum(AGE[:6], 1.0), np.arange(1.0, 7.0))
    value, slopes = model.mean_and_gradient(log, rows)
    direct = model.log_likelihood(np.exp(log), rows.x, rows.t_x, rows.age) @ rows.weight
    assert value == pytest.approx(direct / rows.n_customers, rel=1e-8)
    step = 1e-5 * np.eye(k)
    numeric = [
        (model.mean_and_gradient(log + e, rows)[0] - model.mean_and_gradient(log - e, rows)[0])
        / 2e-5
        for e in step
    ]
    np.testing.assert_allclose(slopes, numeric, rtol=1e-5, atol=1e-7)


def test_gamma_gamma_gradient_is_the_slope():
    data = gg.Spending(x=np.array([1.0, 2, 5]), m=np.array([3.0, 0.5, 1.2]), weight=np.ones(3))
    log = np.array([0.4, 0.9, -0.3])
    numeric = [
        (gg.mean_and_gradient(log + e, data)[0] - gg.mean_and_gradient(log - e, data)[0]) / 2e-6
        for e in 1e-6 * np.eye(3)
    ]
    np.testing.assert_allclose(gg.mean_and_gradient(log, data)[1], numeric, rtol=1e-6)


@pytest.mark.parametrize("name", list(MODELS))
@settings(max_examples=10, deadline=None)
@given(factor=st.floats(0.01, 1000))
def test_unit_change_moves_time_parameters_and_likelihood_alone(name, factor):
    model, theta = MODELS[name], np.array([0.5, 5.0, 0.6, 2.0])[: len(MODELS[name].parameters)]
    scaled = np.where(model.is_time, theta * factor, theta)
    x, t_x, age = X[2:6], T_X[2:6], AGE[2:6]
    one = model.log_likelihood(theta, x, t_x, age)
    two = model.log_likelihood(scaled, x, t_x * factor, age * factor)
    np.testing.assert_allclose(two, one - x * np.log(factor), rtol=1e-9, atol=1e-9)
    near = model.expected_given_alive(theta, x, age, np.array(10.0))
    far = model.expected_given_alive(scaled, x, age * factor, np.array(10.0 * factor))
    np.testing.assert_allclose(near, far, rtol=1e-9)


def test_compressed_rows_have_the_likelihood_of_all_customers():
    apart = histories(np.repeat(X, 3), np.repeat(T_X, 3), np.repeat(AGE, 3))
    together = histories(X, T_X, AGE, np.full(X.size, 3.0))
    for model in MODELS.values():
        log = np.log(np.array([0.5, 5.0, 0.6, 2.0]))[: len(model.parameters)]
        one, two = model.mean_and_gradient(log, apart), model.mean_and_gradient(log, together)
        assert one[0] == pytest.approx(two[0], rel=1e-10)
        np.testing.assert_allclose(one[1], two[1], rtol=1e-8, atol=1e-12)


def fixed_fit(model: str, names: tuple[str, ...], theta: tuple[float, ...]) -> Fit:
    return Fit(
        stage="forecast", model=model, parameters=names, theta=np.array(theta), covariance=None,
        log_likelihood=0.0, spread=0.0, log_scale=np.zeros(len(theta)), status="converged",
        n_customers=1, n_rows=1, scaled_mean=lambda log: 0.0,
    )  # fmt: skip


def test_value_of_one_customer():
    ticks = np.array([0, 50, 100, 140])
    purchases = Purchases(
        ids=np.array(["c"], dtype=object), copy=np.zeros(1, dtype=np.int64),
        entity=np.zeros(1, dtype=np.uint64), offset=np.array([0, 4]), tick=ticks,
        revenue=np.full(4, 40.0), cohort=None, archetype=None, position=np.zeros(1, dtype=np.int64),
    )  # fmt: skip
    windows = Windows(
        ticks_per_day=1, unit_days=7.0, start=0, calibration_end=210, observation_end=210
    )
    data = equal_age_data("forecast", purchases, windows, np.array([210]), 210, include_first=False)
    assert (data.x[0], data.t_x[0], data.age[0], data.m[0]) == (3, 20.0, 30.0, 40.0)
    fit = fixed_fit("pareto_nbd", PARETO_NBD.parameters, (0.5, 10, 0.6, 12))
    spend = fixed_fit("gamma_gamma", gg.PARAMETERS, (6, 4, 15))
    found = forecast(data, fit, spend, params(), 12)
    np.testing.assert_allclose(found.value, 97.1827423, rtol=1e-8)
    np.testing.assert_allclose(found.value_given_alive, 127.257962, rtol=1e-8)
    assert found.value_at_risk == pytest.approx((1 - found.p_alive) * 127.257962)


def test_search_status_says_what_went_wrong():
    share = np.linspace(0.05, 0.95, 60)
    ridge = histories(np.floor(6 * share), 20 * share * (share > 1 / 6), np.full(60, 30.0))
    statuses = {
        "hessian_not_definite": fit_purchases("calibration", BG_NBD, ridge, params()),
        "max_iterations": fit_purchases(
            "calibration", BG_NBD, ridge, params({"fit": {"max_iterations": 10}})
        ),
        "at_bound": fit_purchases(
            "calibration", PARETO_NBD,
            histories(np.floor(6 * share) + 1, np.full(60, 29.9), np.full(60, 30.0)), params(),
        ),
    }  # fmt: skip
    assert {name: fit.status for name, fit in statuses.items()} == {n: n for n in statuses}
    assert statuses["hessian_not_definite"].se_log() is None
    assert all(np.isfinite(fit.theta).all() for fit in statuses.values())
