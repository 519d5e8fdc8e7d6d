"""Plan a study and write its plan down, without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.config import Study, StudyRequest, compose_study
from runner.execute import cut_parts
from runner.plan import Plan, make_plan
from runner.store import Ledger, open_study
from runner.store.integrity import SUMS
from runner.store.plan_files import write_plan


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
    place = folder.plan(plan.plan_id)
    if (place / SUMS).is_file():  # finished: its records tell of the runs, not of this command
        folder.point_latest(plan.plan_id)
    else:
        write_plan(folder, study, plan)
    parts = cut_parts(plan, Ledger(folder.ledger_file).read(), study.execution.part_runs)
    to_run = sum(len(part.runs) for part in parts)
    return PlannedStudy(study=study, plan=plan, folder=place, to_run=to_run)
