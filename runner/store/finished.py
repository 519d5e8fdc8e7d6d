"""Read a finished plan from its study folder; nothing is planned or computed again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import yaml

from runner.config import Study
from runner.contract import EngineSpec, StoreError, build_params
from runner.store import StudyFolder
from runner.store.folder import MC_INDEX
from runner.store.plan_files import saved_study

SUMMARY = "run_summary.json"
_FIXED = ("run_id", "grid_index", "cell_id", "arm", "replicate_index", MC_INDEX)
_STATES = ("status", "seconds", "failed_checks")


def is_finished(place: Path) -> bool:
    """Tell whether a plan folder holds results."""
    return (place / SUMMARY).is_file()


@dataclass(frozen=True, kw_only=True)
class FinishedPlan:
    """A plan folder's files, each read when first asked for."""

    place: Path

    @property
    def folder(self) -> StudyFolder:
        """The study's folder."""
        return StudyFolder(root=self.place.parent.parent)

    @cached_property
    def study(self) -> Study:
        """The study as it was composed."""
        return saved_study(self.place)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Counts, verdict, hashes, as in run_summary.json."""
        return _read_json(self.place / SUMMARY)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions, commit and machine of the run."""
        return _read_json(self.place / "environment.json")

    @cached_property
    def invocation(self) -> dict[str, Any]:
        """Command, working directory, execution."""
        return self._yaml("invocation.yaml")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per planned run with its axes, drawn variables, status, broken checks."""
        states = self._frame("runs.parquet")[list(_STATES)]
        return pd.concat([self.planned, states], axis="columns")

    @cached_property
    def planned(self) -> pd.DataFrame:
        """One row per planned run with its axes and drawn variables."""
        return self._frame("plan.parquet")

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row per cell in plan order: grid_index, cell_id, arm, its level on each axis."""
        columns = [*_FIXED[1:4], *self.axes]
        return self.runs[columns].drop_duplicates("grid_index").set_index("grid_index", drop=False)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """One row per run and metric."""
        return self._frame("metrics.parquet")

    @cached_property
    def by_cell(self) -> pd.DataFrame:
        """One row per cell and metric: n, mean, sd, ci_low, ci_high."""
        return self._frame("metrics_by_cell.parquet")

    @cached_property
    def acceptance(self) -> pd.DataFrame:
        """One row per rule and cell."""
        return self._frame("acceptance.parquet")

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """One row per arm besides the control, cell and metric; none without arms."""
        found = self._optional("comparisons.parquet") if self.study.arms else pd.DataFrame()
        return pd.DataFrame({"grid_index": []}) if found.empty else found

    @cached_property
    def budget(self) -> pd.DataFrame:
        """One row per metric and component of its variance."""
        return self._optional("variance_budget.parquet")

    @property
    def axes(self) -> list[str]:
        """Columns of `runs` that hold the levels of axes, in plan order."""
        known = {*_FIXED, *self.drawn, *_STATES}
        return [column for column in self.runs.columns if column not in known]

    @cached_property
    def varying(self) -> list[str]:
        """Axes that have more than one level in the plan."""
        return [key for key in self.axes if self.runs[key].nunique(dropna=False) > 1]

    @property
    def drawn(self) -> list[str]:
        """Columns of `runs` that hold drawn variables, `.drawn` where the centre is an axis."""
        random = [f"params.{v.path}" for v in self.study.variables if v.treatment == "random"]
        columns = set(self.runs.columns)
        named = [f"{p}.drawn" if f"{p}.drawn" in columns else p for p in dict.fromkeys(random)]
        return [name for name in named if name in columns]

    def resamples(self, spec: EngineSpec) -> bool:
        """Tell whether replicates resample data, replicate 0 being the estimate from the data."""
        params, _ = build_params(spec.params, self.study.document["params"], with_rules=False)
        return params is not None and spec.replicates(params) == "bootstrap"

    def counts(self) -> Mapping[str, int]:
        """Return planned, done, failed and timed-out runs."""
        return dict(self.summary["runs"])

    def _frame(self, name: str) -> pd.DataFrame:
        try:
            frame: pd.DataFrame = pq.read_table(self.place / name).to_pandas()
        except (OSError, ValueError) as error:
            raise _unreadable(self.place / name, error) from error
        return frame

    def _optional(self, name: str) -> pd.DataFrame:
        return self._frame(name) if (self.place / name).is_file() else pd.DataFrame()

    def _yaml(self, name: str) -> dict[str, Any]:
        try:
            found = yaml.safe_load((self.place / name).read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise _unreadable(self.place / name, error) from error
        return found if isinstance(found, dict) else {}


def _read_json(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error
    return found


def _unreadable(file: Path, error: Exception) -> StoreError:
    return StoreError(
        f"{file} cannot be read ({error}); `python -m runner resume {file.parent}` writes it again"
    )
