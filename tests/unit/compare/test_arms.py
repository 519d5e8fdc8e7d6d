"""The table of comparisons: which method, which numbers, which finding, and why there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.unit.compare.support import planned, row

CONTROL = np.array([10.0, 11.0, 9.5, 10.4, 9.9, 10.8, 10.1, 9.2])
LUCK = np.array([0.30, 0.10, 0.45, 0.25, 0.20, 0.33, 0.41, 0.15])
M = "mean_outcome"
EIGHT: dict[str, Any] = {"design": {"replicates": 8}}


def test_pairs_are_compared_as_pairs() -> None:
    found = row(planned(**EIGHT).compare({(0, M): CONTROL, (1, M): CONTROL + LUCK}))
    truth = stats.ttest_rel(CONTROL + LUCK, CONTROL)
    ends = truth.confidence_interval(0.95)
    assert (found["method"], found["n"], found["finding"]) == ("paired", 8, "better")
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((ends.low, ends.high))
    assert found["p_value"] == pytest.approx(truth.pvalue)
    assert found["probability_better"] == pytest.approx(1 - truth.pvalue / 2)
    assert found["replicates_better"] == 1.0
    assert found["correlation"] == pytest.approx(np.corrcoef(CONTROL, CONTROL + LUCK)[0, 1])
    independent = CONTROL.var(ddof=1) + (CONTROL + LUCK).var(ddof=1)
    assert found["variance_reduction"] == pytest.approx(independent / LUCK.var(ddof=1))
    assert found["boot_low"] == pytest.approx(found["ci_low"], abs=0.05)
    assert found["relative_low"] < found["relative"] < found["relative_high"]


def test_independent_cells_are_compared_by_welch() -> None:
    study = planned(seeding="per_cell", **EIGHT)
    found = row(study.compare({(0, M): CONTROL, (1, M): 1.5 * CONTROL - 4}))
    truth = stats.ttest_ind(1.5 * CONTROL - 4, CONTROL, equal_var=False)
    assert found["method"] == "welch"
    assert found["p_value"] == pytest.approx(truth.pvalue)
    assert np.isnan(found["correlation"])
    assert np.isnan(found["variance_reduction"])


def test_resampled_data_are_compared_by_percentiles() -> None:
    rng_free = stats.norm.ppf((np.arange(1, 400) - 0.5) / 399)
    control, arm = np.r_[10.0, 10 + rng_free], np.r_[11.0, 11 + rng_free[::-1] / 2]
    study = planned(bootstrap=True, design={"replicates": 400})
    found = row(study.compare({(0, M): control, (1, M): arm}))
    samples = (arm - control)[1:]
    assert (found["method"], found["n"]) == ("percentile", 399)
    assert (found["mean_control"], found["difference"]) == (10.0, 1.0)
    expected = np.quantile(samples, [0.025, 0.975], method="weibull")
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(tuple(expected))
    assert found["probability_better"] == pytest.approx((samples > 0).mean())
    assert found["relative"] == pytest.approx(0.1)
    assert found["finding"] == "no_difference_shown"


def test_resamples_without_an_estimate_from_the_data_are_not_compared() -> None:
    control, arm = np.r_[np.nan, CONTROL], np.r_[11.0, CONTROL + LUCK]
    study = planned(bootstrap=True, design={"replicates": 9})
    comparisons = study.compare({(0, M): control, (1, M): arm})
    found = row(comparisons)
    assert (found["finding"], found["method"]) == ("not_compared", "none")
    assert (
        found["reason"] == "replicate 0, the data as they are, has no value: there is no estimate"
    )
    assert np.isnan([found["ci_low"], found["ci_high"], found["p_value"]]).all()


@pytest.mark.parametrize(("resamples", "finding"), [(38, "no_difference_shown"), (39, "better")])
def test_a_side_is_named_when_so_many_resamples_on_one_side_are_more_than_luck(
    resamples: int, finding: str
) -> None:
    arm, control = np.linspace(11, 12, resamples + 1), np.zeros(resamples + 1)
    design = {"arms": {"short": {"params.effect": 0.5}}, "replicates": resamples + 1}
    found = row(planned(bootstrap=True, design=design).compare({(0, M): control, (1, M): arm}))
    assert found["finding"] == finding


def test_equal_runs_are_the_same_however_few() -> None:
    found = row(planned(**EIGHT).compare({(0, M): CONTROL, (1, M): CONTROL}))
    assert (found["method"], found["finding"], found["difference"]) == ("exact", "same", 0.0)
    assert (found["p_value"], found["ci_low"], found["ci_high"]) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(("n", "finding"), [(5, "no_difference_shown"), (8, "better")])
def test_equal_differences_are_as_sure_as_their_signs(n: int, finding: str) -> None:
    study = planned(design={"replicates": n, "arms": {"short": {"params.effect": 1}}})
    found = row(study.compare({(0, M): CONTROL[:n], (1, M): CONTROL[:n] + 0.5}))
    assert (found["method"], found["finding"]) == ("exact", finding)
    assert found["p_value"] == pytest.approx(2.0 ** (1 - n))
    assert np.isnan(found["variance_reduction"])


def test_without_chance_two_replicates_are_enough() -> None:
    study = planned(design={"replicates": 2, "arms": {"short": {"params.effect": 1}}})
    found = row(study.compare({(0, M): [3.0, 3.0], (1, M): [2.0, 2.0]}))
    assert (found["method"], found["finding"]) == ("exact", "worse")
    assert found["reason"] == "nothing is random: all replicates are equal"


@pytest.mark.parametrize(
    ("replicates", "arm", "control", "reason"),
    [
        (1, [2.0], [1.0], "one replicate: an interval needs at least two"),
        (3, [1.0, np.nan, np.nan], [np.nan, 2.0, 3.0], "fewer than two replicates"),
        (2, [np.nan, np.nan], [1.0, 2.0], "no value: no_sale"),
        (2, None, [1.0, 2.0], "the arm does not report it"),
        (2, [1.0, 2.0], None, "the control does not report it"),
    ],
)
def test_no_interval_has_a_reason(
    replicates: int, arm: list[float] | None, control: list[float] | None, reason: str
) -> None:
    given = {(0, M): control, (1, M): arm, (0, "share_above"): [0.5], (1, "share_above"): [0.5]}
    values = {key: numbers for key, numbers in given.items() if numbers is not None}
    found = row(planned(design={"replicates": replicates}).compare(values))
    assert (found["method"], found["finding"]) == ("none", "not_compared")
    assert reason in found["reason"]
    assert np.isnan([found["ci_low"], found["p_value"], found["boot_low"]]).all()


def test_an_arm_without_control_is_not_compared() -> None:
    study = planned(design={
        "replicates": 2, "grid": {"horizon": [3, 4]}, "exclude": [{"horizon": 4, "arm": "control"}],
    })  # fmt: skip
    cells = {cell.grid_index: cell for cell in study.plan.cells}
    found = study.compare({(index, M): [1.0, 2.0] for index in cells}).rows
    lost = found[found["horizon"] == 4]
    assert lost["control_grid_index"].isna().all()
    assert set(lost["reason"]) == {"the control has no cell with these levels"}
    assert lost["finding"].eq("not_compared").all()


def test_runs_of_one_replicate_are_averaged_first() -> None:
    study = planned(design={"replicates": 8, "mc": 2})
    spread = np.array([-1.0, 1.0])
    arm, control = (CONTROL + LUCK)[:, None] + spread, CONTROL[:, None] - spread
    found = row(study.compare({(0, M): control, (1, M): arm}))
    assert found["n"] == 8
    assert found["p_value"] == pytest.approx(stats.ttest_rel(CONTROL + LUCK, CONTROL).pvalue)


def test_holm_counts_the_arms_of_a_cell() -> None:
    values = {(0, M): CONTROL, (1, M): CONTROL + LUCK - 0.2, (2, M): CONTROL + LUCK}
    found = planned(**EIGHT).compare(values)
    short, long = row(found, "short"), row(found, "long")
    assert long["p_holm"] == pytest.approx(2 * long["p_value"])
    assert short["p_holm"] == pytest.approx(max(short["p_value"], 2 * long["p_value"]))


def test_order_and_columns() -> None:
    study = planned(design={"replicates": 8, "grid": {"horizon": [3, 4]}})
    metrics = ("mean_outcome", "share_above")
    found = study.compare({(c, m): CONTROL + c * LUCK for c in range(6) for m in metrics}).rows
    assert found["grid_index"].tolist() == [1, 1, 2, 2, 4, 4, 5, 5]
    assert found["control_grid_index"].tolist() == [0, 0, 0, 0, 3, 3, 3, 3]
    assert found["horizon"].tolist() == [3] * 4 + [4] * 4
    assert found["metric"].tolist() == list(metrics) * 4
    assert found["unit"].tolist() == ["outcome", "fraction"] * 4
    assert str(found["n"].dtype) == "Int64"


def test_no_arms_no_rows() -> None:
    found = planned(design={"replicates": 8, "arms": {}}).compare({(0, M): CONTROL})
    assert found.rows.empty
    assert {"difference", "finding", "p_holm"} <= set(found.rows.columns)
    assert found.budget["component"].tolist() == ["chance"]


def declared(**keys: Any) -> dict[str, Any]:
    study = planned(comparisons={"main": {"metric": M, "arms": ["short"], **keys}}, **EIGHT)
    return row(study.compare({(0, M): CONTROL, (1, M): CONTROL + LUCK, (2, M): CONTROL}))


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        ({"noninferior": 0.1}, {"noninferior": "pass"}),
        ({"equivalent": 0.1}, {"equivalent": "fail"}),
        ({"equivalent": 0.3}, {"equivalent": "inconclusive"}),
        ({"equivalent": 0.5}, {"equivalent": "pass"}),
        ({"equivalent": 0.05, "scale": "relative"}, {"equivalent": "pass"}),
        ({"equivalent": 0.03, "scale": "relative"}, {"equivalent": "inconclusive"}),
    ],
)
def test_margins(keys: dict[str, Any], verdict: dict[str, str]) -> None:
    found = declared(**keys)
    assert found["comparison"] == "main"
    given = {k: found[k] for k in ("noninferior", "equivalent") if not pd.isna(found[k])}
    assert given == verdict


def test_replicates_for_a_width() -> None:
    plain, relative = declared(width=0.1), declared(width=0.01, scale="relative")
    n, sd = plain["replicates_needed"], LUCK.std(ddof=1)
    assert 2 * stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n) <= 0.1
    assert 2 * stats.t.ppf(0.975, n - 2) * sd / np.sqrt(n - 1) > 0.1
    assert relative["replicates_needed"] == pytest.approx(n, abs=2)  # the control's mean is 10.1


def test_a_confidence_of_ones_own() -> None:
    study = planned(compare={"confidence": 0.8, "resamples": 0}, **EIGHT)
    found = row(study.compare({(0, M): CONTROL, (1, M): CONTROL + LUCK}))
    ends = stats.ttest_rel(CONTROL + LUCK, CONTROL).confidence_interval(0.8)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((ends.low, ends.high))
    assert np.isnan(found["boot_low"])


def test_a_remark_when_pairing_helps_little() -> None:
    shuffled = CONTROL[::-1] + 0.3
    notes = planned(**EIGHT).compare({(0, M): CONTROL, (1, M): shuffled}).notes
    assert len(notes) == 1
    assert notes[0].startswith("pairing helps little")
    assert "design.replicates" in notes[0]
    assert planned(**EIGHT).compare({(0, M): CONTROL, (1, M): CONTROL + LUCK}).notes == ()


def test_budget_tells_variables_from_chance() -> None:
    variables = {"params.trend_per_period": {
        "treatment": "random", "distribution": "uniform", "min": 0, "max": 0.2,
    }}  # fmt: skip
    design = {"replicates": 8, "mc": 2, "variables": variables}
    noise = np.array([-0.5, 0.5])
    values = {(c, M): (CONTROL + c)[:, None] + noise for c in range(3)}
    budget = planned(design=design).compare(values).budget.set_index("component")
    assert budget.loc["arm", "variance"] == pytest.approx(2 / 3)
    assert budget.loc["chance", "variance"] == pytest.approx(0.5)
    assert budget.loc["variables", "variance"] == pytest.approx(CONTROL.var(ddof=1) - 0.25)
    assert budget["share"].sum() == pytest.approx(1.0)
    alone = planned(design={**design, "mc": 1}).compare({(c, M): CONTROL + c for c in range(3)})
    assert alone.budget["component"].tolist() == ["arm", "variables+chance"]
