"""Gather what every stage of a study came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from runner.accept import Acceptance
from runner.compare import Comparisons
from runner.config import Study
from runner.plan import Plan
from runner.results.study_results import StudyResults
from runner.store import RunState, StudyFolder
from runner.store.results import count_runs, results_hash


def gather_results(  # noqa: PLR0913 - gathers what every stage came to
    folder: StudyFolder,
    study: Study,
    plan: Plan,
    states: Mapping[str, RunState],
    summary: pd.DataFrame,
    compared: Comparisons,
    acceptance: Acceptance,
    *,
    executed: int,
    notes: tuple[str, ...],
) -> StudyResults:
    """Return what a plan's runs came to, from the ledger and the summary of its metrics."""
    records = [s.record for r in plan.run_ids if (s := states.get(r)) is not None]
    return StudyResults(
        study=study.name,
        plan_id=plan.plan_id,
        folder=folder.plan(plan.plan_id),
        engine=plan.engine,
        counts={**count_runs(plan, states), "executed": executed},
        results_hash=results_hash(plan, states),
        judged=acceptance,
        warnings=Counter(text for record in records for text in record.warnings),
        errors=Counter(f"{r.error_type}: {r.error}" for r in records if r.status != "done"),
        notes=notes,
        summary=summary,
        tables=plan.tables,
        comparisons=compared.rows,
        variance_budget=compared.budget,
        confidence=study.compare.confidence,
        control=study.control,
    )
