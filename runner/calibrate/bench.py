"""Try parameter sets: plan them as cells, run what the study folder lacks, read what came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from runner.calibrate.observe import Observer
from runner.calibrate.points import Point, tables_of
from runner.calibrate.space import Values
from runner.calibrate.trial import Tried
from runner.config import Study
from runner.config.cells import VARIABLES
from runner.config.study import Axis, Choices
from runner.config.tree import Tree, copied, delete_path, get_path, is_set, set_path
from runner.contract import FailedRunsError, PlanError
from runner.execute import cut_parts, execute_plan
from runner.plan import Cell, Plan, make_plan
from runner.store import Ledger, RunState, StudyFolder

_TRIAL = "trial"  # an axis of composed trees: what a set leaves unread is no fault of the study


def without_variables(study: Study, paths: Iterable[str]) -> Study:
    """Return the study without these variables, their axes, and replicated chance."""
    gone = set(paths)
    bases = {choices: copied(tree) for choices, tree in study.bases.items()}
    for tree in bases.values():
        for path in gone:
            _forget(tree, f"{VARIABLES}.params.{path}")
    return replace(
        study,
        bases=bases,
        axes=tuple(axis for axis in study.axes if axis.key.removeprefix("params.") not in gone),
        variables=tuple(v for v in study.variables if v.path not in gone),
        mc=1,
    )


def _forget(tree: dict[str, Any], path: str) -> None:
    """Remove a declaration, and the mappings that it leaves empty; sheets leave none there."""
    if not is_set(tree, path):
        return
    delete_path(tree, path)
    parent = path.rpartition(".")[0]
    while parent != VARIABLES and not get_path(tree, parent):
        delete_path(tree, parent)
        parent = parent.rpartition(".")[0]


def with_values(study: Study, values: Values, replicates: int) -> Study:
    """Return the study of one parameter set alone: values set, nothing varied."""
    alone = without_variables(study, values)
    document = copied(study.document)
    for path, value in values.items():
        set_path(document, f"params.{path}", value)
        for tree in alone.bases.values():
            set_path(tree, f"params.{path}", value)
        _forget(document, f"{VARIABLES}.params.{path}")
    document["design"]["replicates"], document["design"]["mc"] = replicates, 1
    return replace(alone, replicates=replicates, document=document)


@dataclass(slots=True, kw_only=True)
class Bench:
    """Runs parameter sets of one study in its folder, whose lock the caller holds.

    Common random numbers come with the study's seeding: replicate r of every set meets the same
    luck. `executed` counts runs that were not there before, `cpu_seconds` what they cost.
    """

    study: Study
    folder: StudyFolder
    points: tuple[Point, ...]
    executed: int = 0
    cpu_seconds: float = 0.0
    seen: dict[str, RunState] = field(default_factory=dict)
    _observer: Observer = field(init=False)
    _ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self._observer = Observer(folder=self.folder, points=self.points)
        self._ledger = Ledger(self.folder.ledger_file)
        self.seen = self._ledger.read()

    def try_sets(self, sets: Sequence[Values], replicates: int) -> list[Tried]:
        """Return what each parameter set came to with this many replicates.

        Raises:
            FailedRunsError: runs failed and `execution.max_failures` or `fail_fast` says stop.
            StoreError: the study folder cannot be read or written.
        """
        distinct = list({_key(values): values for values in sets}.values())
        found: dict[str, Tried] = {}
        planned = self._planned(distinct, replicates, found)
        if planned is not None:
            self._execute(planned)
            self._observer.read(self.seen[i] for cell in planned.cells for i in cell.run_ids)
            runnable = [values for values in distinct if _key(values) not in found]
            for values, cell in zip(runnable, planned.cells, strict=True):
                found[_key(values)] = self._tried(cell)
        return [found[_key(values)] for values in sets]

    def plan_of(self, sets: Sequence[Values], replicates: int) -> Plan:
        """Return the plan with one cell per parameter set.

        Raises:
            PlanError: the engine does not allow some of them.
        """
        names = tuple(map(str, range(len(sets))))
        [base] = self.study.bases.values()
        trees: dict[Choices, Tree] = {((_TRIAL, name),): copied(base) for name in names}
        for tree, values in zip(trees.values(), sets, strict=True):
            for path, value in values.items():
                set_path(tree, f"params.{path}", value)
        return make_plan(
            replace(
                self.study,
                bases=trees,
                axes=(Axis(key=_TRIAL, levels=names, group=_TRIAL),),
                replicates=replicates,
                max_cells=len(sets),
                collect=tables_of(self.points) or "metrics",
            )
        )

    def _planned(
        self, sets: Sequence[Values], replicates: int, found: dict[str, Tried]
    ) -> Plan | None:
        """Return the plan of the sets that the engine allows; enter the others as refused."""
        try:
            return self.plan_of(sets, replicates)
        except PlanError:
            allowed = [values for values in sets if self._is_allowed(values, replicates, found)]
            return self.plan_of(allowed, replicates) if allowed else None

    def _is_allowed(self, values: Values, replicates: int, found: dict[str, Tried]) -> bool:
        try:
            self.plan_of([values], replicates)
        except PlanError as error:
            told = "; ".join(str(problem) for problem in error.problems[:3])
            found[_key(values)] = Tried(status="refused", error=told)
            return False
        return True

    def _execute(self, plan: Plan) -> None:
        parts = cut_parts(plan, self.seen, self.study.execution.part_runs)
        if not parts:
            return
        wanted = sum(len(part.runs) for part in parts)
        ended = execute_plan(parts, self.folder, self.study.execution, _Silent())
        self._ledger.catch_up(self.seen)
        self.executed += ended
        ids = [run.run_id for part in parts for run in part.runs]
        self.cpu_seconds += sum(s.record.cpu_seconds for i in ids if (s := self.seen.get(i)))
        if ended < wanted:
            raise FailedRunsError(
                f"stopped at {self.study.execution.most_failures} failed runs, as configured; "
                "what had ended is kept"
            )

    def _tried(self, cell: Cell) -> Tried:
        states = [self.seen[run_id] for run_id in cell.run_ids]
        failed = [s.record for s in states if s.record.status != "done"]
        if failed:
            first = failed[0]
            told = f"{len(failed)} of {len(states)} runs {first.status}: "
            error = f"{told}{first.error_type}: {first.error}"
            return Tried(status="failed", error=error, run_ids=cell.run_ids)
        observed, missing = self._observer.observe(states)
        if missing:
            return Tried(status="no_value", error=missing, run_ids=cell.run_ids)
        return Tried(status="done", observed=np.asarray(observed), run_ids=cell.run_ids)


class _Silent:
    """A watcher that says nothing: the calibration tells its own progress."""

    def advance(self, done: int, failed: int) -> None:
        """Take note of nothing."""


def _key(values: Mapping[str, Any]) -> str:
    return repr(sorted(values.items()))
