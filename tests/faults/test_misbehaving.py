"""Whatever an engine does, its run fails alone, with a message that tells what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from runner import run_study
from runner.audit import rerun, verify_study
from runner.contract import ConfigError
from runner.resume import resume_study, retry_study
from runner.store import Ledger, StudyFolder
from tests.faults.support import answer, cli, orphans, study_words

ERRORS = {
    "raise": ("ValueError", "no such customer"),
    "exit": ("SystemExit", "0"),
    "interrupt": ("KeyboardInterrupt", ""),
    "generator_exit": ("GeneratorExit", ""),
    "base": ("OwnBaseError", "own base"),
    "memory": ("MemoryError", ""),
    "recursion": ("RecursionError", "maximum recursion depth exceeded"),
    "unpicklable": ("UnpicklableError", "cannot be sent"),
    "mute": ("MuteError", "(the exception has no text: its __str__ fails)"),
    "surrogate": ("ValueError", "half a pair: \\ud800"),
    "no_outcome": ("EngineError", "engine faulty returns int, not an Outcome"),
    "odd_warning": ("EngineError", "engine faulty gives int where a check or warning has text"),
}


def study(outputs: Path, backend: str = "sequential", **more: Any) -> dict[str, Any]:
    jobs = {"backend": backend, "n_jobs": 1 if backend == "sequential" else 2, "part_runs": 2}
    return {
        "engine": "faulty", "study.name": "s", "paths.outputs": str(outputs),
        **{f"execution.{key}": value for key, value in jobs.items()}, **more,
    }  # fmt: skip


@pytest.mark.parametrize("backend", ["loky", "sequential", "threading"])
def test_every_kind_of_error_fails_its_run_alone(tmp_path: Path, backend: str) -> None:
    errors = {**ERRORS}
    if backend == "sequential":
        del errors["interrupt"]  # in this very process it is the user's Ctrl-C
    grid = {
        "params.fault": ["none", *errors, "print", "surrogate_warning"],
        "params.number": [0, 1],
    }
    found = run_study(study(tmp_path, backend, **{"design.grid": grid, "params.guilty": 1}))
    told = found.runs.set_index("run_id")
    plan = found.plan
    for run in plan.to_dict("records"):
        row = told.loc[run["run_id"]]
        fault = str(run["params.fault"])
        expected = errors.get(fault, ("", "")) if run["params.number"] else ("", "")
        text = tuple("" if pd.isna(row[key]) else row[key] for key in ("error_type", "error"))
        assert text == expected, fault
        if expected[0]:
            assert "misbehave" in row["traceback"] or "engine faulty" in row["traceback"]
    assert found.exit_code == 3
    assert found.warnings == {"half a pair: \\ud800": 1}
    assert len(found.table("steps")) == 3 * found.counts["done"]
    assert verify_study(found.folder, 1.0).ok
    assert orphans(tmp_path / "s") == []


def test_a_huge_message_is_cut(tmp_path: Path) -> None:
    found = run_study(study(tmp_path, **{"params.guilty": 0, "params.fault": "huge"}))
    assert max(map(len, found.errors)) < 2200
    assert (tmp_path / "s/runs/ledger.jsonl").stat().st_size < 10_000


def test_rows_of_a_run_that_fails_late_are_in_no_table(tmp_path: Path) -> None:
    more = {
        "design.grid": {"params.number": [0, 1, 2]}, "params.guilty": 1, "params.fault": "raise",
        "params.rows": 150_000, "params.batch": 40_000, "execution.part_runs": 3,
    }  # fmt: skip
    found = run_study(study(tmp_path, **more))
    rows = found.table("steps").groupby("grid_index").size()
    assert rows.to_dict() == {0: 150_000, 2: 150_000}
    assert verify_study(found.folder, 1.0).ok


def test_batches_change_no_byte_of_a_study(tmp_path: Path) -> None:
    content = set()
    for batch in (0, 7, 100_000):
        more = {"params.rows": 70_000, "params.batch": batch, "design.replicates": 4}
        found = run_study(study(tmp_path / str(batch), **more))
        state = Ledger(StudyFolder(root=tmp_path / str(batch) / "s").ledger_file).read()
        content.add(tuple(tuple(s.record.tables.items()) for s in state.values()))
        assert len(found.table("steps")) == 280_000
    assert len(content) == 1


def test_runs_that_take_too_long_are_stopped_and_can_be_tried_again(tmp_path: Path) -> None:
    faults = ["sleep", "swallow"]
    more = {
        "design.grid": {"params.number": [0, 1, 2, 3], "params.fault": faults}, "params.guilty": 2,
        "execution.timeout_s": 1.0, "params.rows": 10,
    }  # fmt: skip
    found = run_study(study(tmp_path, "loky", **more))
    assert found.exit_code == 3
    assert (found.counts["done"], found.counts["timeout"]) == (6, 2)
    assert found.errors == {"RunTimeout: the run took longer than execution.timeout_s = 1 s": 2}
    again = run_study(study(tmp_path, "loky", **more))
    assert (again.counts["executed"], again.results_hash) == (0, found.results_hash)
    tried = retry_study(found.folder, error_type="RunTimeout")
    assert (tried.counts["executed"], tried.counts["timeout"]) == (2, 2)
    with pytest.raises(ConfigError, match=r"with it \(RunTimeout\); did you mean RunTimeout\?"):
        retry_study(found.folder, error_type="RunTimeou")
    assert verify_study(found.folder, 1.0).ok


def test_an_interrupted_write_leaves_whole_parts(tmp_path: Path) -> None:
    """Time runs out while many small batches are written, run after run."""
    more = {
        "design.replicates": 8, "params.rows": 150_000, "params.batch": 50,
        "execution.timeout_s": 0.3,
    }  # fmt: skip
    slow = run_study(study(tmp_path, **more))
    assert slow.counts["done"] + slow.counts["timeout"] == 8
    assert len(slow.table("steps")) == 150_000 * slow.counts["done"]
    assert verify_study(slow.folder, 0.01).ok


def test_threads_cannot_be_timed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"timeout_s.*a thread cannot be stopped"):
        run_study(study(tmp_path, "threading", **{"execution.timeout_s": 1.0}))


def test_runs_that_kill_their_worker_are_found_and_fail_alone(tmp_path: Path) -> None:
    more = {
        "design.grid": {"params.number": list(range(6)), "params.fault": ["kill", "os_exit"]},
        "params.guilty": 4, "execution.part_runs": 4, "execution.retries": 0,
    }  # fmt: skip
    found = run_study(study(tmp_path, "loky", **more))
    assert found.exit_code == 3
    assert (found.counts["done"], found.counts["failed"]) == (10, 2)
    assert found.errors == {
        "WorkerDied: the worker process died each time this run was tried, alone at last: killed "
        "from outside, out of memory, or crashed in compiled code": 2
    }
    failed = found.runs.query("status == 'failed'")["run_id"]
    guilty = found.plan.query("`params.number` == 4")["run_id"]
    assert sorted(failed) == sorted(guilty)
    assert orphans(tmp_path / "s") == []
    assert verify_study(found.folder, 0.5).ok


def test_a_deadly_run_that_is_tried_again_alone_spares_the_command(tmp_path: Path) -> None:
    words = study_words("deadly", "params.guilty=0", "params.fault=segfault", "execution.retries=0")
    for command in (("run", *words), ("retry", "deadly", "--failed")):
        done = cli(*command, folder=tmp_path)
        assert done.returncode == 3, done.stderr
        assert "1 x WorkerDied: the worker process died each time" in done.stdout
        assert "try them again with: python -m runner retry deadly" in done.stdout


def test_a_run_that_kills_its_worker_once_is_run_again(tmp_path: Path) -> None:
    more = {
        "design.grid": {"params.number": list(range(12))}, "params.guilty": 5,
        "params.fault": "kill", "params.marker": str(tmp_path / "once"),
    }  # fmt: skip
    found = run_study(study(tmp_path, "loky", **more))
    assert (found.exit_code, found.counts["done"]) == (0, 12)
    assert orphans(tmp_path / "s") == []


@pytest.mark.parametrize("backend", ["loky", "sequential", "threading"])
@pytest.mark.parametrize(("key", "value"), [("fail_fast", True), ("max_failures", 3)])
def test_failures_stop_the_study_as_configured(
    tmp_path: Path, backend: str, key: str, value: Any
) -> None:
    grid = {"design.grid": {"params.number": list(range(40))}, "params.guilty": -2}
    more = {**grid, "params.fault": "raise", f"execution.{key}": value}
    found = run_study(study(tmp_path, backend, **more))
    most = 1 if key == "fail_fast" else 3
    assert most <= found.counts["failed"] < 10
    assert found.exit_code == 3
    assert f"stopped early at {most} failed runs, as configured" in found.notes
    assert orphans(tmp_path / "s") == []
    resumed = resume_study(found.folder)
    assert resumed.counts["failed"] > found.counts["failed"]


def test_retry_chooses_by_kind_of_failure(tmp_path: Path) -> None:
    more = {
        "design.grid": {"params.fault": ["raise", "base", "none"]}, "params.guilty": 0,
        "params.marker": "", "design.replicates": 2,
    }  # fmt: skip
    found = run_study(study(tmp_path, **more))
    assert (found.counts["failed"], found.counts["done"]) == (4, 2)
    assert resume_study(found.folder).counts["executed"] == 0
    assert retry_study(found.folder, error_type="OwnBaseError").counts["executed"] == 2
    assert retry_study(found.folder, only_failed=True).counts["executed"] == 4
    with pytest.raises(ConfigError, match=r"no run failed with it \(ValueError, OwnBaseError\)"):
        retry_study(found.folder, error_type="KeyError")
    failed = found.runs.query("status == 'failed'")["run_id"].iloc[0]
    again = rerun(tmp_path, failed)
    assert (again.record.status, again.agrees) == ("failed", True)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_an_engine_prints_does_not_spoil_the_answer(tmp_path: Path, jobs: int) -> None:
    words = study_words("loud", "params.fault=print", "params.guilty=0,1")
    done = cli("run", *words, f"execution.n_jobs={jobs}", "--json", folder=tmp_path)
    assert answer(done)["runs"]["done"] == 2
    assert "prepared on standard output" in done.stderr
    assert "on standard output\nand below it" in done.stderr
    if jobs == 1:
        assert answer(cli("verify", "loud", "--json", folder=tmp_path))["ok"]
