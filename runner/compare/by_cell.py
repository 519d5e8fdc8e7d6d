"""Average each metric over the replicates of each cell, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from runner.contract import EngineSpec, shown
from runner.plan import Plan
from runner.stats import moments, percentile_interval, t_half_width


def summarise_cells(plan: Plan, metrics: pd.DataFrame, spec: EngineSpec) -> pd.DataFrame:
    """Return one row per cell and metric: its axes, n, mean, sd and the 95 % interval.

    `metrics` has the columns grid_index, replicate_index, metric, value. `n` counts replicates
    with a value; mean, sd and the t interval are over replicates, the runs of a replicate averaged
    first, and null where there are too few.

    Where replicates resample data, `mean` is the estimate from the data as they are (replicate 0),
    `n` counts the resamples, `sd` is theirs (the standard error of the estimate), and the interval
    is their central 95 %.
    """
    resampled = {
        cell.grid_index for cell in plan.cells if spec.replicates(cell.params) == "bootstrap"
    }
    values = _by_replicate(plan, metrics)
    if not resampled:
        found = _over_replicates(values)
    else:
        is_resampled = values["grid_index"].isin(resampled).to_numpy(bool)
        parts = [_over_replicates(values[~is_resampled]), _over_resamples(values[is_resampled])]
        found = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return cell_labels(plan).merge(found, on="grid_index", how="inner")


def _by_replicate(plan: Plan, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell, metric and replicate: runs that share variables are averaged."""
    if plan.mc == 1:
        return metrics
    keys = ["grid_index", "metric", "replicate_index"]
    return metrics.groupby(keys, sort=False)["value"].mean().reset_index()


def _over_replicates(values: pd.DataFrame) -> pd.DataFrame:
    grouped = values.groupby(["grid_index", "metric"], sort=False)["value"]
    found = grouped.agg(n="count", mean="mean", sd="std").reset_index()
    half = t_half_width(found["n"].to_numpy(), found["sd"].to_numpy())
    found["ci_low"], found["ci_high"] = found["mean"] - half, found["mean"] + half
    return found


def _over_resamples(values: pd.DataFrame) -> pd.DataFrame:
    wide = values.pivot_table(
        index=["grid_index", "metric"], columns="replicate_index", values="value", sort=False,
        dropna=False, aggfunc="first",
    )  # fmt: skip
    wide = wide.reindex(columns=range(int(values["replicate_index"].max()) + 1))
    numbers = wide.to_numpy(np.float64)
    spread = moments(numbers[:, 1:])
    low, high = percentile_interval(numbers[:, 1:], 0.95)
    summary = {"n": spread.n.astype(np.int64), "mean": numbers[:, 0], "sd": spread.sd}
    return pd.DataFrame(summary | {"ci_low": low, "ci_high": high}, index=wide.index).reset_index()


def sameness_notes(plan: Plan, summary: pd.DataFrame) -> tuple[str, ...]:
    """Return a remark when all replicates are equal: repeating them tells nothing."""
    if plan.replicates == 1 or not (summary["n"] > 1).any() or summary["sd"].fillna(0.0).any():
        return ()
    return ("nothing is random in this study: all replicates of a cell are equal, one is enough",)


def cell_labels(plan: Plan) -> pd.DataFrame:
    """Return one row per cell: grid_index, cell_id, arm, and a column for each axis."""
    labels = pd.DataFrame(
        {
            "grid_index": [cell.grid_index for cell in plan.cells],
            "cell_id": [cell.cell_id for cell in plan.cells],
            "arm": pd.array([cell.arm for cell in plan.cells], "string"),
        }
    )
    for key in plan.axes:
        levels = [cell.levels[key] for cell in plan.cells]
        is_number = all(isinstance(v, int | float) and not isinstance(v, bool) for v in levels)
        labels[key] = levels if is_number else [shown(level) for level in levels]
    return labels
