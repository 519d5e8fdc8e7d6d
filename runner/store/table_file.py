"""Write one table of one part as Parquet, in row groups that bound the memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from runner.contract import ColumnData, TableSchema
from runner.store.arrow_tables import Written, arrow_schema, arrow_table, n_rows
from runner.store.folder import RUN_ID

_GROUP_ROWS = 131_072
_PAGE_ROWS = 16_384  # handed to the encoder at once
_ENCODING = {
    **dict.fromkeys(("int64", "timestamp", "id"), "DELTA_BINARY_PACKED"),
    **dict.fromkeys(("int32", "int16", "int8", "uint64"), "PLAIN"),
}
"""How whole numbers are written: quicker than through a dictionary, as small once compressed."""
_INCOMPRESSIBLE = "uint64"  # hashes


class TableFile:
    """One table of one part: a buffer of chunks and the Parquet file it is flushed to."""

    def __init__(self, file: Path, schema: TableSchema) -> None:
        self.schema = schema
        self._file = file
        self._temporary = file.with_name(f".{file.name}.{uuid4().hex[:12]}.tmp")
        self._unsifted = self._temporary.with_suffix(".all")
        self._arrow = arrow_schema(schema)
        self._writer: pq.ParquetWriter | None = None
        self._chunks: list[Written] = []
        self._kept = 0
        self._rows = 0
        self._flushed_current = False
        self._dropped: list[str] = []

    def add(self, run_id: str, data: Mapping[str, ColumnData]) -> None:
        """Buffer rows of the current run, and write whenever a row group is full."""
        rows = n_rows(data)
        self._chunks.append((run_id, data))
        self._rows += rows
        while self._rows >= _GROUP_ROWS:
            self._flush(_GROUP_ROWS)
            self._flushed_current = True

    def keep(self) -> None:
        """Count the current run's rows among those that stay."""
        self._kept, self._flushed_current = len(self._chunks), False

    def drop(self, run_id: str) -> None:
        """Forget the current run's rows, those in the file as well once it is closed."""
        dropped = self._chunks[self._kept :]
        self._chunks = self._chunks[: self._kept]
        self._rows -= sum(n_rows(data) for _, data in dropped)
        if self._flushed_current:
            self._dropped.append(run_id)
        self._flushed_current = False

    def close(self) -> tuple[int, str]:
        """Write what is buffered, sync, name the file; return its size in bytes and its hash.

        Raises:
            OSError: the disk is full, or the file cannot be written.
        """
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
        """Remove what stands on disk under a temporary name, if anything does."""
        with suppress(OSError):  # what went wrong before is what must be told
            if self._writer is not None:
                self._writer.close()
        self._writer = None
        for file in (self._temporary, self._unsifted):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def _flush(self, rows: int) -> None:
        """Write exactly `rows` rows as one row group, so that batching leaves no trace."""
        taken, rest = _divided(self._chunks, rows)
        table = arrow_table(self.schema, self._arrow, taken)
        self._open().write_table(table, row_group_size=max(rows, 1))
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


def _divided(chunks: list[Written], rows: int) -> tuple[list[Written], list[Written]]:
    """Return exactly the first `rows` rows, and the rest."""
    taken: list[Written] = []
    rest: list[Written] = []
    left = rows
    for run_id, data in chunks:
        size = n_rows(data)
        if left >= size:
            taken.append((run_id, data))
        elif left > 0:
            taken.append((run_id, _rows_of(data, slice(0, left))))
            rest.append((run_id, _copied(_rows_of(data, slice(left, size)))))
        else:
            rest.append((run_id, data))
        left = max(0, left - size)
    return taken, rest


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
