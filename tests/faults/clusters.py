"""Start a dask scheduler and workers as processes of their own, and look after them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests import forks
from tests.faults.support import environment, wait_until
from tests.forks import Forked, servers


@dataclass(slots=True)
class Cluster:
    """A scheduler on this machine and the workers that have been started for it."""

    folder: Path
    scheduler: subprocess.Popen[bytes] | Forked
    address: str
    nannies: list[subprocess.Popen[bytes] | Forked] = field(default_factory=list)

    @property
    def words(self) -> tuple[str, ...]:
        """Overrides that send a study here."""
        return ("execution=dask", f"execution.address={self.address}")

    def add(self, count: int = 1, **changed: str) -> None:
        """Start workers of one thread each, with changes to their environment."""
        number = len(self.nannies)
        words = [self.address, "--nworkers", str(count), "--nthreads", "1", "--no-dashboard"]
        words += ["--host", "127.0.0.1", "--local-directory", str(self.folder / f"at{number}")]
        self.nannies.append(
            started("dask_worker", *words, log=self.folder / f"worker{number}.log", **changed)
        )
        wait_until(lambda: self.log(number).count("Registered to") >= count, "the workers")

    def log(self, number: int = 0) -> str:
        return (self.folder / f"worker{number}.log").read_text(encoding="utf-8")

    def workers(self) -> list[psutil.Process]:
        """Return the processes that execute, which their nannies started."""
        found = []
        for nanny in self.nannies:
            for child in psutil.Process(nanny.pid).children(recursive=True):
                words = " ".join(child.cmdline())
                if "multiprocessing" in words and "resource_tracker" not in words:
                    found.append(child)
        return found

    def stop(self) -> None:
        """End every process."""
        left = [self.scheduler, *self.nannies]
        below = [c for p in left if p.poll() is None for c in psutil.Process(p.pid).children(True)]
        for process in left:
            process.send_signal(signal.SIGKILL)
            process.wait()
        for child in below:
            if child.is_running():
                child.kill()


def started(tool: str, *words: str, log: Path, **changed: str) -> subprocess.Popen[bytes] | Forked:
    """Start a tool of dask; it is forked unless its environment changes, which imports may read."""
    if not changed:
        return forks.started(
            servers.cluster(), f"distributed.cli.{tool}", *words, folder=log.parent, log=log,
            environment=environment(**servers.QUIET_DASK),
        )  # fmt: skip
    with open(log, "wb") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{tool}", *words],
            env=environment(**servers.QUIET_DASK, **changed), stdout=stream, stderr=stream,
            cwd=log.parent, start_new_session=True,
        )  # fmt: skip


@contextmanager
def cluster_in(folder: Path, workers: int = 2, **changed: str) -> Iterator[Cluster]:
    """Keep a cluster for the length of the block; its logs lie in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    scheduler = started("dask_scheduler", *words, log=folder / "scheduler.log")
    cluster = Cluster(folder, scheduler, "")
    try:
        wait_until(lambda: file.exists() and file.read_text(), "the scheduler")
        cluster.address = json.loads(file.read_text())["address"]
        if workers:
            cluster.add(workers, **changed)
        yield cluster
    finally:
        cluster.stop()
