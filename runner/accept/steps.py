"""Apply rules to the rows of a table, period by period, with policy exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runner.config.exceptions import PolicyException
from runner.config.rules import STEPS, Rule

Numbers: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
_DROP_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A rule's findings on the rows of some runs.

    `runs` has one row per run, in order of appearance, with the index run_id: compared (rows that
    could be judged), failed (bool), first_failing_period, excess (how far beyond the rule the
    worst row lies), value (that row's drop, or its value where the rule is a band). The worst row
    is one that no exception covers, if there is any. `used`: the runs each exception served.
    """

    runs: pd.DataFrame
    used: dict[str, set[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What a rule says of each row, arrays (n_rows,).

    `size` is the drop that exceptions limit, or the distance outside a band; `value` what is
    reported of the row. Where `compared` is false nothing else counts.
    """

    compared: Flags
    violated: Flags
    size: Numbers
    value: Numbers


def check_rows(rows: pd.DataFrame, rule: Rule, exceptions: tuple[PolicyException, ...]) -> Steps:
    """Return what a rule finds in `rows`: run_id and the columns that `columns_of` names."""
    judged = _changes(rows, rule) if rule.kind in STEPS else _outside(rows, rule)
    violated = judged.violated
    periods = _numbers(rows, rule.period) if rule.period else np.full(len(rows), np.inf)
    used: dict[str, set[str]] = {}
    for exception in exceptions:
        if exception.rule != rule.rule_id:
            continue
        first, last = exception.periods
        in_time = (periods >= first) & (periods <= last)
        covered = violated & in_time & (judged.size <= exception.max_drop + _DROP_SLACK)
        used[exception.exception_id] = set(rows["run_id"].to_numpy()[covered])
        violated = violated & ~covered
    return Steps(runs=_by_run(rows["run_id"], periods, judged, violated), used=used)


def columns_of(rule: Rule) -> set[str]:
    """Return the columns of its table that a rule reads."""
    named = (rule.column, rule.previous, rule.period, *rule.series)
    return {name for name in named if name}


def _changes(rows: pd.DataFrame, rule: Rule) -> _Rows:
    """Judge rules that compare a period with the one before.

    Drop and growth are relative to max(previous, 1), so that small bases do not explode.
    """
    values = _numbers(rows, rule.column)
    if rule.previous:
        before = _numbers(rows, rule.previous)
    else:
        keys = ["run_id", *rule.series]
        shifted = rows.groupby(keys, sort=False, observed=True)[str(rule.column)].shift()
        before = shifted.to_numpy(dtype=np.float64, na_value=np.nan)
    base = np.maximum(before, 1.0)
    growth = (values - before) / base
    if rule.kind == "non_decreasing":
        size, violated = -growth, values < before - rule.tolerance * base
    else:
        wanted = rule.bounds[0]
        size, violated = wanted - growth, growth < wanted - rule.tolerance
    return _Rows(compared=~np.isnan(growth), violated=violated, size=size, value=size)


def _outside(rows: pd.DataFrame, rule: Rule) -> _Rows:
    """Judge rules on each value by itself."""
    values, (low, high) = _numbers(rows, rule.column), rule.bounds
    violated = (values < low - rule.tolerance) | (values > high + rule.tolerance)
    size = np.maximum(low - values, values - high)
    return _Rows(compared=~np.isnan(values), violated=violated, size=size, value=values)


def _numbers(rows: pd.DataFrame, column: str | None) -> Numbers:
    return rows[str(column)].to_numpy(dtype=np.float64, na_value=np.nan)


def _by_run(
    run_ids: pd.Series[Any], periods: Numbers, judged: _Rows, violated: Flags
) -> pd.DataFrame:
    codes, ids = pd.factorize(run_ids)
    size = np.where(judged.compared, judged.size, -np.inf)
    order = np.lexsort((size, violated, codes))
    worst = order[np.flatnonzero(np.diff(codes[order], append=-1))]
    first = np.full(len(ids), np.inf)
    np.minimum.at(first, codes[violated], periods[violated])
    return pd.DataFrame(
        {
            "compared": np.bincount(codes[judged.compared], minlength=len(ids)),
            "failed": violated[worst],
            "first_failing_period": np.where(np.isinf(first), np.nan, first),
            "excess": judged.size[worst],
            "value": judged.value[worst],
        },
        index=pd.Index(ids, name="run_id"),
    )
