"""Rules on small real studies: what is judged, what is not, and what that makes of the plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from runner.accept import runs
from runner.results import StudyResults
from tests.unit.accept.support import cell, study

MEAN = {"metric": "mean_outcome", "at_least": 0}
STEADY = {"table": "outcomes_by_period", "column": "mean_outcome", "rule": "non_decreasing"}
DIP = {"periods": [2, 2], "motivation": "a sale"}
SURE = {"params__noise_sd": 0, "params__entity_sd": 0, "params__entities": 5}


def null(folder: Path, **keys: Any) -> StudyResults:
    return study(folder, "linear_null", **{**SURE, **keys})


def test_without_rules_nothing_is_evaluated(tmp_path: Path) -> None:
    results = null(tmp_path)
    assert (results.verdict, results.exit_code, results.strict_exit_code) == ("not_evaluated", 0, 4)
    assert results.judged.cells.empty
    assert list(pd.read_parquet(results.folder / "acceptance.parquet").columns)[:2] == [
        "rule", "grid_index",
    ]  # fmt: skip


@pytest.mark.parametrize(("rule", "verdict"), [
    ({"at_least": 11.25}, "pass"), ({"at_least": 11.3}, "fail"),
    ({"at_least": 11.3, "tolerance": 0.06}, "pass"),
    ({"at_most": 11.25}, "pass"), ({"at_most": 11.2}, "fail"),
    ({"between": [11, 12]}, "pass"), ({"between": [11.3, 12]}, "fail"),
    ({"between": [9, 10]}, "fail"), ({"equals": 11.25}, "pass"), ({"equals": 11.2}, "fail"),
    ({"equals": 11.2, "tolerance": 0.1}, "pass"),
])  # fmt: skip
def test_bands_on_a_metric(tmp_path: Path, rule: dict[str, Any], verdict: str) -> None:
    """All luck is off and everyone is light: the mean is 11 + 0.1*(6 - 1)/2 = 11.25."""
    keys = {
        "params__replicate_sd": 0,
        "params__baseline": 11,
        "params__archetypes__heavy__shift": 0,
    }
    results = null(tmp_path, rules={"mean": {"metric": "mean_outcome", **rule}}, **keys)
    assert results.verdict == verdict
    found = cell(results, "mean")
    assert found["worst_value"] == (pytest.approx(11.25) if verdict == "fail" else None)
    assert found["first_failing_period"] is None


@pytest.mark.parametrize(("rule", "verdict", "period"), [
    ({"rule": "non_decreasing"}, "pass", None), ({"min_growth": 0.009}, "fail", 4),
    ({"min_growth": 0.0}, "pass", None), ({"at_most": 11.25}, "fail", 4),
    ({"between": [11, 11.5]}, "pass", None), ({"equals": 11}, "fail", 2),
])  # fmt: skip
def test_rules_on_a_column(
    tmp_path: Path, rule: dict[str, Any], verdict: str, period: int | None
) -> None:
    keys = {
        "params__replicate_sd": 0,
        "params__baseline": 11,
        "params__archetypes__heavy__shift": 0,
    }
    column = {"table": "outcomes_by_period", "column": "mean_outcome", "tolerance": 1e-9, **rule}
    results = null(tmp_path, rules={"r": column}, **keys)
    assert (results.verdict, cell(results, "r")["first_failing_period"]) == (verdict, period)


def test_pattern_metrics_and_cells_they_do_not_bear_on(tmp_path: Path) -> None:
    """In the mix without heavy users their rule is out; the plan is judged on the rest."""
    results = null(
        tmp_path,
        rules={"heavy": {"metric": "mean_outcome.heavy", "at_least": 0}, "mean": MEAN},
        design__grid={"params.archetypes.heavy.share": [0.0, 0.5]},
        design__replicates=3,
        params__entities=40,
    )
    assert [cell(results, "heavy", i)["verdict"] for i in (0, 1)] == ["not_applicable", "pass"]
    assert cell(results, "heavy", 0)["not_applicable"] == 3
    assert dict(results.judged.rules) == {"heavy": "pass", "mean": "pass"}


def test_a_rule_that_bears_on_no_cell_is_out_of_the_verdict(tmp_path: Path) -> None:
    above = {"metric": "share_above", "at_least": 1}
    keys = {"params__threshold": None, "design__replicates": 2}
    results = null(tmp_path, rules={"above": above, "mean": MEAN}, **keys)
    assert (dict(results.judged.rules), results.verdict) == ({"mean": "pass"}, "pass")
    assert null(tmp_path, rules={"above": above}, **keys).verdict == "not_evaluated"


def test_a_misspelt_archetype_is_not_evaluated(tmp_path: Path) -> None:
    results = null(tmp_path, rules={"h": {"metric": "mean_outcome.hevy", "at_least": 0}, "m": MEAN})
    assert results.verdict == "not_evaluated"
    assert cell(results, "h")["reason"] == "no run reports mean_outcome.hevy"


def test_horizon_1_leaves_nothing_to_compare(tmp_path: Path) -> None:
    results = null(tmp_path, rules={"steady": STEADY, "m": MEAN}, horizon=1)
    assert dict(results.judged.rules) == {"steady": "not_evaluated", "m": "pass"}
    assert cell(results, "steady")["reason"] == "nothing to compare"
    assert (results.exit_code, results.strict_exit_code) == (0, 4)


def test_tables_that_are_not_collected_are_not_evaluated(tmp_path: Path) -> None:
    results = null(tmp_path, rules={"steady": STEADY}, collect="metrics")
    assert results.verdict == "not_evaluated"
    assert cell(results, "steady")["reason"] == (
        "table outcomes_by_period is not collected: see collect="
    )


def test_the_verdict_does_not_depend_on_what_ran_before(tmp_path: Path) -> None:
    """A table that another plan left in the folder for one of three runs decides nothing."""
    null(tmp_path, rules={"steady": STEADY})
    results = null(tmp_path, rules={"steady": STEADY}, collect="metrics", design__replicates=3)
    assert results.verdict == "not_evaluated"
    assert null(tmp_path, rules={"steady": STEADY}, design__replicates=3).verdict == "pass"


def test_arms_and_cells_are_judged_apart_and_the_worst_counts(tmp_path: Path) -> None:
    results = null(
        tmp_path,
        rules={"mean": {"metric": "mean_outcome", "at_least": 5}},
        design__arms={"control": {}, "worse": {"params.effect": -9}},
        design__grid={"params.baseline": [10, 100]},
        design__replicates=4,
    )
    cells = results.judged.cells
    assert cells["arm"].tolist() == ["control", "worse", "control", "worse"]
    assert cells["verdict"].tolist() == ["pass", "fail", "pass", "pass"]
    assert (results.verdict, results.exit_code) == ("fail", 1)
    first = results.as_json()["acceptance"]["first_failures"]["mean"]
    assert (first["grid_index"], first["arm"], first["period"]) == (1, "worse", None)
    assert first["run_id"] == results.plan.query("grid_index == 1")["run_id"].iloc[0]


def test_cells_with_equal_content_share_runs_and_verdicts(tmp_path: Path) -> None:
    results = null(tmp_path, rules={"mean": MEAN}, design__arms={"control": {}, "same": {}})
    assert results.judged.cells["evaluated"].tolist() == [1, 1]
    assert len(results.judged.runs) == 2


def test_failed_runs_are_not_evaluated_and_exit_with_3(tmp_path: Path) -> None:
    """Growth of 1000 % a month leaves the range of whole customers: these runs fail."""
    results = study(
        tmp_path, "taps", horizon=30,
        design__grid={"params.public_tap.budget_growth_pct_mom": [-30, 1000]},
    )  # fmt: skip
    assert (results.counts["done"], results.counts["failed"]) == (1, 1)
    assert cell(results, "private_margin", 1)["verdict"] == "not_evaluated"
    assert cell(results, "private_margin", 1)["reason"] == "no run is done"
    assert (results.verdict, results.exit_code, results.strict_exit_code) == ("fail", 3, 3)


def test_inconclusive_says_how_many_replicates_decide(tmp_path: Path) -> None:
    half = {"metric": "mean_outcome", "at_least": 11.25, "pass_share": 0.5}
    results = null(tmp_path, rules={"half": half, "m": MEAN}, design__replicates=8)
    found = cell(results, "half")
    assert (found["verdict"], results.verdict) == ("inconclusive", "inconclusive")
    assert found["replicates_needed"] > 8
    assert results.as_json()["acceptance"]["replicates_needed"] == {
        "half": found["replicates_needed"]
    }
    assert (results.exit_code, results.strict_exit_code) == (0, 4)


def test_vectors_through_a_study(kiosk: str, tmp_path: Path) -> None:
    """Shop south stands after shop north in the table and is a series of its own."""
    rules = {"steady": {"table": "stock", "column": "items", "rule": "non_decreasing"}}
    entry = {"rule": "steady", "motivation": "sale"}
    first = {**entry, "periods": [2, 2], "max_drop": 0.10}
    second = {**entry, "periods": [4, 4], "max_drop": 0.16}
    for exceptions, period, used in (
        ({}, 2, []), ({"a": first}, 4, ["a"]), ({"a": first, "b": second}, None, ["a", "b"]),
    ):  # fmt: skip
        results = study(
            tmp_path, kiosk, rules=rules, exceptions=exceptions, params__items="100 90 95 80"
        )
        assert results.verdict == ("fail" if period else "pass")
        assert cell(results, "steady")["first_failing_period"] == period
        assert list(results.judged.used) == used
        assert (cell(results, "steady")["exceptions"] or "") == ",".join(used)


def test_unused_exceptions_are_listed(kiosk: str, tmp_path: Path) -> None:
    rules = {"steady": {"table": "stock", "column": "items", "rule": "non_decreasing"}}
    dip = {"rule": "steady", "periods": [2, 2], "max_drop": 0.1, "motivation": "a sale"}
    results = study(tmp_path, kiosk, rules=rules, exceptions={"dip": dip})
    summary = json.loads((results.folder / "run_summary.json").read_text())
    assert summary["acceptance"]["exceptions_unused"] == {"dip": "a sale"}
    assert summary["acceptance"]["exceptions_used"] == {}


def test_nulls_between_values_are_not_compared(kiosk: str, tmp_path: Path) -> None:
    rules = {"steady": {"table": "stock", "column": "items", "rule": "non_decreasing"}}
    keys = {"rules": rules, "params__items": "5 - 4 3"}
    assert cell(study(tmp_path, kiosk, **keys), "steady")["first_failing_period"] == 4


def test_tables_ordered_by_date_have_no_period(kiosk: str, tmp_path: Path) -> None:
    rules = {"full": {"table": "closing", "column": "items", "at_least": 2}}
    found = cell(study(tmp_path, kiosk, rules=rules), "full")
    assert (found["verdict"], found["first_failing_period"], found["worst_value"]) == (
        "fail", None, 1.0,
    )  # fmt: skip


@pytest.mark.parametrize(("reason", "first", "expected"), [
    ("no_visitors", 0, ("not_evaluated", 0, 0, 4)),  # null in every replicate
    ("no_visitors", 3, ("pass", 3, 0, 1)),           # the rest is evaluated
    ("not_applicable", 0, ("not_applicable", 0, 4, 0)),
    ("not_applicable", 2, ("pass", 2, 2, 0)),
])  # fmt: skip
def test_null_metrics(
    kiosk: str, tmp_path: Path, reason: str, first: int, expected: tuple[Any, ...]
) -> None:
    results = study(
        tmp_path, kiosk, rules={"c": {"metric": "counted", "at_least": 1}},
        params__reason=reason, params__from_replicate=first, design__replicates=4,
    )  # fmt: skip
    found = cell(results, "c")
    seen = tuple(found[key] for key in ("verdict", "evaluated", "not_applicable", "null"))
    assert seen == expected
    assert found["reason"] == (reason if expected[0] == "not_evaluated" else None)


def test_a_broken_check_fails_the_plan(kiosk: str, tmp_path: Path) -> None:
    results = study(
        tmp_path, kiosk, rules={"c": {"metric": "counted", "at_least": 1}},
        params__broken=True, params__from_replicate=2, design__replicates=4,
    )  # fmt: skip
    assert dict(results.judged.rules) == {"c": "pass"}
    assert dict(results.judged.broken_checks) == {"honest": 2}
    assert (results.verdict, results.exit_code) == ("fail", 1)


def test_outcomes_by_run(kiosk: str, tmp_path: Path) -> None:
    rules = {
        "steady": {"table": "stock", "column": "items", "rule": "non_decreasing"},
        "c": {"metric": "counted", "between": [0, 2]},
        "none": {"table": "stock", "column": "items", "at_most": 99},
    }
    results = study(tmp_path, kiosk, rules=rules, design__replicates=2, params__items="3")
    runs = pd.read_parquet(results.folder / "acceptance_by_run.parquet")
    assert runs["rule"].tolist() == ["steady", "c", "none"] * 2  # plan order, then rule order
    assert runs["replicate_index"].tolist() == [0, 0, 0, 1, 1, 1]
    assert runs["outcome"].tolist()[:3] == ["null", "fail", "pass"]
    assert runs["value"].tolist()[1:3] == [3.0, 3.0]


def test_files_have_the_same_columns_whatever_is_in_them(tmp_path: Path) -> None:
    """A column without any value keeps its type, so that files of many studies stack."""
    kinds = []
    for rules in ({}, {"m": MEAN}, {"m": {"metric": "mean_outcome", "at_least": 1e6}, "s": STEADY}):
        place = null(tmp_path, rules=rules).folder
        files = [place / f"acceptance{name}.parquet" for name in ("", "_by_run")]
        kinds.append([(f.name, f.type) for file in files for f in pq.read_schema(file)])
    assert kinds[0] == kinds[1] == kinds[2]


def test_csv_says_what_the_parquet_says(tmp_path: Path) -> None:
    place = null(tmp_path, rules={"m": MEAN,
        "s": {"table": "outcomes_by_period", "column": "mean_outcome", "min_growth": 1.0},
    }, design__replicates=2).folder  # fmt: skip
    written = pd.read_csv(place / "acceptance.csv", dtype={"first_failing_period": "Int64"})
    stored = pd.read_parquet(place / "acceptance.parquet")
    assert list(written.columns) == list(stored.columns)
    assert written["verdict"].tolist() == stored["verdict"].tolist() == ["pass", "fail"]
    assert written["first_failing_period"].tolist()[1] == 2


@pytest.mark.parametrize("rows", [1, 10])
def test_how_many_parts_are_judged_at_once_changes_nothing(
    kiosk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Parts of one run each; numbers, gaps, and days without any number."""
    asked = {
        "rules": {
            "steady": {"table": "stock", "column": "items", "rule": "non_decreasing"},
            "band": {"table": "stock", "column": "items", "at_most": 90},
        },
        "exceptions": {"dip": {**DIP, "rule": "steady", "max_drop": 0.1}},
        "design.grid": {"params.items": ["100 90 95 80", "1 2 3", "- 5 -", "- - -", "9 8"]},
        "execution.part_runs": 1,
    }
    together = study(tmp_path / "together", kiosk, **asked)
    monkeypatch.setattr(runs, "BATCH_ROWS", rows)
    apart = study(tmp_path / "apart", kiosk, **asked)
    assert {"pass", "fail"} <= set(together.judged.runs["outcome"])
    assert "dip" in set(together.judged.runs["exceptions"])
    pd.testing.assert_frame_equal(together.judged.runs, apart.judged.runs)
