"""A study with arms ends in differences: on the terminal, in files, in verdicts and in MLflow."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.commands import Command, Ran

STUDY = (
    "engine=linear_null", "execution=sequential", "params.entities=20", "horizon=2",
    "design.replicates=12", "design.grid.mix=[light,heavy]",
    "design.arms={short: {params.effect: 0.5, params.noise_sd: 2}, same: {}}",
)  # fmt: skip
DECLARED = "comparisons.main={metric: mean_outcome, arms: [short], width: 0.01}"


@pytest.fixture
def ran(command: Command) -> Ran:
    done = command("run", *STUDY, DECLARED, "--json")
    assert done.code == 0, done.err
    return done


def test_files_and_summary(ran: Ran) -> None:
    rows = pd.read_parquet(ran.folder / "comparisons.parquet")
    text = pd.read_csv(ran.folder / "comparisons.csv")
    assert list(text.columns) == list(rows.columns)
    assert len(text) == len(rows) == 2 * 2 * rows["metric"].nunique()
    assert rows.loc[rows["arm"] == "same", "finding"].eq("same").all()
    budget = pd.read_csv(ran.folder / "variance_budget.csv")
    assert set(budget["component"]) == {"arm", "axis:mix", "interactions", "chance"}
    summary = json.loads((ran.folder / "run_summary.json").read_text())
    assert [row["comparison"] for row in summary["comparisons"]] == ["main", "main"]
    assert summary["comparisons"][0]["finding"] == "better"
    sums = (ran.folder / "SHA256SUMS").read_text()
    assert "comparisons.csv" in sums
    assert "variance_budget.parquet" in sums


def test_the_command_shows_what_the_run_stored(ran: Ran, command: Command) -> None:
    shown = command("compare", "--width", "0.05")
    assert shown.code == 0, shown.err
    assert "short: mean_outcome" in shown.out
    assert "higher (95 % " in shown.out
    told = command("compare", "linear_null", "--arm", "same", "--metric", "share_above", "--json")
    document = told.document
    assert {row["text"] for row in document["comparisons"]} == {
        "same: share_above the same in every replicate"
    }
    keys = ("study", "plan_id", "folder", "runs", "verdict", "results_hash")
    assert {key: document[key] for key in keys[:3]} == {key: ran.document[key] for key in keys[:3]}
    assert set(keys) <= set(document)


def test_bad_words_are_told_at_once(ran: Ran, command: Command) -> None:
    wrong = command("compare", "--metric", "share_abov", "--arm", "shrt")
    assert wrong.code == 2
    assert "did you mean share_above?" in wrong.err
    assert "did you mean short?" in wrong.err
    assert command("compare", "--width", "0").code == 2


def test_a_plan_from_before_is_told_how_to_get_them(ran: Ran, command: Command) -> None:
    (ran.folder / "comparisons.parquet").unlink()
    missing = command("compare")
    assert (missing.code, "holds no comparisons yet" in missing.err) == (2, True)
    assert command("resume").code == 0
    assert command("compare").code == 0


def test_comparing_changes_no_run(ran: Ran, command: Command) -> None:
    again = command("run", *STUDY, "compare.confidence=0.8", "--json")
    assert again.document["plan_id"] == ran.document["plan_id"]
    assert again.document["results_hash"] == ran.document["results_hash"]
    assert again.document["runs"]["executed"] == 0
    rows = pd.read_parquet(again.folder / "comparisons.parquet")
    assert rows["comparison"].isna().all()


@pytest.mark.parametrize(
    ("rule", "verdict", "code"),
    [
        ("noninferior: 0.1", "pass", 0),
        ("at_least: 0.08, scale: relative", "fail", 1),
        ("at_most: 0.5", "inconclusive", 4),
        ("equivalent: 0.1", "fail", 1),
    ],
)
def test_rules_versus_the_control(command: Command, rule: str, verdict: str, code: int) -> None:
    arms = "design.arms={short: {params.effect: 0.5, params.noise_sd: 2}}"
    given = f"acceptance.r={{metric: mean_outcome, versus: control, {rule}}}"
    ran = command("run", *STUDY[:-1], arms, given, "--strict", "--json")
    assert (ran.document["verdict"], ran.code) == (verdict, code)
    cells = pd.read_parquet(ran.folder / "acceptance.parquet")
    assert cells["verdict"].tolist() == ["not_applicable", verdict] * 2
    decided = cells[cells["arm"] == "short"]
    assert decided["ci_low"].lt(decided["difference"]).all()
    assert decided["replicates_needed"].notna().all() == (verdict == "inconclusive")
    shown = command("run", *STUDY[:-1], arms, given)
    assert verdict in shown.out


def test_one_replicate_is_not_evaluated(command: Command) -> None:
    rule = "acceptance.r={metric: mean_outcome, versus: control, noninferior: 0.1}"
    ran = command("run", *STUDY, "design.replicates=1", rule, "--json")
    assert ran.document["verdict"] == "not_evaluated"
    assert "one replicate" in ran.document["acceptance"]["not_evaluated"]["r"]


def test_mlflow_has_the_effects(command: Command) -> None:
    ran = command("run", *STUDY, "tracking=local", "--json")
    assert not [note for note in ran.document["notes"] if "MLflow" in note]
    rows = pd.read_parquet(ran.folder / "comparisons.parquet")
    with sqlite3.connect(next(ran.folder.parents[2].glob("mlflow.db"))) as connection:
        found = connection.execute(
            "select key, value from latest_metrics where key like 'effect.mean_outcome%'"
        ).fetchall()
    own = rows[rows["metric"] == "mean_outcome"]
    lows = sorted(value for key, value in found if key == "effect.mean_outcome.ci_low")
    assert lows == pytest.approx(sorted(own["ci_low"]))
    artifacts = [file.name for file in ran.folder.parents[2].glob("mlartifacts/**/*.csv")]
    assert {"comparisons.csv", "variance_budget.csv"} <= set(artifacts)


def test_planning_and_status_stay_light(ran: Ran) -> None:
    script = (
        "import sys; from runner.cli import run_command_line; "
        "run_command_line(['status', 'latest', '--json']); "
        "heavy = [m for m in ('scipy', 'runner.compare', 'runner.stats') if m in sys.modules]; "
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path.cwd(), capture_output=True, text=True,
        env={"PYTHONPATH": str(root), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
