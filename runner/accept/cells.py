"""Turn the outcomes of runs into a verdict for every rule in every cell."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runner.accept.runs import FAIL, NULL, OUTCOMES, PASS
from runner.accept.verdicts import verdict_of
from runner.config.rules import Rule
from runner.contract import NOT_APPLICABLE
from runner.plan import Plan

NOT_DONE = "no run is done"


def judge_cells(plan: Plan, rules: tuple[Rule, ...], runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per rule and cell, rules in order and cells in plan order.

    Columns: rule, grid_index, arm; verdict (`not_applicable` where the rule does not bear on the
    cell); passed of evaluated runs, not_applicable, null; the Wilson bounds share_low, share_high;
    replicates_needed to decide; first_failing_period, first_failing_run; worst_value of the run
    furthest beyond the rule; difference, ci_low, ci_high of rules versus the control, null here;
    exceptions used, by comma; reason, where the verdict is not_evaluated.
    """
    runs = runs.assign(spot=_spots(plan, rules, runs))
    frame = _empty_cells(plan, rules)
    counts = _counts(runs, len(frame))
    frame = frame.join(_judgements(rules, len(plan.cells), counts)).join(counts)
    failing = _failures(runs).reindex(frame.index)
    frame = frame.join(failing)
    frame["exceptions"] = _exceptions(runs).reindex(frame.index).astype("string").fillna("")
    reasons = _reasons(runs).reindex(frame.index).astype("string").fillna(NOT_DONE)
    frame["reason"] = reasons.where(frame["verdict"] == "not_evaluated")
    frame = frame.assign(difference=np.nan, ci_low=np.nan, ci_high=np.nan)
    return frame[list(COLUMNS)]


COLUMNS = (
    "rule", "grid_index", "arm", "verdict", "passed", "evaluated", "not_applicable", "null",
    "share_low", "share_high", "replicates_needed", "first_failing_period", "first_failing_run",
    "worst_value", "difference", "ci_low", "ci_high", "exceptions", "reason",
)  # fmt: skip


def _spots(plan: Plan, rules: tuple[Rule, ...], runs: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row of each outcome's rule and cell in the result: int64 (n_outcomes,)."""
    place = {rule.rule_id: index for index, rule in enumerate(rules)}
    column = {cell.grid_index: index for index, cell in enumerate(plan.cells)}
    rows = runs["rule"].map(place).to_numpy(np.int64) * len(plan.cells)
    return np.asarray(rows + runs["grid_index"].map(column).to_numpy(np.int64))


def _empty_cells(plan: Plan, rules: tuple[Rule, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rule": pd.array([r.rule_id for r in rules for _ in plan.cells], "string"),
            "grid_index": np.array([c.grid_index for _ in rules for c in plan.cells], np.int64),
            "arm": pd.array([c.arm for _ in rules for c in plan.cells], "string"),
        }
    )


def _counts(runs: pd.DataFrame, size: int) -> pd.DataFrame:
    """Return passed, evaluated, not_applicable and null of each rule and cell."""
    spots, outcomes = runs["spot"].to_numpy(), runs["outcome"].to_numpy(object)
    found = {name: np.bincount(spots[outcomes == name], minlength=size) for name in OUTCOMES}
    return pd.DataFrame(
        {
            "passed": found[PASS],
            "evaluated": found[PASS] + found[FAIL],
            "not_applicable": found[NOT_APPLICABLE],
            "null": found[NULL],
        }
    )


def _judgements(rules: tuple[Rule, ...], cells: int, counts: pd.DataFrame) -> pd.DataFrame:
    judge = cache(verdict_of)  # most cells of a large plan have the same counts
    bars = [(rule.pass_share, rule.margin) for rule in rules for _ in range(cells)]
    pairs = zip(counts["passed"].tolist(), counts["evaluated"].tolist(), bars, strict=True)
    judged = [judge(passed, evaluated, *bar) for passed, evaluated, bar in pairs]
    verdict = pd.Series([j.verdict for j in judged], dtype="string")
    no_null = (counts["evaluated"] == 0) & (counts["null"] == 0)
    return pd.DataFrame(
        {
            "verdict": verdict.mask(no_null & (counts["not_applicable"] > 0), NOT_APPLICABLE),
            "share_low": np.array([j.low for j in judged], dtype=np.float64),
            "share_high": np.array([j.high for j in judged], dtype=np.float64),
            "replicates_needed": pd.array([j.needed for j in judged], "Int64"),
        }
    )


def _failures(runs: pd.DataFrame) -> pd.DataFrame:
    """Return where each rule first fails in each cell, and the worst value, by spot."""
    failing = runs[(runs["outcome"] == FAIL).to_numpy(bool)]
    ranked = failing.sort_values(["spot", "first_failing_period", "replicate_index"])
    first = ranked.drop_duplicates("spot").set_index("spot")
    worst = failing.sort_values(["spot", "excess"], kind="stable").drop_duplicates(
        "spot", keep="last"
    )
    return pd.DataFrame(
        {
            "first_failing_period": first["first_failing_period"].astype("Int64"),
            "first_failing_run": first["run_id"].astype("string"),
            "worst_value": worst.set_index("spot")["value"],
        }
    )


def _exceptions(runs: pd.DataFrame) -> pd.Series[str]:
    """Return the exceptions used in each cell, in alphabetical order and by comma."""
    used = runs[(runs["exceptions"] != "").to_numpy(bool)]
    found: dict[int, set[str]] = {}
    distinct = used[["spot", "exceptions"]].drop_duplicates()
    for spot, names in zip(distinct["spot"], distinct["exceptions"], strict=True):
        found.setdefault(spot, set()).update(names.split(","))
    return pd.Series(
        {spot: ",".join(sorted(names)) for spot, names in found.items()}, dtype="string"
    )


def _reasons(runs: pd.DataFrame) -> pd.Series[str]:
    """Return why the first run without anything to judge had nothing, by spot."""
    null = runs[(runs["outcome"] == NULL).to_numpy(bool)]
    return null.drop_duplicates("spot").set_index("spot")["reason"]
