"""Average each metric over the replicates of each cell, with intervals."""

from __future__ import annotations

import pandas as pd

from runner.contract import shown
from runner.plan import Plan
from runner.stats import t_half_width


def summarise_cells(plan: Plan, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell and metric: its axes, n, mean, sd and the 95 % t interval.

    `metrics` has the columns grid_index, metric, value. `n` counts replicates with a value; mean,
    sd and interval are null where there are too few.
    """
    grouped = metrics.groupby(["grid_index", "metric"], sort=False)["value"]
    found = grouped.agg(n="count", mean="mean", sd="std").reset_index()
    half = t_half_width(found["n"].to_numpy(), found["sd"].to_numpy())
    found["ci_low"], found["ci_high"] = found["mean"] - half, found["mean"] + half
    return cell_labels(plan).merge(found, on="grid_index", how="inner")


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
