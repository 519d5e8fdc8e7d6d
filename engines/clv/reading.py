"""Read what the columns of a purchase file hold, and say what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runner.contract import Floats, Problem, shown

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_ROWS = 5
_DAY_S = 86_400
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?\Z")
_COMPACT_DAY = re.compile(r"\d{8}\Z")
_AWARE = re.compile(r"[T ]\d{2}:?\d{2}.*(?:Z|[+-]\d{2}(?::?\d{2})?)\Z")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: the parameter that names it, and its name."""

    where: str
    name: str

    def problem(self, allowed: str) -> Problem:
        """Return a problem with this column."""
        return Problem(self.where, self.name, allowed)


def texts_of(series: pd.Series[Any]) -> NDArray[Any]:
    """Return a column as texts (object array), leading zeros kept, missing values empty."""
    import pandas as pd

    empty = series.isna().to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        numbers = series.to_numpy(dtype=object, na_value=0)
        texts = [str(int(v)) if float(v).is_integer() else str(v) for v in numbers]
    else:
        texts = [str(v).strip() for v in series.to_numpy(dtype=object)]
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    found[empty] = ""
    return found


def read_ids(series: pd.Series[Any], column: Column) -> tuple[NDArray[Any], list[Problem]]:
    """Return customer ids as text, and empty ones."""
    ids = texts_of(series)
    wrong = np.flatnonzero(ids == "")
    return ids, _faults(column, wrong, ids, "empty ids", "every row needs an id")


def read_amounts(
    series: pd.Series[Any], column: Column, *, refuse_negative: bool
) -> tuple[Floats, list[Problem]]:
    """Return amounts, and those missing, infinite, no numbers, or negative where refused."""
    import pandas as pd

    amounts = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.flatnonzero(~np.isfinite(amounts))
    texts = series.to_numpy(dtype=object)
    found = _faults(column, wrong, texts, "missing, infinite or no numbers", "must be a number")
    if refuse_negative:
        negative = np.flatnonzero(amounts < 0)
        advice = "data.refund_policy is error; net and drop accept refunds"
        found += _faults(column, negative, texts, "negative", advice)
    return amounts + 0.0, found


def read_days(
    series: pd.Series[Any], column: Column, date_format: str | None, timezone: str | None
) -> tuple[NDArray[np.int64], list[Problem]]:
    """Return calendar days since 1970-01-01, and stamps that cannot be read or are mixed."""
    import pandas as pd

    if isinstance(series.dtype, pd.DatetimeTZDtype | np.dtype) and series.dtype.kind == "M":
        return _stamped_days(series, column, timezone)
    texts = texts_of(series)
    codes, distinct = pd.factorize(texts)
    days, aware, readable = _parse(list(distinct), date_format, timezone)
    wrong = np.flatnonzero(~readable[codes])
    allowed = f"must match data.date_format = {date_format}" if date_format else (
        "must be an ISO date or timestamp, or YYYYMMDD; for others set data.date_format"
    )  # fmt: skip
    found = _faults(column, wrong, texts, "no dates", allowed)
    found += _zone_faults(column, aware[codes] & readable[codes], ~aware[codes] & readable[codes],
                          texts, timezone)  # fmt: skip
    return days[codes], found


def _stamped_days(
    series: pd.Series[Any], column: Column, timezone: str | None
) -> tuple[NDArray[np.int64], list[Problem]]:
    texts = series.to_numpy(dtype=object)
    is_aware = getattr(series.dtype, "tz", None) is not None
    missing_rows = series.isna().to_numpy(dtype=bool)
    everywhere, nowhere = ~missing_rows, np.zeros(len(series), dtype=bool)
    found = _faults(column, np.flatnonzero(missing_rows), texts, "missing", "must be a date")
    found += _zone_faults(
        column, everywhere if is_aware else nowhere, nowhere if is_aware else everywhere,
        texts, timezone,
    )  # fmt: skip
    if is_aware and timezone:
        series = series.dt.tz_convert(timezone)
    if is_aware:
        series = series.dt.tz_localize(None)
    return _days(series), found


def _zone_faults(
    column: Column, aware: NDArray[np.bool_], naive: NDArray[np.bool_], texts: NDArray[Any],
    timezone: str | None,
) -> list[Problem]:  # fmt: skip
    if aware.any() and naive.any():
        said = f"has {aware.sum()} stamps with a time zone and {naive.sum()} without"
        rows = _rows(np.concatenate([np.flatnonzero(aware)[:2], np.flatnonzero(naive)[:3]]), texts)
        return [column.problem(f"{said}: {rows}; all must be of one kind")]
    if aware.any() and timezone is None:
        rows = _rows(np.flatnonzero(aware), texts)
        allowed = "stamps have a time zone; set data.timezone, in which the day is taken"
        return [column.problem(f"{allowed}: {rows}")]
    if naive.any() and timezone is not None:
        rows = _rows(np.flatnonzero(naive), texts)
        allowed = f"stamps have no time zone, but data.timezone = {timezone}; set it to null"
        return [column.problem(f"{allowed}: {rows}")]
    return []


def _parse(
    texts: list[str], date_format: str | None, timezone: str | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return days, whether the stamp has a time zone, and whether it could be read."""
    import pandas as pd

    n = len(texts)
    days, readable = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=bool)
    if date_format is not None:
        aware = np.full(n, "%z" in date_format)
        groups = [(np.arange(n), date_format)]
    else:
        aware = np.array([bool(_AWARE.search(t)) for t in texts], dtype=bool)
        iso = np.array([bool(_ISO_DAY.match(t)) for t in texts], dtype=bool)
        compact = np.array([bool(_COMPACT_DAY.match(t)) for t in texts], dtype=bool)
        groups = [
            (np.flatnonzero(iso & ~aware), "ISO8601"),
            (np.flatnonzero(iso & aware), "ISO8601"),
            (np.flatnonzero(compact), "%Y%m%d"),
        ]
    for rows, form in groups:
        if not rows.size:
            continue
        has_zone = bool(aware[rows[0]])
        stamps = pd.Series([texts[i] for i in rows], dtype=object)
        parsed = pd.to_datetime(stamps, format=form, errors="coerce", utc=has_zone)
        readable[rows] = parsed.notna().to_numpy(dtype=bool)
        if has_zone:
            parsed = parsed.dt.tz_convert(timezone or "UTC").dt.tz_localize(None)
        days[rows] = _days(parsed)
    return days, aware, readable


def _days(stamps: pd.Series[Any]) -> NDArray[np.int64]:
    seconds = stamps.to_numpy(dtype="datetime64[s]").astype(np.int64)
    return np.asarray(np.floor_divide(seconds, _DAY_S))


def _faults(
    column: Column, rows: NDArray[np.int64], texts: NDArray[Any], what: str, allowed: str
) -> list[Problem]:
    if not rows.size:
        return []
    count = "1 value is" if rows.size == 1 else f"{rows.size} values are"
    return [column.problem(f"{count} {what}: {_rows(rows, texts)}; {allowed}")]


def _rows(rows: NDArray[np.int64], texts: NDArray[Any]) -> str:
    """Name the first rows, counted from 1 below the header, with their values."""
    named = [f"row {row + 1} {shown(_plain(texts[row]))}" for row in rows[:_SHOWN_ROWS]]
    return ", ".join(named) + (", ..." if rows.size > _SHOWN_ROWS else "")


def _plain(value: Any) -> Any:
    return str(value) if not isinstance(value, int | float | str) else value
