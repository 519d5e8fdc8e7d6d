"""A study grows in its folder, changes are named, and a folder may lie anywhere."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner import run_study
from runner.audit import rerun, verify_study
from runner.config import request_from_mapping
from runner.contract import PlanError
from runner.preview import plan_study
from runner.registry import load_engine
from runner.report.status import find_plan, read_status
from runner.results import StudyResults
from runner.resume import resume_study, retry_study
from tests.faults.support import orphans

BASE = {
    "engine": "faulty", "study.name": "s", "execution.backend": "sequential",
    "execution.n_jobs": 1, "execution.part_runs": 3,
}  # fmt: skip


def study(outputs: Path, **more: Any) -> StudyResults:
    return run_study({**BASE, "paths.outputs": str(outputs), **more})


SMALL = {
    "design.replicates": 4,
    "design.grid": {"params.number": [1, 2]},
    "design.arms": {"control": {}, "b": {"params.rows": 4}},
}
GROWN = (
    {**SMALL, "design.replicates": 7},
    {**SMALL, "design.grid": {"params.number": [1, 2, 3]}},
    {**SMALL, "design.grid": {"params.number": [3, 1, 2]}},
    {**SMALL, "design.arms": {"control": {}, "b": {"params.rows": 4}, "c": {"params.rows": 5}}},
    {**SMALL, "design.replicates": 5, "design.grid": {"params.number": [0, 2], "horizon": [1, 2]}},
)


@pytest.mark.parametrize("grown", GROWN)
def test_a_grown_study_runs_what_is_new_and_equals_the_whole(
    tmp_path: Path, grown: dict[str, Any]
) -> None:
    small = study(tmp_path / "grown", **SMALL)
    extended = study(tmp_path / "grown", **grown)
    whole = study(tmp_path / "whole", **grown)
    known = set(small.plan["run_id"]) & set(whole.plan["run_id"])
    assert known
    assert extended.counts["executed"] == len(set(whole.plan["run_id"]) - known)
    assert extended.results_hash == whole.results_hash
    assert extended.plan_id == whole.plan_id
    assert extended.metrics.equals(whole.metrics)
    assert extended.table("steps").equals(whole.table("steps"))
    assert any(note.startswith(f"since plan {small.folder.name}: ") for note in extended.notes)
    assert study(tmp_path / "grown", **SMALL).counts["executed"] == 0
    for place in (small.folder, extended.folder):
        assert verify_study(place, 0.2).ok
    assert orphans(tmp_path / "grown" / "s") == []


def test_more_tables_are_added_to_the_same_runs(tmp_path: Path) -> None:
    first = study(tmp_path, **SMALL, collect="metrics")
    second = study(tmp_path, **SMALL, collect="all")
    assert second.counts["executed"] == 16
    assert (first.plan_id, first.results_hash) == (second.plan_id, second.results_hash)
    assert len(second.table("steps")) == 8 * (3 + 4)
    assert verify_study(second.folder, 1.0).ok
    assert orphans(tmp_path / "s") == []


def test_changed_parameters_keep_the_old_results(tmp_path: Path) -> None:
    first = study(tmp_path, **SMALL)
    second = study(tmp_path, **SMALL, **{"params.seconds": 0.0, "seed": 2})
    assert second.counts["executed"] == 16
    assert not set(first.plan["run_id"]) & set(second.plan["run_id"])
    assert f"since plan {first.folder.name}: seed: 1 -> 2" in second.notes
    again = resume_study(first.folder)
    assert (again.counts["executed"], again.results_hash) == (0, first.results_hash)


def test_a_changed_input_file_is_named_and_gives_new_runs(tmp_path: Path) -> None:
    source = tmp_path / "input.txt"
    source.write_text("5")
    first = study(tmp_path, **{"params.input": str(source)})
    source.write_text("6")
    with pytest.raises(PlanError, match=r"an input file, or the code that names runs, has changed"):
        resume_study(first.folder)
    second = study(tmp_path, **{"params.input": str(source)})
    assert second.counts["executed"] == 1
    assert second.metrics["value"].iloc[0] == first.metrics["value"].iloc[0] + 1
    assert any("sha256" in note for note in second.notes)
    assert first.metrics["value"].notna().all()


def test_a_changed_engine_is_named_and_gives_new_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = study(tmp_path, **SMALL)
    with monkeypatch.context() as patch:
        patch.setattr("faulty_engine.ENGINE", replace(load_engine("faulty"), version="2.0.0"))
        told = r"engine faulty is now 2.0.0, the plan was made with 1.0.0; `run` the study again"
        for command in (resume_study, lambda place: verify_study(place, 1.0)):
            with pytest.raises(PlanError, match=told):
                command(first.folder)
        second = study(tmp_path, **SMALL)
        assert second.counts["executed"] == 16
        assert any("engine_version: 1.0.0 -> 2.0.0" in note for note in second.notes)
    back = study(tmp_path, **SMALL)
    assert (back.counts["executed"], back.results_hash) == (0, first.results_hash)


def test_a_changed_environment_is_named(tmp_path: Path) -> None:
    first = study(tmp_path, **SMALL)
    file = first.folder / "environment.json"
    known = json.loads(file.read_text())
    known["packages"]["numpy"] = "1.0"
    file.write_text(json.dumps(known))
    for again in (study(tmp_path, **SMALL), study(tmp_path, **{**SMALL, "design.replicates": 5})):
        assert any("environment.packages.numpy: '1.0' -> " in note for note in again.notes)
    assert json.loads(file.read_text()) == known  # nothing was computed in the new one
    (tmp_path / "s/runs/ledger.jsonl").write_bytes(b"")
    study(tmp_path, **SMALL)
    assert [e["packages"]["numpy"] for e in json.loads(file.read_text())["later"]] != ["1.0"]
    assert not verify_study(first.folder, 1.0).exact


def test_planning_again_leaves_a_finished_plan_as_it_is(tmp_path: Path) -> None:
    first = study(tmp_path, **SMALL)
    before = {f.name: f.read_bytes() for f in first.folder.iterdir()}
    planned = plan_study(request_from_mapping({**BASE, "paths.outputs": str(tmp_path), **SMALL}))
    assert (planned.to_run, planned.folder) == (0, first.folder)
    assert {f.name: f.read_bytes() for f in first.folder.iterdir()} == before


def test_status_tells_work_left_and_not_time_on_the_clock(tmp_path: Path) -> None:
    """Runs that sleep take half a second and hardly any work."""
    sleeping = {"params.seconds": 0.5, "design.grid": {"params.number": [1, 2]}}
    study(tmp_path, **sleeping)
    longer = {**sleeping, "design.grid": {"params.number": [1, 2, 3, 4]}}
    planned = plan_study(request_from_mapping({**BASE, "paths.outputs": str(tmp_path), **longer}))
    found = read_status(planned.folder)
    assert found.runs["remaining"] == 2
    assert 0 < found.cpu_seconds_left < 0.5


def test_a_moved_study_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, moved = tmp_path / "here", tmp_path / "there" / "renamed"
    here.mkdir()
    moved.parent.mkdir()
    monkeypatch.chdir(here)
    Path("input.txt").write_text("5")
    first = study(
        Path("outputs"),
        **{
            "design.grid": {"params.number": list(range(6))}, "params.guilty": 3,
            "params.fault": "raise", "params.marker": str(tmp_path / "once"),
            "params.input": "input.txt", "execution.fail_fast": True,
        },
    )  # fmt: skip
    assert (first.exit_code, first.counts["done"]) == (3, 3)
    run_id = first.plan["run_id"].iloc[0]
    shutil.move(here / "outputs" / "s", moved)
    monkeypatch.chdir(tmp_path)
    place = find_plan(moved.parent, "renamed")
    assert read_status(place).runs["remaining"] == 2
    resumed = resume_study(place)
    assert (resumed.study, resumed.counts["done"]) == ("renamed", 5)
    assert resumed.called == "there/renamed"
    assert retry_study(place).counts["done"] == 6
    assert verify_study(place, 1.0).ok
    assert rerun(moved.parent, run_id).agrees
    (here / "input.txt").unlink()
    with pytest.raises(PlanError, match=r"input\.txt"):
        resume_study(place)
