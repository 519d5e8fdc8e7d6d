"""Bring the columns an engine writes into their declared kinds, or say why they do not fit."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runner.contract.errors import EngineError, nearest
from runner.contract.tables import Column, TableSchema

_EPOCH = datetime.date(1970, 1, 1)
_START = datetime.datetime(1970, 1, 1)
_STORED = {"str": "O", "date": "int32", "timestamp": "int64", "category": "int32", "id": "int64"}
_TICKS = {"date": "datetime64[D]", "timestamp": "datetime64[ms]"}
_FILL: dict[str, Any] = {
    "bool": False, "str": "", "date": _EPOCH, "timestamp": _START, "float64": 0.0
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnData:
    """Values of one column (n_rows,) in the declared kind, and which of them are null.

    Text is an object array; dates are int32 days, timestamps int64 milliseconds since 1970-01-01
    UTC; categories are int32 positions, ids int64. `nulls` is None when no value is null, and
    values under a null are zero or empty.
    """

    values: NDArray[Any]
    nulls: NDArray[np.bool_] | None

    def __len__(self) -> int:
        return len(self.values)


def table_data(schema: TableSchema, columns: Mapping[str, Any]) -> dict[str, ColumnData]:
    """Return the columns of one write by name, each (n_rows,), checked against the table's schema.

    Raises:
        EngineError: a column is missing, undeclared, of another length, or holds a wrong value.
    """
    written = schema.written
    if len(columns) != len(written) or any(column.name not in columns for column in written):
        raise EngineError(f"table {schema.name}: column {_misnamed(schema, columns)}")
    data = {c.name: column_data(schema.name, c, columns[c.name]) for c in written}
    lengths = {name: len(column) for name, column in data.items()}
    if len(set(lengths.values())) > 1:
        raise EngineError(f"table {schema.name}: columns have different lengths: {lengths}")
    return data


def _misnamed(schema: TableSchema, columns: Mapping[str, Any]) -> str:
    missing = [name for name in schema.column_names if name not in columns]
    if missing:
        return f"{', '.join(missing)} was not written"
    extra = next(name for name in columns if name not in schema.column_names)
    if any(column.name == extra for column in schema.columns):
        return f"{extra} is composed of other columns and must not be written"
    return f"{extra} is not declared"


def column_data(table: str, column: Column, written: Any) -> ColumnData:
    """Return one written sequence, (n_rows,), in its declared kind; `table` is for the message.

    What may be written for each kind is told by `Column`; None, NaN and NaT are nulls.

    Raises:
        EngineError: a value does not fit the kind, or is null where that is not declared.
    """
    try:
        listed, nulls = _without_nulls(written, column)
        values = _converted(column, listed)
    except (TypeError, ValueError, OverflowError) as error:
        raise EngineError(f"table {table}, column {column.name}: {error}") from None
    if column.kind in ("float64", "category"):
        missing = np.isnan(values) if column.kind == "float64" else values < 0
        if missing.any():
            nulls = missing if nulls is None else nulls | missing
            values = np.where(missing, np.zeros(1, values.dtype), values)
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
        fill = np.zeros(1, written.dtype)[0] if written.dtype != object else _fill(column)
        return written.filled(fill), np.ma.getmaskarray(written)
    if isinstance(written, np.ndarray) and written.dtype.kind in "Mm":
        nulls = np.isnat(written)
        return (np.where(nulls, np.datetime64(0, "D"), written), nulls) if nulls.any() else (
            written, None
        )  # fmt: skip
    if isinstance(written, np.ndarray) and written.dtype != object:
        return written, None
    listed = list(written)
    if None not in listed:
        return listed, None
    fill = _fill(column)
    return [fill if v is None else v for v in listed], np.array([v is None for v in listed])


def _fill(column: Column) -> Any:
    return column.categories[0] if column.kind == "category" else _FILL.get(column.kind, 0)


def _converted(column: Column, written: Any) -> NDArray[Any]:
    if column.kind == "str":
        return _texts(written)
    if column.kind in _TICKS and not _is_whole(written):
        return _since_epoch(column.kind, written)
    if column.kind == "category":
        return _positions(column, written)
    wanted = np.dtype(_STORED.get(column.kind, column.kind))
    array = np.asarray(written, dtype=None if len(written) else wanted)
    if array.ndim != 1:
        raise ValueError(f"shape {array.shape} was written, one value per row is allowed")
    if array.dtype.kind not in _ALLOWED.get(column.kind, "iu"):
        raise TypeError(f"values of type {array.dtype} were written, not {column.kind}")
    if array.size and wanted.kind in "iu" and array.dtype != wanted:
        bounds, low, high = np.iinfo(wanted), int(array.min()), int(array.max())
        if low < bounds.min or high > bounds.max:
            raise OverflowError(f"{low} to {high} do not fit {column.kind}")
    return array.astype(wanted, copy=False)


_ALLOWED = {"float64": "fiu", "bool": "b"}


def _is_whole(written: Any) -> bool:
    return isinstance(written, np.ndarray) and written.dtype.kind in "iu"


def _texts(written: Any) -> NDArray[Any]:
    array = np.empty(len(written), dtype=object)
    array[:] = written.tolist() if isinstance(written, np.ndarray) else written
    for item in array:
        if not isinstance(item, str):
            raise TypeError(f"{item!r} was written, text is allowed")
    return array


def _positions(column: Column, written: Any) -> NDArray[np.int32]:
    """Return the positions (n_rows,) in the column's categories, -1 for null."""
    if not _is_whole(written):
        places = {text: place for place, text in enumerate(column.categories)}
        texts = written.tolist() if isinstance(written, np.ndarray) else written
        unknown = next((text for text in texts if text not in places), None)
        if unknown is not None:
            hint = nearest(str(unknown), places) or f"; allowed: {', '.join(places)}"
            raise ValueError(f"{unknown!r} was written, it is no category{hint}")
        return np.array([places[text] for text in texts], dtype=np.int32)
    if len(written) and not -1 <= int(written.min()) <= int(written.max()) < len(column.categories):
        raise OverflowError(
            f"{written.min()} to {written.max()} were written for {len(column.categories)} "
            "categories"
        )
    return np.asarray(written, dtype=np.int32)


def _since_epoch(kind: str, written: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    """Return int32 days or int64 milliseconds (n_rows,) since 1970-01-01 UTC."""
    if isinstance(written, np.ndarray) and written.dtype.kind != "M":
        written = written.tolist()
    if not isinstance(written, np.ndarray):
        written = _moments(kind, written)
    ticks = written.astype(_TICKS[kind])
    if (ticks != written).any():
        wanted = "a date without time" if kind == "date" else "whole milliseconds"
        raise TypeError(f"{written[ticks != written][0]} was written, {wanted} is allowed")
    return ticks.astype(np.int64).astype(_STORED[kind])


def _moments(kind: str, items: Sequence[Any]) -> NDArray[np.datetime64]:
    for item in items:
        has_time = isinstance(item, datetime.datetime)
        fits = has_time if kind == "timestamp" else isinstance(item, datetime.date) and not has_time
        if not fits and not isinstance(item, np.datetime64):
            wanted = "a date without time" if kind == "date" else "a timestamp"
            raise TypeError(f"{item!r} was written, {wanted} is allowed")
    return np.array([_as_utc(item) for item in items], dtype="datetime64")


def _as_utc(item: Any) -> Any:
    if isinstance(item, datetime.datetime) and item.tzinfo is not None:
        return item.astimezone(datetime.UTC).replace(tzinfo=None)
    return item
