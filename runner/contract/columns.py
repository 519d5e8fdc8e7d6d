"""Bring the columns an engine writes into their declared kinds, or say why they do not fit."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runner.contract.errors import EngineError
from runner.contract.tables import Column, TableSchema

_EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ColumnData:
    """Values of one column (n_rows,) in the declared kind, and which of them are null.

    Text is an object array; dates are int32 days since 1970-01-01; `nulls` is None when no value
    is null, and values under a null are zero or empty.
    """

    values: NDArray[Any]
    nulls: NDArray[np.bool_] | None

    def __len__(self) -> int:
        return len(self.values)


def table_data(schema: TableSchema, columns: Mapping[str, Any]) -> dict[str, ColumnData]:
    """Return the columns of one write, checked against the table's schema.

    Raises:
        EngineError: a column is missing, undeclared, of another length, or holds a wrong value.
    """
    if columns.keys() != set(schema.column_names):
        missing = [name for name in schema.column_names if name not in columns]
        extra = [name for name in columns if name not in schema.column_names]
        named = (
            f"{', '.join(missing)} was not written" if missing else f"{extra[0]} is not declared"
        )
        raise EngineError(f"table {schema.name}: column {named}")
    data = {c.name: column_data(schema.name, c, columns[c.name]) for c in schema.columns}
    lengths = {name: len(column) for name, column in data.items()}
    if len(set(lengths.values())) > 1:
        raise EngineError(f"table {schema.name}: columns have different lengths: {lengths}")
    return data


def column_data(table: str, column: Column, written: Any) -> ColumnData:
    """Return one written sequence in its declared kind.

    Raises:
        EngineError: a value does not fit the kind, or is null where that is not declared.
    """
    try:
        listed, nulls = _without_nulls(written, column)
        values = _converted(column, listed)
    except (TypeError, ValueError, OverflowError) as error:
        raise EngineError(f"table {table}, column {column.name}: {error}") from None
    if column.kind == "float64":
        missing = np.isnan(values)
        if missing.any():
            nulls = missing if nulls is None else nulls | missing
            values = np.where(missing, 0.0, values)
    if nulls is not None and not nulls.any():
        nulls = None
    if nulls is not None and not column.nullable:
        row = int(np.flatnonzero(nulls)[0])
        raise EngineError(
            f"table {table}, column {column.name}: row {row} of a write is null, the column is not "
            "nullable"
        )
    return ColumnData(values, nulls)


def _without_nulls(written: Any, column: Column) -> tuple[Any, NDArray[np.bool_] | None]:
    if isinstance(written, np.ndarray) and written.ndim != 1:
        raise ValueError(f"shape {written.shape} was written, one value per row is allowed")
    if isinstance(written, np.ma.MaskedArray):
        return written.filled(_FILL[column.kind]), np.ma.getmaskarray(written)
    if isinstance(written, np.ndarray) and written.dtype.kind in "Mm":
        nulls = np.isnat(written)
        return np.where(nulls, np.datetime64(_EPOCH), written), nulls
    if isinstance(written, np.ndarray) and written.dtype != object:
        return written, None
    listed = list(written)
    if None not in listed:
        return listed, None
    fill = _FILL[column.kind]
    return [fill if v is None else v for v in listed], np.array([v is None for v in listed])


_FILL: dict[str, Any] = {
    "int64": 0, "int32": 0, "int16": 0, "int8": 0, "uint64": 0, "float64": 0.0, "bool": False,
    "str": "", "date": _EPOCH,
}  # fmt: skip


def _converted(column: Column, written: Any) -> NDArray[Any]:
    if column.kind == "str":
        return _texts(written)
    if column.kind == "date":
        return _days(written)
    array = np.asarray(written, dtype=None if len(written) else np.dtype(column.kind))
    if array.ndim != 1:
        raise ValueError(f"shape {array.shape} was written, one value per row is allowed")
    if array.dtype.kind not in _ALLOWED.get(column.kind, "iu"):
        raise TypeError(f"values of type {array.dtype} were written, not {column.kind}")
    wanted = np.dtype(column.kind)
    if array.size and wanted.kind in "iu" and array.dtype != wanted:
        bounds, low, high = np.iinfo(wanted), int(array.min()), int(array.max())
        if low < bounds.min or high > bounds.max:
            raise OverflowError(f"{low} to {high} do not fit {column.kind}")
    return array.astype(wanted, copy=False)


_ALLOWED = {"float64": "fiu", "bool": "b"}


def _texts(written: Any) -> NDArray[Any]:
    array = np.empty(len(written), dtype=object)
    array[:] = written.tolist() if isinstance(written, np.ndarray) else written
    for item in array:
        if not isinstance(item, str):
            raise TypeError(f"{item!r} was written, text is allowed")
    return array


def _days(written: Any) -> NDArray[np.int32]:
    items = written if isinstance(written, list) else written.tolist()
    for item in items:
        is_date = isinstance(item, datetime.date) and not isinstance(item, datetime.datetime)
        if not is_date and not isinstance(item, np.datetime64):
            raise TypeError(f"{item!r} was written, a date without time is allowed")
    return np.asarray(written, dtype="datetime64[D]").astype(np.int64).astype(np.int32)


class TableHasher:
    """Hashes the content of one run's table: values only, however the rows were batched."""

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._hashers = [hashlib.blake2b(digest_size=16) for _ in schema.columns]
        self._rows = 0

    def update(self, data: Mapping[str, ColumnData]) -> None:
        """Add rows."""
        for hasher, column in zip(self._hashers, self._schema.columns, strict=True):
            hasher.update(_bytes_of(column, data[column.name]))
        self._rows += len(data[self._schema.columns[0].name])

    def hexdigest(self) -> str:
        """Return the table's hash: its columns' names, kinds and values in order."""
        whole = hashlib.blake2b(digest_size=16)
        whole.update(f"{self._schema.name}|{self._rows}".encode())
        for hasher, column in zip(self._hashers, self._schema.columns, strict=True):
            whole.update(f"|{column.name}|{column.kind}|".encode())
            whole.update(hasher.digest())
        return whole.hexdigest()


def _bytes_of(column: Column, data: ColumnData) -> bytes:
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
    return np.ascontiguousarray(little).tobytes()


def _with_flags(values: NDArray[Any], nulls: NDArray[np.bool_] | None) -> bytes:
    """Return each value followed by its null flag, so that batches concatenate to the whole."""
    record = np.zeros(len(values), dtype=[("value", values.dtype), ("null", "u1")])
    record["value"] = values
    if nulls is not None:
        record["null"] = nulls
    return record.tobytes()
