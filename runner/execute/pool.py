"""Execute the parts of a plan on a joblib pool and enter each into the ledger as it ends."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from runner.config import Execution
from runner.contract import RunnerError
from runner.execute.cut import Part
from runner.execute.part import execute_part
from runner.store import Ledger, RunRecord, StudyFolder


class ExecutionError(RunnerError):
    """The pool broke; everything that had ended is kept."""


class Watcher(Protocol):
    """Who wants to know how far the runs are."""

    def advance(self, done: int, failed: int) -> None:
        """Report runs that have just ended."""


@dataclass(frozen=True, slots=True)
class _PartResult:
    part: str
    records: list[RunRecord]


def execute_plan(
    parts: list[Part], folder: StudyFolder, execution: Execution, watcher: Watcher
) -> None:
    """Execute all parts; on return every run of them is in the ledger, done or failed.

    Raises:
        ExecutionError: a worker process died; parts that had ended are kept.
        StoreError: the ledger cannot be written.
    """
    ledger = Ledger(folder.ledger_file)
    with threadpool_limits(limits=1):
        for result in _results(parts, folder, execution):
            ledger.append(result.part, result.records)
            failed = sum(record.status == "failed" for record in result.records)
            watcher.advance(len(result.records) - failed, failed)


def _results(parts: list[Part], folder: StudyFolder, execution: Execution) -> Iterator[_PartResult]:
    if execution.backend == "sequential" or workers(execution, len(parts)) == 1:
        for part in parts:
            yield _run_part(part, folder)
        return
    pool = joblib.Parallel(
        n_jobs=workers(execution, len(parts)),
        backend=execution.backend,
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="3*n_jobs",
        max_nbytes=None,
    )
    try:
        task = _run_part_in_worker if execution.backend == "loky" else _run_part
        yield from pool(joblib.delayed(task)(part, folder) for part in parts)
    except TerminatedWorkerError as error:
        raise ExecutionError(
            "a worker process died (killed, or out of memory); all parts that had ended are kept. "
            "Run the same command again to continue; fewer workers (execution.n_jobs=1) need less "
            "memory"
        ) from error


def workers(execution: Execution, n_parts: int) -> int:
    """Return how many workers to start: never more than there are parts."""
    wanted = joblib.cpu_count() if execution.n_jobs == -1 else execution.n_jobs
    return max(1, min(wanted, n_parts))


def _run_part(part: Part, folder: StudyFolder) -> _PartResult:
    return _PartResult(part.part_id, execute_part(part, folder.parts))


def _run_part_in_worker(part: Part, folder: StudyFolder) -> _PartResult:
    _pin_this_process()
    return _run_part(part, folder)


@functools.cache
def _pin_this_process() -> None:
    """Keep BLAS and OpenMP of a worker process to one thread, for good."""
    threadpool_limits(limits=1)
