"""Make the MLflow runs of a calibration from its folder: one parent, and its trials below it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml

from runner.config import Study
from runner.config.saved import study_from_data
from runner.contract import StoreError, shown
from runner.track.names import LONGEST_PARAM, clipped, safe_key
from runner.track.record import GRID_INDEX, KIND, PLAN_ID, Record, Series, Status

CALIBRATION, TRIAL = "calibration", "trial"
_DOCUMENT = "calibration.json"
_HOW = ("search", "trials", "batch", "replicates", "finalists", "confirm_replicates", "polish")


def is_calibration(place: Path) -> bool:
    """Tell whether a folder is that of a calibration."""
    return (place / _DOCUMENT).is_file()


@dataclass(frozen=True, kw_only=True)
class FinishedCalibration:
    """The files of a calibration's folder, each read when first asked for."""

    place: Path

    @cached_property
    def study(self) -> Study:
        """The study as it was composed."""
        study = study_from_data(self._json(_DOCUMENT)["study"])
        root = self.place.resolve().parent.parent
        return replace(study, name=root.name, outputs=root.parent)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """What it came to, as in run_summary.json."""
        return self._json("run_summary.json")

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row per trial."""
        try:
            frame: pd.DataFrame = pq.read_table(self.place / "trials.parquet").to_pandas()
        except (OSError, ValueError) as error:
            raise self._unreadable("trials.parquet", error) from error
        return frame

    def record(self) -> Record:
        """Return the parent: how it was searched, what was found, and how it converged."""
        summary = self.summary
        return Record(
            name=f"calibration {summary['calibration_id'][:12]}",
            status="FAILED" if summary["runs"]["failed"] else "FINISHED",
            seconds=0.0,
            tags={safe_key(key): clipped(text) for key, text in self._tags().items()},
            params=self._params(),
            values=_numbers(
                {
                    "objective": summary["objective"],
                    **{f"best/{p['path']}": p["value"] for p in summary["parameters"]},
                    **{
                        f"standardised_error/{p['name']}": p["standardised_error"]
                        for p in summary["fit"]
                    },
                }
            ),
            series=self._convergence(),
            files={
                file.name: file
                for file in sorted(self.place.iterdir())
                if file.is_file() and file.suffix != ".parquet" and not file.name.startswith(".")
            },
        )

    def trial_records(self) -> Iterator[Record]:
        """Yield the best trial, or all of them where the study says so."""
        best = int(self.summary["best_trial"])
        rows = self.trials
        wanted = rows if self.study.tracking.trials == "all" else rows[rows["trial"] == best]
        for row in wanted.to_dict("records"):
            yield self._trial(row, is_best=row["trial"] == best)

    def _trial(self, row: Mapping[Any, Any], *, is_best: bool) -> Record:
        params = {str(k): shown(v) for k, v in row.items() if str(k).startswith("params.")}
        tags = {
            KIND: TRIAL,
            PLAN_ID: str(self.summary["calibration_id"]),
            GRID_INDEX: str(row["trial"]),
            "study": self.study.name,
            "engine": self.study.engine,
            **{key: str(row[key]) for key in ("phase", "candidate", "replicates", "status")},
            "is_best": str(is_best).lower(),
            **({} if pd.isna(row["error"]) else {"error": str(row["error"])}),
        }
        named = ("objective", "objective_se")
        values = {str(k): v for k, v in row.items() if str(k).startswith(("achieved.", "misfit."))}
        status: Status = "FAILED" if row["status"] == "failed" else "FINISHED"
        return Record(
            name=f"best: trial {row['trial']}" if is_best else f"trial {row['trial']:05}",
            status=status,
            seconds=0.0,
            tags={safe_key(key): clipped(text) for key, text in tags.items()},
            params={safe_key(k): clipped(text, LONGEST_PARAM) for k, text in params.items()},
            values=_numbers({**{key: row[key] for key in named}, **values}),
        )

    def _tags(self) -> dict[str, str]:
        summary, study = self.summary, self.study
        environment = self._json("environment.json")
        command = shlex.join(self._invocation().get("command", []))
        commit = str(environment.get("git_commit") or "unknown")
        findings = [f"{p['path']} = {shown(p['value'])} ({p['finding']})"
                    for p in summary["parameters"]]  # fmt: skip
        lines = [
            *([f"**{study.question}**", ""] if study.question else []),
            f"* verdict: **{summary['verdict']}**, held out: {summary['hold_out_verdict']}",
            *(f"* {text}" for text in (*findings, *summary["statements"])),
            f"* `{command}`",
        ]
        return {
            KIND: CALIBRATION,
            PLAN_ID: str(summary["calibration_id"]),
            "study": study.name,
            "question": study.question,
            "seed": str(study.document["seed"]),
            "engine": study.engine,
            "engine_version": str(study.document["engine_version"]),
            "git_commit": commit,
            "command": command,
            "verdict": str(summary["verdict"]),
            "verdict_hold_out": str(summary["hold_out_verdict"]),
            "results_hash": str(summary["results_hash"]),
            "trials_hash": str(summary["trials_hash"]),
            "trials": str(summary["trials"]["planned"]),
            **{f"runs_{key}": str(count) for key, count in summary["runs"].items()},
            "mlflow.source.name": "cohortsweep",
            "mlflow.source.type": "PROJECT",
            "mlflow.note.content": "\n".join(lines),
        }

    def _params(self) -> dict[str, str]:
        how = self.study.calibration
        found = {f"calibrate.{key}": shown(getattr(how, key)) for key in _HOW}
        for v in self.study.variables:
            if v.treatment != "fixed":
                ends = shown(list(v.values)) if v.values else f"{v.low:g} to {v.high:g}, {v.scale}"
                found[f"design.params.{v.path}"] = ends
        return {safe_key(key): clipped(text, LONGEST_PARAM) for key, text in found.items()}

    def _convergence(self) -> dict[str, Series]:
        """Return the objective by trial, and the lowest so far."""
        objective = self.trials["objective"].to_numpy(dtype="float64", na_value=np.nan)
        has_value = np.isfinite(objective)
        steps = self.trials["trial"].to_numpy(dtype="int64")[has_value]
        values = objective[has_value]
        lowest = np.minimum.accumulate(values) if values.size else values
        return {
            "trials/objective": Series(steps=steps, values=values),
            "trials/lowest_objective": Series(steps=steps, values=lowest),
        }

    def _invocation(self) -> dict[str, Any]:
        try:
            found = yaml.safe_load((self.place / "invocation.yaml").read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise self._unreadable("invocation.yaml", error) from error
        return found if isinstance(found, dict) else {}

    def _json(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.place / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._unreadable(name, error) from error
        return found

    def _unreadable(self, name: str, error: Exception) -> StoreError:
        return StoreError(
            f"{self.place / name} cannot be read ({error}); give the calibrate command again: its "
            "runs are kept"
        )


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return what MLflow takes as a metric: finite numbers, under names that it accepts."""
    kept = {
        key: float(value)
        for key, value in values.items()
        if isinstance(value, int | float | np.number)
    }
    return {safe_key(key): value for key, value in kept.items() if np.isfinite(value)}
