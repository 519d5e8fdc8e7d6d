"""Write a calibration down: what it is before it begins, every trial as it goes, the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from runner.calibrate.brief import Brief
from runner.calibrate.distance import standardised
from runner.calibrate.points import Point
from runner.calibrate.result import Calibrated
from runner.calibrate.trial import Trial
from runner.config import Study
from runner.config.saved import study_from_data, study_to_data
from runner.contract import StoreError
from runner.plan.identity import digest
from runner.store import StudyFolder
from runner.store.calibrations import DOCUMENT, FOLDER
from runner.store.environment import ENVIRONMENT, record_environment
from runner.store.folder import write_text
from runner.store.integrity import SUMS, read_json, write_checksums
from runner.store.results import write_frame
from runner.store.spreadsheet import csv_text


def begin(folder: StudyFolder, brief: Brief, save: Path | None) -> Path:
    """Write what is needed to carry on after a crash; return the calibration's folder."""
    place = folder.root / FOLDER / brief.calibration_id[:12]
    place.mkdir(parents=True, exist_ok=True)
    (place / SUMS).unlink(missing_ok=True)  # from here on it is not finished
    document = {
        "calibration_id": brief.calibration_id,
        "study": study_to_data(brief.study),
        "save": None if save is None else str(save),
        "points": [asdict(point) for point in brief.points],
        "space": [asdict(dimension) for dimension in brief.space.dimensions],
    }
    write_text(place / DOCUMENT, json.dumps(document, indent=1) + "\n")
    if not read_json(place / ENVIRONMENT):
        record_environment(place)
    invocation = {
        "command": ["python", "-m", "runner", *sys.argv[1:]],
        "overrides": list(brief.study.words),
        "working_directory": str(Path.cwd()),
        "execution": asdict(brief.study.execution),
    }
    text = yaml.safe_dump(invocation, sort_keys=False, allow_unicode=True)
    write_text(place / "invocation.yaml", text)
    return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A calibration as it was begun: its study, its targets, where to save, its id."""

    study: Study
    points: tuple[Point, ...]
    save: Path | None
    calibration_id: str


def read_begun(place: Path) -> Begun:
    """Return the calibration that was begun in a folder.

    Raises:
        StoreError: its document is missing or damaged.
    """
    try:
        document = json.loads((place / DOCUMENT).read_text(encoding="utf-8"))
        points = tuple(Point(**point) for point in document["points"])
        save = None if document["save"] is None else Path(document["save"])
        return Begun(
            study=study_from_data(document["study"]),
            points=points,
            save=save,
            calibration_id=document["calibration_id"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{place / DOCUMENT} cannot be read ({error}); give the calibrate command again: "
            "its runs are kept"
        ) from error


def write_trials(place: Path, points: tuple[Point, ...], trials: Sequence[Trial]) -> None:
    """Write the trials so far, whole or not at all."""
    text = csv_text(trial_table(points, trials))
    write_text(place / "trials.csv", text)


def trial_table(points: tuple[Point, ...], trials: Sequence[Trial]) -> pd.DataFrame:
    """Return a row per trial: its place, status, objective, values, and the means it came to."""
    rows = []
    for trial in trials:
        found, observed = trial.score, trial.tried.observed
        means = np.full(len(points), np.nan) if observed is None else observed.mean(axis=0)
        z = means if observed is None else standardised(points, observed).mean(axis=0)
        rows.append(
            {
                "trial": trial.index, "candidate": trial.candidate, "phase": trial.phase,
                "round": trial.round, "replicates": trial.replicates, "status": trial.tried.status,
                "objective": None if found is None else found.objective,
                "objective_se": None if found is None else found.se,
                **{f"params.{path}": value for path, value in trial.values.items()},
                **{f"achieved.{p.name}": m for p, m in zip(points, means, strict=True)},
                **{f"misfit.{p.name}": m for p, m in zip(points, z, strict=True)},
                "error": trial.tried.error or None,
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    kinds = {"objective": "Float64", "objective_se": "Float64", "error": "string"}
    return frame.astype(kinds)


def trials_hash(trials: Sequence[Trial]) -> str:
    """Return the hash of all trials in order: their sets and what they came to."""
    rows = [
        [t.candidate, t.phase, t.replicates, sorted(t.values.items()), t.tried.status,
         None if t.score is None else t.score.objective.hex()]
        for t in trials
    ]  # fmt: skip
    return digest("trials", rows)


def finish(place: Path, brief: Brief, outcome: Calibrated, drawings: dict[str, Any]) -> None:
    """Write tables, drawings and summary; the checksums come last and make it finished."""
    write_trials(place, brief.points, outcome.trials)
    write_frame(trial_table(brief.points, outcome.trials), place / "trials.parquet")
    for name, frame in (("parameters", outcome.parameters), ("fit", outcome.fit)):
        write_text(place / f"{name}.csv", csv_text(frame))
    for name, figure in drawings.items():
        figure.savefig(place / f"{name}.png", metadata={"Software": None})
    write_text(place / outcome.fragment.name, outcome.fragment.read_text(encoding="utf-8"))
    document = outcome.as_json()
    document["runs"].pop("executed")
    for key in ("cpu_seconds", "fragment", "config_dir", "folder", "calibration_folder"):
        document.pop(key)
    write_text(place / "run_summary.json", json.dumps(document, indent=2) + "\n")
    write_checksums(place)
