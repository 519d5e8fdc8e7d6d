"""A finished study stands in MLflow as documented, and can be put there again from its folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests import mlflow_support
from tests.forks import servers
from tests.mlflow_support import (
    Experiment,
    answer,
    cli,
    database,
    dump,
    forked,
    with_mlflow,
    with_tables,
)

NAME = "pricing"
STUDY = (
    "engine=linear_null", f"study.name={NAME}", "study.question=Does it pay?", "seed=7",
    "design.arms={short: {params.effect: 0.5}, long: {params.effect: 5.0}}",
    "horizon=3,5", "design.replicates=4", "params.baseline=interval(9,11)",
    "params.entities=20", "execution.backend=sequential", "execution.n_jobs=1",
)  # fmt: skip
RULE = "acceptance.level={metric: mean_outcome, between: [0, 13]}"
CELLS, REPLICATES = 6, 4
TEXTS = ("study.yaml", "invocation.yaml", "run_summary.json", "SHA256SUMS")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one study, recorded while it ran, by a command as a user starts it."""
    folder = tmp_path_factory.mktemp("recorded")
    done = cli("run", *STUDY, RULE, folder=folder)
    assert (done.returncode, "MLflow" in done.stderr) == (1, False), done.stderr
    return folder


@pytest.fixture(scope="module")
def found(recorded: Path) -> Experiment:
    return dump(database(recorded), TEXTS)[NAME]


@pytest.fixture(scope="module")
def untracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same study, run without MLflow."""
    folder = tmp_path_factory.mktemp("untracked")
    done = forked("run", *STUDY, RULE, "tracking=none", folder=folder)
    assert done.returncode == 1, done.stderr
    return folder


@pytest.fixture
def no_original(recorded: Path) -> Iterator[None]:
    """While this lasts, the artifacts that were copied are no longer where they once were."""
    original = recorded / "outputs" / "mlartifacts"
    aside = original.rename(original.with_name("aside"))
    yield
    shutil.rmtree(original, ignore_errors=True)  # a broken test may have made it anew
    aside.rename(original)


@pytest.fixture
def copy(recorded: Path, tmp_path: Path) -> Path:
    """The same, to change."""
    shutil.copytree(recorded, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"


def place(folder: Path) -> Path:
    return (folder / "outputs" / NAME / "latest").resolve()


def test_one_run_per_plan_and_one_per_cell(found: Experiment) -> None:
    assert len(found.plans) == 1
    assert len(found.cells) == CELLS
    parents = {cell.tags["mlflow.parentRunId"] for cell in found.cells}
    assert parents == {found.plan.run_id}
    assert {run.status for run in (*found.plans, *found.cells)} == {"FINISHED"}


def test_arms_stand_side_by_side(found: Experiment) -> None:
    """Sorted by name, or newest first as MLflow does: in plan order, arms together."""
    names = [
        "0 control (3)", "1 short (3)", "2 long (3)", "3 control (5)", "4 short (5)", "5 long (5)",
    ]  # fmt: skip
    assert sorted(cell.name for cell in found.cells) == names
    newest_first = sorted(found.cells, key=lambda cell: -cell.start_time)
    assert [cell.name for cell in newest_first] == names
    assert all(cell.start_time < found.plan.start_time for cell in found.cells)


def test_cells_have_only_what_varies_as_parameters(found: Experiment) -> None:
    first, last = found.cells[0], found.cells[-1]
    assert first.params == {"arm": "control", "horizon": "3", "params.effect": "0.0"}
    assert last.params == {"arm": "long", "horizon": "5", "params.effect": "5.0"}


def test_cells_say_where_they_belong_and_how_they_were_judged(
    recorded: Path, found: Experiment
) -> None:
    acceptance = pd.read_csv(place(recorded) / "acceptance.csv")
    verdicts = dict(zip(acceptance["grid_index"], acceptance["verdict"], strict=True))
    assert set(verdicts.values()) == {"pass", "fail"}
    for index, cell in enumerate(found.cells):
        assert cell.tags["verdict"] == cell.tags["verdict_level"] == verdicts[index]
        assert cell.tags["arm"] == cell.params["arm"]
        assert cell.tags["levels"] == f"horizon={cell.params['horizon']}"
        assert cell.tags["study"] == NAME
        assert cell.tags["runs_done"] == str(REPLICATES)


def test_cells_hold_means_with_their_intervals(recorded: Path, found: Experiment) -> None:
    by_cell = pd.read_csv(place(recorded) / "metrics_by_cell.csv")
    for row in by_cell.to_dict("records"):
        metrics = found.cells[row["grid_index"]].metrics
        name = row["metric"]
        for key, column in (("", "mean"), (".sd", "sd"), (".ci_low", "ci_low")):
            assert metrics[f"{name}{key}"] == pytest.approx(row[column], rel=1e-12)
        assert metrics[f"{name}.ci_high"] == pytest.approx(row["ci_high"], rel=1e-12)


def test_cells_hold_replicates_draws_and_the_horizon(found: Experiment) -> None:
    for cell in found.cells:
        horizon = int(cell.params["horizon"])
        assert cell.history["replicates/mean_outcome"] == REPLICATES
        assert cell.history["draws/baseline"] == REPLICATES
        assert cell.history["horizon/mean_outcome"] == horizon
        kinds = {key.partition("/")[0] for key in cell.history}
        assert kinds == {"replicates", "draws", "horizon"}


def test_the_plan_has_everything_to_repeat_the_study(recorded: Path, found: Experiment) -> None:
    plan, folder = found.plan, place(recorded)
    summary = json.loads((folder / "run_summary.json").read_text())
    git = json.loads((folder / "environment.json").read_text())["git_commit"]
    expected = {
        "seed": "7", "plan_id": summary["plan_id"], "results_hash": summary["results_hash"],
        "engine": "linear_null", "engine_version": "1.0.0", "git_commit": git or "unknown",
        "verdict": "fail", "verdict_level": "fail", "question": "Does it pay?", "study": NAME,
        "cells": "6", "runs_planned": "24", "runs_done": "24", "runs_failed": "0",
    }  # fmt: skip
    assert {key: plan.tags.get(key) for key in expected} == expected
    assert plan.tags["command"].startswith("python -m runner run engine=linear_null")
    assert plan.params["design.arms"] == "control, short, long"
    assert plan.params["design.horizon"] == "3, 5"
    needed = {
        "study.yaml", "invocation.yaml", "environment.json", "variable_draws.csv",
        "acceptance.csv", "metrics_by_cell.csv", "run_summary.json", "SHA256SUMS",
    }  # fmt: skip
    assert needed <= set(plan.artifacts)
    for name in TEXTS:
        assert plan.artifacts[name] == (folder / name).read_text()


def test_sync_twice_changes_nothing(recorded: Path, found: Experiment) -> None:
    for _ in range(2):
        done = answer(forked("sync", NAME, "--json", folder=recorded))
        (plan,) = done["plans"]
        counts = {key: plan[key] for key in ("written", "unchanged", "removed")}
        assert counts == {"written": 0, "unchanged": CELLS, "removed": 0}
    again = dump(done["uri"], TEXTS)[NAME]
    assert again.content() == found.content()
    assert again.run_ids() == found.run_ids()


def test_sync_rebuilds_a_deleted_database(copy: Path, found: Experiment) -> None:
    for file in (copy / "outputs").glob("mlflow.db*"):
        file.unlink()
    shutil.rmtree(copy / "outputs" / "mlartifacts")
    done = forked("sync", folder=copy)
    assert (done.returncode, done.stderr) == (0, "")
    assert "6 cells written, 0 unchanged" in done.stdout
    again = dump(database(copy), TEXTS)[NAME]
    assert again.content() == found.content()
    assert again.plan.artifacts == found.plan.artifacts
    assert set(again.run_ids()).isdisjoint(found.run_ids())


@pytest.mark.usefixtures("no_original")
def test_the_database_may_be_moved_with_its_studies(
    copy: Path, tmp_path: Path, found: Experiment
) -> None:
    """It names the folder where artifacts once were; nothing is lost, nothing written anew."""
    moved = tmp_path / "else where"
    copy.rename(moved)
    (plan,) = answer(forked("sync", "--json", folder=moved))["plans"]
    assert (plan["written"], plan["removed"]) == (0, 0)
    again = dump(database(moved), TEXTS)[NAME]
    assert again.run_ids() == found.run_ids()
    assert again.plan.artifacts == found.plan.artifacts
    shutil.rmtree(moved / "outputs" / "mlartifacts")
    assert forked("sync", folder=moved).returncode == 0
    again = dump(database(moved), TEXTS)[NAME]
    assert again.plan.artifacts == found.plan.artifacts


def test_a_moved_study_is_recorded_from_its_folder_alone(
    copy: Path, tmp_path: Path, found: Experiment
) -> None:
    with_tables(tmp_path)
    (copy / "outputs" / NAME).rename(tmp_path / "outputs" / NAME)
    assert forked("sync", folder=tmp_path).returncode == 0
    assert dump(database(tmp_path))[NAME].content() == found.content()


def test_other_verdicts_replace_cells_and_update_the_plan(copy: Path, found: Experiment) -> None:
    """Rules belong to no plan id: the plan's run stays, its cells are written anew."""
    rule = "acceptance.other={metric: mean_outcome, at_least: 0}"
    assert forked("run", *STUDY, rule, "report=none", folder=copy).returncode == 0
    again = dump(database(copy))[NAME]
    assert again.plan.run_id == found.plan.run_id
    assert set(again.run_ids()[1:]).isdisjoint(found.run_ids())
    assert len(again.cells) == CELLS
    assert (again.plan.tags["verdict"], again.plan.tags["verdict_other"]) == ("pass", "pass")
    assert "verdict_level" not in again.plan.tags
    assert {cell.tags["verdict_other"] for cell in again.cells} == {"pass"}
    assert all("verdict_level" not in cell.tags for cell in again.cells)
    assert [c.history for c in again.cells] == [c.history for c in found.cells]


def test_a_broken_check_fails_its_cell_alone(copy: Path) -> None:
    file = place(copy) / "runs.parquet"
    runs = pd.read_parquet(file)
    runs.loc[0, "failed_checks"] = "finite: is not"
    runs.to_parquet(file)
    (plan,) = answer(forked("sync", "--json", folder=copy))["plans"]
    assert (plan["written"], plan["unchanged"]) == (1, CELLS - 1)
    cells = dump(database(copy))[NAME].cells
    assert (cells[0].tags["verdict"], cells[0].tags["verdict_level"]) == ("fail", "pass")
    assert cells[0].tags["broken_checks"] == "in 1 runs"
    assert cells[1].tags["verdict"] == "pass"


def test_an_extended_study_is_a_second_plan(copy: Path) -> None:
    longer = [word for word in STUDY if not word.startswith("design.replicates")]
    more = (*longer, "design.replicates=6", RULE, "report=none")
    assert forked("run", *more, folder=copy).returncode == 1
    both = dump(database(copy))[NAME]
    assert [plan.tags["runs_planned"] for plan in both.plans] == ["24", "36"]
    assert len(both.cells) == 2 * CELLS
    for file in (copy / "outputs").glob("mlflow.db*"):
        file.unlink()
    done = answer(forked("sync", NAME, "--json", folder=with_tables(copy)))
    assert [plan["written"] for plan in done["plans"]] == [CELLS, CELLS]
    named = answer(forked("sync", both.plans[0].tags["plan_id"], "--json", folder=copy))
    assert [plan["plan_id"] for plan in named["plans"]] == [both.plans[0].tags["plan_id"]]


def test_tracking_changes_no_id_and_no_number(recorded: Path, untracked: Path) -> None:
    without, with_it = (
        json.loads((place(folder) / "run_summary.json").read_text())
        for folder in (untracked, recorded)
    )
    for key in ("plan_id", "results_hash"):
        assert without[key] == with_it[key]
    for name in ("plan.parquet", "metrics.parquet", "study.yaml"):
        assert digest(place(untracked) / name) == digest(place(recorded) / name)
    assert not list((untracked / "outputs").glob("mlflow.db*"))


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_sync_records_what_was_run_without_tracking(
    untracked: Path, tmp_path: Path, found: Experiment
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(untracked, folder, symlinks=True)
    assert forked("sync", folder=with_tables(folder)).returncode == 0
    cells = dump(database(folder))[NAME].cells
    assert [cell.metrics for cell in cells] == [cell.metrics for cell in found.cells]


def test_sync_of_a_plan_without_results_says_what_to_do(tmp_path: Path) -> None:
    assert forked("plan", *STUDY, folder=tmp_path).returncode == 0
    done = forked("sync", NAME, folder=tmp_path)
    assert done.returncode == 2
    assert "has no results to record yet; finish it with: python -m runner resume" in done.stderr


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["tracking=server"], "tracking.uri = null: must be given, as in tracking.uri=http://"),
        (["tracking.uri=http://h:1"], "tracking.uri = http://h:1: must be sqlite:///FILE with"),
        (["tracking=server", "tracking.uri='http://me:secret@h:1'"], "must hold no password"),
        (["tracking=serve"], "did you mean server?"),
        (["tracking.timeout_s=0"], "tracking.timeout_s = 0"),
    ],
)
def test_refused_addresses(words: list[str], text: str, tmp_path: Path) -> None:
    done = forked("plan", *STUDY, *words, folder=tmp_path)
    assert done.returncode == 2
    assert text in done.stderr
    assert "secret" not in done.stderr


LOADED = """
import json, sys
from runner.cli import run_command_line
from runner.track import process
from tests.forks.recording import ForkedInstead
vars(process)["subprocess"] = ForkedInstead(sys.argv[1])
for words in json.load(sys.stdin):
    code = run_command_line(words)
    assert code == 0, (words, code)
    loaded = [name for name in sys.modules if name.split(".")[0] == "mlflow"]
    assert not loaded, ("mlflow is loaded by", words)
"""


def test_commands_never_import_mlflow(copy: Path) -> None:
    """Even recording happens in a process of its own."""
    commands = [
        ["--help"], ["plan", *STUDY], ["status"], ["run", *STUDY, "tracking=none"],
        ["run", *STUDY, "report=none"], ["sync"],
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", LOADED, servers.recorder()], cwd=copy, text=True,
        env=mlflow_support.environment(), input=json.dumps(commands), capture_output=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert len(dump(database(copy))[NAME].plans) == 1


def test_the_saved_study_remembers_where_it_is_recorded(copy: Path) -> None:
    saved: Mapping[str, Any] = json.loads((place(copy) / "study.json").read_text())
    assert saved["tracking"] == {
        "mode": "local", "uri": None, "timeout_s": 300.0, "trials": "best",
    }  # fmt: skip


PAGE = Path(__file__).resolve().parents[2] / "docs" / "mlflow.md"


def searched(folder: Path, filters: list[str]) -> list[int]:
    done = with_mlflow(
        "tests.mlflow_support.search", database(folder), given=json.dumps(filters)
    )  # fmt: skip
    counts: list[int] = json.loads(done.stdout)
    return counts


def test_the_filters_on_the_page_are_understood(recorded: Path) -> None:
    block = PAGE.read_text().partition("```text\n")[2].partition("```")[0]
    filters = block.splitlines()
    assert len(filters) > 5
    assert len(searched(recorded, filters)) == len(filters)


def test_filters_find_what_they_say(recorded: Path) -> None:
    wanted = {
        "tags.kind = 'cell' and tags.arm = 'short'": 2,
        "tags.levels = 'horizon=3'": 3,
        "params.horizon = '5' and metrics.mean_outcome > 13": 1,
        "params.\"params.effect\" = '5.0'": 2,
        "tags.kind = 'cell' and tags.verdict_level = 'fail'": 2,
        "tags.kind = 'plan' and tags.seed = '7'": 1,
    }
    assert searched(recorded, list(wanted)) == list(wanted.values())
