"""Judge a plan: every rule in every cell, then each rule, then the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from runner.accept.runs import FAIL, NULL, PASS, judge_runs
from runner.accept.verdicts import Judgement, Verdict, verdict_of, worst
from runner.config import Study
from runner.config.rules import Rule
from runner.contract import NOT_APPLICABLE
from runner.plan import Plan
from runner.store import RunState, StudyFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What the rules say of a plan.

    `cells`: one row per rule and cell; `runs`: one row per rule and run; `rules`: the verdict of
    each rule over its cells, not_applicable ones left out; `used` and `unused` name exceptions
    with their motivations; `verdict` is the worst of all, broken engine checks included.
    """

    verdict: Verdict
    rules: Mapping[str, Verdict]
    cells: pd.DataFrame
    runs: pd.DataFrame
    used: Mapping[str, str]
    unused: Mapping[str, str]
    broken_checks: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return verdicts, first failures and exceptions as plain data."""
        return {
            "rules": dict(self.rules),
            "broken_checks": dict(self.broken_checks),
            "exceptions_used": dict(self.used),
            "exceptions_unused": dict(self.unused),
        }


def judge(
    folder: StudyFolder,
    study: Study,
    plan: Plan,
    states: Mapping[str, RunState],
    metrics: pd.DataFrame,
) -> Acceptance:
    """Judge a plan's done runs by the study's rules and the engine's checks."""
    mine = {run_id: states[run_id] for run_id in dict.fromkeys(plan.run_ids) if run_id in states}
    runs = _with_plan_keys(plan, judge_runs(folder, mine, metrics, study.rules, study.exceptions))
    cells = _judge_cells(plan, study.rules, runs)
    by_rule = {rule.rule_id: _rule_verdict(cells, rule.rule_id) for rule in study.rules}
    rules = {rule_id: verdict for rule_id, verdict in by_rule.items() if verdict is not None}
    checks = _broken_checks(mine)
    found = {name for names in runs["exceptions"].unique() for name in names.split(",")}
    told = {e.exception_id: e.motivation for e in study.exceptions}
    verdicts: list[Verdict] = [*rules.values(), *(["fail"] if checks else [])]  # type: ignore[list-item]
    return Acceptance(
        verdict=worst(verdicts),
        rules=rules,
        cells=cells,
        runs=runs,
        used={name: text for name, text in told.items() if name in found},
        unused={name: text for name, text in told.items() if name not in found},
        broken_checks=checks,
    )


def _with_plan_keys(plan: Plan, outcomes: pd.DataFrame) -> pd.DataFrame:
    keys = pd.DataFrame(
        {
            "run_id": plan.run_ids,
            "grid_index": [c.grid_index for c in plan.cells for _ in range(plan.replicates)],
            "arm": pd.array([c.arm for c in plan.cells for _ in range(plan.replicates)], "string"),
            "replicate_index": list(range(plan.replicates)) * len(plan.cells),
        }
    )
    return keys.merge(outcomes, on="run_id", how="inner")


def _judge_cells(plan: Plan, rules: tuple[Rule, ...], runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per rule and cell with its verdict and what that rests on."""
    grouped = dict(iter(runs.groupby(["rule", "grid_index"], sort=False)))
    rows = [
        _cell_row(rule, cell.grid_index, cell.arm, grouped.get((rule.rule_id, cell.grid_index)))
        for rule in rules
        for cell in plan.cells
    ]
    return pd.DataFrame(rows, columns=list(_CELL_COLUMNS))


_CELL_COLUMNS = (
    "rule", "grid_index", "arm", "verdict", "passed", "evaluated", "not_applicable", "null",
    "share_low", "share_high", "replicates_needed", "first_failing_period", "first_failing_run",
    "worst_value", "exceptions",
)  # fmt: skip


def _cell_row(
    rule: Rule, grid_index: int, arm: str | None, found: pd.DataFrame | None
) -> dict[str, Any]:
    counts: dict[Any, int] = {} if found is None else found["outcome"].value_counts().to_dict()
    passed, failed = int(counts.get(PASS, 0)), int(counts.get(FAIL, 0))
    judged = verdict_of(passed, passed + failed, rule.pass_share, rule.margin)
    absent = int(counts.get(NOT_APPLICABLE, 0))
    row = {
        "rule": rule.rule_id,
        "grid_index": grid_index,
        "arm": arm,
        "verdict": _cell_verdict(judged, absent, int(counts.get(NULL, 0))),
        "passed": passed,
        "evaluated": passed + failed,
        "not_applicable": absent,
        "null": int(counts.get(NULL, 0)),
        "share_low": judged.low,
        "share_high": judged.high,
        "replicates_needed": judged.needed,
    }
    return {**row, **_failure(rule, found)}


def _cell_verdict(judged: Judgement, absent: int, null: int) -> str:
    """Return the verdict; `not_applicable` where the rule does not bear on the cell at all."""
    if judged.evaluated == 0 and absent and not null:
        return NOT_APPLICABLE
    return judged.verdict


def _failure(rule: Rule, found: pd.DataFrame | None) -> dict[str, Any]:
    """Return where the rule first fails in a cell, the worst value, and the exceptions used."""
    empty = {"first_failing_period": None, "first_failing_run": None, "worst_value": None}
    if found is None:
        return {**empty, "exceptions": ""}
    names = sorted({n for text in found["exceptions"].unique() for n in text.split(",") if n})
    failing = found[found["outcome"] == FAIL]
    if failing.empty:
        return {**empty, "exceptions": ",".join(names)}
    first = failing.sort_values(["first_failing_period", "replicate_index"], kind="stable").iloc[0]
    period = first["first_failing_period"]
    worst_value = failing["value"].max() if rule.table else _furthest(rule, failing)
    return {
        "first_failing_period": None if pd.isna(period) else int(period),
        "first_failing_run": first["run_id"],
        "worst_value": float(worst_value),
        "exceptions": ",".join(names),
    }


def _furthest(rule: Rule, failing: pd.DataFrame) -> float:
    low, high = rule.bounds
    distance = (low - failing["value"]).clip(lower=failing["value"] - high)
    return float(failing["value"].iloc[int(distance.argmax())])


def _rule_verdict(cells: pd.DataFrame, rule_id: str) -> Verdict | None:
    """Return a rule's verdict over its cells; None where it bears on no cell."""
    mine = cells[cells["rule"] == rule_id]["verdict"]
    bearing = [verdict for verdict in mine if verdict != NOT_APPLICABLE]
    return worst(bearing) if bearing else None


def _broken_checks(states: Mapping[str, RunState]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in states.values():
        for name in state.record.failed_checks:
            counts[name] = counts.get(name, 0) + 1
    return counts
