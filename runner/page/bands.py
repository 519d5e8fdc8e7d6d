"""Trajectories over replicates: mean and the middle nine tenths of the runs, period by period."""

from __future__ import annotations

import pandas as pd

from runner.contract import StoreError, Trajectory
from runner.page.source import Source
from runner.store import Ledger
from runner.store.results import iterate_table

LOW, HIGH = 0.05, 0.95
_MOST_PERIODS = 150


def bands(source: Source, trajectory: Trajectory, groups: list[int]) -> pd.DataFrame:
    """Return one row per group, arm and period: for each value column its mean, low and high.

    The columns are pairs (value, "mean" | "low" | "high"). Long horizons are thinned to at most
    150 periods. Empty when some of the runs did not store the table.
    """
    cells = source.cells[source.cells["group"].isin(groups).to_numpy()]
    runs = source.plan.runs[["run_id", "grid_index", "status"]]
    is_wanted = runs["grid_index"].isin(cells["grid_index"]) & (runs["status"] == "done")
    places = runs.loc[is_wanted.to_numpy(bool), ["run_id", "grid_index"]]
    places = places.join(cells[["group", "arm"]], on="grid_index")
    rows = _rows(source, trajectory, places)
    if rows.empty:
        return rows
    keys, values = ["group", "arm", trajectory.period], list(trajectory.values)
    grouped = _thinned(rows, trajectory.period).groupby(keys, sort=True, dropna=False)[values]
    found = {"mean": grouped.mean(), "low": grouped.quantile(LOW), "high": grouped.quantile(HIGH)}
    return pd.concat(found, axis="columns").swaplevel(axis="columns")


def _rows(source: Source, trajectory: Trajectory, places: pd.DataFrame) -> pd.DataFrame:
    known = Ledger(source.plan.folder.ledger_file).read()
    states = [known[run] for run in places["run_id"].unique() if run in known]
    if not states or not all(trajectory.table in state.parts for state in states):
        return pd.DataFrame()
    columns = [trajectory.period, *trajectory.values]
    try:
        pieces = list(iterate_table(source.plan.folder, trajectory.table, states, columns))
    except StoreError:  # damaged since: the page does without, `resume` repairs it
        return pd.DataFrame()
    rows = pd.concat(pieces, ignore_index=True)
    rows = rows.astype({**dict.fromkeys(trajectory.values, "float64"), trajectory.period: "int64"})
    return places.merge(rows, on="run_id")


def _thinned(rows: pd.DataFrame, period: str) -> pd.DataFrame:
    periods = sorted(rows[period].unique())
    step = -(-len(periods) // _MOST_PERIODS)
    if step == 1:
        return rows
    kept = {*periods[::step], periods[-1]}
    return rows[rows[period].isin(kept).to_numpy()]
