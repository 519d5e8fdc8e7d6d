"""Hash the content of tables: values only, however their rows were batched."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runner.contract.columns import ColumnData
from runner.contract.tables import Column, TableSchema


class TableHasher:
    """Hashes the content of one run's table."""

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._written = schema.written
        self._hashers = [hashlib.blake2b(digest_size=16) for _ in self._written]
        self._rows = 0

    def update(self, data: Mapping[str, ColumnData]) -> None:
        """Add rows: the schema's written columns, each (n_rows,), as `table_data` returns them."""
        for hasher, column in zip(self._hashers, self._written, strict=True):
            hasher.update(_bytes_of(column, data[column.name]))
        self._rows += len(data[self._written[0].name])

    def hexdigest(self) -> str:
        """Return the table's hash: its columns' names, kinds and values in order.

        32 hexadecimal digits; the same for the same rows on any machine.

        Source: BLAKE2b, RFC 7693 (2015).
        """
        whole = hashlib.blake2b(digest_size=16)
        whole.update(f"{self._schema.name}|{self._rows}".encode())
        for hasher, column in zip(self._hashers, self._written, strict=True):
            whole.update(f"|{column.name}|{column.kind}|".encode())
            whole.update(hasher.digest())
        for column in self._schema.columns:
            if column.kind in ("id", "category"):
                codes = {name: dict(texts) for name, texts in column.codes.items()}
                whole.update(repr((column.name, column.pattern, column.categories, codes)).encode())
        return whole.hexdigest()


def _bytes_of(column: Column, data: ColumnData) -> bytes | memoryview:
    if column.kind == "str":
        missing = data.nulls if data.nulls is not None else np.zeros(len(data), dtype=bool)
        return b"".join(
            b"\xff\xff\xff\xff" if null else len(raw := text.encode()).to_bytes(4, "little") + raw
            for text, null in zip(data.values, missing, strict=True)
        )
    values = data.values
    if column.kind == "float64":
        values = values + 0.0  # one zero: -0.0 and 0.0 are the same number
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    if column.nullable:
        return _with_flags(little, data.nulls)
    return np.ascontiguousarray(little).data


def _with_flags(values: NDArray[Any], nulls: NDArray[np.bool_] | None) -> memoryview:
    """Return each value followed by its null flag, so that batches concatenate to the whole."""
    record = np.zeros(len(values), dtype=[("value", values.dtype), ("null", "u1")])
    record["value"] = values
    if nulls is not None:
        record["null"] = nulls
    return record.view(np.uint8).data
