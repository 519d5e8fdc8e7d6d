"""Whole runs in memory: choice of model, lists, truth, edge cases."""

from __future__ import annotations

import numpy as np
import pytest

from engines.clv.tests.support import (
    QUICK,
    SMALL,
    file_run,
    read,
    run,
    shop_rows,
    sound,
    write_csv,
)
from runner.contract import Null, SimulationError


def test_choice_names_its_reason():
    ran = run(QUICK, {"drift": {"enabled": False}, "model": {"candidates": ["nbd", "bg_nbd"]}})
    fits = ran.tables["fits"]
    rows = dict(zip(zip(fits["stage"].tolist(), fits["model"].tolist(), strict=True),
                    zip(fits["selected"].tolist(), fits["reason"].tolist(), strict=True),
                    strict=True))  # fmt: skip
    assert rows["calibration", "bg_nbd"] == (True, "the only candidate near the best AIC")
    assert rows["calibration", "nbd"][1].startswith("AIC 358.46 above")
    assert 0 < ran.outcome.metrics["crps_skill_vs_nbd"] < 1
    assert fits["chosen_on_holdout"].tolist() == [False] * len(rows)
    assert any(w.startswith("one_time_buyers_never_at_risk") for w in ran.outcome.warnings)


@pytest.mark.parametrize(("rule", "reason"), [("aic", "lowest AIC"), ("holdout", "lowest")])
def test_selection_rules(rule, reason):
    ran = run(QUICK, {"drift": {"enabled": False}, "selection": {"rule": rule}},
              collect=("fits",))  # fmt: skip
    fits = ran.tables["fits"]
    chosen = [reason for reason, is_it, model in zip(
        fits["reason"].tolist(), fits["selected"].tolist(), fits["model"].tolist(), strict=True
    ) if is_it and model != "gamma_gamma"]  # fmt: skip
    assert all(said.startswith(reason) for said in chosen)
    assert len(chosen) == 2


def test_lists_are_made_by_another_model_than_bg_nbd_and_keep_their_rules():
    models = {"model": {"name": "bg_nbd", "candidates": ["bg_nbd", "mbg_nbd"]}}
    ran = run(QUICK, models, {"drift": {"enabled": False}, "lists": {"model": "mbg_nbd"}})
    lists, summary = ran.tables["lists"], ran.tables["list_summary"]
    assert set(lists["model"].tolist()) == {"mbg_nbd"}
    is_vip = lists["list"] == "vip_at_risk"
    assert (lists["p_alive"][is_vip] <= 0.5).all()
    expected = summary["expected_precision"].tolist()
    is_radar = (lists["list"] == "churn_radar") & (lists["stage"] == "calibration")
    assert expected[0] == pytest.approx(lists["event_probability"][is_radar].mean())
    assert 0 <= ran.outcome.metrics["radar_realised_precision"] <= 1
    assert summary["realised_precision"].mask.tolist() == [False] * 3 + [True] * 3


def test_share_of_top_samples_is_the_whale_share():
    ran = run(SMALL, {"uncertainty": {"n_samples": 50}}, collect=("predictions",))
    assert ran.tables["predictions"]["p_top"].mean() == pytest.approx(0.05, abs=1 / 50)


@pytest.mark.parametrize("process", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_truth_is_compared_with_the_forecast(process):
    ran = sound(
        run(SMALL, {"data": {"synthetic": {"process": process}}, "model": {"name": process}})
    )
    metrics, table = ran.outcome.metrics, ran.tables["parameters"]
    assert 0.8 <= metrics["truth_value_pit_coverage"] <= 1
    assert abs(metrics["truth_total_bias_pct"]) < 60
    known = table["true_value"].tolist()
    assert all(value is not None for value in known)
    first = ("alpha", "r")
    assert all(abs(metrics[f"recovery_z.{name}"]) < 4 for name in first)
    forecast = ran.tables["revenue_forecast"]
    truth = ran.tables["predictions"]
    assert truth["true_purchases"].sum() > 0
    assert forecast["true_revenue"].sum() >= truth["true_value"].sum()


def test_without_holdout_there_is_no_score():
    ran = sound(run(SMALL, {"window": {"observation_units": 39}}))
    assert len(ran.tables["holdout"]["crps"]) == 0
    assert ran.outcome.metrics["holdout_mae"] == Null("no_holdout")
    assert ran.outcome.metrics["rmse_skill_vs_zero"] == Null("no_holdout")
    assert ran.outcome.metrics["value_total"] > 0


def test_forecast_without_refit_starts_at_the_calibration_end():
    ran = sound(run(SMALL, {"forecast": {"refit": False}}))
    stage, ages = ran.tables["rfm"]["stage"].tolist(), ran.tables["rfm"]["age"].tolist()
    half = len(stage) // 2
    assert ages[:half] == ages[half:]
    table = ran.tables["parameters"]["estimate"].tolist()
    assert table[: len(table) // 2] == table[len(table) // 2 :]


def test_intervals_can_be_left_out_without_moving_totals():
    one, two = run(SMALL), run(SMALL, {"uncertainty": {"customer_intervals": False}})
    assert one.outcome.metrics == two.outcome.metrics
    assert two.tables["predictions"]["value_high"].mask.all()
    assert not one.tables["predictions"]["value_high"].mask.any()


def test_too_few_buyers_leave_money_out():
    ran = sound(run(SMALL, {"gamma_gamma": {"min_customers": 399}}))
    assert ran.outcome.metrics["value_total"] == Null("money_not_modelled")
    assert ran.tables["predictions"]["value"].mask.all()
    assert any("fewer than 399" in w for w in ran.outcome.warnings)
    assert ran.tables["holdout"]["predicted_revenue"].mask.all()


def test_a_mean_that_does_not_exist_is_an_error_or_no_money(tmp_path):
    rows = []
    for i in range(200):  # spend with so heavy a tail that q < 1
        worth = 10 ** (6 * ((i * 0.618) % 1))
        rows += [(f"{i:03d}", f"2024-{m:02d}-0{1 + i % 9}", worth) for m in range(1, 2 + i % 5)]
    rows.append(("000", "2024-12-01", 5))
    file = write_csv(tmp_path / "tail.csv", rows)
    with pytest.raises(SimulationError, match=r"mean_not_identifiable: .* q = 0\.\d+, interval"):
        file_run(file, {"gamma_gamma": {"on_unidentified_mean": "error"}})
    skipped = sound(file_run(file))
    assert skipped.outcome.metrics["value_total"] == Null("money_not_modelled")


EDGES = {
    "one repeat buyer": [("c000", "2024-02-10", 5)],
    "a thousand purchases": [
        ("c001", str(np.datetime64("2021-04-01") + k), 3) for k in range(1001)
    ],
    "last purchase on the last day": [("c002", "2024-06-30", 5), ("c003", "2024-12-31", 5)],
    "only bought free things": [("c004", "2024-02-01", 0), ("c004", "2024-03-01", 0)],
}


@pytest.mark.parametrize("case", list(EDGES))
@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"])
def test_edge_cases_give_a_sound_answer(tmp_path, case, model):
    rows = [(f"c{i:03d}", f"2024-01-{1 + i % 28:02d}", 10 + i) for i in range(60)]
    last = [("c059", "2024-12-31", 7)]
    file = write_csv(
        tmp_path / "edge.csv", [*rows, *EDGES[case], *EDGES["one repeat buyer"], *last]
    )
    window = {"window": {"calibration_end": "2024-06-30", "calibration_units": 26}}
    ran = sound(file_run(file, window, {"model": {"name": model}}))
    assert isinstance(ran.outcome.metrics["log_likelihood"], float)


def test_no_purchase_in_the_holdout_leaves_correlation_open(tmp_path):
    rows = [r for r in shop_rows(60) if r[1] < "2024-06-01"] + [("c001", "2024-06-15", 1)]
    file = write_csv(tmp_path / "h.csv", rows)
    window = {"window": {"calibration_end": "2024-06-14", "observation_end": "2024-06-14"}}
    sound(file_run(file, window))
    late = {"window": {"calibration_end": "2024-06-15", "observation_end": "2024-12-31"}}
    ran = sound(file_run(file, late))
    assert ran.outcome.metrics["holdout_auc_buy"] == Null("no_variation_in_holdout")
    assert ran.outcome.metrics["holdout_mae"] > 0


def test_a_resample_has_the_same_size_and_other_numbers(tmp_path):
    file = write_csv(tmp_path / "s.csv", shop_rows(80))
    zero, one = file_run(file), sound(file_run(file, replicate=1))
    assert len(zero.tables["predictions"]["copy"]) == len(one.tables["predictions"]["copy"])
    assert one.tables["predictions"]["copy"].max() > 0
    assert zero.tables["predictions"]["copy"].max() == 0
    assert zero.outcome.metrics["log_likelihood"] != one.outcome.metrics["log_likelihood"]
    again = file_run(file, seed=99)
    assert again.outcome.metrics["log_likelihood"] == zero.outcome.metrics["log_likelihood"]


def test_ids_of_a_file_are_text_and_rows_sorted(tmp_path):
    data = read(write_csv(tmp_path / "s.csv", shop_rows()), {"window": {"calibration_units": 26}})
    assert all(isinstance(text, str) for text in data.purchases.ids)
    assert data.purchases.ids.tolist() == sorted(data.purchases.ids.tolist())
