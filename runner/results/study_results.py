"""The results of one plan of a study, as data frames for notebooks and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from runner.accept import Acceptance
from runner.compare import plain_rows
from runner.contract import EngineSpec, StoreError
from runner.exit_codes import EXIT_FAILED, EXIT_FAILED_RUNS, EXIT_UNDECIDED
from runner.registry import RegistryError, load_engine
from runner.store import Ledger
from runner.store.finished import FinishedPlan
from runner.store.folder import MC_INDEX
from runner.store.integrity import find_damage, without_damage
from runner.store.part_rows import read_table
from runner.store.spreadsheet import text_of
from runner.units import column_units, metric_units

_KEYS = ("run_id", "grid_index", "arm", "replicate_index", MC_INDEX)


@dataclass(frozen=True, kw_only=True)
class StudyResults:
    """The results of one plan of a study, as run or as loaded from its folder.

    `counts` tells planned, done, failed and timeout runs, and those executed by this call;
    `judged` holds the verdicts; `tables` names what was collected. `summary` has one row per cell
    and metric, `comparisons` one per arm besides the control, cell and metric, `variance_budget`
    one per metric and source of variance (docs/comparing.md tells their columns), with intervals at
    `confidence`. The other frames are read from the plan folder when asked for. Units are in
    `units`, and in the `attrs["units"]` of `metrics` and tables.
    """

    study: str
    plan_id: str
    folder: Path
    engine: str
    counts: Mapping[str, int]
    results_hash: str
    judged: Acceptance
    warnings: Mapping[str, int]
    errors: Mapping[str, int]
    notes: tuple[str, ...]
    summary: pd.DataFrame
    tables: tuple[str, ...]
    comparisons: pd.DataFrame
    variance_budget: pd.DataFrame
    confidence: float
    control: str | None

    @property
    def verdict(self) -> str:
        """Pass, fail, inconclusive or not_evaluated: the worst of all rules and checks."""
        return self.judged.verdict

    @property
    def plan(self) -> pd.DataFrame:
        """One row per planned run: run_id, cell, arm, replicate_index, axes, drawn variables."""
        return self._stored.planned

    @property
    def runs(self) -> pd.DataFrame:
        """One row per planned run: status, seconds, error, warnings, broken checks."""
        return pd.read_parquet(self.folder / "runs.parquet")

    @property
    def is_resampled(self) -> bool:
        """Whether replicates resample data, replicate 0 being the estimate from the data."""
        return self._spec is not None and self._stored.resamples(self._spec)

    @property
    def is_complete(self) -> bool:
        """Whether every planned run is done."""
        return self.counts["done"] == self.counts["planned"]

    @property
    def metrics(self) -> pd.DataFrame:
        """One row per run and metric: run_id, grid_index, arm, replicate_index, the axes, value."""
        axes = self._stored.cells.reset_index(drop=True)[["grid_index", *self.axes]]
        merged = self._stored.metrics.merge(
            axes, on="grid_index", how="left", validate="many_to_one"
        )
        merged.attrs["units"] = self.units
        return merged

    @property
    def draws(self) -> pd.DataFrame:
        """One row per random variable, cell and replicate: the value drawn."""
        drawn = pd.read_csv(self.folder / "variable_draws.csv")
        return drawn.assign(draw_value=drawn["draw_value"].map(text_of))

    @property
    def acceptance(self) -> pd.DataFrame:
        """One row per rule and cell: verdict, passing and judged runs, bounds, first failure."""
        return self.judged.cells

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The levels of each axis, in plan order."""
        cells = self._stored.cells
        return {key: list(dict.fromkeys(cells[key])) for key in self._stored.axes}

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, in plan order; empty without arms."""
        return tuple(str(arm) for arm in self._stored.cells["arm"].dropna().unique())

    @property
    def units(self) -> dict[str, str]:
        """The unit of each metric; empty when the engine is no longer installed."""
        names = [str(name) for name in self.summary["metric"].unique()]
        return {} if self._spec is None else metric_units(self._spec, names)

    def table(self, name: str) -> pd.DataFrame:
        """Return a collected table of all done runs, in plan order.

        Raises:
            StoreError: the study does not collect this table, or a part of it is damaged.
        """
        if name not in self.tables:
            known = ", ".join(self.tables) or "none"
            raise StoreError(
                f"table {name} was not collected (collected: {known}); add it to collect="
            )
        keys = [key for key in _KEYS if key in self.plan]
        runs, store = self.plan[keys], self._stored.folder
        known_states = Ledger(store.ledger_file).read()
        own = {run: known_states[run] for run in runs["run_id"] if run in known_states}
        states = without_damage(own, find_damage(store, own, deep=False))
        found = read_table(store, runs, states, name)
        found.attrs["units"] = {} if self._spec is None else column_units(self._spec, name)
        return found

    @property
    def called(self) -> str:
        """What commands take for this study, from the working directory."""
        return self._stored.folder.called

    @property
    def exit_code(self) -> int:
        """The process exit code this outcome calls for: 3 failed runs, 1 failed, 0 else."""
        counts = self.counts
        if counts["failed"] or counts["timeout"] or counts["done"] < counts["planned"]:
            return EXIT_FAILED_RUNS
        return EXIT_FAILED if self.verdict == "fail" else 0

    @property
    def strict_exit_code(self) -> int:
        """As `exit_code`, but 4 instead of 0 unless the verdict is pass."""
        return self.exit_code or (0 if self.verdict == "pass" else EXIT_UNDECIDED)

    def _declared(self) -> list[dict[str, Any]]:
        """Return the rows of declared comparisons as plain data."""
        if "comparison" not in self.comparisons:
            return []
        is_declared = self.comparisons["comparison"].notna().to_numpy(bool)
        return plain_rows(self.comparisons[is_declared])

    def after(self, earlier: StudyResults) -> StudyResults:
        """Return the same results, counting the runs that an earlier size of the study executed."""
        executed = self.counts["executed"] + earlier.counts["executed"]
        return replace(self, counts={**self.counts, "executed": executed})

    def noting(self, notes: tuple[str, ...]) -> StudyResults:
        """Return the same results with more remarks."""
        return replace(self, notes=(*self.notes, *notes)) if notes else self

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as plain data, without the tables."""
        return {
            "study": self.study,
            "plan_id": self.plan_id,
            "folder": str(self.folder),
            "runs": dict(self.counts),
            "verdict": self.verdict,
            "results_hash": self.results_hash,
            "acceptance": self.judged.as_json(),
            "comparisons": self._declared(),
            "warnings": dict(self.warnings),
            "errors": dict(self.errors),
            "notes": list(self.notes),
            "exit_code": self.exit_code,
        }

    @cached_property
    def _stored(self) -> FinishedPlan:
        return FinishedPlan(place=self.folder)

    @cached_property
    def _spec(self) -> EngineSpec | None:
        try:
            return load_engine(self.engine)
        except RegistryError:
            return None
