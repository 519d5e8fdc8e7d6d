"""Run the command line and MLflow in processes of their own, and read back what was recorded.

MLflow changes much of the process that imports it, so that no test imports it here. Commands start
as a user starts them, or, where their start is not the point, are forked together with the process
that records.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import forks
from tests.forks import servers

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 300.0  # never a measure of speed: only keeps a broken test from hanging


@dataclass(frozen=True, slots=True)
class Dumped:
    """One run as MLflow gives it back; `history` maps each metric to its number of points."""

    run_id: str
    name: str
    status: str
    start_time: int
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    history: Mapping[str, int]
    artifacts: Mapping[str, str]

    def content(self) -> dict[str, Any]:
        """What must be equal when the run is recorded again under another id."""
        tags = {k: v for k, v in self.tags.items() if k != "mlflow.parentRunId"}
        return {
            "name": self.name, "status": self.status, "start_time": self.start_time, "tags": tags,
            "params": self.params, "metrics": self.metrics, "history": self.history,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Experiment:
    """All active runs of an experiment: plans with their cells in plan order, calibrations."""

    name: str
    plans: tuple[Dumped, ...]
    cells: tuple[Dumped, ...]
    calibrations: tuple[Dumped, ...] = ()
    trials: tuple[Dumped, ...] = ()

    @property
    def plan(self) -> Dumped:
        (only,) = self.plans
        return only

    def content(self) -> list[dict[str, Any]]:
        return [run.content() for run in (*self.plans, *self.cells)]

    def run_ids(self) -> list[str]:
        return [run.run_id for run in (*self.plans, *self.cells)]


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def cli(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "runner", *words], cwd=folder, env=environment(),
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def forked(
    *words: str, folder: Path, is_recorder_forked: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end that need not import anything; nor must what it records with."""
    process = forked_start(*words, folder=folder, is_recorder_forked=is_recorder_forked)
    return process.completed(PATIENCE_S)


def forked_start(*words: str, folder: Path, is_recorder_forked: bool = True) -> forks.Forked:
    """Start the same and return at once."""
    instead = ("tests.forks.recording", servers.recorder()) if is_recorder_forked else ("runner",)
    return forks.started(
        servers.commands(), *instead, *words, folder=folder, environment=environment()
    )  # fmt: skip


def with_tables(folder: Path) -> Path:
    """Put a database with MLflow's tables, and nothing in them, where studies will be recorded."""
    (folder / "outputs").mkdir(exist_ok=True)
    (folder / "outputs" / "mlflow.db").write_bytes(tables())
    return folder


@functools.cache
def tables() -> bytes:
    """Return an empty database as MLflow makes it, which takes it a second."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "mlflow.db"
        request = json.dumps({"places": [], "uri": f"sqlite:///{file}"})
        done = forks.run(
            servers.recorder(), "runner.track", folder=Path(name), environment=environment(),
            given=request, timeout=PATIENCE_S,
        )  # fmt: skip
        assert json.loads(done.stdout) == {"recorded": [], "error": ""}, done.stderr
        with closing(sqlite3.connect(file)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return file.read_bytes()


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the JSON object a command printed."""
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def dump(uri: str, artifacts: Sequence[str] = ()) -> dict[str, Experiment]:
    """Return every experiment at an address, with the texts of some artifacts of the plans."""
    done = with_mlflow("tests.mlflow_support.dump", uri, *artifacts)
    return {name: _experiment(name, runs) for name, runs in json.loads(done.stdout).items()}


def with_mlflow(module: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a module in a process that has imported MLflow; it must succeed."""
    done = forks.run(
        servers.recorder(), module, *words, folder=ROOT, environment=environment(), given=given,
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def _experiment(name: str, runs: list[dict[str, Any]]) -> Experiment:
    dumped = [Dumped(**run) for run in runs]
    kinds: dict[str, list[Dumped]] = {"plan": [], "cell": [], "calibration": [], "trial": []}
    for run in dumped:
        kinds[run.tags["kind"]].append(run)
    plans, cells = kinds["plan"], kinds["cell"]
    return Experiment(
        name=name,
        plans=tuple(sorted(plans, key=lambda run: run.start_time)),
        cells=tuple(sorted(cells, key=lambda r: (r.tags["plan_id"], int(r.tags["grid_index"])))),
        calibrations=tuple(kinds["calibration"]),
        trials=tuple(kinds["trial"]),
    )


def database(folder: Path) -> str:
    return f"sqlite:///{folder / 'outputs' / 'mlflow.db'}"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Server:
    """A real MLflow server with its database and artifacts in a folder; it can be started again."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.database = folder / "server.db"
        self.uri = f"http://127.0.0.1:{free_port()}"
        self._folder = folder
        self._workers = workers
        self._process: forks.Forked | None = None

    def start(self) -> str:
        """Start it unless it runs already; return its address."""
        if self._process is None:
            self._process = forks.started(
                servers.recorder(), "mlflow", *self._words(), folder=self._folder,
                environment=environment(), log=self._folder / "server.log",
            )  # fmt: skip
            _wait_for(f"{self.uri}/health", self._process)
        return self.uri

    def kill(self) -> None:
        """Kill it and its workers at once."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def _words(self) -> list[str]:
        return [
            "server", "--backend-store-uri", f"sqlite:///{self.database}",
            "--artifacts-destination", str(self._folder / "artifacts"),
            "--host", "127.0.0.1", "--port", self.uri.rpartition(":")[2],
            "--workers", str(self._workers),
        ]  # fmt: skip


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Keep a server for the length of the block."""
    found = Server(folder)
    try:
        found.start()
        yield found
    finally:
        found.kill()


def _wait_for(url: str, process: forks.Forked) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as response:  # noqa: S310
            if response.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {url}")


def recorded_study(cells: int, replicates: int) -> tuple[str, ...]:
    """Return the words of a study with 20 metrics that is not recorded by its run."""
    kinds = ", ".join(f"k{i}: {{share: 0.05, shift: {i}}}" for i in range(14))
    return (
        "engine=linear_null", f"params.baseline=range(0,{cells})", "params.entities=400",
        f"design.replicates={replicates}", "horizon=2", "collect=metrics", "tracking=none",
        "report=none",
        f"params.archetypes={{light: {{share: auto}}, heavy: {{share: 0.1}}, {kinds}}}",
    )  # fmt: skip
