"""What a process of a cluster is asked to do: say what it is, and execute parts."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from threadpoolctl import threadpool_limits

from runner.contract import RunnerError
from runner.execute.alike import facts_of_this_process
from runner.execute.cut import Part
from runner.execute.memory import keep_freed_memory
from runner.execute.part import Limits, PartResult, execute_part
from runner.execute.session import Mark, Session, unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What a worker process says of itself.

    `process` names it for as long as it lives; `facts` decide its numbers; `trouble` says why it
    cannot work on the study at all.
    """

    process: str
    facts: Mapping[str, Any]
    trouble: str = ""


def introduce(session: Session, engine: str, files: tuple[str, ...]) -> Introduction:
    """Say what this process would compute with, and whether it sees the study's files."""
    try:
        facts = facts_of_this_process(engine)
    except RunnerError as error:
        return Introduction(process=_process(), facts={}, trouble=f"cannot load it: {error}")
    return Introduction(process=_process(), facts=facts, trouble=unseen(session, files))


@functools.cache
def _process() -> str:
    """Return a name that no other process has; an address may be used again."""
    return uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One attempt at a part, meant for one process."""

    session: Session
    process: str
    attempt: str
    limits: Limits
    part: Part


def execute_remotely(task: Task) -> PartResult | None:
    """Execute a part; None when this is not the process that was asked and found alike.

    Raises:
        StoreError: a file cannot be written.
        NobodyWaitsError: the command has ended in the meantime.
    """
    if task.process != _process():
        return None
    _settle()
    with Mark(task.session, task.attempt) as mark:
        folder = task.session.folder.parts
        return execute_part(task.part, folder, task.limits, before_run=mark.advance)


@functools.cache
def _settle() -> None:
    """Keep BLAS and OpenMP to one thread, and memory for the next run, in this process for good."""
    threadpool_limits(limits=1)
    keep_freed_memory()
