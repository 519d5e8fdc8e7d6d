"""Trajectories over replicates: mean and the middle nine tenths of the runs, period by period."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.contract import StoreError, Trajectory
from runner.page.source import Source
from runner.store import Ledger
from runner.store.part_rows import iterate_table

LOW, HIGH = 0.05, 0.95
MOST_REPLICATES = 400
_MOST_PERIODS = 150


def bands(source: Source, trajectory: Trajectory, groups: list[int]) -> pd.DataFrame:
    """Return one row per group, arm and period: for each value column its mean, low and high.

    The columns are pairs (value, "mean" | "low" | "high"). Long horizons are thinned to at most
    150 periods, and no more than the first 400 replicates are read. Empty when some of the runs
    did not store the table.
    """
    rows = _rows(source, trajectory, _places(source, groups))
    if rows.empty:
        return rows
    keys, values = ["group", "arm", trajectory.period], list(trajectory.values)
    grouped = rows.groupby(keys, sort=True, dropna=False)[values]
    found = {"mean": grouped.mean(), "low": grouped.quantile(LOW), "high": grouped.quantile(HIGH)}
    return pd.concat(found, axis="columns").swaplevel(axis="columns")


def _places(source: Source, groups: list[int]) -> pd.DataFrame:
    """Return run_id, group and arm of the runs that are drawn."""
    cells = source.cells[source.cells["group"].isin(groups).to_numpy()]
    runs = source.plan.runs
    is_wanted = runs["grid_index"].isin(cells["grid_index"]) & (runs["status"] == "done")
    is_wanted &= runs["replicate_index"] < MOST_REPLICATES
    places = runs.loc[is_wanted.to_numpy(bool), ["run_id", "grid_index"]]
    return places.join(cells[["group", "arm"]], on="grid_index")


def _rows(source: Source, trajectory: Trajectory, places: pd.DataFrame) -> pd.DataFrame:
    """Return the trajectory's rows at the periods that are drawn, one part in memory at a time."""
    folder, table = source.plan.folder, trajectory.table
    known = Ledger(folder.ledger_file).read()
    states = [known[run] for run in places["run_id"].unique() if run in known]
    if not states or not all(table in state.parts for state in states):
        return pd.DataFrame()
    period, columns = trajectory.period, [trajectory.period, *trajectory.values]
    try:
        parts = iterate_table(folder, table, states, [period])
        kept = _thinned(_periods(part[period].to_numpy(np.int64) for part in parts))
        parts = iterate_table(folder, table, states, columns)
        pieces = [part[part[period].isin(kept).to_numpy()] for part in parts]
    except StoreError:  # damaged since: the page does without, `resume` repairs it
        return pd.DataFrame()
    rows = pd.concat(pieces, ignore_index=True)
    rows = rows.astype({**dict.fromkeys(trajectory.values, "float64"), period: "int64"})
    return places.merge(rows, on="run_id")


def _periods(parts: Iterable[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Return every period there is once, in order."""
    found = np.zeros(0, np.int64)
    for part in parts:
        if not np.isin(part, found).all():
            found = np.union1d(found, part)
    return found


def _thinned(periods: npt.NDArray[np.int64]) -> list[int]:
    step = -(-len(periods) // _MOST_PERIODS)
    return [*periods[::step].tolist(), int(periods[-1])] if len(periods) else []
