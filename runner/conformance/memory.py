"""Hold the tables of one run in memory, checked against their schemas."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from runner import contract
from runner.contract import (
    ColumnData,
    EngineError,
    TableSchema,
    column_data,
    nearest,
    table_data,
)

Column: TypeAlias = "np.ma.MaskedArray[Any, Any]"
"""Values of one written column, (n_rows,), nulls masked; ids are whole numbers."""

Table: TypeAlias = dict[str, Column]
"""Columns by name, in declared order."""

_Part: TypeAlias = "tuple[NDArray[Any], NDArray[np.bool_]]"
"""Values and nulls of a column in one write, (n_rows,) each."""

_Write: TypeAlias = dict[str, _Part]

_SHOWN = {"date": "datetime64[D]", "timestamp": "datetime64[ms]"}


class MemorySink:
    """A `contract.TableSink` for tests and notebooks.

    `schemas` are the tables the engine declares; `wanted` those that are asked for, None = all.
    """

    def __init__(
        self, schemas: Mapping[str, TableSchema], wanted: Collection[str] | None = None
    ) -> None:
        self._schemas = dict(schemas)
        self._wanted = frozenset(schemas if wanted is None else wanted)
        self._writes: dict[str, list[_Write]] = {name: [] for name in self._schemas}

    def wants(self, table: str) -> bool:
        """Tell whether this table was asked for.

        Raises:
            EngineError: the engine declares no such table.
        """
        self._schema(table)
        return table in self._wanted

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append rows: one sequence or array (n_rows,) per written column.

        Raises:
            EngineError: columns are missing, unknown or of different lengths, or a value does not
                fit its column.
        """
        schema = self._schema(table)
        if table not in self._wanted:
            return
        data = table_data(schema, columns)
        self._writes[table].append({c.name: _kept(data[c.name]) for c in schema.written})

    def tables(self) -> dict[str, Table]:
        """Return each wanted table, all writes joined in the order written."""
        return {
            name: self._table(schema)
            for name, schema in self._schemas.items()
            if name in self._wanted
        }

    def _table(self, schema: TableSchema) -> Table:
        empty = {c.name: _kept(column_data(schema.name, c, [])) for c in schema.written}
        writes = [empty, *self._writes[schema.name]]
        written = {c.name: _masked(c, [write[c.name] for write in writes]) for c in schema.written}
        return {name: written[name] for name in schema.column_names}

    def _schema(self, table: str) -> TableSchema:
        if table not in self._schemas:
            hint = nearest(table, self._schemas) or f"; declared: {', '.join(self._schemas)}"
            raise EngineError(f"table {table} is not declared{hint}")
        return self._schemas[table]


def _kept(data: ColumnData) -> _Part:
    """Return a copy of what was written, as the engine may use its arrays again."""
    size = len(data)
    return data.values.copy(), np.zeros(size, np.bool_) if data.nulls is None else data.nulls.copy()


def _masked(column: contract.Column, parts: list[_Part]) -> Column:
    """Return a column (n_rows,) with nulls masked: dates as datetime64, categories as text.

    Its parts are joined first: a masked array for each write takes longer than many a small run.
    """
    values = np.concatenate([values for values, _ in parts])
    nulls = np.concatenate([nulls for _, nulls in parts])
    if column.kind == "category":
        values = np.array(column.categories, dtype=object)[values]
    elif shown := _SHOWN.get(column.kind):
        values = values.astype(shown)
    return np.ma.MaskedArray(values, mask=nulls)
