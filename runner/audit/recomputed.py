"""Compute runs again and compare them with what is stored."""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from runner.audit.rerun import same_content
from runner.execute import RunSpec, distinct_runs, recompute
from runner.plan import Plan
from runner.store import RunRecord, RunState, StudyFolder
from runner.store.folder import METRICS
from runner.store.part_rows import stored_metrics

_RELATIVE = 1e-9


def sampled(run_ids: list[str], sample: float) -> list[str]:
    """Return a share of the runs, the same ones each time and spread over the plan."""
    count = min(len(run_ids), max(1, math.ceil(sample * len(run_ids))))
    return sorted(run_ids, key=lambda r: hashlib.sha256(r.encode()).digest())[:count]


def recomputed_problems(
    folder: StudyFolder, plans: Iterable[Plan], states: Mapping[str, RunState], *, exact: bool
) -> list[str]:
    """Return the runs that give other numbers than those in `states` when computed again.

    `exact` compares bit for bit, else to a relative 1e-9. The runs are those of `plans`.

    Raises:
        StoreError: a part is damaged or missing.
    """
    runs = {
        run.run_id: (plan, run)
        for plan in plans
        for run in distinct_runs(plan)
        if run.run_id in states
    }
    problems = []
    for run_id, state in states.items():
        with tempfile.TemporaryDirectory() as scratch:
            again, metrics = _again(*runs[run_id], state.record, Path(scratch))
        if same_content(state.record, again):
            continue
        if exact or not _close(stored_metrics(folder, [state]), metrics):
            problems.append(f"run {run_id}: computing it again gives other numbers {again.error}")
    return problems


def _again(
    plan: Plan, run: RunSpec, record: RunRecord, scratch: Path
) -> tuple[RunRecord, pd.DataFrame]:
    result = recompute(plan.engine, [run], tuple(record.tables), scratch)
    return result.records[0], pd.read_parquet(scratch / METRICS / "again.parquet")


def _close(stored: pd.DataFrame, again: pd.DataFrame) -> bool:
    """Tell whether two runs' metrics agree to a relative 1e-9, nulls in the same places."""
    left = stored.set_index("metric")["value"].sort_index()
    right = again.set_index("metric")["value"].sort_index()
    if not left.index.equals(right.index) or not left.isna().equals(right.isna()):
        return False
    gap = (left - right).abs().fillna(0.0)
    size = pd.concat([left.abs(), right.abs()], axis=1).max(axis=1).fillna(0.0)
    return bool((gap <= _RELATIVE * size).all())
