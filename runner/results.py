"""What a study came to: counts, verdict, hash, and its tables for notebooks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from runner.accept import Acceptance
from runner.compare import Comparisons, cell_labels, plain_rows
from runner.config import Study
from runner.plan import Plan
from runner.store import RunState, StudyFolder
from runner.store.folder import write_text
from runner.store.integrity import write_checksums
from runner.store.results import count_runs, read_table, results_hash, write_frame

if TYPE_CHECKING:
    pass

EXIT_FAILED_RUNS = 3
EXIT_FAILED = 1
EXIT_UNDECIDED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResults:
    """The results of one plan of a study.

    `runs` counts planned, done, failed, timeout, and those executed by this call; `acceptance`
    holds the verdicts; `summary` has one row per cell and metric, `comparisons` one per arm
    besides the control, cell and metric, `variance_budget` one per metric and source of variance
    (docs/comparing.md tells their columns), with intervals at `confidence`.
    """

    study: str
    plan_id: str
    folder: Path
    runs: Mapping[str, int]
    results_hash: str
    acceptance: Acceptance
    warnings: Mapping[str, int]
    errors: Mapping[str, int]
    notes: tuple[str, ...]
    summary: pd.DataFrame
    comparisons: pd.DataFrame
    variance_budget: pd.DataFrame
    confidence: float
    plan: Plan
    _store: StudyFolder
    _states: Mapping[str, RunState]

    @property
    def verdict(self) -> str:
        """Pass, fail, inconclusive or not_evaluated: the worst of all rules and checks."""
        return self.acceptance.verdict

    @property
    def is_complete(self) -> bool:
        """Whether every planned run is done."""
        return self.runs["done"] == self.runs["planned"]

    @property
    def metrics(self) -> pd.DataFrame:
        """One row per run and metric: run_id, grid_index, arm, replicate_index, the axes, value."""
        axes = cell_labels(self.plan)[["grid_index", *self.plan.axes]]
        rows = pd.read_parquet(self.folder / "metrics.parquet")
        return rows.merge(axes, on="grid_index", how="left", validate="many_to_one")

    @property
    def run_list(self) -> pd.DataFrame:
        """One row per planned run: status, seconds, error, warnings, broken checks."""
        return pd.read_parquet(self.folder / "runs.parquet")

    def table(self, name: str) -> pd.DataFrame:
        """Return a collected table of all done runs, in plan order.

        Raises:
            StoreError: the study does not collect this table.
        """
        return read_table(self._store, self.plan, self._states, name)

    @property
    def called(self) -> str:
        """What commands take for this study, from the working directory."""
        return self._store.called

    @property
    def exit_code(self) -> int:
        """The process exit code this outcome calls for: 3 failed runs, 1 failed, 0 else."""
        if self.runs["failed"] or self.runs["timeout"] or self.runs["done"] < self.runs["planned"]:
            return EXIT_FAILED_RUNS
        return EXIT_FAILED if self.verdict == "fail" else 0

    @property
    def strict_exit_code(self) -> int:
        """As `exit_code`, but 4 instead of 0 unless the verdict is pass."""
        return self.exit_code or (0 if self.verdict == "pass" else EXIT_UNDECIDED)

    def _declared(self) -> list[dict[str, Any]]:
        """Return the rows of declared comparisons as plain data."""
        is_declared = self.comparisons["comparison"].notna().to_numpy(bool)
        return plain_rows(self.comparisons[is_declared])

    def after(self, earlier: StudyResults) -> StudyResults:
        """Return the same results, counting the runs that an earlier size of the study executed."""
        executed = self.runs["executed"] + earlier.runs["executed"]
        return replace(self, runs={**self.runs, "executed": executed})

    def noting(self, notes: tuple[str, ...]) -> StudyResults:
        """Return the same results with more remarks."""
        return replace(self, notes=(*self.notes, *notes)) if notes else self

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as plain data, without the tables."""
        return {
            "study": self.study,
            "plan_id": self.plan_id,
            "folder": str(self.folder),
            "runs": dict(self.runs),
            "verdict": self.verdict,
            "results_hash": self.results_hash,
            "acceptance": self.acceptance.as_json(),
            "comparisons": self._declared(),
            "warnings": dict(self.warnings),
            "errors": dict(self.errors),
            "notes": list(self.notes),
            "exit_code": self.exit_code,
        }


def write_summary(place: Path, study: Study, results: StudyResults) -> None:
    """Write the plan folder's summary files and checksums."""
    summary = results.summary
    write_frame(summary, place / "metrics_by_cell.parquet")
    write_frame(results.acceptance.cells, place / "acceptance.parquet")
    csv = results.acceptance.cells.to_csv(index=False, lineterminator="\n")
    write_text(place / "acceptance.csv", csv)
    write_frame(results.acceptance.runs, place / "acceptance_by_run.parquet")
    write_text(place / "metrics_by_cell.csv", summary.to_csv(index=False, lineterminator="\n"))
    if study.arms:
        _write_both(results.comparisons, place, "comparisons")
    _write_both(results.variance_budget, place, "variance_budget")
    document = {**results.as_json(), "question": study.question}
    document["folder"] = place.name
    document["runs"] = {k: v for k, v in results.runs.items() if k != "executed"}
    write_text(place / "run_summary.json", json.dumps(document, indent=2) + "\n")
    write_checksums(place)


def _write_both(frame: pd.DataFrame, place: Path, name: str) -> None:
    write_frame(frame, place / f"{name}.parquet")
    write_text(place / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))


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
        runs={**count_runs(plan, states), "executed": executed},
        results_hash=results_hash(plan, states),
        acceptance=acceptance,
        warnings=Counter(text for record in records for text in record.warnings),
        errors=Counter(f"{r.error_type}: {r.error}" for r in records if r.status != "done"),
        notes=notes,
        summary=summary,
        comparisons=compared.rows,
        variance_budget=compared.budget,
        confidence=study.compare.confidence,
        plan=plan,
        _store=folder,
        _states=states,
    )
