"""Compare every arm with the control on every metric, in every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from runner.compare.budget import variance_budget
from runner.compare.matched import match_arms, reported_values
from runner.compare.notes import pairing_notes
from runner.compare.rows import difference_rows
from runner.compare.targets import judge_band, replicates_for_width
from runner.config import Comparison, Study
from runner.contract import EngineSpec
from runner.plan import Plan

_ORDER = (
    "arm", "control", "metric", "unit", "better", "comparison", "method", "n", "n_control",
    "n_arm", "mean_control", "mean_arm", "sd_control", "sd_arm", "difference", "se", "df",
    "ci_low", "ci_high", "boot_low", "boot_high", "tost_low", "tost_high", "relative",
    "relative_low", "relative_high", "relative_tost_low", "relative_tost_high",
    "probability_better", "replicates_better", "effect_size", "p_value", "p_holm", "correlation",
    "variance_reduction", "replicates_needed", "noninferior", "equivalent", "finding", "reason",
)  # fmt: skip
_DECLARED = ("comparison", "noninferior", "equivalent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparisons:
    """What the arms of a plan come to beside the control.

    `rows`: one row per cell without arm, arm and metric (none without arms); `budget`: one row per
    metric and source of variance; both are described in docs/comparing.md. `notes`: remarks on
    the design.
    """

    rows: pd.DataFrame
    budget: pd.DataFrame
    notes: tuple[str, ...]


def compare_arms(study: Study, plan: Plan, metrics: pd.DataFrame, spec: EngineSpec) -> Comparisons:
    """Return every difference from the control with its intervals, and the variance budget.

    `metrics` are the plan's, as `assemble_results` returns them.
    """
    reported = reported_values(plan, metrics)
    budget = variance_budget(study, plan, spec, reported)
    if not plan.arms:
        empty = pd.DataFrame(columns=["grid_index", "control_grid_index", *plan.axes, *_ORDER])
        return Comparisons(rows=empty, budget=budget, notes=())
    rows = difference_rows(study, plan, spec, reported, match_arms(plan))
    rows = _with_declared(study, rows)
    rows = rows[["grid_index", "control_grid_index", *plan.axes, *_ORDER]]
    return Comparisons(rows=rows, budget=budget, notes=pairing_notes(study, spec, rows))


def _with_declared(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the targets of declared comparisons and what became of them."""
    rows = rows.assign(
        **{name: pd.Series(pd.NA, index=rows.index, dtype="string") for name in _DECLARED},
        replicates_needed=pd.Series(pd.NA, index=rows.index, dtype="Int64"),
    )
    for declared in study.comparisons:
        is_own = (rows["metric"] == declared.metric) & rows["arm"].isin(declared.arms)
        own = rows[is_own.to_numpy(np.bool_)]
        rows.loc[own.index, "comparison"] = declared.name
        for name, found in _targets(declared, own, study.compare.confidence).items():
            rows.loc[own.index, name] = found
    return rows


def _targets(
    declared: Comparison, rows: pd.DataFrame, confidence: float
) -> dict[str, pd.Series[Any]]:
    """Return the replicates needed and the verdicts that a declared comparison asks for."""
    found: dict[str, pd.Series[Any]] = {}
    if declared.width is not None:
        is_relative = declared.scale == "relative"
        unit = rows["mean_control"].abs().to_numpy(np.float64) if is_relative else 1.0
        needed = replicates_for_width(rows, declared.width * unit, confidence)
        found["replicates_needed"] = pd.Series(needed, index=rows.index).astype("Int64")
    bands = {}
    if declared.noninferior is not None:
        lower_is_better = bool(len(rows)) and rows["better"].iloc[0] == "lower"
        margin = declared.noninferior
        bands["noninferior"] = (-np.inf, margin) if lower_is_better else (-margin, np.inf)
    if declared.equivalent is not None:
        bands["equivalent"] = (-declared.equivalent, declared.equivalent)
    for name, band in bands.items():
        judged = judge_band(
            rows, band, scale=declared.scale, two_tests=name == "equivalent", confidence=confidence
        )
        found[name] = judged["verdict"]
    return found
