"""The packaged CDNOW sample: published data counts, estimates, scores and tracking."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from engines.clv import scores
from engines.clv.fit import Fit, fit_purchases, fit_spend, log_count_sum
from engines.clv.models import BG_NBD, MODELS, PARETO_NBD
from engines.clv.params_data import DATASETS
from engines.clv.predict import expected_purchases, p_alive
from engines.clv.tests.support import QUICK, cdnow, params, run
from engines.clv.validate import holdout_of, summarise_baselines, track


@functools.cache
def sample():
    data, stage = cdnow()
    return data, stage, holdout_of(stage, data.purchases, data.windows)


@functools.cache
def fitted(name: str) -> Fit:
    return fit_purchases("calibration", MODELS[name], sample()[1].rows, params())


def test_data_is_cleaned_as_published():
    data, stage, _ = sample()
    expected = {
        "raw_rows": 6919, "customers": 2357, "purchase_days": 6696, "merged_rows": 223,
        "zero_rows": 8, "negative_rows": 0, "refund_only_days": 0,
    }  # fmt: skip
    assert {name: data.report[name] for name in expected} == expected
    assert data.report["revenue_total"] == pytest.approx(244091.94, abs=0.005)
    days = [data.windows.start, data.windows.calibration_end, data.windows.observation_end]
    assert np.array(days).astype("datetime64[D]").astype(str).tolist() == [
        "1997-01-01", "1997-09-30", "1998-06-30",
    ]  # fmt: skip
    assert data.windows.holdout_units == 39.0
    assert stage.age.min() == 27.0
    assert stage.age.max() == pytest.approx(38.8571, abs=1e-4)
    assert stage.rows.x.size == 1016


def test_frequencies_and_holdout_counts():
    _, stage, holdout = sample()
    assert stage.x.sum() == 2457
    counts = np.bincount(np.minimum(stage.x, 7))
    assert counts.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert holdout.purchases.sum() == 1882
    assert (holdout.purchases > 0).sum() == 684
    assert holdout.purchases[stage.x == 0].sum() == 334
    assert holdout.revenue.sum() == pytest.approx(70976.39, abs=0.005)


def test_first_customers_and_spend():
    _, stage, holdout = sample()
    numbers = np.array([int(text) for text in stage.customers.ids])
    first = np.argsort(numbers)[:6]
    rows = np.stack([stage.x, stage.t_x, stage.age, stage.m, holdout.purchases])[:, first].T
    np.testing.assert_allclose(
        rows,
        [(2, 30.4286, 38.8571, 22.345, 1), (1, 1.7143, 38.8571, 11.77, 0),
         (0, 0, 38.8571, 0, 0), (0, 0, 38.8571, 0, 0), (0, 0, 38.8571, 0, 0),
         (7, 29.4286, 38.8571, 73.7414, 8)],
        atol=5e-5,
    )  # fmt: skip
    repeat = stage.x > 0
    m, x = stage.m[repeat], stage.x[repeat].astype(float)
    assert repeat.sum() == 946
    assert m.mean() == pytest.approx(35.078, abs=5e-4)
    assert np.median(m) == pytest.approx(27.4975, abs=5e-5)
    assert scores.correlation(m, x) == pytest.approx(0.114, abs=5e-4)


@pytest.mark.parametrize(
    ("model", "theta", "tolerance", "likelihood"),
    [
        ("bg_nbd", (0.243, 4.414, 0.793, 2.426), 0.001, -9582.429),
        ("pareto_nbd", (0.553, 10.578, 0.606, 11.669), 0.002, -9594.976),
    ],
)
def test_published_estimates(model, theta, tolerance, likelihood):
    fit = fitted(model)
    np.testing.assert_allclose(fit.theta, theta, atol=tolerance)
    assert fit.log_likelihood == pytest.approx(likelihood, abs=0.002)
    assert fit.status == "converged"
    rows = sample()[1].rows
    direct = rows.weight @ MODELS[model].log_likelihood(fit.theta, rows.x, rows.t_x, rows.age)
    assert fit.log_likelihood == pytest.approx(direct, abs=1e-6)


def test_published_gamma_gamma():
    _, stage, _ = sample()
    fit = fit_spend(stage, params())
    assert fit is not None
    np.testing.assert_allclose(fit.theta, (6.25, 3.74, 15.44), atol=0.006)
    total = fit.log_likelihood - log_count_sum(stage)
    assert fit.log_likelihood == pytest.approx(-4055.918, abs=0.002)
    assert total == pytest.approx(-4659.290, abs=0.002)
    assert log_count_sum(stage) == pytest.approx(603.373, abs=5e-4)
    assert (fit.n_customers, fit.n_rows) == (946, 760)


@pytest.mark.parametrize(("model", "correlation"), [("bg_nbd", 0.626), ("pareto_nbd", 0.630)])
def test_published_holdout_correlation(model, correlation):
    _, stage, holdout = sample()
    fit = fitted(model)
    forecast = expected_purchases(stage, fit, 39.0, p_alive(stage, fit))
    found = scores.correlation(forecast, holdout.purchases.astype(float))
    assert found == pytest.approx(correlation, abs=6e-4)


def test_baselines():
    _, stage, holdout = sample()
    found = summarise_baselines(stage, holdout)
    said = [found[name][score] for name in ("zero", "same_count") for score in ("mae", "rmse")]
    np.testing.assert_allclose(said, [0.7985, 2.2064, 0.8973, 1.9710], atol=5e-5)


def test_tracking():
    data, stage, _ = sample()
    bg = track(fitted("bg_nbd"), stage, data.purchases, data.windows)
    assert bg.actual[[12, 25, 38, 51, 64, 77]].tolist() == [828, 1746, 2457, 3183, 3844, 4339]
    assert bg.actual.size == 78
    assert bg.in_holdout.sum() == 39
    assert bg.deviation_pct[77] == pytest.approx(-4.0, abs=0.2)
    pareto = track(fitted("pareto_nbd"), stage, data.purchases, data.windows)
    assert -2.5 <= pareto.deviation_pct[77] <= -1.0


def test_expected_purchases_of_a_new_customer():
    theta = np.array([0.2426, 4.4136, 0.7929, 2.4259])
    found = BG_NBD.expected_of_new(theta, np.array([1.0, 32.0, 78.0]))
    np.testing.assert_allclose(found, [0.05319, 1.04376, 1.85802], atol=5e-6)
    np.testing.assert_allclose(found, [0.0532, 1.0437, 1.8576], atol=5e-4)


def test_customer_1516():
    x, t_x, age = np.array([26.0]), np.array([30.857]), np.array([31.0])
    for model, purchases, alive in ((BG_NBD, 25.757, 0.9689), (PARETO_NBD, 25.455, 0.9979)):
        theta = fitted(model.name).theta
        p = model.p_alive(theta, x, t_x, age)
        expected = p * model.expected_given_alive(theta, x, age, np.array([52.0]))
        assert p[0] == pytest.approx(alive, abs=1e-4)
        assert expected[0] == pytest.approx(purchases, abs=0.005)


def test_days_instead_of_weeks_change_the_unit_alone():
    weeks = fitted("bg_nbd")
    _, stage = cdnow({"time": {"unit": "day"}, "window": {"calibration_units": 273}})
    days = fit_purchases("calibration", BG_NBD, stage.rows, params())
    np.testing.assert_allclose(days.theta, weeks.theta * [1, 7, 1, 1], rtol=1e-5)
    shifted = weeks.log_likelihood - 2457 * np.log(7)
    assert days.log_likelihood == pytest.approx(shifted, abs=1e-6)


def test_lists_are_there_and_data_set_names_its_origin():
    for model in ("pareto_nbd", "mbg_nbd"):
        ran = run(QUICK, {"model": {"name": model}, "drift": {"enabled": False}})
        table = ran.tables["lists"]
        stages = table["stage"].tolist()
        there = {
            n for n, s in zip(table["list"].tolist(), stages, strict=True) if s == "calibration"
        }
        assert there == {"churn_radar", "potential_whales", "vip_at_risk"}
        assert not any(ran.outcome.checks.values())
    assert "Bruce Hardie" in (DATASETS["cdnow"].parent / "README.md").read_text()
