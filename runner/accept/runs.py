"""Judge every run by every rule: one outcome per run and rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from runner.accept.steps import check_rows, columns_of
from runner.config import Study
from runner.config.exceptions import PolicyException
from runner.config.rules import Rule
from runner.contract import NOT_APPLICABLE
from runner.plan import Plan
from runner.store import RunState, StudyFolder
from runner.store.part_rows import iterate_table

PASS, FAIL, NULL = "pass", "fail", "null"
OUTCOMES = (PASS, FAIL, NOT_APPLICABLE, NULL)
NOTHING_TO_COMPARE = "nothing to compare"
BATCH_ROWS = 100_000


def judge_runs(
    folder: StudyFolder,
    study: Study,
    plan: Plan,
    done: Mapping[str, RunState],
    metrics: pd.DataFrame,
) -> pd.DataFrame:
    """Return one row per rule and done run: rules in order, and the runs of each as in `done`.

    Columns: run_id; rule; outcome: pass, fail, not_applicable, null (nothing to judge); value: the
    metric's, a table column's furthest out, or the largest drop; excess: how far that lies beyond
    the rule; first_failing_period; exceptions: those used, by comma; reason: why not judged.
    """
    named = {rule.metric for rule in study.rules if rule.metric}
    wanted = metrics["metric"].isin(named) & metrics["run_id"].isin(list(done))
    by_metric = dict(iter(metrics[wanted].groupby("metric", sort=False)))
    by_rule = _judge_tables(folder, study, plan, done)
    found = []
    for rule in study.rules:
        if rule.metric and rule.metric in by_metric:
            by_rule[rule.rule_id] = _judge_metric(by_metric[rule.metric], rule)
        found.append(_complete(by_rule.get(rule.rule_id), list(done), rule, plan))
    return pd.concat(found, ignore_index=True) if found else _none().reset_index()


def _judge_metric(metrics: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    rows = metrics.drop_duplicates("run_id").set_index("run_id")
    value, (low, high) = rows["value"].to_numpy(dtype=np.float64), rule.bounds
    fails = (value < low - rule.tolerance) | (value > high + rule.tolerance)
    is_null = np.isnan(value)
    does_not_apply = is_null & (rows["reason"] == NOT_APPLICABLE).to_numpy(dtype=bool)
    outcome = np.select([does_not_apply, is_null, fails], [NOT_APPLICABLE, NULL, FAIL], PASS)
    return pd.DataFrame(
        {
            "outcome": outcome,
            "value": value,
            "excess": np.maximum(low - value, value - high),
            "first_failing_period": np.nan,
            "exceptions": "",
            "reason": rows["reason"],
        },
        index=rows.index,
    )


def _judge_tables(
    folder: StudyFolder, study: Study, plan: Plan, done: Mapping[str, RunState]
) -> dict[str, pd.DataFrame]:
    """Judge a few parts at a time, so that memory does not grow with the study.

    A table that the plan does not collect is not read, though an earlier plan may have stored it
    for some runs: the verdict must not depend on what else was run.
    """
    found: dict[str, list[pd.DataFrame]] = {}
    for table in (name for name in plan.tables if name in {r.table for r in study.rules}):
        own = [rule for rule in study.rules if rule.table == table]
        columns = sorted(set().union(*map(columns_of, own)))
        for rows in _batches(iterate_table(folder, table, list(done.values()), columns)):
            for rule in own:
                found.setdefault(rule.rule_id, []).append(_judge_rows(rows, rule, study.exceptions))
    return {rule_id: pd.concat(frames) for rule_id, frames in found.items()}


def _batches(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Join consecutive frames of a table until they have rows enough.

    A small study has many parts of a run or two, and judging a frame costs more than its rows.
    """
    held, n_rows = [], 0
    for frame in frames:
        held.append(frame)
        n_rows += len(frame)
        if n_rows >= BATCH_ROWS:
            yield _joined(held)
            held, n_rows = [], 0
    if held:
        yield _joined(held)


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all frames, as arrays: categories may differ from part to part."""
    if len(frames) == 1:
        return frames[0]
    names = frames[0].columns
    return pd.DataFrame({n: np.concatenate([f[n].to_numpy() for f in frames]) for n in names})


def _judge_rows(
    rows: pd.DataFrame, rule: Rule, exceptions: tuple[PolicyException, ...]
) -> pd.DataFrame:
    steps = check_rows(rows, rule, exceptions)
    runs = steps.runs
    is_null = runs["compared"].to_numpy() == 0
    found = runs[["value", "excess", "first_failing_period"]].copy()
    found["outcome"] = np.select([is_null, runs["failed"]], [NULL, FAIL], PASS)
    found["exceptions"] = _used(steps.used, runs.index)
    found["reason"] = pd.Series(NOTHING_TO_COMPARE, index=runs.index).where(is_null)
    return found


def _used(used: Mapping[str, set[str]], run_ids: pd.Index[str]) -> list[str]:
    if not any(used.values()):
        return [""] * len(run_ids)
    return [",".join(name for name, runs in used.items() if r in runs) for r in run_ids]


def _complete(
    found: pd.DataFrame | None, run_ids: list[str], rule: Rule, plan: Plan
) -> pd.DataFrame:
    """Return a row for each run, also for those that report nothing the rule could judge."""
    outcome, reason = _without_rows(rule, plan)
    rows = (_none() if found is None else found).reindex(pd.Index(run_ids, name="run_id"))
    is_missing = rows["outcome"].isna()
    rows["reason"] = rows["reason"].astype("string").mask(is_missing, reason)
    rows["outcome"] = rows["outcome"].astype("string").fillna(outcome)
    rows["exceptions"] = rows["exceptions"].astype("string").fillna("")
    rows["rule"] = pd.array([rule.rule_id] * len(rows), "string")
    return rows.reset_index()


def _without_rows(rule: Rule, plan: Plan) -> tuple[str, str]:
    """Return the outcome of a done run that has no row for a rule, and the reason.

    A metric that other cells report (another mix's archetype) does not apply to the run.
    """
    if rule.metric in plan.metrics:
        return NOT_APPLICABLE, NOT_APPLICABLE
    if rule.metric:
        return NULL, f"no run reports {rule.metric}"
    if rule.table in plan.tables:
        return NULL, NOTHING_TO_COMPARE
    return NULL, f"table {rule.table} is not collected: see collect="


def _none() -> pd.DataFrame:
    """Return no outcomes, with all columns."""
    numbers = {name: pd.array([], "float64") for name in ("value", "excess")}
    texts = {name: pd.array([], "string") for name in ("outcome", "exceptions", "reason")}
    frame = pd.DataFrame({**texts, **numbers, "first_failing_period": pd.array([], "float64")})
    return frame.assign(rule=pd.array([], "string")).set_index(pd.Index([], name="run_id"))
