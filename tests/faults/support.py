"""Run the command line in processes of its own, look after them, and look at study folders."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from runner.store import Ledger, StudyFolder
from tests import forks
from tests.forks import Forked, servers

ROOT = Path(__file__).resolve().parents[2]
ENGINES = Path(__file__).parent / "engines"
PATIENCE_S = 120.0  # never a measure of speed: only keeps a broken test from hanging


def environment(**changed: str) -> dict[str, str]:
    """Return this process's environment with the misbehaving engine installed."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ENGINES), str(ROOT)]), **changed}


def command(*words: str) -> list[str]:
    """Return the words that start a command as a user does."""
    return [sys.executable, "-m", "runner", *words]


def only_results(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command's words so that it neither records a study nor writes a report."""
    return (*words, "tracking=none", "report=none") if words[:1] == ("run",) else words


def cli(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, in a process that was forked with all that it imports."""
    return started(*words, folder=folder).completed(PATIENCE_S)


def started(*words: str, folder: Path) -> Forked:
    """Start such a command, in a session of its own, and return at once."""
    address = servers.cluster() if "execution=dask" in words else servers.commands()
    return forks.started(
        address, "runner", *only_results(words), folder=folder, environment=environment()
    )  # fmt: skip


def started_as_usual(*words: str, folder: Path) -> subprocess.Popen[str]:
    """Start such a command as a user does."""
    return subprocess.Popen(
        command(*only_results(words)), cwd=folder, env=environment(), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=_hear_interruptions,
    )  # fmt: skip


def _hear_interruptions() -> None:
    """Undo what a shell does to its background jobs, which these tests may run in."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def limited(size: int, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run such a command where no file may grow beyond so many bytes."""
    return forks.run(
        servers.commands(), "tests.faults.limited", str(size), *only_results(words), folder=folder,
        environment=environment(), timeout=PATIENCE_S,
    )  # fmt: skip


def study_words(name: str, *words: str) -> tuple[str, ...]:
    """Return the overrides of a small study of the misbehaving engine on two workers."""
    return (
        "engine=faulty", f"study.name={name}", "execution.n_jobs=2", "execution.part_runs=2",
        *words,
    )  # fmt: skip


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the JSON object a command printed."""
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"no JSON\n{done.stdout}\n{done.stderr}") from None
    return found


def workers_of(parent: int) -> list[psutil.Process]:
    """Return a process's loky workers: neither its resource tracker nor anything else."""
    try:
        children = psutil.Process(parent).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if _is_worker(child)]


def _is_worker(process: psutil.Process) -> bool:
    try:
        words = " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False
    return "popen_loky_posix" in words and "resource_tracker" not in words


def wait_until(holds: Callable[[], Any], what: str) -> None:
    """Wait for a condition; fail when it does not come about in a very long time."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


def gone(processes: list[psutil.Process]) -> bool:
    """Tell whether all of these processes have ended."""
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def ledger_runs(study: Path) -> int:
    """Return how many runs the ledger holds."""
    return len(Ledger(StudyFolder(root=study).ledger_file).read())


def orphans(study: Path) -> list[Path]:
    """Return files below a study folder that nobody knows: left-over parts, temporary files."""
    folder = StudyFolder(root=study)
    states = Ledger(folder.ledger_file).read()
    known = {folder.part_file(t, f.part) for s in states.values() for t, f in s.parts.items()}
    found = {f for f in folder.parts.rglob("*") if f.is_file()} - known
    return sorted(found | {*study.rglob("*.tmp"), *study.glob(".latest-*")})
