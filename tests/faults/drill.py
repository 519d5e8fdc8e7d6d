"""Kill studies at random moments, resume them, and compare with a study that was left alone.

python -m tests.faults.drill --count 60 --write docs/reliability.md
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from runner.audit import verify_study
from tests import forks
from tests.faults.support import (
    ENGINES,
    PATIENCE_S,
    answer,
    command,
    environment,
    gone,
    ledger_runs,
    only_results,
    orphans,
    study_words,
    wait_until,
    workers_of,
)
from tests.forks import Forked, servers

N_WORKERS = 2
PART_RUNS = 3
RUNS = 90
SIZE = (
    "params.number=range(0,30)", "design.replicates=3", f"execution.n_jobs={N_WORKERS}",
    f"execution.part_runs={PART_RUNS}", "params.rows=50", "params.seconds=0.02",
)  # fmt: skip
KINDS = {
    "parent": "the main process, in `run`",
    "worker": "one of the two workers, in `run`",
    "workers": "both workers at once, in `run`",
    "all": "main process and both workers at once, in `run`",
    "twice": "the main process in `run`, and again in `resume`",
}
_BEFORE, _AFTER = 0.15, 0.9
_SLACK_S = 0.15
MARKS = ("<!-- drills: begin -->", "<!-- drills: end -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One kill to come: of what, and when.

    A moment up to 0.15 falls before the first run begins, one from 0.9 after the last one has
    begun, those between them after this share of the runs.
    """

    number: int
    kind: str
    moment: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The study left alone: its hash, and the seconds until its first run begins.

    `is_forked` when commands are forked with all that they import, instead of started as usual.
    """

    results_hash: str
    first_s: float
    is_forked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one drill; `faults` is empty when everything was as promised.

    `is_late` when the command had ended before it was killed; `kept` runs were in the ledger right
    after the kill; `lost` runs had been begun and had to be computed again; `left` files were no
    part of the results and were cleared away.
    """

    drill: Drill
    is_late: bool
    kept: int
    lost: int
    left: int
    resume_s: float
    faults: tuple[str, ...]

    def __str__(self) -> str:
        told = "; ".join(self.faults) or "as promised"
        return (
            f"{self.drill.number:3d} {self.drill.kind:8s} at {self.drill.moment:.3f}"
            f"{', too late' * self.is_late}: {self.kept:2d} runs kept, {self.lost:2d} lost, "
            f"{self.left:2d} files left over, resumed in {self.resume_s:4.1f} s: {told}"
        )


def drills(seed: str) -> Iterator[Drill]:
    """Yield the drills of a seed: kinds in turn, moments spread over the whole of a run."""
    kinds = list(KINDS)
    for number in itertools.count():
        kind = kinds[number % len(kinds)]
        yield Drill(number=number, kind=kind, moment=_fraction(f"{seed}/{number}"))


def _fraction(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48


def run_whole(folder: Path, *, is_forked: bool = False) -> Whole:
    """Run the study without interruption."""
    with _started("run", folder, "whole", is_forked=is_forked) as process:
        began = time.monotonic()
        wait_until(lambda: _is_over(process) or _begun(folder, "whole"), "the first run")
        first_s = time.monotonic() - began
        process.wait(PATIENCE_S)
    done = _answered("resume", folder, "whole", is_forked=is_forked)
    assert done["runs"]["done"] == RUNS, done
    return Whole(results_hash=done["results_hash"], first_s=first_s, is_forked=is_forked)


def _words(verb: str, name: str) -> tuple[str, ...]:
    if verb == "run":
        return only_results(("run", *study_words(name), *SIZE, "--json"))
    return ("resume", name, "--json")


def _environment(folder: Path, name: str) -> dict[str, str]:
    return environment(FAULTY_BEGUN=str(folder / f"{name}.begun"))


@contextlib.contextmanager
def _started(
    verb: str, folder: Path, name: str, *, is_forked: bool
) -> Iterator[subprocess.Popen[bytes] | Forked]:
    """Start a command whose engine notes every run it begins; leave no process behind."""
    (folder / f"{name}.begun").mkdir(exist_ok=True)
    process = (_forked if is_forked else _as_usual)(verb, folder, name)
    try:
        yield process
    finally:
        if not _is_over(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)


def _as_usual(verb: str, folder: Path, name: str) -> subprocess.Popen[bytes]:
    with open(folder / f"{name}.log", "ab") as log:
        return subprocess.Popen(
            command(*_words(verb, name)), cwd=folder, env=_environment(folder, name), stdout=log,
            stderr=log, start_new_session=True,
        )  # fmt: skip


def _forked(verb: str, folder: Path, name: str) -> Forked:
    return forks.started(
        servers.commands(), "runner", *_words(verb, name), folder=folder,
        environment=_environment(folder, name), log=folder / f"{name}.log",
    )  # fmt: skip


def _is_over(process: subprocess.Popen[bytes] | Forked) -> bool:
    return process.poll() is not None


def _answered(verb: str, folder: Path, name: str, *, is_forked: bool) -> dict[str, Any]:
    """Run a command to its end and return what it answered."""
    words, changed = _words(verb, name), _environment(folder, name)
    if is_forked:
        address = servers.commands()
        return answer(
            forks.run(
                address, "runner", *words, folder=folder, environment=changed, timeout=PATIENCE_S
            )
        )
    done = subprocess.run(
        command(*words), cwd=folder, env=changed, capture_output=True, text=True, check=False,
        timeout=PATIENCE_S,
    )  # fmt: skip
    return answer(done)


def run_drill(drill: Drill, folder: Path, whole: Whole) -> Report:
    """Kill a study at the drill's moment, resume it, and look at what became of it."""
    name = f"drill{drill.number}"
    study = folder / "outputs" / name
    is_late, workers = _kill("run", drill, folder, whole)
    kept, left = ledger_runs(study), len(orphans(study))
    if drill.kind == "twice":
        again = Drill(number=drill.number, kind="parent", moment=1 - drill.moment)
        workers += _kill(_verb(study), again, folder, whole)[1]
    began = time.monotonic()
    resumed = _answered(_verb(study), folder, name, is_forked=whole.is_forked)
    resume_s = time.monotonic() - began
    lost = _begun(folder, name) - RUNS
    return Report(
        drill=drill, is_late=is_late, kept=kept, lost=lost, left=left, resume_s=resume_s,
        faults=tuple(_faults(study, resumed, lost, whole)),
    )  # fmt: skip


def _verb(study: Path) -> str:
    """Return the command that goes on: a study killed before its plan was written is run."""
    return "resume" if (study / "latest").exists() else "run"


def _kill(verb: str, drill: Drill, folder: Path, whole: Whole) -> tuple[bool, list[psutil.Process]]:
    """Start a command and kill what the drill says; tell whether it was over, and its workers.

    Where workers alone are killed the command must get over it, and is waited for.
    """
    name = f"drill{drill.number}"
    already = _begun(folder, name) if (folder / f"{name}.begun").exists() else 0
    with _started(verb, folder, name, is_forked=whole.is_forked) as process:
        _wait_for_moment(drill, process, whole, lambda: _begun(folder, name) - already)
        is_late = _is_over(process)
        workers = workers_of(process.pid)
        for pid in _victims(drill, process.pid, workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(PATIENCE_S)
        wait_until(lambda: gone(workers), "the end of the workers")
    return is_late, workers


def _wait_for_moment(
    drill: Drill, process: subprocess.Popen[bytes] | Forked, whole: Whole, begun: Callable[[], int]
) -> None:
    inside = (drill.moment - _BEFORE) / (_AFTER - _BEFORE)
    if inside < 0 and not drill.kind.startswith("worker"):
        time.sleep(whole.first_s * drill.moment / _BEFORE)
        return
    runs = min(max(1, round(inside * RUNS)), RUNS)
    wait_until(lambda: _is_over(process) or begun() >= runs, "the moment")
    time.sleep(_SLACK_S * _fraction(f"{drill.moment}"))


def _victims(drill: Drill, parent: int, workers: Sequence[psutil.Process]) -> list[int]:
    pids = [worker.pid for worker in workers]
    if drill.kind == "worker":
        return pids[:1]
    if drill.kind == "workers":
        return pids
    return [parent, *pids] if drill.kind == "all" else [parent]


def _begun(folder: Path, name: str) -> int:
    """Return how many runs of a study were begun, by all processes together."""
    return sum(file.stat().st_size for file in (folder / f"{name}.begun").iterdir())


def _faults(study: Path, resumed: dict[str, Any], lost: int, whole: Whole) -> Iterator[str]:
    """Yield what is not as promised."""
    if resumed.get("runs", {}).get("done") != RUNS:
        yield f"resume ended with {resumed}"
        return
    if resumed["results_hash"] != whole.results_hash:
        yield f"results hash {resumed['results_hash']} instead of {whole.results_hash}"
    if found := orphans(study):
        yield f"files that nobody knows: {', '.join(f.name for f in found)}"
    yield from verify_study((study / "latest").resolve(), 0.05).problems
    if not 0 <= lost <= 2 * (N_WORKERS + 1) * PART_RUNS:
        yield f"{lost} runs had to be computed again"


def main() -> int:
    """Run the drills, print each, and write their figures into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", default="cohortsweep")
    parser.add_argument("--write", type=Path, help="page whose figures are replaced")
    chosen = parser.parse_args()
    sys.path.insert(0, str(ENGINES))
    folder = Path(tempfile.mkdtemp(prefix="drills-"))
    reports = []
    whole = run_whole(folder)
    for drill in drills(chosen.seed):
        reports.append(run_drill(drill, folder, whole))
        print(reports[-1], flush=True)
        if sum(not report.is_late for report in reports) == chosen.count:
            break
    figures = page_figures(reports, chosen.seed)
    print(figures)
    if chosen.write:
        replace_figures(chosen.write, figures)
    if any(report.faults for report in reports):
        print(f"look into {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def page_figures(reports: Sequence[Report], seed: str) -> str:
    """Return the figures as Markdown: the drills that came in time, by kind of kill."""
    in_time = [report for report in reports if not report.is_late]
    late = len(reports) - len(in_time)
    lines = [
        f"{len(in_time)} drills (seed `{seed}`; {late} more came after the end), each on a study "
        f"of {RUNS} runs in parts of {PART_RUNS} on {N_WORKERS} workers.",
        "",
        "| killed with `kill -9` | drills | as promised | runs kept | runs lost, at most | "
        "files cleared away, at most | resume, median and longest (s) |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, what in KINDS.items():
        mine = [report for report in in_time if report.drill.kind == kind]
        if mine:
            lines.append(f"| {what} | {_figures(mine)} |")
    return "\n".join(lines)


def _figures(reports: Sequence[Report]) -> str:
    kept = [report.kept for report in reports]
    times = [report.resume_s for report in reports]
    cells = (
        len(reports), sum(not r.faults for r in reports), f"{min(kept)} to {max(kept)}",
        max(r.lost for r in reports), max(r.left for r in reports),
        f"{statistics.median(times):.1f}, {max(times):.1f}",
    )  # fmt: skip
    return " | ".join(map(str, cells))


def replace_figures(page: Path, figures: str) -> None:
    """Put the figures between the page's marks."""
    head, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    tail = rest.partition(MARKS[1])[2]
    page.write_text(f"{head}{MARKS[0]}\n{figures}\n{MARKS[1]}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
