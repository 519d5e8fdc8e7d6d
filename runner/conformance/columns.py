"""Bring what an engine writes for one column into one form, refusing what the schema forbids."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runner.contract import Column, EngineError

_FILL = {"bool": False, "str": "", "date": np.datetime64("1970-01-01", "D")}
_DTYPE = {"str": np.dtype(object), "date": np.dtype("datetime64[D]")}


def masked_column(table: str, column: Column, values: Any) -> np.ma.MaskedArray[Any, Any]:
    """Return a copy of `values` (n_rows,) in the column's dtype, nulls masked.

    Text is held as Python strings in an object array, dates as datetime64[D].

    Raises:
        EngineError: a value does not fit the kind, or is null where the column allows none.
    """
    where = f"table {table}, column {column.name}"
    data, null = _split(values)
    if data.ndim != 1:
        raise EngineError(f"{where}: shape {data.shape} was written, one value per row is allowed")
    if null.any() and not column.nullable:
        row = int(np.flatnonzero(null)[0])
        raise EngineError(f"{where}: row {row} of a write is null, the column is not nullable")
    dtype = _DTYPE[column.kind] if column.kind in _DTYPE else np.dtype(column.kind)
    whole = np.full(data.shape, _FILL.get(column.kind, 0), dtype=dtype)
    whole[~null] = _converted(where, column, data[~null])
    return np.ma.MaskedArray(whole, mask=null)


def _split(values: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the values and where they are null: masked, None or NaN."""
    data, null = np.ma.getdata(values), np.ma.getmaskarray(values)
    if not isinstance(values, np.ndarray):
        data = _from_sequence(values)
        null = np.zeros(data.shape, dtype=np.bool_)
    if data.dtype.kind == "O":
        null = null | np.array([item is None for item in data.ravel()]).reshape(data.shape)
    if data.dtype.kind in "fmM":
        null = null | (np.isnan(data) if data.dtype.kind == "f" else np.isnat(data))
    return data, np.asarray(null, dtype=np.bool_)


def _from_sequence(values: Sequence[Any]) -> NDArray[Any]:
    items = list(values)
    if not items or (not isinstance(items[0], str | datetime.date) and None not in items):
        return np.asarray(items)
    data = np.empty(len(items), dtype=object)
    data[:] = items
    return data


def _converted(where: str, column: Column, data: NDArray[Any]) -> NDArray[Any]:
    if data.size == 0:
        return data
    if column.kind == "str":
        return _texts(where, data)
    if column.kind == "date":
        return _dates(where, data)
    return _numbers(where, column, data)


def _texts(where: str, data: NDArray[Any]) -> NDArray[Any]:
    for item in data.tolist():
        if not isinstance(item, str):
            raise EngineError(f"{where}: {item!r} was written, text is allowed")
    return data.astype(object)


def _dates(where: str, data: NDArray[Any]) -> NDArray[Any]:
    for item in data.tolist():
        if isinstance(item, datetime.datetime) or not isinstance(item, datetime.date):
            raise EngineError(f"{where}: {item!r} was written, a date without time is allowed")
    return data.astype("datetime64[D]")


def _numbers(where: str, column: Column, data: NDArray[Any]) -> NDArray[Any]:
    if data.dtype.kind == "O":  # a list with nulls
        data = np.asarray(data.tolist())
    allowed = {"bool": "b", "float64": "fiu"}.get(column.kind, "iu")
    if data.dtype.kind not in allowed:
        raise EngineError(f"{where}: values of type {data.dtype} were written, not {column.kind}")
    target = np.dtype(column.kind)
    if allowed == "iu":
        bounds = np.iinfo(target)
        low, high = int(data.min()), int(data.max())
        if low < bounds.min or high > bounds.max:
            raise EngineError(f"{where}: {low} to {high} do not fit {column.kind}")
    return data.astype(target)
