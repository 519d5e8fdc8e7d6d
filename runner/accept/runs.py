"""Judge every run by every rule: one outcome per run and rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from runner.accept.steps import check_rows
from runner.config.rules import PolicyException, Rule
from runner.contract import NOT_APPLICABLE
from runner.store import RunState, StudyFolder
from runner.store.results import iterate_table

PASS, FAIL, NULL = "pass", "fail", "null"
OUTCOME_COLUMNS = ("run_id", "rule", "outcome", "value", "first_failing_period", "exceptions")


def judge_runs(
    folder: StudyFolder,
    states: Mapping[str, RunState],
    metrics: pd.DataFrame,
    rules: tuple[Rule, ...],
    exceptions: tuple[PolicyException, ...],
) -> pd.DataFrame:
    """Return one row per done run and rule.

    Columns: run_id; rule; outcome: pass, fail, not_applicable, null (nothing to judge); value: the
    metric's, or the worst step's; first_failing_period; exceptions: those used, by comma.
    """
    done = [state for state in states.values() if state.record.status == "done"]
    ids = {state.record.run_id for state in done}
    found = [_judge_metric(metrics[metrics["run_id"].isin(ids)], r) for r in rules if r.metric]
    for table in dict.fromkeys(rule.table for rule in rules if rule.table):
        own = [rule for rule in rules if rule.table == table]
        found += _judge_table(folder, done, str(table), own, exceptions)
    if not found:
        return pd.DataFrame(columns=list(OUTCOME_COLUMNS))
    return pd.concat(found, ignore_index=True)[list(OUTCOME_COLUMNS)]


def _judge_metric(metrics: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    rows = metrics[metrics["metric"] == rule.metric].drop_duplicates("run_id")
    low, high = rule.bounds
    value = rows["value"]
    holds = (value >= low - rule.tolerance) & (value <= high + rule.tolerance)
    outcome = holds.map({True: PASS, False: FAIL}).astype(object)
    outcome[value.isna()] = NULL
    outcome[value.isna() & (rows["reason"] == NOT_APPLICABLE)] = NOT_APPLICABLE
    return pd.DataFrame(
        {
            "run_id": rows["run_id"],
            "rule": rule.rule_id,
            "outcome": outcome,
            "value": value,
            "first_failing_period": float("nan"),
            "exceptions": "",
        }
    )


def _judge_table(
    folder: StudyFolder,
    done: list[RunState],
    table: str,
    rules: list[Rule],
    exceptions: tuple[PolicyException, ...],
) -> list[pd.DataFrame]:
    """Judge the runs part by part, so that no more than one part is in memory."""
    columns = {name for r in rules for name in (r.column, r.period, r.previous) if name}
    found = []
    for rows in iterate_table(folder, table, done, sorted(columns)):
        found += [_judge_rows(rows, rule, exceptions) for rule in rules]
    return found


def _judge_rows(
    rows: pd.DataFrame, rule: Rule, exceptions: tuple[PolicyException, ...]
) -> pd.DataFrame:
    steps = check_rows(rows, rule, exceptions)
    runs = steps.runs.reset_index()
    outcome = runs["failed"].map({True: FAIL, False: PASS}).astype(object)
    outcome[runs["compared"] == 0] = NULL
    return pd.DataFrame(
        {
            "run_id": runs["run_id"],
            "rule": rule.rule_id,
            "outcome": outcome,
            "value": runs["worst"],
            "first_failing_period": runs["first_failing_period"],
            "exceptions": [_used(steps.used, run_id) for run_id in runs["run_id"]],
        }
    )


def _used(used: Mapping[str, Iterable[str]], run_id: str) -> str:
    return ",".join(name for name, runs in used.items() if run_id in runs)
