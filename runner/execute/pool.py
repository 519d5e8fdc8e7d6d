"""Execute the parts of a plan and enter each into the ledger as it ends."""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from collections.abc import Generator
from typing import Protocol

from threadpoolctl import threadpool_limits

from runner.config import Execution
from runner.contract import RunnerError
from runner.execute.cluster import on_cluster
from runner.execute.cut import Part
from runner.execute.memory import keep_freed_memory
from runner.execute.part import Limits, PartResult, execute_part
from runner.execute.recovery import recovering, stopping
from runner.store import Ledger, StudyFolder

_LOOK_S = 0.2


class Watcher(Protocol):
    """Who wants to know how far the runs are."""

    def advance(self, done: int, failed: int) -> None:
        """Report runs that have just ended."""


def execute_plan(
    parts: list[Part], folder: StudyFolder, execution: Execution, watcher: Watcher
) -> int:
    """Execute the parts and return how many runs ended; what ends is in the ledger.

    Fewer runs end than there are when failures stop the study early, as configured.

    Raises:
        ConfigError: the cluster asked for is not there, or none of its workers may compute this.
        LostWorkersError: the cluster is gone; what had ended is kept.
        StoreError: the ledger or a part cannot be written; what had ended is kept.
    """
    keep_freed_memory()
    ledger, ended, failures = Ledger(folder.ledger_file), 0, 0
    with threadpool_limits(limits=1), stopping(_results(parts, folder, execution)) as results:
        for result in results:
            ledger.append(result.part_id, result.records, result.files)
            failed = sum(record.status != "done" for record in result.records)
            ended, failures = ended + len(result.records), failures + failed
            watcher.advance(len(result.records) - failed, failed)
            if execution.most_failures is not None and failures >= execution.most_failures:
                break
    return ended


def _results(
    parts: list[Part], folder: StudyFolder, execution: Execution
) -> Generator[PartResult, None, None]:
    limits = Limits(timeout_s=execution.timeout_s, most_failures=execution.most_failures)
    if execution.backend == "dask":
        yield from on_cluster(parts, folder, limits, execution)
    elif execution.backend == "loky" and workers(execution) > 1:
        run_part = functools.partial(_run_in_worker, folder, limits, os.getpid())
        n_workers = min(workers(execution), len(parts))
        yield from recovering(parts, run_part, n_workers, execution.retries)
    elif execution.backend == "threading" and workers(execution) > 1:
        yield from _threaded(parts, folder, limits, workers(execution))
    else:
        for part in parts:
            yield execute_part(part, folder.parts, limits, before_run=_go_on)


def workers(execution: Execution) -> int:
    """Return how many workers are wanted; a single one is this very process."""
    if execution.n_jobs != -1:
        return execution.n_jobs
    from joblib import cpu_count

    return int(cpu_count())


def _go_on() -> None:
    """Let the next run start."""


class _StoppedError(RunnerError):
    """Nobody waits for this part any more."""


def _threaded(
    parts: list[Part], folder: StudyFolder, limits: Limits, n_workers: int
) -> Generator[PartResult, None, None]:
    """Execute parts in threads, which stop before their next run when the caller stops.

    The caller's stop is complete when they have stopped; after Ctrl-C nobody waits for them.
    """
    is_over, at_work = threading.Event(), threading.Semaphore(n_workers)

    def stop_when_over() -> None:
        if is_over.is_set():
            raise _StoppedError

    import joblib

    def run_part(part: Part) -> PartResult:
        with at_work:
            return execute_part(part, folder.parts, limits, before_run=stop_when_over)

    pool = joblib.Parallel(
        n_jobs=n_workers, backend="threading", return_as="generator_unordered", batch_size=1
    )
    try:
        yield from pool(joblib.delayed(run_part)(part) for part in parts)
    except GeneratorExit:
        is_over.set()
        for _ in range(n_workers):
            at_work.acquire()
        at_work.release(n_workers)
        raise
    finally:
        is_over.set()


def _run_in_worker(folder: StudyFolder, limits: Limits, owner: int, part: Part) -> PartResult:
    _prepare_worker(owner)
    return execute_part(part, folder.parts, limits, before_run=lambda: _leave_unless_owned(owner))


@functools.cache
def _prepare_worker(owner: int) -> None:
    """Make this process a worker for good.

    BLAS and OpenMP keep to one thread, memory is kept for the next run, Ctrl-C is the parent's, and
    the worker ends with its parent.
    """
    threadpool_limits(limits=1)
    keep_freed_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with, args=(owner,), daemon=True).start()


def _leave_with(owner: int) -> None:
    """End this worker, even in the middle of a run, when its parent is gone."""
    while True:
        _leave_unless_owned(owner)
        time.sleep(_LOOK_S)


def _leave_unless_owned(owner: int) -> None:
    """End this worker when its parent is gone: nobody waits for its work, or may find it later."""
    if os.getppid() != owner:
        os._exit(1)
