"""Judge a plan: every rule in every cell, then each rule, then the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from runner.accept.cells import judge_cells
from runner.accept.runs import judge_runs
from runner.accept.verdicts import Verdict, worst
from runner.accept.versus import judge_differences
from runner.compare import Comparisons
from runner.config import Study
from runner.config.exceptions import PolicyException
from runner.config.rules import Rule
from runner.contract import NOT_APPLICABLE
from runner.plan import Plan
from runner.store import RunState, StudyFolder
from runner.store.folder import MC_INDEX
from runner.store.results import plan_rows


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

    def deciding_cells(self, rule_id: str) -> pd.DataFrame:
        """Return the cells that have the verdict of their rule."""
        verdict = self.rules.get(rule_id, NOT_APPLICABLE)
        is_same = (self.cells["rule"] == rule_id) & (self.cells["verdict"] == verdict)
        return self.cells[is_same.to_numpy(bool)]

    def as_json(self) -> dict[str, Any]:
        """Return verdicts, first failures and exceptions as plain data."""
        by_verdict = {v: [r for r in self.rules if self.rules[r] == v] for v in _TOLD}
        return {
            "rules": dict(self.rules),
            "first_failures": {r: self.first_failure(r) for r in by_verdict["fail"]},
            "replicates_needed": {r: self.replicates_needed(r) for r in by_verdict["inconclusive"]},
            "not_evaluated": {r: self._reason(r) for r in by_verdict["not_evaluated"]},
            "broken_checks": dict(self.broken_checks),
            "exceptions_used": dict(self.used),
            "exceptions_unused": dict(self.unused),
        }

    def first_failure(self, rule_id: str) -> dict[str, Any]:
        """Return period, cell, run and worst value of the first cell that fails.

        A rule versus the control fails in no single run: its worst value is the difference.
        """
        first = self.deciding_cells(rule_id).iloc[0]
        period = first["first_failing_period"]
        return {
            "period": None if pd.isna(period) else int(period),
            "grid_index": int(first["grid_index"]),
            "arm": None if pd.isna(first["arm"]) else str(first["arm"]),
            "run_id": None if pd.isna(run := first["first_failing_run"]) else str(run),
            "worst_value": float(first["worst_value"]),
        }

    def replicates_needed(self, rule_id: str) -> int | None:
        """Return the replicates that would decide all cells; None when one cannot be decided."""
        needed = self.deciding_cells(rule_id)["replicates_needed"]
        return None if needed.isna().any() else int(needed.max())

    def _reason(self, rule_id: str) -> str:
        return str(self.deciding_cells(rule_id).iloc[0]["reason"])


_TOLD = ("fail", "inconclusive", "not_evaluated")


def judge(  # noqa: PLR0913, PLR0917 - rules read what every stage came to
    folder: StudyFolder,
    study: Study,
    plan: Plan,
    states: Mapping[str, RunState],
    metrics: pd.DataFrame,
    comparisons: Comparisons,
) -> Acceptance:
    """Judge a plan's done runs by the study's rules and the engine's checks.

    Rules versus the control are judged by the intervals of `comparisons`.
    """
    mine = {run_id: states[run_id] for run_id in dict.fromkeys(plan.run_ids) if run_id in states}
    done = {run_id: state for run_id, state in mine.items() if state.record.status == "done"}
    on_runs = replace(study, rules=tuple(rule for rule in study.rules if rule.versus is None))
    outcomes = judge_runs(folder, on_runs, plan, done, metrics)
    runs = _with_plan_keys(plan, outcomes)
    cells = judge_cells(plan, on_runs.rules, _independent(on_runs.rules, runs))
    cells = _with_differences(cells, study, plan, comparisons)
    rules = _by_rule(cells)
    checks = _broken_checks(mine)
    broken: list[Verdict] = ["fail"] if checks else []
    used, unused = _told(study.exceptions, runs)
    return Acceptance(
        verdict=worst([*rules.values(), *broken]),
        rules=rules,
        cells=cells,
        runs=runs.drop(columns="excess"),
        used=used,
        unused=unused,
        broken_checks=checks,
    )


def _with_differences(
    cells: pd.DataFrame, study: Study, plan: Plan, comparisons: Comparisons
) -> pd.DataFrame:
    """Return the cells with those of rules versus the control, rules in the study's order."""
    versus = tuple(rule for rule in study.rules if rule.versus is not None)
    if not versus:
        return cells
    judged = judge_differences(plan, versus, comparisons, study.compare.confidence)
    order = {rule.rule_id: place for place, rule in enumerate(study.rules)}
    together = pd.concat([cells, judged], ignore_index=True) if len(cells) else judged
    places = together["rule"].map(order).to_numpy(np.int64)
    return together.iloc[np.argsort(places, kind="stable")].reset_index(drop=True)


def _independent(rules: tuple[Rule, ...], runs: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes that count for verdicts.

    Runs that share a replicate's variables are not independent trials: a pass share below 1 is
    judged by the first run of each replicate. Where no run may fail, every run counts.
    """
    if MC_INDEX not in runs:
        return runs
    shares = {rule.rule_id: rule.pass_share for rule in rules}
    counts = (runs[MC_INDEX] == 0) | (runs["rule"].map(shares) == 1.0)
    return runs[counts.to_numpy(bool)]


def _with_plan_keys(plan: Plan, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes with the runs' keys in front, in plan order."""
    keys: pd.DataFrame = plan_rows(plan)
    found = outcomes.astype({"run_id": "string", "first_failing_period": "Int64"})
    merged: pd.DataFrame = keys.merge(found, on="run_id", how="inner")
    return merged[[*keys.columns, *_OUTCOME_COLUMNS]]


_OUTCOME_COLUMNS = (
    "rule", "outcome", "value", "excess", "first_failing_period", "exceptions", "reason",
)  # fmt: skip


def _by_rule(cells: pd.DataFrame) -> dict[str, Verdict]:
    """Return the verdict of each rule over its cells; a rule that bears on none is left out."""
    bearing = cells[(cells["verdict"] != NOT_APPLICABLE).to_numpy(bool)]
    found = bearing.groupby("rule", sort=False)["verdict"].unique()
    return {str(rule): worst(cast(list[Verdict], list(names))) for rule, names in found.items()}


def _told(
    exceptions: tuple[PolicyException, ...], runs: pd.DataFrame
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the motivations of the exceptions that covered something, and of the others."""
    names = {name for text in runs["exceptions"].unique() for name in text.split(",")}
    used = {e.exception_id: e.motivation for e in exceptions if e.exception_id in names}
    unused = {e.exception_id: e.motivation for e in exceptions if e.exception_id not in names}
    return used, unused


def _broken_checks(states: Mapping[str, RunState]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in states.values():
        for name in state.record.failed_checks:
            counts[name] = counts.get(name, 0) + 1
    return counts
