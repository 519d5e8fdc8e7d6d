"""Declare the tables that an engine can build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from runner.contract.frozen import FrozenMapping

ColumnKind = Literal[
    "int64", "int32", "int16", "int8", "uint64", "float64", "bool", "str", "date", "timestamp",
    "category", "id",
]  # fmt: skip
Role = Literal["", "key", "feature", "target", "trap", "hidden"]
Growth = Literal["population", "horizon"]

WHOLE_KINDS = frozenset({"int64", "int32", "int16", "int8", "uint64"})
NUMBER_KINDS = WHOLE_KINDS | {"float64", "bool"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: name, kind, unit and whether it may be null.

    Null is given as NaN in float64 columns, as `None` in lists, or by a numpy masked array.

    Attributes:
        kind: `date` is written as dates, datetime64[D] or an integer array of days since
            1970-01-01; `timestamp` as datetime64 or an integer array of milliseconds since then,
            UTC; `category` as texts or an integer array of positions in `categories`, -1 for null.
        categories: every text that a `category` column may hold, in order.
        pattern: how an `id` is spelled, as a Python format string. With one nameless field
            (`cust_{:08d}`) the column itself is written, as whole numbers. With named fields
            (`inv_{customer_id:08d}_w{week:04d}`) the id is composed of other columns of its row:
            such a column is neither written nor stored, only shown.
        codes: for a composed id, by category column, the text that stands for a category.
        role: what an analyst may use the column for; a `trap` gives the future away on purpose, a
            `hidden` one is known to the simulator only.
    """

    name: str
    kind: ColumnKind
    unit: str = ""
    nullable: bool = False
    doc: str = ""
    categories: tuple[str, ...] = ()
    pattern: str = ""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: FrozenMapping({}))
    role: Role = ""

    @property
    def is_composed(self) -> bool:
        """Whether this is an id made of other columns, which is never written."""
        return self.kind == "id" and "{:" not in self.pattern and "{}" not in self.pattern


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
    def written(self) -> tuple[Column, ...]:
        """The columns that an engine writes and a part stores: all but composed ids."""
        return tuple(column for column in self.columns if not column.is_composed)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the written columns in order."""
        return tuple(column.name for column in self.written)


class TableSink(Protocol):
    """Where an engine writes its tables."""

    def wants(self, table: str) -> bool:
        """Tell whether anybody asked for this table.

        Raises:
            EngineError: the table is not declared.
        """

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append rows: one sequence or array (n_rows,) per declared column but composed ids.

        May be called any number of times, tables interleaved; rows arrive in the order written.
        Writing a table nobody wants does nothing.

        Raises:
            EngineError: the table is not declared, or the columns do not fit its schema.
        """
