"""Read the rows of runs out of their part files, whole tables or a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from runner.contract import StoreError
from runner.store.folder import METRICS, RUN_ID, StudyFolder
from runner.store.ids import with_ids
from runner.store.records import RunState

if TYPE_CHECKING:
    import pandas as pd

_PIECE_ROWS = 1_000_000


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
