"""Apply rules to the rows of a table, period by period, with policy exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runner.config.rules import PolicyException, Rule

Column: TypeAlias = NDArray[Any]
_DROP_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A rule's findings on the rows of some runs.

    `runs` has one row per run: compared (rows that could be judged), failed (bool),
    first_failing_period, worst (largest drop, or the value furthest outside); `used` counts, per
    exception and run id, the periods it covered.
    """

    runs: pd.DataFrame
    used: dict[str, set[str]]


def check_rows(rows: pd.DataFrame, rule: Rule, exceptions: tuple[PolicyException, ...]) -> Steps:
    """Return what a rule finds in `rows`: run_id, the period, the column, and the previous one."""
    values = rows[rule.column].to_numpy(dtype=np.float64, na_value=np.nan)
    if rule.kind in ("non_decreasing", "min_growth"):
        compared, violated, size = _changes(rows, rule, values)
    else:
        compared, violated, size = _outside(rule, values)
    periods = rows[rule.period].to_numpy()
    used: dict[str, set[str]] = {}
    for exception in exceptions:
        if exception.rule != rule.rule_id:
            continue
        first, last = exception.periods
        in_time = (periods >= first) & (periods <= last)
        covered = violated & in_time & (size <= exception.max_drop + _DROP_SLACK)
        used[exception.exception_id] = set(rows["run_id"].to_numpy()[covered])
        violated = violated & ~covered
    return Steps(runs=_by_run(rows["run_id"], periods, compared, violated, size), used=used)


def _changes(rows: pd.DataFrame, rule: Rule, values: Column) -> tuple[Column, ...]:
    """Return (compared, violated, drop) for rules that compare a period with the one before.

    Source: drop and growth are relative to max(previous, 1), so that small bases do not explode.
    """
    if rule.previous:
        before = rows[rule.previous].to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        shifted = rows.groupby("run_id", sort=False)[str(rule.column)].shift()
        before = shifted.to_numpy(dtype=np.float64, na_value=np.nan)
    compared = ~np.isnan(before) & ~np.isnan(values)
    base = np.maximum(before, 1.0)
    growth = (values - before) / base
    if rule.kind == "non_decreasing":
        violated = values < before - rule.tolerance * base
        return compared, compared & violated, -growth
    wanted = rule.bounds[0]
    return compared, compared & (growth < wanted - rule.tolerance), wanted - growth


def _outside(rule: Rule, values: Column) -> tuple[Column, ...]:
    """Return (compared, violated, distance) for rules on each value by itself."""
    compared = ~np.isnan(values)
    distance = np.maximum(rule.bounds[0] - values, values - rule.bounds[1])
    return compared, compared & (distance > rule.tolerance), distance


def _by_run(
    run_ids: pd.Series[Any],
    periods: Column,
    compared: Column,
    violated: Column,
    size: Column,
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "run_id": run_ids.to_numpy(),
            "compared": compared,
            "failed": violated,
            "first_failing_period": np.where(violated, periods, np.inf),
            "worst": np.where(compared, size, -np.inf),
        }
    )
    found = frame.groupby("run_id", sort=False).agg(
        compared=("compared", "sum"),
        failed=("failed", "any"),
        first_failing_period=("first_failing_period", "min"),
        worst=("worst", "max"),
    )
    return found.replace({"first_failing_period": {np.inf: np.nan}, "worst": {-np.inf: np.nan}})
