"""`verify` finds every damage to a study's files, `resume` repairs it, numbers stay the same."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from runner import run_study
from runner.audit import rerun, verify_study
from runner.contract import RunnerError, StoreError
from runner.report.status import find_plan, read_status
from runner.results import StudyResults
from runner.resume import resume_study
from tests.faults.support import orphans

RUNS = 6
DAMAGES = ("flip", "cut", "delete")


def study(outputs: Path, **more: Any) -> StudyResults:
    return run_study(
        {
            "engine": "faulty", "study.name": "s", "paths.outputs": str(outputs),
            "execution": {"backend": "sequential", "n_jobs": 1, "part_runs": 2},
            "design.grid": {"params.number": [0, 1, 2]}, "design.replicates": 2,
            "design.variables": {
                "params.rows": {
                    "treatment": "random", "distribution": "uniform", "min": 2, "max": 9,
                }
            },
            **more,
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    return study(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def place(whole: StudyResults, tmp_path: Path) -> Path:
    """Return the plan's folder in a copy of the study, in another place."""
    shutil.copytree(whole.folder.parents[1], tmp_path / "moved" / "s", symlinks=True)
    return tmp_path / "moved" / "s" / "plans" / whole.folder.name


FILES = (
    "plans/*/acceptance.csv", "plans/*/acceptance.parquet", "plans/*/acceptance_by_run.parquet",
    "plans/*/study.yaml", "plans/*/invocation.yaml", "plans/*/environment.json",
    "plans/*/variable_draws.csv", "plans/*/plan.parquet", "plans/*/metrics.parquet",
    "plans/*/runs.parquet", "plans/*/metrics_by_cell.parquet", "plans/*/metrics_by_cell.csv",
    "plans/*/variance_budget.csv", "plans/*/variance_budget.parquet",
    "plans/*/run_summary.json", "plans/*/SHA256SUMS", "runs/ledger.jsonl",
    "runs/parts/metrics/* 0", "runs/parts/metrics/* 1", "runs/parts/metrics/* 2",
    "runs/parts/steps/* 0", "runs/parts/steps/* 1", "runs/parts/steps/* 2",
)  # fmt: skip
SOURCE = "plans/*/study.json"


def file_of(root: Path, pattern: str) -> Path:
    glob, _, number = pattern.partition(" ")
    return sorted(root.glob(glob))[int(number or 0)]


def do_damage(file: Path, damage: str) -> None:
    content = bytearray(file.read_bytes())
    digest = hashlib.sha256(f"{file.parent.name}/{file.name}/{damage}".encode()).digest()
    spot = int.from_bytes(digest[:6], "big") % max(len(content), 1)
    if damage == "delete":
        file.unlink()
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "cut":
        file.write_bytes(content[:spot])
    else:
        content[spot] ^= 1 << (digest[6] % 8)
        file.write_bytes(content)


def problems_of(place: Path) -> tuple[str, ...]:
    """Return what verify finds; where it cannot even begin the study is run again, as it says."""
    try:
        return verify_study(place, 0.01).problems
    except StoreError as error:
        study(place.parents[2])
        return (str(error),)


def test_every_file_is_tried(whole: StudyResults) -> None:
    root = whole.folder.parents[1]
    tried = {file_of(root, pattern) for pattern in (*FILES, SOURCE)}
    present = {f for f in root.rglob("*") if f.is_file() and "latest" not in f.parts}
    assert tried == {f for f in present if f.name != ".lock"}


@pytest.mark.parametrize("pattern", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_repaired(
    whole: StudyResults, place: Path, pattern: str, damage: str
) -> None:
    do_damage(file_of(place.parents[1], pattern), damage)
    assert problems_of(place)
    resumed = resume_study(place)
    assert resumed.results_hash == whole.results_hash
    assert resumed.counts["done"] == RUNS
    assert verify_study(place, 1.0).problems == ()
    assert orphans(place.parents[1]) == []
    assert resumed.metrics.equals(whole.metrics)
    assert resumed.table("steps").equals(whole.table("steps"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_study_is_named_and_run_anew(
    whole: StudyResults, place: Path, damage: str
) -> None:
    do_damage(place / "study.json", damage)
    for command in (lambda: verify_study(place, 1.0), lambda: resume_study(place)):
        with pytest.raises(StoreError, match=r"study\.json (cannot be read|is damaged).*run the"):
            command()
    again = study(place.parents[2])
    assert again.counts["executed"] == 0
    assert verify_study(place, 1.0).problems == ()


def test_status_tells_a_damaged_plan(place: Path) -> None:
    do_damage(place / "plan.parquet", "empty")
    with pytest.raises(StoreError, match=r"plan.parquet is damaged or missing .* resume .* anew"):
        read_status(place)
    do_damage(place / "plan.parquet", "delete")
    assert find_plan(place.parents[2], "s") == place
    do_damage(place / "run_summary.json", "cut")
    resume_study(place)
    assert read_status(place).runs["done"] == RUNS


def test_status_counts_what_a_resume_would_run(place: Path) -> None:
    do_damage(file_of(place.parents[1], "runs/parts/metrics/* 1"), "cut")
    found = read_status(place)
    assert (found.runs["remaining"], found.damaged_files, found.results_hash) == (2, 1, None)


def test_repairs_are_named(place: Path) -> None:
    ledger = place.parents[1] / "runs" / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    part = json.loads(lines[1])["part"]
    do_damage(place.parents[1] / f"runs/parts/metrics/{part}.parquet", "flip")
    do_damage(place / "environment.json", "flip")
    ledger.write_bytes(b"".join([lines[0].replace(b"done", b"dome"), *lines[1:]]))
    text = " ".join(resume_study(place).notes)
    assert "written anew: environment.json (environment.json: as of now)" in text
    assert "ledger lines 1 were unreadable; their runs were recomputed" in text
    assert f"1 damaged part files, their runs were recomputed: metrics/{part}" in text


def test_a_part_that_the_ledger_does_not_know_is_cleared_away(
    whole: StudyResults, place: Path
) -> None:
    root = place.parents[1]
    ledger = root / "runs" / "ledger.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    for name in ("runs/parts/steps/.x.parquet.1.tmp", "plans/.y/.z.1.tmp", "runs/.l.1.tmp"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("left over")
    assert len(orphans(root)) == 5
    resumed = resume_study(place)
    assert (resumed.counts["executed"], resumed.results_hash) == (2, whole.results_hash)
    assert orphans(root) == []
    assert len(resumed.table("steps")) == len(whole.table("steps"))


def test_a_plan_minds_its_own_runs_alone(place: Path) -> None:
    """Damage to another plan's parts is that plan's to find, and is left for it to repair."""
    outputs, first = place.parents[2], place
    second = study(outputs, **{"design.grid": {"params.number": [0, 7]}})
    for file in sorted((outputs / "s/runs/parts/metrics").iterdir()):
        do_damage(file, "flip")
    assert resume_study(second.folder).counts["executed"] == 4
    assert verify_study(second.folder, 1.0).ok
    assert not verify_study(first, 1.0).ok
    resume_study(first)
    assert verify_study(first, 1.0).ok
    assert verify_study(second.folder, 1.0).ok
    assert orphans(outputs / "s") == []


def test_a_plan_whose_runs_another_plan_changed_says_so(tmp_path: Path) -> None:
    bad = {"params.guilty": 0, "params.fault": "raise", "params.marker": str(tmp_path / "once")}
    grid = {"design.replicates": 1, **bad}
    first = study(tmp_path, **grid, **{"design.grid": {"params.number": [0, 1]}})
    assert first.counts["failed"] == 1
    second = study(tmp_path, **grid, **{"design.grid": {"params.number": [0, 1, 2]}})
    assert second.counts["failed"] == 1
    resumed = resume_study(second.folder, again=lambda record: True)
    assert (resumed.counts["done"], resumed.counts["executed"]) == (3, 1)
    assert "the plan's summary tells" in " ".join(verify_study(first.folder, 1.0).problems)
    assert resume_study(first.folder).counts["executed"] == 0
    assert verify_study(first.folder, 1.0).ok


def test_rerun_gives_what_the_ledger_holds(whole: StudyResults, place: Path) -> None:
    for run_id in whole.plan["run_id"]:
        result = rerun(place.parents[2], run_id[:12])
        assert result.agrees is True
        assert result.record.run_id == run_id
    (place / "plan.parquet").write_bytes(b"damaged")
    with pytest.raises(StoreError, match=r"no plan that can be read: `resume` writes a damaged"):
        rerun(place.parents[2], whole.plan["run_id"].iloc[0])


def test_numbers_that_were_changed_together_with_their_sums_are_found(
    whole: StudyResults, place: Path
) -> None:
    """A forged ledger: verify computes the run again."""
    ledger = place.parents[1] / "runs" / "ledger.jsonl"
    old = next(iter(whole.runs["metrics_hash"]))
    texts = ledger.read_text().replace(old, "0" * 32).splitlines()
    with open(ledger, "w") as stream:
        for text in texts:
            entry = json.loads(text)
            entry.pop("check")
            body = json.dumps(entry)
            check = hashlib.blake2b(body.encode(), digest_size=6).hexdigest()
            stream.write(f'{body[:-1]}, "check": "{check}"}}\n')
    text = " ".join(verify_study(place, 1.0).problems)
    assert "its stored metrics do not have the ledger's hash" in text
    assert "computing it again gives other numbers" in text


def test_in_another_environment_numbers_may_differ_in_their_last_bits(place: Path) -> None:
    known = json.loads((place / "environment.json").read_text())
    known["packages"]["numpy"] = "1.0"
    (place / "environment.json").write_text(json.dumps(known))
    report = verify_study(place, 1.0)
    assert not report.exact
    assert report.problems == ("plan file environment.json: its content has changed",)


def test_nothing_but_a_study_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match=r"no study or plan 'x' in .*"):
        find_plan(tmp_path, "x")
