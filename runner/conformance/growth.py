"""Find rows that change when a run has more entities or more periods."""

from __future__ import annotations

from typing import Any

from runner.conformance.memory import Table
from runner.conformance.running import Ran, example_params, run_engine
from runner.contract import EngineSpec, TableSchema, leaves


def population_faults(spec: EngineSpec) -> list[str]:
    """Return rows of tables stable in population that more entities change."""
    claimed = _claimed(spec, "population")
    path = spec.example.population
    if path is None or not claimed:
        return [f"table {t.name} claims population, the example names no population"
                for t in claimed]  # fmt: skip
    most = int(leaves(example_params(spec))[path].value)
    sizes = sorted({max(1, most // 2), most, most + 1})
    runs = [_ran(spec, {path: size}, spec.example.horizons[0]) for size in sizes]
    return _all_changes(claimed, runs, [f"{path} {size}" for size in sizes])


def horizon_faults(spec: EngineSpec) -> list[str]:
    """Return rows of tables stable in horizon that more periods change."""
    short, long = spec.example.horizons
    horizons = sorted({short, long - 1, long})
    runs = [_ran(spec, {}, horizon) for horizon in horizons]
    return _all_changes(_claimed(spec, "horizon"), runs, [f"horizon {h}" for h in horizons])


def _claimed(spec: EngineSpec, growth: str) -> list[TableSchema]:
    schemas = spec.table_schemas(example_params(spec)).values()
    return [schema for schema in schemas if growth in schema.prefix_stable]


def _ran(spec: EngineSpec, overrides: dict[str, Any], horizon: int) -> Ran:
    return run_engine(spec, example_params(spec, overrides), horizon)


def _all_changes(claimed: list[TableSchema], runs: list[Ran], labels: list[str]) -> list[str]:
    return [
        f"from {labels[index]} to {labels[-1]}: {fault}"
        for schema in claimed
        for index in range(len(runs) - 1)
        for fault in changed_rows(
            schema, runs[index].tables[schema.name], runs[-1].tables[schema.name]
        )
    ]


def changed_rows(schema: TableSchema, small: Table, large: Table) -> list[str]:
    """Return the first row of `small` that is missing or different in `large`, by key."""
    later = _rows_by_key(schema, large)
    for key, row in _rows_by_key(schema, small).items():
        place = f"table {schema.name}, row {dict(zip(schema.key, key, strict=True))}"
        if key not in later:
            return [f"{place} disappears"]
        for name in schema.column_names:
            if row[name] != later[key][name]:
                return [f"{place}: {name} changes from {row[name]} to {later[key][name]}"]
    return []


def _rows_by_key(schema: TableSchema, table: Table) -> dict[tuple[Any, ...], dict[str, Any]]:
    columns = {name: column.tolist() for name, column in table.items()}
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return {tuple(row[name] for name in schema.key): row for row in rows}
