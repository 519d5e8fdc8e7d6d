"""MLflow may be down, hang, or die midway: the study ends as it would, and `sync` repairs."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.forks import Forked
from tests.mlflow_support import (
    PATIENCE_S,
    Server,
    answer,
    cli,
    database,
    dump,
    forked,
    forked_start,
    free_port,
    recorded_study,
    tables,
    with_tables,
)

SMALL = (
    "engine=linear_null", "design.replicates=3", "params.entities=5", "horizon=2",
    "execution.backend=sequential", "execution.n_jobs=1", "report=none",
)  # fmt: skip
FAILING = "acceptance.never={metric: mean_outcome, at_most: 0}"
SAID = "cohortsweep: not recorded in MLflow: "


def test_a_server_that_is_down(tmp_path: Path) -> None:
    """The verdict's exit code, one clear line, and all results, with nothing forked."""
    uri = f"http://127.0.0.1:{free_port()}"
    done = cli("run", *SMALL, FAILING, "study.name=down", "tracking=server", f"tracking.uri={uri}",
               "--json", folder=tmp_path)  # fmt: skip
    found = answer(done)
    assert done.returncode == found["exit_code"] == 1
    (line,) = [line for line in done.stderr.splitlines() if "MLflow" in line]
    assert line.startswith(f"{SAID}{uri}: ")
    assert "refused" in line
    assert "timeout_s" not in line
    assert line.endswith("results are stored, record them with: python -m runner sync down")
    assert line.removeprefix("cohortsweep: ") in found["notes"]
    assert "Traceback" not in done.stderr
    assert (Path(found["folder"]) / "SHA256SUMS").is_file()


def test_sync_to_a_server_that_is_down_is_an_error(tmp_path: Path) -> None:
    assert forked("run", *SMALL, "tracking=none", folder=tmp_path).returncode == 0
    uri = f"http://127.0.0.1:{free_port()}"
    done = forked("sync", "--uri", uri, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"cohortsweep: cannot record in MLflow: {uri}: ")
    assert "(0 of 1 plans are recorded)" in done.stderr


@pytest.fixture
def silent() -> Iterator[str]:
    """Yield the address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def hold() -> None:
            while True:
                try:
                    held.append(listening.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=hold)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


def test_a_server_that_never_answers(tmp_path: Path, silent: str) -> None:
    began = time.monotonic()
    done = forked("run", *SMALL, "tracking=server", f"tracking.uri={silent}",
                  "tracking.timeout_s=2", folder=tmp_path)  # fmt: skip
    assert time.monotonic() - began < PATIENCE_S / 2
    assert done.returncode == 0
    assert f"{SAID}{silent}: it was not done within tracking.timeout_s=2;" in done.stderr


def test_a_recorder_that_is_cut_off_leaves_nothing_wrong(tmp_path: Path) -> None:
    """Whatever stands in the database afterwards, `sync` makes it right."""
    words = ("run", *SMALL, "params.baseline=1,2,3", "tracking.timeout_s=0.01")
    done = forked(*words, folder=tmp_path, is_recorder_forked=False)
    assert done.returncode == 0
    assert SAID in done.stderr
    assert forked("sync", folder=tmp_path).returncode == 0
    assert len(dump(database(tmp_path))["linear_null"].cells) == 3


def test_half_written_and_doubled_runs_are_replaced(tmp_path: Path) -> None:
    """A cell without its hash is incomplete; a second run of a cell is one too many."""
    with_tables(tmp_path)
    assert forked("run", *SMALL, "params.baseline=1,2,3", folder=tmp_path).returncode == 0
    before = dump(database(tmp_path))["linear_null"]
    torn, moved = before.cells[0].run_id, before.cells[2].run_id
    with closing(sqlite3.connect(tmp_path / "outputs" / "mlflow.db")) as store, store:
        store.execute("delete from tags where key = 'synced_hash' and run_uuid = ?", [torn])
        store.execute(
            "update tags set value = '1' where key = 'grid_index' and run_uuid = ?", [moved]
        )
    (plan,) = answer(forked("sync", "--json", folder=tmp_path))["plans"]
    assert (plan["written"], plan["unchanged"], plan["removed"]) == (2, 1, 2)
    after = dump(database(tmp_path))["linear_null"]
    assert after.content() == before.content()
    assert after.plan.run_id == before.plan.run_id


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that tests start if it does not run, and may kill."""
    found = Server(tmp_path_factory.mktemp("server"), workers=1)
    found.database.write_bytes(tables())
    yield found
    found.kill()


@pytest.mark.slow
def test_a_server_killed_midway(serving: Server, tmp_path: Path) -> None:
    """The run ends with its code and says so; `sync` finishes the job; twice changes nothing."""
    cells = 50
    uri = serving.start()
    process = forked_start(
        "run", *SMALL, FAILING, f"params.baseline=range(0,{cells})", "tracking=server",
        f"tracking.uri={uri}", "study.name=cut", folder=tmp_path,
    )  # fmt: skip
    _wait_for_cells(serving.database, 5, process)
    serving.kill()
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert f"{SAID}{uri}: " in errors
    serving.start()
    (plan,) = answer(forked("sync", "--json", folder=tmp_path))["plans"]
    assert 5 <= plan["unchanged"] < cells
    assert plan["written"] == cells - plan["unchanged"]
    (again,) = answer(forked("sync", "--json", folder=tmp_path))["plans"]
    assert (again["written"], again["unchanged"], again["removed"]) == (0, cells, 0)


def _wait_for_cells(file: Path, count: int, process: Forked) -> None:
    """Wait for this many more cells in a database."""
    end = time.monotonic() + PATIENCE_S
    query = "select count(*) from tags where key = 'synced_hash'"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        (before,) = store.execute(query).fetchone()
        while time.monotonic() < end:
            assert process.poll() is None, "all was recorded before it could be cut off"
            if store.execute(query).fetchone()[0] >= before + count:
                return
            time.sleep(0.01)
    raise AssertionError("waited in vain for cells")


def test_the_recorder_killed_midway(tmp_path: Path) -> None:
    """As when memory runs out: the study ends with its code and says so."""
    cells = 80
    words = ("run", *SMALL, FAILING, f"params.baseline=range(0,{cells})")
    process = forked_start(*words, folder=with_tables(tmp_path), is_recorder_forked=False)
    recorder = _recorder_of(process.pid)
    _wait_for_cells(tmp_path / "outputs" / "mlflow.db", 5, process)
    recorder.send_signal(signal.SIGKILL)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert f"{SAID}the recording process ended with code -9" in errors
    (plan,) = answer(forked("sync", "--json", folder=tmp_path))["plans"]
    assert 5 <= plan["unchanged"] < cells
    assert plan["written"] + plan["unchanged"] == cells


def _recorder_of(parent: int) -> psutil.Process:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        for child in psutil.Process(parent).children():
            if child.cmdline()[-1:] == ["runner.track"]:
                return child
        time.sleep(0.02)
    raise AssertionError("waited in vain for the recorder")


def test_two_studies_at_once_on_a_fresh_database(tmp_path: Path) -> None:
    names = ("left", "right")
    both = [
        forked_start(
            "run", *SMALL, "params.baseline=range(0,5)", f"study.name={n}", folder=tmp_path
        )
        for n in names
    ]
    for process in both:
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, "MLflow" in errors) == (0, False), errors
    found = dump(database(tmp_path))
    assert {name: len(found[name].cells) for name in found} == {"left": 5, "right": 5}


def test_an_unwritable_database(tmp_path: Path) -> None:
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "mlflow.db").write_text("this is no database, but a long text" * 100)
    done = forked("run", *SMALL, folder=tmp_path)
    assert done.returncode == 0
    assert SAID in done.stderr
    assert "not a database" in done.stderr


def test_sync_while_the_study_runs(tmp_path: Path) -> None:
    assert forked("run", *SMALL, "tracking=none", folder=tmp_path).returncode == 0
    words = ("params.baseline=range(0,600)", "execution.part_runs=1", "tracking=none")
    process = forked_start("run", *SMALL, *words, folder=tmp_path)
    ledger = tmp_path / "outputs" / "linear_null" / "runs" / "ledger.jsonl"
    size = ledger.stat().st_size
    end = time.monotonic() + PATIENCE_S
    while ledger.stat().st_size == size and time.monotonic() < end:
        time.sleep(0.01)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        first = min((tmp_path / "outputs/linear_null/plans").iterdir(), key=_is_unfinished)
        done = forked("sync", str(first), folder=tmp_path)
    finally:
        process.end()
    assert done.returncode == 2
    assert "another process is running this study" in done.stderr


def _is_unfinished(place: Path) -> bool:
    return not (place / "run_summary.json").is_file()


def test_a_study_of_many_metrics_through_a_server(serving: Server, tmp_path: Path) -> None:
    """Every value arrives; how long a large study takes is measured by the benchmark."""
    words = (*recorded_study(8, 12), "study.name=many", "--json")
    ran = answer(forked("run", *words, folder=tmp_path))
    (plan,) = answer(forked("sync", "--uri", serving.start(), "--json", folder=tmp_path))["plans"]
    assert (plan["written"], plan["unchanged"]) == (8, 0)
    assert ran["runs"]["done"] == 8 * 12
    with closing(sqlite3.connect(serving.database)) as store:
        points = store.execute(
            "select count(*), count(distinct key), count(distinct run_uuid) "
            "from metrics join runs using (run_uuid) join experiments using (experiment_id) "
            "where key like 'replicates/%' and experiments.name = 'many'"
        ).fetchone()
    assert points == (8 * 12 * 20, 20, 8)
