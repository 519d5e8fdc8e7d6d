"""Build the table of comparisons: one row per cell without arm, arm and metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runner.compare.by_cell import cell_labels
from runner.compare.estimates import (
    EXACT,
    NONE,
    NUMBERS,
    PAIRED,
    PERCENTILE,
    WELCH,
    Columns,
    has_no_spread,
    is_zero,
    paired_columns,
    percentile_columns,
    welch_columns,
)
from runner.compare.findings import findings
from runner.compare.matched import Pairs, Reported
from runner.compare.resampling import bootstrap_of
from runner.compare.targets import NOTHING_RANDOM
from runner.config import Study
from runner.contract import NOT_APPLICABLE, EngineSpec
from runner.plan import Plan
from runner.stats import Bootstrap, holm

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Texts = NDArray[np.object_]

NO_CONTROL = "the control has no cell with these levels"
ONE_REPLICATE = "one replicate: an interval needs at least two"
NO_ESTIMATE = "replicate 0, the data as they are, has no value: there is no estimate"
NO_RESAMPLES = "one replicate: replicate 0 is the estimate, its interval needs at least two more"
TOO_FEW = "fewer than two replicates have a value in both arms"
ONLY_ARM, ONLY_CONTROL = "the control does not report it", "the arm does not report it"

_ESTIMATORS = {PAIRED: paired_columns, WELCH: welch_columns, PERCENTILE: percentile_columns}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spots:
    """Which pair and which metric each row is about: int64 (rows,) both, in plan order."""

    pair: Places
    metric: Places


def difference_rows(
    study: Study, plan: Plan, spec: EngineSpec, reported: Reported, pairs: Pairs
) -> pd.DataFrame:
    """Return the table of comparisons without what declared comparisons add."""
    spots = _spots(reported, pairs)
    method = _methods(plan, spec, pairs)[spots.pair]
    columns = _columns(reported, pairs, spots, method, bootstrap_of(study))
    method, reason = _settle(plan, reported, pairs, spots, method, columns)
    columns["p_holm"] = _adjusted(plan, pairs, spots, columns["p_value"])
    better = np.array([spec.metric(name).better for name in plan.metrics], dtype=np.object_)
    better = better[spots.metric]
    columns |= _in_direction(columns, better)
    finding = findings(columns, method, better, study.compare.confidence)
    return _frame(
        plan, spec, pairs, spots, columns,
        {"better": better, "method": method, "finding": finding, "reason": reason},
    )  # fmt: skip


def _spots(reported: Reported, pairs: Pairs) -> Spots:
    """Return the rows: a metric that neither side reports has none."""
    has = reported.has[pairs.arm] | (reported.has[pairs.control] & (pairs.control >= 0)[:, None])
    pair, metric = np.nonzero(has)
    return Spots(pair=pair.astype(np.int64), metric=metric.astype(np.int64))


def _methods(plan: Plan, spec: EngineSpec, pairs: Pairs) -> Texts:
    """Return how the replicates of each pair are matched: object (pairs,)."""
    found = np.full(len(pairs.arm), NONE, dtype=np.object_)
    for index, (own, other) in enumerate(zip(pairs.arm, pairs.control, strict=True)):
        if other < 0:
            continue
        arm, control = plan.cells[own], plan.cells[other]
        if "bootstrap" in (spec.replicates(arm.params), spec.replicates(control.params)):
            found[index] = PERCENTILE
        else:
            found[index] = PAIRED if arm.source == control.source else WELCH
    return found


def _columns(
    reported: Reported, pairs: Pairs, spots: Spots, method: Texts, how: Bootstrap
) -> Columns:
    """Return all numbers, each float64 (rows,), NaN where there is none."""
    values = reported.by_replicate
    columns = {name: np.full(len(method), np.nan) for name in NUMBERS}
    for name, estimate in _ESTIMATORS.items():
        rows = np.flatnonzero(method == name)
        if not rows.size:
            continue
        pair, metric = spots.pair[rows], spots.metric[rows]
        found = estimate(values[pairs.arm[pair], metric], values[pairs.control[pair], metric], how)
        for column, numbers in found.items():
            columns[column][rows] = numbers
    return columns


def _settle(  # noqa: PLR0913, PLR0917 - whether a row has an interval depends on all of it
    plan: Plan, reported: Reported, pairs: Pairs, spots: Spots, method: Texts, columns: Columns
) -> tuple[Texts, Texts]:
    """Return method and reason, `exact` and `none` told apart; fill in what `exact` knows."""
    method, reason = method.copy(), np.full(len(method), None, dtype=np.object_)
    nothing_random = _nothing_random(reported, pairs)[spots.pair]
    is_t = (method == PAIRED) | (method == WELCH)
    without = np.isnan(columns["ci_low"])
    exact = is_t & ~without & has_no_spread(columns)
    _fill_exact(columns, exact, nothing_random)
    reason[exact & nothing_random] = NOTHING_RANDOM
    for row in np.flatnonzero(without).tolist():
        reason[row] = _why(plan, reported, pairs, spots, row, columns, method[row])
    for name in ("boot_low", "boot_high", "p_value", "above"):
        columns[name][without] = np.nan
    method[exact], method[without] = EXACT, NONE
    return method, reason


def _nothing_random(reported: Reported, pairs: Pairs) -> NDArray[np.bool_]:
    """Tell for each pair whether no metric of either cell varies over replicates."""
    values = reported.by_replicate
    if values.shape[-1] < 2:  # noqa: PLR2004 - one replicate cannot tell
        return np.zeros(len(pairs.arm), dtype=np.bool_)
    has_value = ~np.isnan(values)
    lowest = np.where(has_value, values, np.inf).min(axis=-1)
    highest = np.where(has_value, values, -np.inf).max(axis=-1)
    still = ~(highest > lowest).any(axis=-1)
    return np.asarray(still[pairs.arm] & still[pairs.control] & (pairs.control >= 0))


def _fill_exact(
    columns: Columns, exact: NDArray[np.bool_], nothing_random: NDArray[np.bool_]
) -> None:
    """Set intervals to their one point; equal differences are as sure as the sign test says."""
    difference = columns["difference"]
    for name in ("ci_low", "ci_high", "tost_low", "tost_high", "boot_low", "boot_high"):
        columns[name][exact] = difference[exact]
    columns["se"][exact] = 0.0
    chance = np.where(nothing_random, 0.0, 2.0 ** (1 - columns["n"]))
    p_value = np.where(is_zero(columns), 1.0, chance)
    above = np.where(difference > 0, 1 - p_value / 2, p_value / 2)
    columns["p_value"][exact], columns["above"][exact] = p_value[exact], above[exact]


def _why(  # noqa: PLR0913, PLR0917
    plan: Plan,
    reported: Reported,
    pairs: Pairs,
    spots: Spots,
    row: int,
    columns: Columns,
    method: str,
) -> str:
    """Return why a row has no interval."""
    pair, metric = spots.pair[row], int(spots.metric[row])
    own, other = int(pairs.arm[pair]), int(pairs.control[pair])
    if other < 0:
        return NO_CONTROL
    if not (reported.has[own, metric] and reported.has[other, metric]):
        return ONLY_ARM if reported.has[own, metric] else ONLY_CONTROL
    for place, column in ((own, "n_arm"), (other, "n_control")):
        if columns[column][row] == 0 and (place, metric) in reported.reasons:
            why = reported.reasons[place, metric]
            return why if why == NOT_APPLICABLE else f"no value: {why}"
    if plan.replicates == 1:
        return NO_RESAMPLES if method == PERCENTILE else ONE_REPLICATE
    if method == PERCENTILE and np.isnan(columns["difference"][row]):
        return NO_ESTIMATE
    return TOO_FEW


def _adjusted(plan: Plan, pairs: Pairs, spots: Spots, p_values: Floats) -> Floats:
    """Return the p-values adjusted across the arms of the same control cell and metric."""
    arms = {name: place for place, name in enumerate(plan.arms)}
    arm = np.array([arms[str(plan.cells[place].arm)] for place in pairs.arm], dtype=np.int64)
    family = pairs.control[spots.pair] * len(plan.metrics) + spots.metric
    _, rows = np.unique(family, return_inverse=True)
    table = np.full((rows.max(initial=-1) + 1, len(plan.arms)), np.nan)
    table[rows, arm[spots.pair]] = p_values
    return holm(table)[rows, arm[spots.pair]]


def _in_direction(columns: Columns, better: Texts) -> Columns:
    """Return the chances that the arm is better, null where neither side is."""
    sign = {"probability_better": "above", "replicates_better": "replicates_above"}
    up, down = better == "higher", better == "lower"
    return {
        name: np.select([up, down], [columns[above], 1 - columns[above]], np.nan)
        for name, above in sign.items()
    }


def _frame(  # noqa: PLR0913, PLR0917 - puts together what the others found
    plan: Plan,
    spec: EngineSpec,
    pairs: Pairs,
    spots: Spots,
    columns: Columns,
    texts: dict[str, Texts],
) -> pd.DataFrame:
    """Return the columns in the order of the page docs/comparing.md."""
    labels = cell_labels(plan)
    own, other = pairs.arm[spots.pair], pairs.control[spots.pair]
    grid_index = labels["grid_index"].to_numpy(np.int64)
    units = np.array([spec.metric(name).unit for name in plan.metrics], dtype=np.object_)
    names = np.array(plan.metrics, dtype=np.object_)
    control = np.where(other < 0, np.nan, grid_index[other])
    keys: dict[str, Any] = {"grid_index": grid_index[own], "control_grid_index": control}
    keys |= {key: labels[key].to_numpy()[own] for key in plan.axes}
    keys |= {"arm": labels["arm"].to_numpy(object)[own], "control": plan.control}
    keys |= {"metric": names[spots.metric], "unit": units[spots.metric]}
    whole = dict.fromkeys(("control_grid_index", "n", "n_control", "n_arm"), "Int64")
    strings = dict.fromkeys(("arm", "control", "metric", "unit", *texts), "string")
    return pd.DataFrame(keys | columns | texts).astype(whole | strings)
