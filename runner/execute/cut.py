"""Cut a plan into parts: from the plan and the engine's cost hint alone, never from timing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runner.execute.single import CellSpec, RunSpec
from runner.plan import Cell, Plan
from runner.store import RunRecord, RunState
from runner.store.parts import part_id

_PART_SECONDS = 2.0
_MOST_RUNS = 500
_FEWEST_PARTS = 16
_MOST_PARTS = 2000
_LONGEST_PART_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Consecutive runs of a plan that are dispatched, stored and lost together."""

    part_id: str
    engine: str
    runs: tuple[RunSpec, ...]
    tables: tuple[str, ...]


Again = Callable[[RunRecord], bool]
"""Chooses, among runs that failed, those to execute once more."""


def never_again(record: RunRecord) -> bool:
    """Leave failed runs alone."""
    return False


def cut_parts(
    plan: Plan,
    states: Mapping[str, RunState],
    part_runs: int | None = None,
    *,
    again: Again = never_again,
) -> list[Part]:
    """Return the parts still to be executed: runs that never ended, or whose tables are lacking.

    Runs that failed are left alone unless `again` asks for them. Boundaries come from the whole
    plan, so that an interrupted plan is cut the same way again.
    """
    size = part_runs or _size(plan)
    runs = distinct_runs(plan)
    parts = []
    for start in range(0, len(runs), size):
        todo = tuple(
            run
            for run in runs[start : start + size]
            if _is_todo(states.get(run.run_id), plan.tables, again)
        )
        if todo:
            parts.append(_part(plan.engine, todo, plan.tables))
    return parts


def _is_todo(state: RunState | None, tables: tuple[str, ...], again: Again) -> bool:
    if state is None:
        return True
    if state.record.status == "done":
        return not state.has(tables)
    return again(state.record)


def _part(engine: str, runs: tuple[RunSpec, ...], tables: tuple[str, ...]) -> Part:
    name = part_id((run.run_id for run in runs), tables)
    return Part(part_id=name, engine=engine, runs=runs, tables=tables)


def halves(part: Part) -> tuple[Part, Part]:
    """Return a part of at least two runs as two parts."""
    middle = len(part.runs) // 2
    first, second = part.runs[:middle], part.runs[middle:]
    return _part(part.engine, first, part.tables), _part(part.engine, second, part.tables)


def without_run(part: Part, place: int) -> tuple[Part | None, Part]:
    """Return a part without one of its runs, None if that was all, and a part of that run alone."""
    rest = (*part.runs[:place], *part.runs[place + 1 :])
    alone = _part(part.engine, part.runs[place : place + 1], part.tables)
    return (_part(part.engine, rest, part.tables) if rest else None), alone


def _size(plan: Plan) -> int:
    """Return the runs per part: about two seconds of work, at least 16 parts where possible.

    Large plans have larger parts, so that there are at most 2,000 files of each table, unless a
    part would take more than a minute.
    """
    per_run = max(plan.cost_s / plan.n_runs, 1e-6)
    by_cost = math.floor(_PART_SECONDS / per_run)
    usual = min(by_cost, math.ceil(plan.n_runs / _FEWEST_PARTS), _MOST_RUNS)
    few = min(math.ceil(plan.n_runs / _MOST_PARTS), math.floor(_LONGEST_PART_S / per_run))
    return max(1, usual, few)


def distinct_runs(plan: Plan) -> list[RunSpec]:
    """Return the runs in plan order, those with equal ids once."""
    found: dict[str, RunSpec] = {}
    for cell in plan.cells:
        shared = _cell_spec(cell)
        for (replicate, mc), run_id in zip(plan.repeats, cell.run_ids, strict=True):
            if run_id not in found:
                found[run_id] = RunSpec(
                    run_id=run_id,
                    cell=shared,
                    replicate=replicate,
                    mc=mc,
                    prepare_key=cell.prepare_keys[replicate],
                    drawn=cell.drawn_values(replicate),
                )
    return list(found.values())


def _cell_spec(cell: Cell) -> CellSpec:
    return CellSpec(
        params=cell.params,
        horizon=cell.horizon,
        source=cell.source,
        files=cell.files,
        digests=cell.digests,
    )
