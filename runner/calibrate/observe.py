"""Read from stored runs the numbers that stand against the targets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from runner.calibrate.points import Point
from runner.contract import Floats
from runner.store import RunState, StudyFolder
from runner.store.folder import RUN_ID
from runner.store.part_rows import iterate_table, stored_metrics


@dataclass(slots=True, kw_only=True)
class Observer:
    """Reads each run once; `_known` holds its numbers in the order of the points."""

    folder: StudyFolder
    points: tuple[Point, ...]
    _known: dict[str, Floats] = field(default_factory=dict)
    _reasons: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, states: Iterable[RunState]) -> None:
        """Read the numbers of runs that are done, those of many runs at once being cheapest."""
        new = [
            state
            for state in states
            if state.record.status == "done" and state.record.run_id not in self._known
        ]
        if new:
            self._read(new)

    def observe(self, states: Sequence[RunState]) -> tuple[Floats, str]:
        """Return the runs' numbers, float64 (runs, points), and which of them lack one, if any."""
        self.read(states)
        observed = np.array([self._known[state.record.run_id] for state in states])
        return observed, self._missing(states, observed)

    def _missing(self, states: Sequence[RunState], observed: Floats) -> str:
        lacking = np.isnan(observed)
        if not lacking.any():
            return ""
        place = int(np.flatnonzero(lacking.any(axis=0))[0])
        point, count = self.points[place], int(lacking[:, place].sum())
        first = states[int(np.flatnonzero(lacking[:, place])[0])].record.run_id
        reason = self._reasons.get((first, point.metric), "no such row")
        return f"no value for {point.name} in {count} of {len(states)} runs ({reason})"

    def _read(self, states: Sequence[RunState]) -> None:
        for state in states:
            self._known[state.record.run_id] = np.full(len(self.points), np.nan)
        if any(point.metric for point in self.points):
            self._read_metrics(list(states))
        for table in dict.fromkeys(point.table for point in self.points if point.table):
            self._read_table(table, list(states))

    def _read_metrics(self, states: list[RunState]) -> None:
        places: dict[str, list[int]] = {}
        for place, point in enumerate(self.points):
            if point.metric:
                places.setdefault(point.metric, []).append(place)
        rows = stored_metrics(self.folder, states)
        rows = rows[rows["metric"].isin(list(places))]
        for run_id, metric, value, reason in zip(
            rows[RUN_ID], rows["metric"], rows["value"], rows["reason"], strict=True
        ):
            self._known[run_id][places[metric]] = value
            if pd.notna(reason):
                self._reasons[run_id, metric] = str(reason)

    def _read_table(self, table: str, states: list[RunState]) -> None:
        own = [(place, point) for place, point in enumerate(self.points) if point.table == table]
        columns = list(dict.fromkeys(c for _, p in own for c in (p.period_column, p.column)))
        for rows in iterate_table(self.folder, table, states, columns):
            for place, point in own:
                here = rows[rows[point.period_column] == point.period]
                values = here[point.column].to_numpy(dtype=np.float64, na_value=np.nan)
                for run_id, value in zip(here[RUN_ID], values, strict=True):
                    self._known[run_id][place] = value
