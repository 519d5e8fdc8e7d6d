"""Judge the rules on differences from the control, by their intervals, in every cell of an arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from runner.accept.cells import COLUMNS, NOT_DONE
from runner.compare import Comparisons, judge_band
from runner.config.rules import Rule
from runner.contract import NOT_APPLICABLE
from runner.plan import Plan

NEAR_ZERO = "no relative difference: the control's mean is not clearly away from zero"


def judge_differences(
    plan: Plan, rules: tuple[Rule, ...], comparisons: Comparisons, confidence: float
) -> pd.DataFrame:
    """Return one row per rule and cell, with the columns of `judge_cells`.

    Cells of the control are not applicable. `difference`, `ci_low` and `ci_high` are on the
    rule's scale; `worst_value` is the difference where the rule fails.
    """
    frames = [_judge(plan, rule, comparisons.rows, confidence) for rule in rules]
    return pd.concat(frames, ignore_index=True)


def _judge(plan: Plan, rule: Rule, rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    own = rows[(rows["metric"] == rule.metric).to_numpy(np.bool_)]
    judged = judge_band(
        own, rule.bounds, scale=rule.scale, two_tests=rule.kind == "equivalent",
        confidence=confidence,
    )  # fmt: skip
    prefix = "ci" if rule.scale == "difference" else "relative"
    found = pd.DataFrame(
        {
            "grid_index": own["grid_index"], "verdict": judged["verdict"],
            "replicates_needed": judged["needed"], "difference": own[rule.scale],
            "ci_low": own[f"{prefix}_low"], "ci_high": own[f"{prefix}_high"],
            "reason": own["reason"],
        }
    )  # fmt: skip
    cells = pd.DataFrame(
        {"grid_index": [c.grid_index for c in plan.cells], "arm": [c.arm for c in plan.cells]}
    )
    found = cells.merge(found, on="grid_index", how="left", indicator="origin")
    found["rule"] = rule.rule_id
    found["worst_value"] = found["difference"].where(found["verdict"] == "fail")
    found["reason"] = _reasons(plan, rule, found, rows)
    return _complete(plan, found)


def _reasons(plan: Plan, rule: Rule, found: pd.DataFrame, rows: pd.DataFrame) -> pd.Series[str]:
    """Return why there is no verdict, for every cell of an arm that has none."""
    reason = found["reason"].astype("string")
    has_row = found["origin"] == "both"
    reason = reason.mask(has_row & reason.isna(), NEAR_ZERO)
    has_run = found["grid_index"].isin(rows["grid_index"])
    missing = NOT_APPLICABLE if rule.metric in plan.metrics else f"no run reports {rule.metric}"
    return reason.mask(~has_row, missing).mask(~has_run, NOT_DONE)


def _complete(plan: Plan, found: pd.DataFrame) -> pd.DataFrame:
    """Return all columns; cells without a verdict are not evaluated, or not asked."""
    verdict, reason = found["verdict"].astype("string"), found["reason"]
    is_asked = (found["arm"] != plan.control) & (reason != NOT_APPLICABLE)
    verdict = verdict.mask(verdict.isna() & is_asked, "not_evaluated").fillna(NOT_APPLICABLE)
    counts = dict.fromkeys(("passed", "evaluated", "not_applicable", "null"), 0)
    runs = ("share_low", "share_high", "first_failing_period", "first_failing_run")
    nowhere = dict.fromkeys(runs, np.nan)
    found = found.assign(
        verdict=verdict, reason=reason.where(verdict == "not_evaluated"), **counts, **nowhere,
        exceptions="",
    )  # fmt: skip
    return found[list(COLUMNS)].astype(dict(zip(_TYPED, _TYPES, strict=True)))


_TYPED = ("rule", "arm", "exceptions", "reason", "first_failing_run", "first_failing_period")
_TYPES = ("string", "string", "string", "string", "string", "Int64")
