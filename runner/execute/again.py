"""Compute runs once more, apart from the study folder, to look at them or to compare."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from threadpoolctl import threadpool_limits

from runner.execute.cut import Part
from runner.execute.part import Limits, PartResult, execute_part
from runner.execute.single import RunSpec


def recompute(
    engine: str, runs: Iterable[RunSpec], tables: tuple[str, ...], folder: Path
) -> PartResult:
    """Run the given runs in this process, their tables stored below `folder` under `again`.

    Raises:
        StoreError: the folder cannot be written.
    """
    part = Part(part_id="again", engine=engine, runs=tuple(runs), tables=tables)
    with threadpool_limits(limits=1):
        return execute_part(part, folder, Limits(), before_run=lambda: None)
