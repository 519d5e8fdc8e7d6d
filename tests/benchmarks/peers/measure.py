"""Run a side and watch it: seconds, memory of all its processes; kill it and see what is left."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.peers.sides import ROOT, Side

_LOOK_S = 0.05
_GONE_WITHIN_S = 15.0
_MOST_SAID = 2000
_MB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one command used: wall and CPU seconds, peak memory in MB; what it stored.

    Memory is that of the whole tree of processes, shared pages counted once (PSS), as seen
    every 50 ms.
    """

    wall: float
    cpu: float
    peak_mb: float
    runs: int
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What became of a command whose process was killed with SIGKILL.

    `called` models had been started by then, `kept` results are on disk, `orphans` of its
    processes still lived 15 s later, `late` models were called after the kill, and the same command
    again called `again` models, to end with `runs` results.
    """

    planned: int
    called: int
    kept: int
    orphans: int
    late: int
    again: int
    runs: int


def ran(side: Side, packages: Path, runs: int, loops: int) -> Ran:
    """Run the work to its end in an empty folder."""
    with _folder() as folder:
        began = time.perf_counter()
        words, environment = side.words(folder, runs, loops), side.environment(folder, packages)
        process = _started(words, folder, environment)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _memory_mb(process.pid))
            time.sleep(_LOOK_S)
        wall = time.perf_counter() - began
        told = _told(side, process, folder)
        return Ran(wall=wall, peak_mb=peak, cpu=told["cpu"], runs=int(told["runs"]),
                   total=told["total"])  # fmt: skip


def killed(side: Side, packages: Path, runs: int, loops: int, after: int) -> Killed:
    """Kill the process once `after` models have been called, then give the command again."""
    with _folder() as folder:
        calls = folder / "calls"
        words = side.words(folder, runs, loops)
        environment = side.environment(folder, packages, calls)
        process = _started(words, folder, environment)
        while _size(calls) < after and process.poll() is None:
            time.sleep(_LOOK_S)
        if process.poll() is not None:
            raise SystemExit(f"{side.name} ended before it could be killed")
        tree = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        called = _size(calls)
        kept = side.kept(folder)
        alive = psutil.wait_procs(tree, timeout=_GONE_WITHIN_S)[1]
        for orphan in alive:  # started by us, and in nobody's care any more
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.kill()
        before = _size(calls)
        told = _told(side, _started(words, folder, environment), folder)
        return Killed(
            planned=runs, called=called, kept=kept, orphans=len(alive), late=before - called,
            again=_size(calls) - before, runs=int(told["runs"]),
        )  # fmt: skip


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cohortsweep-peer-") as name:
        yield Path(name)


def _started(words: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    with open(folder / "said", "w") as said:
        return subprocess.Popen(
            words,
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _told(side: Side, process: subprocess.Popen[str], folder: Path) -> dict[str, float]:
    if process.wait() != 0:
        raise SystemExit(f"{side.name} failed:\n{(folder / 'said').read_text()[-_MOST_SAID:]}")
    found: dict[str, float] = json.loads((folder / "told.json").read_text())
    return found


def _memory_mb(pid: int) -> float:
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += process.memory_full_info().pss / _MB
    return total


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
