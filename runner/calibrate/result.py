"""What a calibration came to: parameters with intervals, the fit, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from runner.calibrate.space import Space
from runner.calibrate.trial import Trial
from runner.config import Study
from runner.exit_codes import EXIT_FAILED, EXIT_FAILED_RUNS

if TYPE_CHECKING:
    from runner.results import StudyResults


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """The outcome of one calibration.

    `parameters` has a row per variable: path, value, se, low and high (95 %), unit, finding;
    `fit` a row per target; `trials` all that was tried; `statements` say in words what the targets
    determine and what they do not. `results` are those of the study of the best set alone;
    `fragment` is the configuration to use it with. `executed` and `cpu_seconds` are the runs of
    this call alone and their CPU time in the workers.
    """

    calibration_id: str
    study: Study
    folder: Path
    space: Space
    best: Trial
    trials: tuple[Trial, ...]
    parameters: pd.DataFrame
    fit: pd.DataFrame
    statements: tuple[str, ...]
    fragment: Path
    config_dir: Path
    results: StudyResults
    executed: int
    cpu_seconds: float
    trials_hash: str
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """Pass when every target to fit is met; the worst of their verdicts otherwise."""
        return worst_verdict(self.fit, "fit")

    @property
    def hold_out_verdict(self) -> str:
        """The same for the targets that the search did not see."""
        return worst_verdict(self.fit, "hold_out")

    @property
    def runs(self) -> dict[str, int]:
        """Distinct runs of all trials by status, and those executed by this call."""
        ids = {
            run_id: trial.tried.status for trial in self.trials for run_id in trial.tried.run_ids
        }
        failed = sum(status == "failed" for status in ids.values())
        done = len(ids) - failed
        return {"planned": len(ids), "done": done, "failed": failed, "timeout": 0,
                "executed": self.executed}  # fmt: skip

    @property
    def unusable(self) -> Mapping[str, int]:
        """How many trials had no objective, by what went wrong."""
        found: dict[str, int] = {}
        for trial in self.trials:
            if trial.score is None:
                text = f"{trial.tried.status}: {trial.tried.error}"
                found[text] = found.get(text, 0) + 1
        return found

    @property
    def exit_code(self) -> int:
        """The process exit code: 3 some runs failed, 1 a target is missed, 0 else."""
        if self.runs["failed"]:
            return EXIT_FAILED_RUNS
        return EXIT_FAILED if "fail" in (self.verdict, self.hold_out_verdict) else 0

    @property
    def values(self) -> dict[str, Any]:
        """The calibrated value of each variable, by its path below `params`."""
        return dict(self.best.values)

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        score = self.best.score
        return {
            "study": self.study.name,
            "calibration_id": self.calibration_id,
            "plan_id": self.results.plan_id,
            "folder": str(self.results.folder),
            "calibration_folder": str(self.folder),
            "fragment": str(self.fragment),
            "config_dir": str(self.config_dir),
            "name": self.study.calibration.name,
            "runs": self.runs,
            "trials": {"planned": len(self.trials), "unusable": dict(self.unusable)},
            "cpu_seconds": self.cpu_seconds,
            "best_trial": self.best.index,
            "objective": None if score is None else score.objective,
            "parameters": _rows(self.parameters),
            "fit": _rows(self.fit),
            "statements": list(self.statements),
            "verdict": self.verdict,
            "hold_out_verdict": self.hold_out_verdict,
            "results_hash": self.results.results_hash,
            "trials_hash": self.trials_hash,
            "notes": list(self.notes),
            "exit_code": self.exit_code,
        }


def worst_verdict(fit: pd.DataFrame, role: str) -> str:
    """Return the worst verdict of the targets with this role."""
    found = set(fit.loc[fit["role"] == role, "verdict"])
    order = ("fail", "inconclusive", "pass")
    return next((verdict for verdict in order if verdict in found), "not_evaluated")


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(key): _plain(value) for key, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
