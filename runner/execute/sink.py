"""Take an engine's tables for one run, check them, and pass them to the part being written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from runner.contract import EngineError, TableSchema, nearest, table_data
from runner.execute.limits import unhurried
from runner.store.parts import PartWriter


class PartSink:
    """The `contract.TableSink` of a run whose tables are stored in a part."""

    def __init__(
        self, schemas: Mapping[str, TableSchema], wanted: Collection[str], writer: PartWriter
    ) -> None:
        self._schemas = schemas
        self._wanted = frozenset(wanted)
        self._writer = writer

    def wants(self, table: str) -> bool:
        """Tell whether the plan collects this table."""
        self._schema(table)
        return table in self._wanted

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append rows of the current run.

        Raises:
            EngineError: the table is not declared, or the columns do not fit its schema.
        """
        schema = self._schema(table)
        if table in self._wanted:
            data = table_data(schema, columns)
            with unhurried():
                self._writer.write(table, data)

    def _schema(self, table: str) -> TableSchema:
        if table not in self._schemas:
            hint = nearest(table, self._schemas) or f"; declared: {', '.join(self._schemas)}"
            raise EngineError(f"table {table} is not declared{hint}")
        return self._schemas[table]
