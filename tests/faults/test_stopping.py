"""Studies that are stopped, blocked or starved say why, and name the command that goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.support import (
    PATIENCE_S,
    answer,
    cli,
    environment,
    gone,
    ledger_runs,
    limited,
    orphans,
    started,
    started_as_usual,
    study_words,
    wait_until,
    workers_of,
)

SLOW = ("params.number=range(0,40)", "params.seconds=0.15")


@pytest.mark.parametrize(
    ("to_all", "backend"),
    [
        (False, "loky"),
        (True, "loky"),  # Ctrl-C at a terminal reaches every process
        (False, "threading"),
        (False, "sequential"),
    ],
)
def test_an_interrupted_study_stops_cleanly_and_resumes(
    tmp_path: Path, to_all: bool, backend: str
) -> None:
    jobs = "execution.n_jobs=1" if backend == "sequential" else "execution.n_jobs=2"
    words = study_words("night", *SLOW, f"execution.backend={backend}", jobs)
    process = (started_as_usual if to_all else started)("run", *words, folder=tmp_path)
    study = tmp_path / "outputs" / "night"
    wait_until(lambda: ledger_runs(study) >= 4, "the first parts")
    workers = workers_of(process.pid)
    assert len(workers) == (2 if backend == "loky" else 0)
    (os.killpg if to_all else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "Continue with: python -m runner resume night" in err
    assert "Traceback" not in err.split("interrupted;")[1]
    assert out == ""
    wait_until(lambda: gone(workers), "the end of the workers")
    kept = ledger_runs(study)
    assert 4 <= kept < 40
    if backend == "loky" and not to_all:
        resumed = answer(cli("resume", "night", "--json", folder=tmp_path))
        assert resumed["runs"] == {
            "planned": 40, "done": 40, "failed": 0, "timeout": 0, "executed": 40 - kept,
        }  # fmt: skip
        assert orphans(study) == []


def test_workers_end_with_their_parent_even_in_the_middle_of_a_run(tmp_path: Path) -> None:
    words = study_words("long", "params.number=range(0,4)", "params.seconds=3000")
    process = started("run", *words, folder=tmp_path)
    begun = tmp_path / "outputs" / "long" / "latest"
    wait_until(lambda: begun.exists() and len(workers_of(process.pid)) == 2, "the workers")
    workers = workers_of(process.pid)
    # a worker watches its parent from its first part on
    wait_until(lambda: all(w.num_threads() > 1 for w in workers), "the first runs")
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    wait_until(lambda: gone(workers), "the end of the workers")


def test_a_second_process_is_turned_away(tmp_path: Path) -> None:
    words = study_words("shared", "params.number=range(0,40)")
    process = started("run", *words, "params.seconds=600", folder=tmp_path)
    latest = tmp_path / "outputs" / "shared" / "latest"
    wait_until(lambda: latest.exists() and workers_of(process.pid), "the first runs")
    for other in (("run", *words), ("resume", "shared")):
        done = cli(*other, folder=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "another process is running this study in" in done.stderr
    assert cli("status", "shared", folder=tmp_path).returncode == 0
    assert process.poll() is None
    process.terminate()
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Continue with: python -m runner resume shared" in err


def test_a_full_disk_stops_the_study_and_is_told(tmp_path: Path) -> None:
    """Files may hold 9 kB: less than the part of a table, more than the ledger."""
    words = ("execution.part_runs=4", "params.number=range(0,16)", "params.rows=3000")
    done = limited(9_000, "run", *study_words("full", *words), "--json", folder=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "cannot store results (" in done.stderr
    assert "File too large" in done.stderr
    assert "continue with `python -m runner resume full`" in done.stderr
    assert answer(done)["exit_code"] == 3
    assert "Traceback" not in done.stderr
    resumed = answer(cli("resume", "full", "--json", folder=tmp_path))
    assert resumed["runs"]["done"] == 16
    assert orphans(tmp_path / "outputs" / "full") == []


def test_a_full_ledger_stops_the_study_and_is_told(tmp_path: Path) -> None:
    """The parts are small here; the ledger is the first file to grow too large."""
    words = ("execution.part_runs=1", "params.number=range(0,60)", "collect=metrics")
    alone = study_words("full", *words, "execution.n_jobs=1")
    done = limited(9_000, "run", *alone, folder=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "ledger.jsonl (File too large)" in done.stderr
    assert "python -m runner resume full" in done.stderr
    resumed = answer(cli("resume", "full", "--json", folder=tmp_path))
    assert resumed["runs"]["done"] == 60
    assert 0 < resumed["runs"]["executed"] < 60


def test_a_place_that_cannot_be_written_is_a_mistake_in_the_command(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file/results", "/proc/results"):
        done = cli("run", *study_words("x", f"paths.outputs={place}"), folder=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "cannot write to" in done.stderr
        assert "choose another place with paths.outputs=" in done.stderr


def test_the_parents_memory_does_not_grow_with_tables(tmp_path: Path) -> None:
    """What 120 more runs of 20,000 rows write (about 55 MB) must not stay in the parent.

    It writes the report too, for which it reads all rows.
    """
    peaks = []
    for runs in (20, 140):
        words = study_words(
            f"m{runs}", f"design.replicates={runs}", "params.rows=20000", "execution.part_runs=5"
        )
        script = (
            "import resource, sys\n"
            "from runner.cli import run_command_line\n"
            "code = run_command_line(sys.argv[1:])\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
            "sys.exit(code)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, "run", *words, "tracking=none"], cwd=tmp_path,
            env=environment(), capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] - peaks[0] < 20_000, peaks  # kB
