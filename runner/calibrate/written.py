"""Read the numbers of a target as they are written: below `values`, or in a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.calibrate.target_files import SPREADS, FileRow, read_rows
from runner.contract import Problem, shown

Target = Mapping[str, Any]
Folders = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A number as written, not yet checked, with the spread that stands beside it.

    `key` holds its row and column, or its period; `own` other fields of its row in a file.
    """

    where: str
    key: tuple[str, ...]
    value: Any
    spread: Mapping[str, Any]
    own: Mapping[str, str]


def read_one(where: str, target: Target) -> Written:
    """Return the one number of a scalar target."""
    return Written(where=where, key=(), value=target.get("value"), spread=_spreads(target), own={})


def read_many(
    where: str, target: Target, keys: tuple[str, ...], folders: Folders,
    others: tuple[str, ...] = ("role",),
) -> tuple[list[Written], list[Problem]]:  # fmt: skip
    """Return the numbers of a curve, a table or a list of scalars, and what cannot be read.

    `keys` name what tells them apart; in a file these are columns, and `others` may be too.
    """
    if "csv" in target:
        return _from_file(where, target, keys, folders, others)
    written = target.get("values")
    if not isinstance(written, Mapping) or not written:
        text = "" if written is None else shown(written)
        allowed = f"must map {' and '.join(keys)} to numbers"
        return [], [Problem(f"{where}.values", text, allowed)]
    spreads = _spreads(target)
    found = [
        Written(
            where=f"{where}.values.{'.'.join(key)}", key=key, value=value, own={},
            spread={name: _at(spread, key) for name, spread in spreads.items()},
        )
        for key, value in _entries(written, len(keys))
    ]  # fmt: skip
    return found, []


def _from_file(
    where: str, target: Target, keys: tuple[str, ...], folders: Folders, others: tuple[str, ...]
) -> tuple[list[Written], list[Problem]]:
    where = f"{where}.csv"
    rows, wrong = read_rows(where, target["csv"], folders, (*keys, "value"), (*SPREADS, *others))
    if not rows and not wrong:
        wrong = [Problem(where, str(target["csv"]), "holds no rows")]
    if wrong:
        return [], wrong
    found = []
    for row in rows:
        value, more = _from_row(row, keys, target, others)
        found.append(value)
        wrong += more
    return found, wrong


def _from_row(
    row: FileRow, keys: tuple[str, ...], target: Target, others: tuple[str, ...]
) -> tuple[Written, list[Problem]]:
    numbers: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in ("value", *SPREADS):
        number, wrong = row.number(name)
        problems += wrong
        if number is not None:
            numbers[name] = number
    value = numbers.pop("value", None)
    written = Written(
        where=row.where,
        key=tuple(row.fields.get(name, "") for name in keys),
        value=value,
        spread=numbers or _spreads(target),
        own={name: row.fields[name] for name in others if name in row.fields},
    )
    return written, problems


def _spreads(target: Target) -> dict[str, Any]:
    return {name: target[name] for name in SPREADS if target.get(name) is not None}


def _entries(written: Mapping[Any, Any], depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in written.items():
        if depth > 1 and isinstance(value, Mapping):
            yield from (((str(key), *rest), item) for rest, item in _entries(value, depth - 1))
        else:
            yield (str(key),), value


def _at(spread: Any, key: tuple[str, ...]) -> Any:
    """Return the spread of one entry: its own, or the one that stands for all."""
    for segment in key:
        if not isinstance(spread, Mapping):
            return spread
        spread = {str(name): item for name, item in spread.items()}.get(segment)
    return spread
