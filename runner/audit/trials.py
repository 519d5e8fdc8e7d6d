"""Find the runs that a calibration's trials rest on, and check what was made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from runner.calibrate import Brief, read_brief
from runner.calibrate.bench import Bench
from runner.calibrate.distance import score
from runner.calibrate.observe import Observer
from runner.calibrate.space import Dimension
from runner.contract import PlanError, StoreError
from runner.plan import Plan
from runner.store import RunState, StudyFolder
from runner.store.calibrations import calibrations_in, is_finished
from runner.store.integrity import wrong_checksums

_PARAMS = "params."
_RELATIVE = 1e-9  # sums may round otherwise on another machine


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRuns:
    """The trials with these replicates: `rows` of the record, and the plan with a cell for each."""

    rows: tuple[dict[str, Any], ...]
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedSets:
    """A finished calibration, planned anew from the parameter sets in its record."""

    place: Path
    brief: Brief
    groups: tuple[TrialRuns, ...]

    def file_problems(self) -> list[str]:
        """Return the files of its folder that are no longer as they were written."""
        found = wrong_checksums(self.place)
        return [f"calibration {self.place.name} file {n}: {what}" for n, what in found.items()]

    def record_problems(self, folder: StudyFolder, states: dict[str, RunState]) -> list[str]:
        """Return the trials whose objective is not that of their runs; `states` are sound."""
        observer = Observer(folder=folder, points=self.brief.points)
        found = []
        for group in self.groups:
            for row, cell in zip(group.rows, group.plan.cells, strict=True):
                told, ids = row["objective"], cell.run_ids
                where = f"calibration {self.place.name} trial {row['trial']}"
                if any(run_id not in states for run_id in ids):
                    found.append(f"{where}: runs of it are missing")
                elif row["status"] == "done":
                    observed, _ = observer.observe([states[run_id] for run_id in ids])
                    own = score(self.brief.points, observed).objective
                    if not math.isclose(own, told, rel_tol=_RELATIVE, abs_tol=_RELATIVE):
                        found.append(f"{where}: its runs have objective {own!r}, not {told!r}")
        return found


def finished_trials(root: Path) -> Iterator[TriedSets | str]:
    """Yield the finished calibrations of a study folder, or why one cannot be planned anew."""
    for place in filter(is_finished, calibrations_in(root)):
        try:
            yield _tried_sets(place)
        except (PlanError, StoreError) as error:
            told = "; ".join(str(error).splitlines())
            yield f"calibration {place.name} cannot be checked: {told}"


def _tried_sets(place: Path) -> TriedSets:
    brief = read_brief(place)
    rows = _rows(place)
    by_replicates: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row["status"] != "refused":
            by_replicates.setdefault(int(row["replicates"]), []).append(row)
    bench = Bench(
        study=brief.base, folder=StudyFolder(root=place.parent.parent), points=brief.points
    )
    groups = [
        TrialRuns(rows=tuple(own), plan=bench.plan_of(_sets(brief, own), replicates))
        for replicates, own in by_replicates.items()
    ]
    return TriedSets(place=place, brief=brief, groups=tuple(groups))


def _sets(brief: Brief, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    dimensions = brief.space.dimensions
    return [{d.path: _as_tried(d, row[f"{_PARAMS}{d.path}"]) for d in dimensions} for row in rows]


def _as_tried(dimension: Dimension, stored: Any) -> Any:
    """Return a value as it was tried: a column of 1 and 2.5 holds floats, the list a whole 1."""
    if dimension.values:
        return dimension.values[dimension.values.index(stored)]
    return int(stored) if dimension.is_whole else float(stored)


def _rows(place: Path) -> list[dict[str, Any]]:
    try:
        frame: pd.DataFrame = pq.read_table(place / "trials.parquet").to_pandas()
    except (OSError, ValueError) as error:
        raise StoreError(f"{place / 'trials.parquet'} cannot be read ({error})") from error
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]
