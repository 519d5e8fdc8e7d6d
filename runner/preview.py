"""Plan a study and write its plan down, without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.config import Study, StudyRequest, compose_study
from runner.execute import cut_parts
from runner.plan import Plan, make_plan
from runner.store import Ledger, open_study
from runner.store.integrity import SUMS
from runner.store.plan_files import write_plan
from runner.store.results import count_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStudy:
    """A study planned and written down, but not run; `to_run` counts runs to execute."""

    study: Study
    plan: Plan
    folder: Path
    runs: Mapping[str, int]
    to_run: int

    def as_json(self) -> dict[str, Any]:
        """Return the plan's counts and remarks as plain data."""
        return {
            "study": self.study.name,
            "plan_id": self.plan.plan_id,
            "folder": str(self.folder),
            "runs": dict(self.runs),
            "to_run": self.to_run,
            "verdict": "not_evaluated",
            "results_hash": None,
            "cells": len(self.plan.cells),
            "replicates": self.plan.replicates,
            "mc": self.plan.mc,
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
        write_plan(folder, study, plan, preview=True)
    states = Ledger(folder.ledger_file).read()
    parts = cut_parts(plan, states, study.execution.part_runs)
    return PlannedStudy(
        study=study,
        plan=plan,
        folder=place,
        runs=count_runs(plan, states),
        to_run=sum(len(part.runs) for part in parts),
    )
