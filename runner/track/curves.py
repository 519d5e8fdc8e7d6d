"""Average the engine's trajectories over the replicates of each cell, period by period."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from runner.contract import Trajectory
from runner.registry import RegistryError, load_engine
from runner.store import Ledger, RunState
from runner.store.finished import FinishedPlan
from runner.store.part_rows import iterate_table
from runner.track.record import Series

Curves = dict[int, dict[str, Series]]


def horizon_curves(plan: FinishedPlan) -> Curves:
    """Return by cell, for each trajectory column, its mean over replicates per period.

    Tables that some done run of the plan did not store, and engines that are not installed, have
    no curves. A column that two tables share is named `<table>.<column>`.
    """
    try:
        trajectories = load_engine(plan.study.engine).trajectories
    except RegistryError:
        return {}
    done = plan.runs[plan.runs["status"] == "done"]
    known = Ledger(plan.folder.ledger_file).read()
    states = [known[r] for r in dict.fromkeys(done["run_id"]) if r in known]
    places = done[["run_id", "grid_index"]]
    found: Curves = {}
    for trajectory in trajectories:
        if not states or not all(trajectory.table in state.parts for state in states):
            continue
        means = _means(plan, trajectory, states, places)
        for grid_index, column, series in _as_series(means, trajectory):
            found.setdefault(grid_index, {})[_label(column, trajectory, trajectories)] = series
    return found


def _label(column: str, own: Trajectory, every: tuple[Trajectory, ...]) -> str:
    is_shared = sum(column in trajectory.values for trajectory in every) > 1
    return f"{own.table}.{column}" if is_shared else column


def _means(
    plan: FinishedPlan, trajectory: Trajectory, states: list[RunState], places: pd.DataFrame
) -> pd.DataFrame:
    """Return means with one row per cell and period; one part at a time is in memory."""
    keys, values = ["grid_index", trajectory.period], list(trajectory.values)
    pieces = []
    for rows in iterate_table(plan.folder, trajectory.table, states, [keys[1], *values]):
        numbers = rows.astype(dict.fromkeys(values, "float64"))
        pieces.append(
            places.merge(numbers, on="run_id").groupby(keys)[values].agg(["sum", "count"])
        )
    totals = pd.concat(pieces).groupby(level=keys).sum()
    means: dict[str, pd.Series[Any]] = {
        column: totals[(column, "sum")] / totals[(column, "count")] for column in values
    }
    return pd.DataFrame(means)


def _as_series(means: pd.DataFrame, trajectory: Trajectory) -> Iterator[tuple[int, str, Series]]:
    for grid_index, rows in means.groupby(level=0):
        periods = rows.index.get_level_values(1).to_numpy()
        for column in trajectory.values:
            values = rows[column].to_numpy()
            has_value = np.isfinite(values)
            steps = periods[has_value].astype("int64")
            yield int(str(grid_index)), column, Series(steps=steps, values=values[has_value])
