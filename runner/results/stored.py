"""Read the results that a finished plan's folder holds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from runner.accept import Acceptance
from runner.contract import StoreError
from runner.results.study_results import StudyResults
from runner.store.finished import FinishedPlan, is_finished


def stored_results(place: Path) -> StudyResults:
    """Return the results that a finished plan's folder holds; nothing is computed or written.

    Raises:
        StoreError: the plan is not finished, or its files cannot be read.
    """
    stored = FinishedPlan(place=place)
    if not is_finished(place):
        raise StoreError(f"{place} holds no results yet: finish it with `python -m runner resume`")
    summary = stored.summary
    told = summary["acceptance"]
    judged = Acceptance(
        verdict=summary["verdict"],
        rules=told["rules"],
        cells=stored.acceptance,
        runs=pd.read_parquet(place / "acceptance_by_run.parquet"),
        used=told["exceptions_used"],
        unused=told["exceptions_unused"],
        broken_checks=told["broken_checks"],
    )
    return StudyResults(
        study=stored.study.name,
        plan_id=summary["plan_id"],
        folder=place,
        engine=stored.study.engine,
        counts={**summary["runs"], "executed": 0},
        results_hash=summary["results_hash"],
        judged=judged,
        warnings=summary["warnings"],
        errors=summary["errors"],
        notes=tuple(summary["notes"]),
        summary=stored.by_cell,
        tables=tuple(summary.get("tables", ())),
        comparisons=stored.comparisons,
        variance_budget=stored.budget,
        confidence=stored.study.compare.confidence,
        control=stored.study.control,
    )
