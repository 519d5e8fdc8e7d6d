"""Keep a pool of worker processes going when workers die, and find the run that kills them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager

from runner.execute.cut import Part, halves
from runner.execute.part import PartResult
from runner.execute.stale import leave_stale_workers
from runner.store import RunRecord

RunPart = Callable[[Part], PartResult]

_TOLD = (
    "the worker process died each time this run was tried, {}: killed from outside, "
    "out of memory, or crashed in compiled code"
)


def recovering(
    parts: list[Part], run_part: RunPart, n_workers: int, retries: int
) -> Generator[PartResult, None, None]:
    """Yield the result of every part, in the order they end, whatever happens to workers.

    When a worker dies its pool is lost with it; parts that had not ended go to a fresh pool. A
    part that was under way in more than `retries` lost pools is run alone, then bisected, until
    the guilty run is found and recorded as failed.
    """
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    pending = {part.part_id: part for part in parts}
    lost: Counter[str] = Counter()
    for engine in {part.engine for part in parts}:
        leave_stale_workers(engine)
    while pending:
        under_way: set[str] = set()
        try:
            given = _noting(pending.values(), under_way)
            with stopping(_pooled(given, run_part, n_workers)) as results:
                for result in results:
                    del pending[result.part_id]
                    yield result
        except TerminatedWorkerError:
            lost.update(under_way & pending.keys())
            suspects = [pending.pop(name) for name in list(pending) if lost[name] > retries]
            for part in suspects:
                yield from _isolated(part, run_part)


@contextmanager
def stopping(results: Generator[PartResult, None, None]) -> Iterator[Iterator[PartResult]]:
    """Close a pool's results at the end of the block, whether or not all of them came.

    joblib then warns that some work was in vain, which is what the user asked for.
    """
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*tasks", category=UserWarning)
            results.close()


def _noting(parts: Iterable[Part], under_way: set[str]) -> Iterator[Part]:
    """Yield the parts, noting which have been handed out."""
    for part in list(parts):
        under_way.add(part.part_id)
        yield part


def _pooled(
    parts: Iterable[Part], run_part: RunPart, n_workers: int
) -> Generator[PartResult, None, None]:
    import joblib

    pool = joblib.Parallel(
        n_jobs=max(2, n_workers),  # one worker would run in this very process
        backend="loky",
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="2*n_jobs",
        max_nbytes=None,
    )
    yield from pool(joblib.delayed(run_part)(part) for part in parts)


def _isolated(part: Part, run_part: RunPart) -> Iterator[PartResult]:
    """Run one part with no other beside it; halve it while it kills its worker."""
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    try:
        yield from list(_pooled([part], run_part, 2))
    except TerminatedWorkerError:
        if len(part.runs) == 1:
            yield given_up(part)
        else:
            for half in halves(part):
                yield from _isolated(half, run_part)


def given_up(part: Part, times: int | None = None) -> PartResult:
    """Return the failure of a part's only run, which was tried so many times, or at last alone."""
    how = "alone at last" if times is None else f"{times} {'times' if times > 1 else 'time'}"
    record = RunRecord(
        run_id=part.runs[0].run_id,
        status="failed",
        seconds=0.0,
        error_type="WorkerDied",
        error=_TOLD.format(how),
    )
    return PartResult(part_id=part.part_id, records=[record], files={})
