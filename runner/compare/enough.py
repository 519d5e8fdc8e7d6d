"""Decide whether a study knows its differences well enough, or how many replicates to add."""

from __future__ import annotations

import math

import pandas as pd

from runner.config import Study
from runner.config.replicates import BLOCK


def next_replicates(study: Study, rows: pd.DataFrame) -> int | None:
    """Return how many replicates to have next; None when there are enough, or as many as allowed.

    `rows` are those of `Comparisons`. At most twice as many as now, so that a first rough idea of
    the spread is not trusted too far.
    """
    if study.budget is None or study.replicates >= study.budget:
        return None
    needed = _needed(study, rows)
    if needed <= study.replicates:
        return None
    blocks = math.ceil(min(needed, 2 * study.replicates) / BLOCK)
    return min(study.budget, max(study.replicates + BLOCK, blocks * BLOCK))


def precision_note(study: Study, rows: pd.DataFrame, *, is_complete: bool) -> tuple[str, ...]:
    """Return why no more replicates were added, for a study that may add them."""
    if study.budget is None:
        return ()
    if not is_complete:
        return ("no replicates were added: not all runs are done",)
    if next_replicates(study, rows) is not None:
        return ()
    needed = _needed(study, rows)
    if needed <= study.replicates:
        text = f"{study.replicates} replicates are enough for every declared width"
    elif math.isfinite(needed):
        text = (
            f"the budget of {study.budget} replicates is spent; about {needed:,.0f} would reach "
            "every declared width"
        )
    else:
        text = f"the budget of {study.budget} replicates is spent; some difference has no interval"
    return (text,)


def _needed(study: Study, rows: pd.DataFrame) -> float:
    """Return the replicates that the most demanding declared width takes, as far as is known."""
    named = [comparison.name for comparison in study.comparisons if comparison.width is not None]
    needed = rows.loc[rows["comparison"].isin(named), "replicates_needed"]
    return math.inf if needed.isna().any() else float(needed.max())
