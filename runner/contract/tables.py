"""Declare the tables that an engine can build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

ColumnKind = Literal["int64", "int32", "int16", "int8", "uint64", "float64", "bool", "str", "date"]
Growth = Literal["population", "horizon"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: name, kind, unit and whether it may be null.

    Null is given as NaN in float64 columns, as `None` in lists, or by a numpy masked array.
    """

    name: str
    kind: ColumnKind
    unit: str = ""
    nullable: bool = False
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """One table: its columns in order, the key its rows are sorted by, what it is stable under.

    `prefix_stable` names what may grow without changing earlier rows: `population` (more
    entities), `horizon` (more periods), or both. The run's key is added by the runner.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    prefix_stable: frozenset[Growth] = frozenset()
    doc: str = ""

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in order."""
        return tuple(column.name for column in self.columns)


class TableSink(Protocol):
    """Where an engine writes its tables."""

    def wants(self, table: str) -> bool:
        """Tell whether anybody asked for this table."""

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append rows: one sequence or array (n_rows,) per declared column.

        May be called any number of times, tables interleaved; rows arrive in the order written.
        Writing a table nobody wants does nothing. Raises `EngineError` on a wrong schema.
        """
