"""Write the tables of consecutive runs into Parquet parts, in memory-bounded row groups."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from runner.contract import (
    Column,
    ColumnData,
    MetricValue,
    Null,
    TableHasher,
    TableSchema,
    UnstoredError,
)
from runner.store.folder import METRICS
from runner.store.ids import id_metadata
from runner.store.ledger import PartFile

RUN_ID = "run_id"
_GROUP_ROWS = 131_072
_PAGE_ROWS = 16_384  # handed to the encoder at once
_ARROW = {
    "int64": pa.int64(), "int32": pa.int32(), "int16": pa.int16(), "int8": pa.int8(),
    "uint64": pa.uint64(), "float64": pa.float64(), "bool": pa.bool_(), "str": pa.string(),
    "date": pa.date32(), "timestamp": pa.timestamp("ms", tz="UTC"), "id": pa.int64(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}  # fmt: skip
_ENCODING = {
    **dict.fromkeys(("int64", "timestamp", "id"), "DELTA_BINARY_PACKED"),
    **dict.fromkeys(("int32", "int16", "int8", "uint64"), "PLAIN"),
}
"""How whole numbers are written: quicker than through a dictionary, as small once compressed."""
_INCOMPRESSIBLE = "uint64"  # hashes
METRICS_SCHEMA = TableSchema(
    name=METRICS,
    key=("metric",),
    columns=(
        Column(name="metric", kind="str", doc="name of the metric"),
        Column(name="value", kind="float64", nullable=True, doc="its value; null has a reason"),
        Column(name="reason", kind="str", nullable=True, doc="why there is no value"),
    ),
)


def part_id(run_ids: Iterable[str], tables: Iterable[str]) -> str:
    """Return the name of a part: the hash of the runs it holds and the tables asked for."""
    text = json.dumps([list(run_ids), list(tables)])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def arrow_schema(schema: TableSchema) -> pa.Schema:
    """Return a table's Arrow schema: the run's key, then the written columns with their units.

    Its metadata say how ids are spelled, so that a part can be read without its engine.
    """
    fields = [pa.field(RUN_ID, pa.dictionary(pa.int32(), pa.string()), nullable=False)]
    for column in schema.written:
        notes = {"unit": column.unit, "role": column.role, "description": column.doc}
        kept = {key: text for key, text in notes.items() if text}
        fields.append(
            pa.field(column.name, _ARROW[column.kind], nullable=column.nullable, metadata=kept)
        )
    return pa.schema(fields, metadata=id_metadata(schema))


class PartWriter:
    """Writes one file per table for one part; files appear whole when `close` returns.

    Call `begin(run_id)`, then `write` any number of times, then `keep` or `drop`. Rows of a
    dropped run never reach the finished files. Used as a context manager it removes its
    temporary files when something goes wrong.
    """

    def __init__(self, folder: Path, part: str, schemas: Mapping[str, TableSchema]) -> None:
        self._files = {
            name: _TableFile(folder / name / f"{part}.parquet", schema)
            for name, schema in schemas.items()
        }
        self._part = part
        self._run_id = ""
        self._hashers: dict[str, TableHasher] = {}

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        for file in self._files.values():
            file.abandon()

    def begin(self, run_id: str) -> None:
        """Start the next run."""
        self._run_id = run_id
        self._hashers = {name: TableHasher(f.schema) for name, f in self._files.items()}

    def write(self, table: str, data: Mapping[str, ColumnData]) -> None:
        """Add rows of the current run.

        Raises:
            UnstoredError: the disk is full, or the file cannot be written.
        """
        self._hashers[table].update(data)
        with _as_store_error():
            self._files[table].add(self._run_id, data)

    def keep(self) -> dict[str, str]:
        """Finish the current run; return the content hash of each of its tables."""
        for file in self._files.values():
            file.keep()
        return {name: hasher.hexdigest() for name, hasher in self._hashers.items()}

    def drop(self) -> None:
        """Forget the current run's rows."""
        for file in self._files.values():
            file.drop(self._run_id)

    def close(self) -> dict[str, PartFile]:
        """Write what is buffered, sync, name the files; return what was written, by table.

        Raises:
            UnstoredError: the disk is full, or a file cannot be written.
        """
        with _as_store_error():
            return {name: PartFile(self._part, *file.close()) for name, file in self._files.items()}


@contextmanager
def _as_store_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnstoredError(f"cannot store results ({error.strerror or error})") from error


class _TableFile:
    """One table of one part: a buffer of chunks and the Parquet file it is flushed to."""

    def __init__(self, file: Path, schema: TableSchema) -> None:
        self.schema = schema
        self._first = schema.written[0].name
        self._file = file
        self._temporary = file.with_name(f".{file.name}.{uuid4().hex[:12]}.tmp")
        self._unsifted = self._temporary.with_suffix(".all")
        self._arrow = arrow_schema(schema)
        self._writer: pq.ParquetWriter | None = None
        self._chunks: list[tuple[str, Mapping[str, ColumnData]]] = []
        self._kept = 0
        self._rows = 0
        self._flushed_current = False
        self._dropped: list[str] = []

    def add(self, run_id: str, data: Mapping[str, ColumnData]) -> None:
        rows = len(data[self._first])
        self._chunks.append((run_id, data))
        self._rows += rows
        while self._rows >= _GROUP_ROWS:
            self._flush(_GROUP_ROWS)
            self._flushed_current = True

    def keep(self) -> None:
        self._kept, self._flushed_current = len(self._chunks), False

    def drop(self, run_id: str) -> None:
        dropped = self._chunks[self._kept :]
        self._chunks = self._chunks[: self._kept]
        self._rows -= sum(len(data[self._first]) for _, data in dropped)
        if self._flushed_current:
            self._dropped.append(run_id)
        self._flushed_current = False

    def close(self) -> tuple[int, str]:
        if self._rows or self._writer is None:
            self._flush(self._rows)
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._dropped:
            self._without_dropped()
        with open(self._temporary, "rb") as stream:
            os.fsync(stream.fileno())
        written = file_digest(self._temporary)
        self._temporary.replace(self._file)
        return written

    def abandon(self) -> None:
        with suppress(OSError):  # what went wrong before is what must be told
            if self._writer is not None:
                self._writer.close()
        self._writer = None
        for file in (self._temporary, self._unsifted):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def _flush(self, rows: int) -> None:
        """Write exactly `rows` rows as one row group, so that batching leaves no trace."""
        taken: list[tuple[str, Mapping[str, ColumnData]]] = []
        rest: list[tuple[str, Mapping[str, ColumnData]]] = []
        left = rows
        for run_id, data in self._chunks:
            size = len(data[self._first])
            if left >= size:
                taken.append((run_id, data))
            elif left > 0:
                taken.append((run_id, _rows_of(data, slice(0, left))))
                rest.append((run_id, _copied(_rows_of(data, slice(left, size)))))
            else:
                rest.append((run_id, data))
            left = max(0, left - size)
        self._open().write_table(self._table(taken), row_group_size=max(rows, 1))
        self._chunks, self._kept = rest, 0
        self._rows -= rows

    def _open(self) -> pq.ParquetWriter:
        if self._writer is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._new_writer()
        return self._writer

    def _new_writer(self) -> pq.ParquetWriter:
        encodings = {c.name: _ENCODING[c.kind] for c in self.schema.written if c.kind in _ENCODING}
        packed = dict.fromkeys(self._arrow.names, "zstd")
        packed |= {c.name: "none" for c in self.schema.written if c.kind == _INCOMPRESSIBLE}
        return pq.ParquetWriter(
            self._temporary, self._arrow, compression=packed, write_page_checksum=True,
            write_statistics=[RUN_ID, *self.schema.key], write_batch_size=_PAGE_ROWS,
            column_encoding=encodings,
            use_dictionary=[name for name in self._arrow.names if name not in encodings],
        )  # fmt: skip

    def _table(self, chunks: list[tuple[str, Mapping[str, ColumnData]]]) -> pa.Table:
        names = list(dict.fromkeys(run_id for run_id, _ in chunks))
        place = {run_id: index for index, run_id in enumerate(names)}
        indices = [np.full(len(data[self._first]), place[r], dtype=np.int32) for r, data in chunks]
        flat = np.concatenate(indices) if indices else np.zeros(0, dtype=np.int32)
        columns = [pa.DictionaryArray.from_arrays(pa.array(flat), pa.array(names, pa.string()))]
        columns += [
            _arrow_column(c, [data[c.name] for _, data in chunks]) for c in self.schema.written
        ]
        return pa.Table.from_arrays(columns, schema=self._arrow)

    def _without_dropped(self) -> None:
        """Rewrite the file without runs that failed after some of their rows were flushed."""
        import pyarrow.compute as pc

        self._temporary.replace(self._unsifted)
        dropped = pa.array(self._dropped)
        with (
            pq.ParquetFile(self._unsifted) as old,
            self._new_writer() as new,
        ):
            for group in range(old.num_row_groups):
                table = old.read_row_group(group).cast(self._arrow)
                is_dropped = pc.is_in(table[RUN_ID].cast(pa.string()), value_set=dropped)
                new.write_table(table.filter(pc.invert(is_dropped)))
        self._unsifted.unlink()


def file_digest(file: Path) -> tuple[int, str]:
    """Return a file's size in bytes and the hash of its content."""
    hasher, size = hashlib.blake2b(digest_size=16), 0
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            hasher.update(block)
            size += len(block)
    return size, hasher.hexdigest()


def _rows_of(data: Mapping[str, ColumnData], rows: slice) -> dict[str, ColumnData]:
    return {
        name: ColumnData(c.values[rows], None if c.nulls is None else c.nulls[rows])
        for name, c in data.items()
    }


def _copied(data: Mapping[str, ColumnData]) -> dict[str, ColumnData]:
    """Return rows that do not keep alive the larger write they were cut from."""
    return {
        name: ColumnData(c.values.copy(), None if c.nulls is None else c.nulls.copy())
        for name, c in data.items()
    }


def _arrow_column(column: Column, chunks: list[ColumnData]) -> pa.Array:
    kind = _ARROW[column.kind]
    if not chunks:
        return pa.array([], kind)
    values = chunks[0].values
    if len(chunks) > 1:
        values = np.concatenate([chunk.values for chunk in chunks])
    nulls = None
    if any(chunk.nulls is not None for chunk in chunks):
        nulls = np.concatenate(
            [np.zeros(len(c), bool) if c.nulls is None else c.nulls for c in chunks]
        )
    if column.kind == "category":
        positions = pa.array(values, pa.int32(), mask=nulls)
        return pa.DictionaryArray.from_arrays(positions, pa.array(column.categories, pa.string()))
    if column.kind == "timestamp":
        return pa.array(values, pa.int64(), mask=nulls).cast(kind)
    return pa.array(values, kind, mask=nulls)


def metric_columns(metrics: Mapping[str, MetricValue]) -> dict[str, Any]:
    """Return a run's metrics as the columns of `METRICS_SCHEMA`, in the order reported."""
    return {
        "metric": list(metrics),
        "value": [None if isinstance(v, Null) else float(v) for v in metrics.values()],
        "reason": [v.reason if isinstance(v, Null) else None for v in metrics.values()],
    }


def metrics_hash(metrics: Mapping[str, MetricValue]) -> str:
    """Return the hash of a run's metrics, in name order."""
    rows = [
        [name, value.reason] if isinstance(value, Null) else [name, (float(value) + 0.0).hex()]
        for name, value in sorted(metrics.items())
    ]
    return hashlib.blake2b(json.dumps(rows).encode(), digest_size=16).hexdigest()
