"""Spell ids: whole numbers in tables, text where people and other programs see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

from runner.contract.tables import Column

Codes = Mapping[str, Mapping[str, str]]


def id_fields(pattern: str) -> tuple[str, ...]:
    """Return the field names of an id pattern in order; the nameless field is "".

    Raises:
        ValueError: the pattern is no format string.
    """
    return tuple(name for _, name, _, _ in Formatter().parse(pattern) if name is not None)


def spell(name: str, pattern: str, codes: Codes, columns: Mapping[str, Sequence[Any]]) -> list[Any]:
    """Return an id column as text, (n_rows,), None where a part of the id is null.

    `columns` holds the raw values of the row's other columns: whole numbers, and text for
    categories.
    """
    sources = [column or name for column in id_fields(pattern)]
    template = "".join(
        text + ("" if column is None else f"{{:{spec}}}")
        for text, column, spec, _ in Formatter().parse(pattern)
    )
    values = [_coded(columns[source], codes.get(source)) for source in sources]
    if any(None in part for part in values):
        rows = zip(*values, strict=True)
        return [None if None in row else template.format(*row) for row in rows]
    return list(map(template.format, *values))


def _coded(values: Sequence[Any], codes: Mapping[str, str] | None) -> Sequence[Any]:
    return values if codes is None else [None if v is None else codes[v] for v in values]


def pattern_faults(column: Column, others: Mapping[str, Column]) -> list[str]:
    """Return what is wrong with an id column's pattern and codes; `others` are its table's.

    Empty when nothing is.
    """
    try:
        fields = id_fields(column.pattern)
    except ValueError as error:
        return [f"pattern {column.pattern!r}: {error}"]
    if not fields:
        return [f"pattern {column.pattern!r} has no field, such as {{:08d}}"]
    if "" in fields and len(fields) > 1:
        return [f"pattern {column.pattern!r} mixes its own number with other columns"]
    faults = [f"pattern names {name}, which is no written column" for name in fields
              if name and (name not in others or others[name].is_composed)]  # fmt: skip
    for name, texts in column.codes.items():
        known = others[name].categories if name in others else ()
        faults += [f"codes name {name}, which the pattern does not"] if name not in fields else []
        faults += [f"codes of {name} miss {text}" for text in known if text not in texts]
    return faults
