"""Units of metrics and of table columns, as an engine declares them."""

from __future__ import annotations

from collections.abc import Sequence

from runner.contract import EngineError, EngineSpec


def metric_units(spec: EngineSpec, names: Sequence[str]) -> dict[str, str]:
    """Return the unit of each metric that the engine still declares."""
    found = {}
    for name in names:
        try:
            found[name] = spec.metric(name).unit
        except EngineError:  # stored by another version of the engine
            continue
    return found


def column_units(spec: EngineSpec, table: str) -> dict[str, str]:
    """Return the unit of each column of a table that has one.

    Tables that depend on params are taken with the engine's default params.
    """
    schemas = spec.table_schemas(spec.params())
    columns = schemas[table].columns if table in schemas else ()
    return {column.name: column.unit for column in columns if column.unit}
