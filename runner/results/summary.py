"""Write what a study came to into its plan folder, for people and other programs."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from runner.config import Study
from runner.results.study_results import StudyResults
from runner.store.folder import write_text
from runner.store.integrity import write_checksums
from runner.store.results import write_frame
from runner.store.spreadsheet import csv_text


def write_summary(place: Path, study: Study, results: StudyResults) -> None:
    """Write the plan folder's summary files and checksums."""
    _write_both(results.summary, place, "metrics_by_cell")
    _write_both(results.judged.cells, place, "acceptance")
    write_frame(results.judged.runs, place / "acceptance_by_run.parquet")
    if study.arms:
        _write_both(results.comparisons, place, "comparisons")
    _write_both(results.variance_budget, place, "variance_budget")
    document = {**results.as_json(), "question": study.question, "tables": list(results.tables)}
    document["folder"] = place.name
    document["runs"] = {k: v for k, v in results.counts.items() if k != "executed"}
    write_text(place / "run_summary.json", json.dumps(document, indent=2) + "\n")
    write_checksums(place)


def _write_both(frame: pd.DataFrame, place: Path, name: str) -> None:
    write_frame(frame, place / f"{name}.parquet")
    write_text(place / f"{name}.csv", csv_text(frame))
