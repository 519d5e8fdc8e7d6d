"""Steps that a study does not ask for are left out, and change nothing else."""

from __future__ import annotations

import pytest

from engines.clv.planning import cost, inert_paths
from engines.clv.tests.support import SMALL, params, problems, run
from runner.contract import NOT_APPLICABLE, Null

OFF = {name: {"enabled": False} for name in ("forecast", "validation", "lists", "drift")}
OF_FITS = (
    "log_likelihood", "aic", "fit_converged", "gg_q_low", "recovery_z.r", "recovery_covered.gamma",
    "tracking_calibration_pct", "laplace_ess_fraction",
)  # fmt: skip
OF_OTHERS = (
    "value_total", "holdout_crps", "radar_realised_precision", "truth_value_pit_coverage",
    "drift_false_alarms", "tracking_observation_pct", "rmse_skill_vs_zero",
)  # fmt: skip
TABLES_OF_OTHERS = (
    "predictions", "revenue_forecast", "holdout", "holdout_summary", "lists", "list_summary",
    "holdout_by_frequency",
)  # fmt: skip


def only(*names):
    return {name: tree for name, tree in OFF.items() if name in names}


def test_fits_are_the_same_without_the_rest():
    full, bare = run(SMALL), run(SMALL, OFF)
    for name in OF_FITS:
        assert bare.outcome.metrics[name] == full.outcome.metrics[name]
    for name in OF_OTHERS:
        assert bare.outcome.metrics[name] == Null(NOT_APPLICABLE)
    for name in TABLES_OF_OTHERS:
        assert len(next(iter(bare.tables[name].values()))) == 0
        assert len(next(iter(full.tables[name].values()))) > 0
    assert set(bare.tables["parameters"]["stage"].tolist()) == {"calibration"}
    assert bare.tables["tracking"]["expected_cumulative"].tolist() == (
        full.tables["tracking"]["expected_cumulative"].tolist()
    )
    assert not any(bare.outcome.checks.values())


def test_no_step_changes_another():
    full = run(SMALL)
    no_lists, no_scores, no_future = (
        run(SMALL, only(n)) for n in ("lists", "validation", "forecast")
    )
    assert no_lists.outcome.metrics["value_total"] == full.outcome.metrics["value_total"]
    assert no_lists.outcome.metrics["holdout_crps"] == full.outcome.metrics["holdout_crps"]
    for name in ("value_total", "whale_expected_precision", "radar_realised_precision"):
        assert no_scores.outcome.metrics[name] == full.outcome.metrics[name]
    for name in ("holdout_crps", "whale_realised_precision", "tracking_observation_pct"):
        assert no_future.outcome.metrics[name] == full.outcome.metrics[name]
    assert set(no_future.tables["list_summary"]["stage"].tolist()) == {"calibration"}


def test_auto_chooses_by_aic_when_nothing_is_judged():
    auto = {"model": {"name": "auto", "candidates": ["nbd", "bg_nbd"]}}
    fits = run(SMALL, auto, OFF, collect=("fits",)).tables["fits"]
    chosen = fits["reason"][(fits["selected"]) & (fits["model"] != "gamma_gamma")]
    assert chosen.tolist() == ["lowest AIC"]


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"validation": {"enabled": False}, "selection": {"rule": "holdout"}},
         "selection.rule = holdout: needs validation.enabled: true"),
        ({"forecast": {"enabled": False}, "drift": {"statistic": "predicted_value"}},
         "drift.statistic = predicted_value: needs forecast.enabled: true"),
    ],
)  # fmt: skip
def test_what_needs_a_step_that_is_off_is_refused(tree, said):
    assert said in problems(tree)


def test_parameters_of_steps_that_are_off_are_inert():
    assert {"lists.top_n", "validation.frequency_cap", "selection.rule", "forecast.margin",
            "uncertainty.customer_intervals"} <= set(inert_paths(params(OFF)))  # fmt: skip
    listed = set(inert_paths(params(only("forecast"))))
    assert "forecast.refit" in listed
    assert "forecast.margin" not in listed  # the back-test values the holdout
    assert "lists.enabled" not in set(inert_paths(params(OFF)))


def test_what_is_left_out_costs_nothing():
    bare, full = cost(params(SMALL, OFF), 12), cost(params(SMALL), 12)
    assert 0 < bare < full
    assert cost(params(SMALL, OFF), 60) == bare
