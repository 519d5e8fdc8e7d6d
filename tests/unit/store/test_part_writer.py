"""Parts hold the rows of runs that were kept, in bounded row groups, however they were written."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from runner.contract import Column, ColumnKind, TableSchema, UnstoredError, table_data
from runner.store.folder import RUN_ID
from runner.store.metrics_table import METRICS_SCHEMA, metrics_hash
from runner.store.parts import PartWriter
from runner.store.table_file import file_digest

GROUP = 131_072
STEPS = TableSchema(
    name="steps",
    columns=(
        Column(name="step", kind="int64"),
        Column(name="value", kind="float64", nullable=True),
        Column(name="word", kind="str"),
    ),
    key=("step",),
)


def write_run(writer: PartWriter, run_id: str, rows: int, batch: int) -> None:
    writer.begin(run_id)
    for start in range(0, rows, batch):
        steps = np.arange(start, min(start + batch, rows))
        values = np.where(steps % 5 == 2, np.nan, steps / 3)
        words = np.array(["even", "odd"], dtype=object)[steps % 2]
        columns = {"step": steps, "value": values, "word": words}
        writer.write("steps", table_data(STEPS, columns))


def write_part(
    folder: Path, runs: Iterable[tuple[str, int]], *, batch: int, dropped: tuple[str, ...] = ()
) -> Path:
    with PartWriter(folder, "part", {"steps": STEPS}) as writer:
        for run_id, rows in runs:
            write_run(writer, run_id, rows, batch)
            if run_id in dropped:
                writer.drop()
            else:
                writer.keep()
        files = writer.close()
    file = folder / "steps" / "part.parquet"
    assert file_digest(file) == (files["steps"].size, files["steps"].digest)
    assert list((folder / "steps").iterdir()) == [file]
    return file


def counts(file: Path) -> dict[str, int]:
    names = pq.read_table(file)[RUN_ID].to_pandas().astype(str)
    return dict(names.value_counts(sort=False))


def groups_of(file: Path) -> list[int]:
    metadata = pq.read_metadata(file)
    return [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]


RUNS = (("a", 1000), ("b", 2 * GROUP + 17), ("c", 3))


def test_an_engines_batches_leave_no_trace(tmp_path: Path) -> None:
    files = [
        write_part(tmp_path / str(batch), RUNS, batch=batch)
        for batch in (777, 50_000, GROUP, 10**6)
    ]
    assert len({file.read_bytes() for file in files}) == 1
    assert groups_of(files[0]) == [GROUP, GROUP, 1020]


def test_rows_that_wait_do_not_hold_those_that_were_written(tmp_path: Path) -> None:
    words = np.array(["word"] * (GROUP + 3), dtype=object)
    data = table_data(
        STEPS, {"step": np.arange(GROUP + 3), "value": np.zeros(GROUP + 3), "word": words}
    )
    written = weakref.ref(data["step"].values)
    with PartWriter(tmp_path, "part", {"steps": STEPS}) as writer:
        writer.begin("a")
        writer.write("steps", data)
        del data
        gc.collect()
        assert written() is None
        writer.keep()
        writer.close()
    assert groups_of(tmp_path / "steps" / "part.parquet") == [GROUP, 3]


@pytest.mark.parametrize("kind", ["int64", "int32", "int16", "int8", "uint64", "timestamp"])
def test_whole_numbers_come_back_whatever_their_width(tmp_path: Path, kind: ColumnKind) -> None:
    schema = TableSchema(name="steps", columns=(Column(name="step", kind=kind),), key=("step",))
    bounds = np.iinfo({"timestamp": "int64"}.get(kind, kind))
    step = np.array([bounds.min, 0, 1, 1, bounds.max], dtype=bounds.dtype)
    with PartWriter(tmp_path, "part", {"steps": schema}) as writer:
        writer.begin("a")
        writer.write("steps", table_data(schema, {"step": step}))
        writer.keep()
        writer.close()
    file = tmp_path / "steps" / "part.parquet"
    assert pq.read_table(file)["step"].to_numpy().view(bounds.dtype).tolist() == step.tolist()
    packed = pq.read_metadata(file).row_group(0).column(1).compression
    assert packed == ("UNCOMPRESSED" if kind == "uint64" else "ZSTD")  # hashes do not shrink


def test_hashes_do_not_depend_on_batches_or_neighbours(tmp_path: Path) -> None:
    found = set()
    for batch, first in ((7, "x"), (5000, "y")):
        with PartWriter(tmp_path / first, "p", {"steps": STEPS}) as writer:
            write_run(writer, first, batch, batch)
            writer.keep()
            write_run(writer, "r", 9000, batch)
            found.add(writer.keep()["steps"])
            writer.close()
    assert len(found) == 1


@pytest.mark.parametrize("dropped_rows", [1, GROUP - 1000, GROUP, GROUP + 1, 3 * GROUP + 5])
def test_a_failed_runs_rows_are_in_no_file_however_many_there_were(
    tmp_path: Path, dropped_rows: int
) -> None:
    runs = (("a", 1000), ("bad", dropped_rows), ("c", GROUP), ("worse", 200_000), ("e", 5))
    file = write_part(tmp_path, runs, batch=30_000, dropped=("bad", "worse"))
    assert counts(file) == {"a": 1000, "c": GROUP, "e": 5}
    assert max(groups_of(file)) <= GROUP
    steps = pq.read_table(file).to_pandas()
    for name, rows in steps.groupby(steps[RUN_ID].astype(str)):
        assert rows["step"].to_list() == list(range(dict(runs)[str(name)]))


def test_a_part_of_dropped_runs_alone_is_an_empty_file(tmp_path: Path) -> None:
    file = write_part(tmp_path, [("a", 10), ("b", 2 * GROUP)], batch=GROUP, dropped=("a", "b"))
    assert pq.read_table(file).num_rows == 0
    assert pq.read_schema(file).names == [RUN_ID, "step", "value", "word"]


def test_a_part_that_goes_wrong_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with PartWriter(tmp_path, "part", {"steps": STEPS}) as writer:
            write_run(writer, "a", GROUP + 1, GROUP + 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list((tmp_path / "steps").iterdir()) == []


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "steps").write_text("a file, not a folder")
    with pytest.raises(UnstoredError, match=r"cannot store results \(.*File exists"):
        write_part(tmp_path, [("a", 5)], batch=5)


def test_a_file_is_the_same_at_any_time(tmp_path: Path) -> None:
    first = write_part(tmp_path / "1", [("a", 50)], batch=50).read_bytes()
    time.sleep(1.1)
    assert write_part(tmp_path / "2", [("a", 50)], batch=50).read_bytes() == first


def test_metrics_hash_knows_one_zero_and_no_order() -> None:
    assert metrics_hash({"a": 0.0, "b": 1}) == metrics_hash({"b": 1.0, "a": -0.0})
    assert metrics_hash({"a": 1.0}) != metrics_hash({"a": np.nextafter(1.0, 2.0)})
    assert METRICS_SCHEMA.key == ("metric",)
