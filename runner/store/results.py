"""Assemble what a plan's runs reported from the parts: metrics, runs, tables, hashes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from runner.plan import Plan
from runner.store.folder import MC_INDEX, RUN_ID, StudyFolder, replacing
from runner.store.part_rows import stored_metrics
from runner.store.records import RunState

if TYPE_CHECKING:
    import pandas as pd


def assemble_results(
    folder: StudyFolder, plan: Plan, states: Mapping[str, RunState]
) -> pd.DataFrame:
    """Write `metrics.parquet` and `runs.parquet` of a plan; return the metrics.

    Columns of the metrics: run_id, grid_index, arm, replicate_index, mc_index where replicates have
    several runs, metric, value, reason; every run has every metric of the plan that it declares,
    and a failed run has a null with its reason.
    """
    place = folder.plan(plan.plan_id)
    rows = _ordered_rows(plan)
    metrics = rows.merge(_reported(folder, plan, states), on=RUN_ID, how="inner")
    metrics = metrics.sort_values("order", kind="stable").drop(columns="order")
    metrics = metrics.reset_index(drop=True)
    write_frame(metrics, place / "metrics.parquet")
    runs = rows.drop(columns="order").merge(_statuses(states, plan), on=RUN_ID, how="left")
    runs["status"] = runs["status"].fillna("planned")
    write_frame(runs, place / "runs.parquet")
    return metrics


def only_of(plan: Plan, states: Mapping[str, RunState]) -> dict[str, RunState]:
    """Return the states of a plan's own runs, in plan order."""
    return {run_id: states[run_id] for run_id in plan.run_ids if run_id in states}


def count_runs(plan: Plan, states: Mapping[str, RunState]) -> dict[str, int]:
    """Return how many (cell, replicate) pairs are planned, done, failed and timed out."""
    counts = Counter(states[r].record.status for r in plan.run_ids if r in states)
    by_status = {status: counts[status] for status in ("done", "failed", "timeout")}
    return {"planned": plan.n_runs, **by_status}


def results_hash(plan: Plan, states: Mapping[str, RunState]) -> str:
    """Return the hash of the metrics of all done runs, in plan order."""
    hasher = hashlib.blake2b(digest_size=16)
    for run_id in plan.run_ids:
        state = states.get(run_id)
        if state is not None and state.record.status == "done":
            hasher.update(f"{run_id} {state.record.metrics_hash}\n".encode())
    return hasher.hexdigest()


def plan_rows(plan: Plan) -> pd.DataFrame:
    """Return one row per planned run, in plan order: run_id and the keys of its place.

    `mc_index` is among the keys when replicates have several runs.
    """
    import pandas as pd

    repeats = plan.repeats * len(plan.cells)
    each = plan.replicates * plan.mc
    rows = pd.DataFrame({RUN_ID: pd.array(plan.run_ids, "string")})
    rows["grid_index"] = [c.grid_index for c in plan.cells for _ in range(each)]
    rows["arm"] = pd.array([c.arm for c in plan.cells for _ in range(each)], "string")
    rows["replicate_index"] = [replicate for replicate, _ in repeats]
    if plan.mc > 1:
        rows[MC_INDEX] = [mc for _, mc in repeats]
    return rows


def _ordered_rows(plan: Plan) -> pd.DataFrame:
    rows = plan_rows(plan).astype({RUN_ID: object})
    return rows.assign(order=range(len(rows)))


def _reported(folder: StudyFolder, plan: Plan, states: Mapping[str, RunState]) -> pd.DataFrame:
    """Return run_id, metric, value, reason of all runs that ended, done or failed."""
    import pandas as pd

    unique = dict.fromkeys(plan.run_ids)
    ended = [state for run_id in unique if (state := states.get(run_id)) is not None]
    done = [state for state in ended if state.record.status == "done"]
    frame = stored_metrics(folder, done)
    failed = [
        (state.record.run_id, metric, None, f"run failed: {state.record.error_type}")
        for state in ended
        if state.record.status != "done"
        for metric in plan.metrics
    ]
    if failed:
        rows = pd.DataFrame(failed, columns=frame.columns).astype(frame.dtypes)
        frame = pd.concat([frame, rows], ignore_index=True) if len(frame) else rows
    return frame


def _statuses(states: Mapping[str, RunState], plan: Plan) -> pd.DataFrame:
    import pandas as pd

    records = [s.record for r in dict.fromkeys(plan.run_ids) if (s := states.get(r)) is not None]
    return pd.DataFrame(
        {
            RUN_ID: pd.array([r.run_id for r in records], "string"),
            "status": pd.array([r.status for r in records], "string"),
            "seconds": pd.array([r.seconds for r in records], "Float64"),
            "metrics_hash": pd.array([r.metrics_hash or None for r in records], "string"),
            "failed_checks": pd.array(
                [
                    "; ".join(f"{k}: {v}" for k, v in r.failed_checks.items()) or None
                    for r in records
                ],
                "string",
            ),
            "warnings": pd.array(["; ".join(r.warnings) or None for r in records], "string"),
            "error_type": pd.array([r.error_type or None for r in records], "string"),
            "error": pd.array([r.error or None for r in records], "string"),
            "traceback": pd.array([r.traceback or None for r in records], "string"),
        }
    )


def write_frame(frame: pd.DataFrame, file: Path) -> None:
    """Write a frame as Parquet, whole or not at all."""
    with replacing(file) as temporary:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table.replace_schema_metadata(None), temporary, compression="zstd")
