"""Execute parts on a dask cluster: find workers that may compute, and go on without those lost."""

from __future__ import annotations

import time
from collections.abc import Generator

from runner.config import Execution
from runner.contract import ConfigError, LostWorkersError, Problem
from runner.execute.crew import Crew, Question
from runner.execute.cut import Part
from runner.execute.errands import Errands
from runner.execute.link import ADDRESS, LOOK_S, Link, linked
from runner.execute.part import Limits, PartResult
from runner.execute.session import session_in
from runner.store import StudyFolder

_LATE_S = 10.0


def on_cluster(
    parts: list[Part], folder: StudyFolder, limits: Limits, execution: Execution
) -> Generator[PartResult, None, None]:
    """Yield the result of every part, in the order they end, whatever happens to workers.

    A part whose worker is lost goes to another; a run that was under way in more than
    `execution.retries` lost workers is recorded as failed.

    Raises:
        ConfigError: nobody answers at the address, or no worker there may compute this study.
        LostWorkersError: the scheduler is gone, or no worker has been left for `execution.wait_s`.
        StoreError: a worker cannot write to the study folder.
    """
    if not parts:
        return
    address, patience_s = execution.address or "", max(execution.wait_s, LOOK_S)
    with session_in(folder) as session, linked(address, patience_s) as link:
        question = Question(session=session, engine=parts[0].engine, files=_input_files(parts))
        crew = Crew(link, question, execution.n_jobs)
        _gather(crew, link, execution)
        errands = Errands(crew, session, limits, execution.retries)
        errands.take(parts)
        yield from _results(errands, crew, link, execution)


def _input_files(parts: list[Part]) -> tuple[str, ...]:
    cells = {id(run.cell): run.cell for part in parts for run in part.runs}
    return tuple(sorted({file for cell in cells.values() for file in cell.files.values()}))


def _gather(crew: Crew, link: Link, execution: Execution) -> None:
    """Wait for the first worker that may compute, and a little for the others to answer."""
    end = time.monotonic() + execution.wait_s
    late: float | None = None
    while True:
        crew.look()
        _hear_answers(crew, link)
        now = time.monotonic()
        if crew.members:
            late = late or now + _LATE_S
            if not crew.is_asking or now > late:
                return
        elif crew.refused and not crew.is_asking:
            raise ConfigError(
                Problem(ADDRESS, execution.address or "", f"worker {worker} is refused: {reason}")
                for worker, reason in crew.refused.items()
            )
        elif now > end:
            raise ConfigError([_nobody(crew, execution)])


def _hear_answers(crew: Crew, link: Link) -> None:
    future = link.next_ended(LOOK_S if crew.is_asking else LOOK_S / 5)
    while future is not None:
        crew.answered(future)
        future = link.next_ended(0)


def _nobody(crew: Crew, execution: Execution) -> Problem:
    what = "its workers are busy" if crew.is_asking else "it has no workers"
    allowed = (
        f"a scheduler answers there, but {what}, after {execution.wait_s:g} s (execution.wait_s); "
        f"start some with `dask worker {execution.address}`"
    )
    return Problem(ADDRESS, execution.address or "", allowed)


def _results(
    errands: Errands, crew: Crew, link: Link, execution: Execution
) -> Generator[PartResult, None, None]:
    looked = alone = time.monotonic()
    while errands.are_left:
        future = link.next_ended()
        if future is not None and not crew.answered(future):
            yield from errands.ended(future)
        now = time.monotonic()
        if now - looked > LOOK_S:
            for member in crew.look():
                yield from errands.lost(member)
            looked = now
        errands.send()
        if errands.are_under_way or crew.is_asking:
            alone = now
        elif errands.are_left and now - alone > execution.wait_s:
            raise LostWorkersError(
                f"no worker at {execution.address} has been able to go on for "
                f"{execution.wait_s:g} s (execution.wait_s){_reasons(crew)}"
            )


def _reasons(crew: Crew) -> str:
    told = "; ".join(f"{worker} is refused: {why}" for worker, why in crew.refused.items())
    return f"; {told}" if told else ""
