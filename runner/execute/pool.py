"""Execute the parts of a plan and enter each into the ledger as it ends."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Protocol

import joblib
from threadpoolctl import threadpool_limits

from runner.config import Execution
from runner.execute.cut import Part
from runner.execute.part import Limits, PartResult, execute_part
from runner.execute.recovery import recovering
from runner.store import Ledger, StudyFolder


class Watcher(Protocol):
    """Who wants to know how far the runs are."""

    def advance(self, done: int, failed: int) -> None:
        """Report runs that have just ended."""


def execute_plan(
    parts: list[Part], folder: StudyFolder, execution: Execution, watcher: Watcher
) -> bool:
    """Execute the parts; what ends is in the ledger. Return False when failures stopped it early.

    Raises:
        StoreError: the ledger or a part cannot be written; what had ended is kept.
    """
    ledger, failures = Ledger(folder.ledger_file), 0
    with threadpool_limits(limits=1), closing(_results(parts, folder, execution)) as results:
        for result in results:
            ledger.append(result.part_id, result.records, result.files)
            failed = sum(record.status != "done" for record in result.records)
            failures += failed
            watcher.advance(len(result.records) - failed, failed)
            if execution.most_failures is not None and failures >= execution.most_failures:
                return False
    return True


def _results(
    parts: list[Part], folder: StudyFolder, execution: Execution
) -> Generator[PartResult, None, None]:
    limits = Limits(timeout_s=execution.timeout_s, most_failures=execution.most_failures)
    n_workers = workers(execution, len(parts))
    if execution.backend == "loky" and n_workers > 1:
        run_part = functools.partial(_run_in_worker, folder, limits, os.getpid())
        yield from recovering(parts, run_part, n_workers, execution.retries)
    elif execution.backend == "threading" and n_workers > 1:
        pool = joblib.Parallel(
            n_jobs=n_workers, backend="threading", return_as="generator_unordered", batch_size=1
        )
        run_part = functools.partial(_run_here, folder, limits)
        yield from pool(joblib.delayed(run_part)(part) for part in parts)
    else:
        for part in parts:
            yield _run_here(folder, limits, part)


def workers(execution: Execution, n_parts: int) -> int:
    """Return how many workers to start: never more than there are parts."""
    wanted = joblib.cpu_count() if execution.n_jobs == -1 else execution.n_jobs
    return max(1, min(wanted, n_parts))


def _run_here(folder: StudyFolder, limits: Limits, part: Part) -> PartResult:
    return execute_part(part, folder.parts, limits, before_run=_go_on)


def _go_on() -> None:
    """Let the next run start."""


def _run_in_worker(folder: StudyFolder, limits: Limits, owner: int, part: Part) -> PartResult:
    _prepare_worker()
    return execute_part(part, folder.parts, limits, before_run=_only_while_owned(owner))


@functools.cache
def _prepare_worker() -> None:
    """Keep BLAS and OpenMP to one thread, and leave Ctrl-C to the parent, for good."""
    threadpool_limits(limits=1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _only_while_owned(owner: int) -> Callable[[], None]:
    """Return a check that ends this worker when its parent is gone: nobody waits for its work."""

    def check() -> None:
        if os.getppid() != owner:
            os._exit(1)

    return check
