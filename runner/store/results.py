"""Assemble what a plan's runs reported from the parts: metrics, runs, tables, hashes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from runner.contract import StoreError
from runner.plan import Plan
from runner.store.folder import MC_INDEX, METRICS, RUN_ID, StudyFolder, replacing
from runner.store.ids import with_ids
from runner.store.records import RunState

if TYPE_CHECKING:
    import pandas as pd

_PIECE_ROWS = 1_000_000


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


def stored_metrics(folder: StudyFolder, states: list[RunState]) -> pd.DataFrame:
    """Return run_id, metric, value, reason of done runs as stored, each run's rows together.

    Raises:
        StoreError: a part is damaged or missing.
    """
    frame: pd.DataFrame = _from_parts(folder, METRICS, states).to_pandas()
    return frame


def read_table(
    folder: StudyFolder, runs: pd.DataFrame, states: Mapping[str, RunState], table: str
) -> pd.DataFrame:
    """Return a stored table of all done runs, in plan order, with the runs' keys in front.

    `runs` has one row per planned run, in plan order: run_id and the keys of its place.

    Raises:
        StoreError: a part is damaged or missing.
    """
    run_ids = runs[RUN_ID].tolist()
    found = _from_parts(folder, table, [s for r in dict.fromkeys(run_ids) if (s := states.get(r))])
    frame = with_ids(found).to_pandas()
    frame["row"] = range(len(frame))
    places = runs.astype({RUN_ID: object}).assign(order=range(len(runs)))
    joined = places.merge(frame, on=RUN_ID, how="inner")
    return (
        joined.sort_values(["order", "row"]).drop(columns=["order", "row"]).reset_index(drop=True)
    )


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


def _from_parts(folder: StudyFolder, table: str, states: list[RunState]) -> pa.Table:
    """Return the rows of some runs out of their parts, each run's rows together and in order."""
    by_part = _by_part(table, states)
    pieces = [_part_rows(folder.part_file(table, p), ids) for p, ids in by_part.items()]
    if pieces:
        return pa.concat_tables(pieces).unify_dictionaries()
    return _no_metrics()


def _no_metrics() -> pa.Table:
    texts = pa.array([], pa.string())
    values = pa.array([], pa.float64())
    return pa.table({RUN_ID: texts, "metric": texts, "value": values, "reason": texts})


def iterate_table(
    folder: StudyFolder, table: str, states: list[RunState], columns: list[str]
) -> Iterator[pd.DataFrame]:
    """Yield run_id and some columns of a stored table, each run's rows together and in order.

    A frame holds the runs of one part, or as many of them as have about a million rows. Runs whose
    tables are not stored are left out.

    Raises:
        StoreError: a part is damaged or missing.
    """
    for part, run_ids in _by_part(table, states).items():
        for rows in _pieces(folder.part_file(table, part), run_ids, columns):
            frame: pd.DataFrame = rows.to_pandas()
            yield frame


def _by_part(table: str, states: list[RunState]) -> dict[str, list[str]]:
    by_part: dict[str, list[str]] = {}
    for state in states:
        if table in state.parts:
            by_part.setdefault(state.parts[table].part, []).append(state.record.run_id)
    return by_part


def _part_rows(file: Path, run_ids: list[str]) -> pa.Table:
    with _told_as_damage(file):
        stored = pq.read_table(file, page_checksum_verification=True)
    return _only_of(run_ids, stored)


def _pieces(file: Path, run_ids: list[str], columns: list[str]) -> Iterator[pa.Table]:
    """Yield a part's rows in tables of whole runs, with no more rows than need be in memory."""
    kept: list[pa.Table] = []
    with _told_as_damage(file), pq.ParquetFile(file, page_checksum_verification=True) as stored:
        for group in range(stored.num_row_groups):
            kept.append(stored.read_row_group(group, columns=[RUN_ID, *columns]))
            if sum(map(len, kept)) > _PIECE_ROWS:
                rows = pa.concat_tables(kept).unify_dictionaries()
                end = _start_of_last_run(rows)
                kept = [rows.slice(end)]
                if end:
                    yield _only_of(run_ids, rows.slice(0, end))
    if kept:
        yield _only_of(run_ids, pa.concat_tables(kept).unify_dictionaries())


def _start_of_last_run(rows: pa.Table) -> int:
    import pyarrow.compute as pc

    names = rows[RUN_ID]
    is_last = pc.equal(names.cast(pa.string()), names[-1].as_py())
    return int(pc.index(is_last, pa.scalar(True)).as_py())


@contextmanager
def _told_as_damage(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise StoreError(
            f"{file} is damaged or missing ({error}); `python -m runner resume` recomputes its runs"
        ) from error


def _only_of(run_ids: list[str], rows: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    names = rows[RUN_ID].cast(pa.string())
    is_wanted = pc.is_in(names, value_set=pa.array(run_ids, pa.string()))
    return rows.set_column(0, RUN_ID, names).filter(is_wanted)


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
