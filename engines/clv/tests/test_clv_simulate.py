"""Samples against the closed forms, and their addresses."""

from __future__ import annotations

import numpy as np
import pytest

import engines.clv.simulate as simulation
from engines.clv.models import MODELS
from engines.clv.models import gamma_gamma as gg
from engines.clv.predict import forecast, p_no_purchase
from engines.clv.purchases import Purchases
from engines.clv.resample import resample
from engines.clv.rfm import equal_age_data, stage_data
from engines.clv.simulate import Sampling, Totals, sample_blocks
from engines.clv.tests.support import (
    QUICK,
    cdnow,
    draws,
    merged,
    params,
    read,
    run,
    shop_rows,
    write_csv,
)
from engines.clv.tests.test_clv_formulas import fixed_fit
from engines.clv.windows import Windows

THETA = {
    "bg_nbd": (0.5, 5, 0.8, 2.4), "mbg_nbd": (0.5, 5, 0.8, 2.4), "pareto_nbd": (0.5, 10, 0.6, 12),
    "nbd": (0.5, 10),
}  # fmt: skip
SPEND = (6.0, 4.0, 15.0)
MONTH = 365 / 12 / 7


def three_customers():
    """Customers with x = 0, 3 and 8 at age 30, and their windows."""
    days = [[0], [0, 50, 100, 140], [0, 20, 40, 60, 80, 100, 120, 190, 205]]
    sizes = [len(d) for d in days]
    purchases = Purchases(
        ids=np.array(["a", "b", "c"], dtype=object), copy=np.zeros(3, dtype=np.int64),
        entity=np.arange(3, dtype=np.uint64), offset=np.concatenate([[0], np.cumsum(sizes)]),
        tick=np.concatenate(days), revenue=np.full(sum(sizes), 40.0), cohort=None, archetype=None,
        position=np.arange(3),
    )  # fmt: skip
    windows = Windows(
        ticks_per_day=1, unit_days=7.0, start=0, calibration_end=210, observation_end=210
    )
    ends = np.full(3, 210)
    return equal_age_data("forecast", purchases, windows, ends, 210, include_first=False)


def sampling(data, model, n_samples, *, window=12 * MONTH):
    fit = fixed_fit(model, MODELS[model].parameters, THETA[model])
    return Sampling(
        data=data, fit=fit, theta=np.repeat(fit.theta[:, None], n_samples, axis=1),
        spend_theta=np.repeat(np.array(SPEND)[:, None], n_samples, axis=1), window=window,
        month=MONTH, months=12, margin=1.0, rate=0.01,
    )  # fmt: skip


@pytest.mark.parametrize("model", list(MODELS))
def test_sampled_means_equal_the_closed_forms(model):
    data, counts, values = three_customers(), [], []
    for seed in (1, 2):
        made = sampling(data, model, 10_000)
        for block in sample_blocks(made, draws(seed), Totals.zero(made)):
            counts.append(block.counts)
            values.append(block.value)
    counts, values = np.concatenate(counts, axis=1), np.concatenate(values, axis=1)
    fit = sampling(data, model, 30).fit
    spend = fixed_fit("gamma_gamma", gg.PARAMETERS, SPEND)
    expected = forecast(data, fit, spend, params(), 12)
    for sampled, mean in ((counts, expected.purchases), (values, expected.value)):
        error = sampled.std(axis=1, ddof=1) / np.sqrt(sampled.shape[1])
        assert (np.abs(sampled.mean(axis=1) - mean) < 4 * error).all()
    none = p_no_purchase(data, fit, 12 * MONTH)
    error = np.sqrt(none * (1 - none) / counts.shape[1])
    assert (np.abs((counts == 0).mean(axis=1) - none) < 4 * error + 1e-12).all()


def test_first_samples_do_not_depend_on_how_many_follow():
    data = three_customers()
    few, many = sampling(data, "pareto_nbd", 30), sampling(data, "pareto_nbd", 200)
    one = next(sample_blocks(few, draws(), Totals.zero(few)))
    two = next(sample_blocks(many, draws(), Totals.zero(many)))
    assert one.counts.tolist() == two.counts[:, :30].tolist()
    assert one.value.tolist() == two.value[:, :30].tolist()


def test_a_longer_window_only_adds_purchases():
    data = three_customers()
    short, long = (sampling(data, "mbg_nbd", 100, window=w) for w in (20.0, 40.0))
    one = next(sample_blocks(short, draws(), Totals.zero(short))).counts
    two = next(sample_blocks(long, draws(), Totals.zero(long))).counts
    assert (one <= two).all()
    assert (one < two).any()


def test_block_size_changes_nothing_for_resampled_customers(tmp_path, monkeypatch):
    data = read(write_csv(tmp_path / "s.csv", shop_rows()), {"window": {"calibration_units": 26}})
    chosen = resample(data, draws(replicate=1))
    stage = stage_data(
        "forecast", chosen, data.windows, data.windows.observation_end, include_first=False
    )
    found = []
    for size in (2000, 1, 7):
        monkeypatch.setattr(simulation, "BLOCK", size)
        made = sampling(stage, "bg_nbd", 40)
        totals = Totals.zero(made)
        blocks = list(sample_blocks(made, draws(replicate=1), totals))
        counts = np.concatenate([block.counts for block in blocks])
        found.append((counts.tolist(), totals.revenue.tolist(), totals.value.tolist()))
    assert found[0] == found[1] == found[2]


def test_copies_of_a_customer_live_lives_of_their_own(tmp_path):
    data = read(write_csv(tmp_path / "s.csv", shop_rows()), {"window": {"calibration_units": 26}})
    chosen = resample(data, draws(replicate=1))
    assert len(chosen) == len(data.purchases)
    again = np.flatnonzero(chosen.copy == 1)
    assert again.size
    assert (chosen.ids[again] == chosen.ids[again - 1]).all()
    assert resample(data, draws(replicate=0)) is data.purchases
    stage = stage_data(
        "forecast", chosen, data.windows, data.windows.observation_end, include_first=False
    )
    made = sampling(stage, "nbd", 200)
    counts = next(sample_blocks(made, draws(replicate=1), Totals.zero(made))).counts
    assert all((counts[k] != counts[k - 1]).any() for k in again if stage.x[k] > 0)


def test_more_customers_leave_the_draws_of_others_unchanged():
    _, stage = cdnow()
    rows = np.arange(0, len(stage), 7)
    part = stage_data(
        "calibration",
        stage.customers.take(rows),
        cdnow()[0].windows,
        stage.end,
        include_first=False,
    )
    whole, few = sampling(stage, "bg_nbd", 30), sampling(part, "bg_nbd", 30)
    one = np.concatenate([b.counts for b in sample_blocks(whole, draws(), Totals.zero(whole))])
    two = np.concatenate([b.counts for b in sample_blocks(few, draws(), Totals.zero(few))])
    assert one[rows].tolist() == two.tolist()


@pytest.mark.parametrize("kind", ["laplace", "importance", "none"])
def test_parameter_samples_widen_the_total(kind):
    chosen = {"uncertainty": {"n_samples": 100, "parameter_samples": kind}}
    ran = run(merged(QUICK, chosen), {"model": {"name": "bg_nbd"}, "drift": {"enabled": False}},
              collect=("holdout_summary",))  # fmt: skip
    table = ran.tables["holdout_summary"]
    row = table["model"].tolist().index("bg_nbd")
    width = table["total_high"][row] - table["total_low"][row]
    low, high = {"none": (100, 260), "laplace": (260, 480), "importance": (260, 480)}[kind]
    assert low < width < high
    assert 0.2 < ran.outcome.metrics["laplace_ess_fraction"] <= 1
