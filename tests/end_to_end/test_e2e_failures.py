"""Runs that break are rows with a reason; the others are done."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.commands import Command

FAILURES = {
    "raise": ("ZeroDivisionError", "the spring snapped"),
    "refuse": ("SimulationError", "no spring fits"),
    "missing": ("EngineError", "misses total"),
    "undeclared": ("EngineError", "reports undeclared extra"),
    "infinite": ("EngineError", "metric total is inf"),
    "table": ("EngineError", "table wear, column period: values of type"),
}


@pytest.mark.parametrize("trouble", FAILURES)
def test_a_failing_run_is_a_row(command: Command, brittle: str, trouble: str) -> None:
    kind, text = FAILURES[trouble]
    ran = command(
        "run", f"engine={brittle}", "execution=sequential", "design.replicates=3", "collect=all",
        f"params.trouble=none,{trouble}", "params.from_replicate=1", "--json",
    )  # fmt: skip
    assert ran.code == 3
    assert ran.document["exit_code"] == 3
    counts = ran.document["runs"]
    assert {k: counts[k] for k in ("planned", "done", "failed")} == {
        "planned": 6, "done": 4, "failed": 2,
    }  # fmt: skip
    runs = pd.read_parquet(ran.folder / "runs.parquet")
    assert runs["status"].tolist() == ["done"] * 4 + ["failed"] * 2
    failed = runs.iloc[4:]
    assert (failed["error_type"] == kind).all()
    assert failed["error"].str.contains(text, regex=False).all()
    assert failed["traceback"].str.contains("Traceback (most recent call last)", regex=False).all()
    metrics = pd.read_parquet(ran.folder / "metrics.parquet")
    assert len(metrics) == 6 * 2
    lost = metrics[metrics["run_id"].isin(failed["run_id"])]
    assert lost["value"].isna().all()
    assert (lost["reason"] == f"run failed: {kind}").all()
    kept = metrics[~metrics["run_id"].isin(failed["run_id"])]
    assert kept["value"].notna().all()


def test_failed_runs_are_told_in_the_terminal(command: Command, brittle: str) -> None:
    ran = command(
        "run", f"engine={brittle}", "execution.n_jobs=2", "execution.part_runs=1",
        "params.trouble=none,raise", "design.replicates=2",
    )  # fmt: skip
    assert ran.code == 3
    assert "2 x ZeroDivisionError: the spring snapped" in ran.out
    assert "2 of 4 runs done" in ran.out
    told = command("status", "brittle", "--json").document
    assert told["runs"]["failed"] == 2
    assert told["errors"] == {"ZeroDivisionError: the spring snapped": 2}


def test_other_runs_of_the_part_keep_their_numbers(command: Command, brittle: str) -> None:
    words = ("run", f"engine={brittle}", "execution=sequential", "--json", "collect=all")
    broken = command(
        *words, "design.replicates=4", "params.trouble=raise", "params.from_replicate=2"
    )
    whole = command(*words, "design.replicates=4", "study.name=whole")
    frames = [pd.read_parquet(r.folder / "metrics.parquet") for r in (broken, whole)]
    values = [f[f["replicate_index"] < 2]["value"].tolist() for f in frames]
    assert values[0] == values[1]


def test_a_broken_check_fails_the_verdict(command: Command, brittle: str) -> None:
    ran = command(
        "run", f"engine={brittle}", "execution=sequential", "params.trouble=check",
        "design.replicates=2", "params.from_replicate=1", "--json",
    )  # fmt: skip
    assert ran.code == 1
    assert ran.document["verdict"] == "fail"
    assert ran.document["acceptance"]["broken_checks"] == {"bounded": 1}
    runs = pd.read_parquet(ran.folder / "runs.parquet")
    assert runs["status"].tolist() == ["done", "done"]
    assert runs["failed_checks"].tolist()[1] == "bounded: wear 2 in period 1"


def test_a_metric_that_does_not_apply_is_null_with_its_reason(
    command: Command, brittle: str
) -> None:
    ran = command(
        "run", f"engine={brittle}", "execution=sequential", "params.trouble=empty", "--json"
    )
    assert ran.code == 0
    metrics = pd.read_parquet(ran.folder / "metrics.parquet").set_index("metric")
    assert metrics.loc["total", "reason"] == "not_applicable"
    assert metrics.loc["crowded", "value"] == 0.0


def test_an_input_file_that_changes_gives_new_runs(
    command: Command, brittle: str, here: Path
) -> None:
    (here / "one.txt").write_text("1.5")
    (here / "folder").mkdir()
    (here / "folder" / "two.txt").write_text("1.5")
    words = ("run", f"engine={brittle}", "execution=sequential", "--json")
    first = command(*words, "params.source=one.txt")
    moved = command(*words, "params.source=folder/two.txt")
    assert moved.document["plan_id"] == first.document["plan_id"]
    assert moved.document["runs"]["executed"] == 0
    (here / "one.txt").write_text("2.5")
    changed = command(*words, "params.source=one.txt")
    assert changed.document["runs"]["executed"] == 1
    values = [
        pd.read_parquet(r.folder / "metrics.parquet")["value"].iloc[0] for r in (first, changed)
    ]
    assert values[1] - values[0] == pytest.approx(1.0)


def test_where_a_file_lies_changes_no_draw(command: Command, brittle: str, here: Path) -> None:
    (here / "a").mkdir()
    for name in ("one.txt", "a/two.txt"):
        (here / name).write_text("1.5")
    words = ("run", f"engine={brittle}", "execution=sequential", "seeding=per_cell", "--json")
    ran = [command(*words, f"params.source={n}") for n in ("one.txt", "a/two.txt")]
    assert ran[0].document["results_hash"] == ran[1].document["results_hash"]
    assert ran[1].document["runs"]["executed"] == 0
