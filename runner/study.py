"""The whole flow of a study, as one function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.compare import summarise_cells
from runner.config import Study, StudyRequest, compose_study, request_from_mapping
from runner.execute import cut_parts, execute_plan
from runner.execute.progress import progress_line
from runner.plan import Plan, make_plan
from runner.results import StudyResults, gather_results, write_summary
from runner.store import Ledger, open_study
from runner.store.plan_files import write_plan
from runner.store.results import assemble_results


def run_study(
    study: Mapping[str, Any] | StudyRequest, *, config_dir: Path | str | None = None
) -> StudyResults:
    """Compose, plan, execute, store and summarise a study; return its results.

    `study` is shaped like a file in `sweeps/`, with nested or dotted keys:
    `run_study({"engine": "taps", "design.grid": {"horizon": [12, 18]}})`. Runs whose results the
    study folder already holds are not repeated.

    Raises:
        ConfigError: the configuration as written is no study; nothing has run.
        PlanError: some of its runs are not possible; nothing has run.
        StoreError: the study folder cannot be read or written.
        ExecutionError: the worker pool broke; finished parts are kept.
    """
    if not isinstance(study, StudyRequest):
        study = request_from_mapping(study, config_dir=config_dir)
    composed = compose_study(study)
    plan = make_plan(composed)
    folder = open_study(composed.outputs, composed.name)
    ledger = Ledger(folder.ledger_file)
    with folder.locked():
        place = write_plan(folder, composed, plan)
        parts = cut_parts(plan, ledger.read(), composed.execution.part_runs)
        with progress_line(parts) as watcher:
            execute_plan(parts, folder, composed.execution, watcher)
        metrics = assemble_results(folder, plan, ledger.read())
        summary = summarise_cells(plan, metrics)
        results = gather_results(folder, composed, plan, summary, executed=parts)
        write_summary(place, composed, results)
    return results


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStudy:
    """A study that has been planned and written down, but not run; `to_run` counts missing runs."""

    study: Study
    plan: Plan
    folder: Path
    to_run: int

    def as_json(self) -> dict[str, Any]:
        """Return the plan's counts and remarks as plain data."""
        done = self.plan.n_runs - self.to_run
        return {
            "study": self.study.name,
            "plan_id": self.plan.plan_id,
            "folder": str(self.folder),
            "runs": {"planned": self.plan.n_runs, "done": done, "failed": 0, "timeout": 0},
            "verdict": "not_evaluated",
            "results_hash": None,
            "cells": len(self.plan.cells),
            "replicates": self.plan.replicates,
            "axes": {key: list(levels) for key, levels in self.plan.axes.items()},
            "arms": list(self.plan.arms),
            "notes": list(self.plan.notes),
            "cpu_seconds": self.plan.cost_s * self.to_run / self.plan.n_runs,
        }


def plan_study(request: StudyRequest) -> PlannedStudy:
    """Compose and plan a study and write its plan folder; run nothing.

    Raises:
        ConfigError, PlanError, StoreError: as for `run_study`.
    """
    study = compose_study(request)
    plan = make_plan(study)
    folder = open_study(study.outputs, study.name)
    with folder.locked():
        place = write_plan(folder, study, plan)
    states = Ledger(folder.ledger_file).read()
    missing = sum(r not in states or not states[r].has(plan.tables) for r in plan.run_ids)
    return PlannedStudy(study=study, plan=plan, folder=place, to_run=missing)
