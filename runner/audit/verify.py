"""Verify that what a study's folder holds is what its runs compute."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from runner.audit.recomputed import recomputed_problems, sampled
from runner.audit.trials import TriedSets, finished_trials
from runner.contract import ConfigError, Null, Problem
from runner.resume import replanned
from runner.store import Ledger, RunState, StudyFolder
from runner.store.environment import ENVIRONMENT, same_environment
from runner.store.folder import RUN_ID
from runner.store.integrity import find_damage, read_json, without_damage, wrong_checksums
from runner.store.metrics_table import metrics_hash
from runner.store.part_rows import stored_metrics
from runner.store.results import only_of, results_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What was checked and what is wrong; `ok` when nothing is.

    `exact` tells whether recomputed runs were compared bit for bit, or, in another environment,
    to a relative 1e-9. `calibrations` counts those of the study whose trials were checked with it;
    `notes` name those that could not be.
    """

    study: str
    plan_id: str
    folder: Path
    part_files: int
    stored_runs: int
    recomputed: int
    exact: bool
    problems: tuple[str, ...]
    calibrations: int = 0
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "study": self.study,
            "plan_id": self.plan_id,
            "folder": str(self.folder),
            "part_files": self.part_files,
            "stored_runs": self.stored_runs,
            "recomputed": self.recomputed,
            "exact": self.exact,
            "calibrations": self.calibrations,
            "problems": list(self.problems),
            "notes": list(self.notes),
            "ok": self.ok,
        }


def verify_study(place: Path, sample: float, *, with_trials: bool = False) -> VerifyReport:
    """Verify the plan in a folder: its files, all stored parts, and a sample of runs.

    `sample` is the share of done runs to compute again, in (0, 1]; at least one run.
    `with_trials` adds the calibrations of the study folder: their files, the runs of all their
    trials, sampled alike, and each trial's objective.

    Raises:
        PlanError: the engine or an input file has changed, so nothing can be computed again.
        StoreError: the ledger cannot be read.
    """
    _, plan = replanned(place)
    folder = StudyFolder(root=place.parent.parent)
    ledger = Ledger(folder.ledger_file)
    states = ledger.read()
    tried = list(finished_trials(folder.root)) if with_trials else []
    checked = [t for t in tried if isinstance(t, TriedSets)]
    plans = [plan, *(group.plan for t in checked for group in t.groups)]
    own: dict[str, RunState] = {}
    for each in plans:
        own |= only_of(each, states)
    damage = find_damage(folder, own, deep=True)
    sound = without_damage(own, damage)
    done = {r: s for r, s in sound.items() if s.record.status == "done"}
    exact = all(same_environment(f.parent) for f in folder.root.glob(f"*/*/{ENVIRONMENT}"))
    problems = [f"plan file {name}: {what}" for name, what in wrong_checksums(place).items()]
    problems += _ledger_problems(ledger, place, results_hash(plan, only_of(plan, states)))
    problems += [f"part {d}" for d in damage]
    problems += _stored_problems(folder, list(done.values()))
    for calibration in checked:
        problems += calibration.file_problems()
        problems += calibration.record_problems(folder, sound)
    chosen = sampled(list(done), sample)
    problems += recomputed_problems(folder, plans, {r: done[r] for r in chosen}, exact=exact)
    return VerifyReport(
        study=folder.root.name,
        plan_id=plan.plan_id,
        folder=place,
        part_files=len({(t, f.part) for s in own.values() for t, f in s.parts.items()}),
        stored_runs=len(done),
        recomputed=len(chosen),
        exact=exact,
        problems=tuple(problems),
        calibrations=len(checked),
        notes=tuple(t for t in tried if isinstance(t, str)),
    )


def read_share(text: str) -> float:
    """Return the share written as `5%` or `0.05`.

    Raises:
        ConfigError: it is not above 0 and at most 100 %.
    """
    try:
        share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        allowed = "must be a share of the runs above 0 and at most 100%, such as 5% or 0.05"
        raise ConfigError([Problem("--sample", text, allowed)])
    return share


def _ledger_problems(ledger: Ledger, place: Path, found_hash: str) -> list[str]:
    """Return what is wrong with the ledger, or with what the plan's summary says of it."""
    problems = [f"ledger line {n}: its check does not hold" for n in ledger.unreadable_lines]
    if ledger.is_torn:
        problems.append("ledger: its last line is torn")
    told = read_json(place / "run_summary.json").get("results_hash", found_hash)
    if told != found_hash:
        problems.append(
            f"the ledger's runs have results hash {found_hash}, the plan's summary tells {told}"
        )
    return problems


def _stored_problems(folder: StudyFolder, states: list[RunState]) -> list[str]:
    """Return runs whose stored metrics do not have the hash in the ledger."""
    if not states:
        return []
    expected = {state.record.run_id: state.record.metrics_hash for state in states}
    wrong = []
    for run_id, rows in stored_metrics(folder, states).groupby(RUN_ID, sort=False):
        if metrics_hash(_as_metrics(rows)) != expected.pop(str(run_id)):
            wrong.append(f"run {run_id}: its stored metrics do not have the ledger's hash")
    return wrong + [f"run {run_id}: its metrics are not in its part" for run_id in expected]


def _as_metrics(rows: pd.DataFrame) -> dict[str, float | Null]:
    reasons = rows["reason"].to_list()
    return {
        name: Null(reason) if isinstance(reason, str) else value
        for name, value, reason in zip(rows["metric"], rows["value"], reasons, strict=True)
    }
