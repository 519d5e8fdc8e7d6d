"""Start the processes that are measured, and tell what each of them used."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.jobs import Numbers
from tests.benchmarks.tiny_engines import installed

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Bench:
    """An empty folder for the studies, and the environment in which the tiny engines exist."""

    folder: Path
    environment: Mapping[str, str]

    def job(self, name: str, /, **wanted: Any) -> Numbers:
        """Run a job of `tests.benchmarks.jobs` in a process of its own; return what it tells."""
        output = self._finished("tests.benchmarks.jobs", name, json.dumps(wanted))
        found: Numbers = json.loads(output.splitlines()[-1])
        return found

    def hydra(self, words: Sequence[str]) -> float:
        """Run the Hydra application with these words; return its CPU seconds."""
        told = self.folder / "hydra-cpu"
        sweep = f"hydra.sweep.dir={self.folder / 'hydra'}"
        self._finished(
            "tests.benchmarks.hydra_job", "--multirun", sweep, *words, BENCH_HYDRA_OUT=str(told)
        )
        return float(told.read_text())

    def command(self, *words: str) -> Numbers:
        """Run `python -m runner`; return its CPU and wall seconds."""
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "runner", *words],
            cwd=ROOT,
            env=dict(self.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"runner {' '.join(words)} ended with {process.returncode}")
        return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall}

    def outputs(self) -> str:
        """Return a folder for results that no other study uses."""
        return str(self.folder / f"outputs-{time.monotonic_ns()}")

    def completed(
        self, module: str, words: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m MODULE WORDS` to its end."""
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=ROOT,
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def _finished(self, module: str, *words: str, **extra: str) -> str:
        done = self.completed(module, words, {**self.environment, **extra})
        if done.returncode != 0:
            raise SystemExit(f"{module} {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def prepared(folder: Path) -> Bench:
    """Return a bench that works in an empty folder."""
    packages = installed(folder / "packages")
    path = os.pathsep.join([str(packages), str(ROOT)])
    return Bench(folder, {**os.environ, "PYTHONPATH": path})


def medians(repeats: int, measure: Callable[[], Numbers]) -> Numbers:
    """Return the median of each number over some repeats."""
    found = [measure() for _ in range(repeats)]
    return {name: statistics.median(one[name] for one in found) for name in found[0]}
