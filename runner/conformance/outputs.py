"""Find what is wrong with the tables, metrics and checks a run gives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from runner.conformance.memory import Table
from runner.conformance.running import Ran, example_params, prepare_engine, run_engine
from runner.contract import (
    EngineError,
    EngineSpec,
    Null,
    Outcome,
    ParamGroup,
    PlanError,
    TableSchema,
    leaves,
)


def schema_faults(spec: EngineSpec) -> list[str]:
    """Return broken schemas, unsorted or repeated keys, and tables that never have a row."""
    faults, filled = [], set()
    for params, horizon, label in example_runs(spec):
        try:
            ran = run_engine(spec, params, horizon)
        except EngineError as error:
            faults.append(f"{label}: {error}")
            continue
        for name, schema in spec.table_schemas(params).items():
            table = ran.tables[name]
            faults += [f"{label}: {fault}" for fault in key_faults(schema, table)]
            filled |= {name} if _rows(table) else set()
    declared = spec.table_schemas(example_params(spec))
    if not faults:
        faults += [f"table {t} has no row in the example" for t in declared if t not in filled]
    return faults


def _rows(table: Table) -> int:
    return max((len(column) for column in table.values()), default=0)


def key_faults(schema: TableSchema, table: Table) -> list[str]:
    """Return where the rows are not sorted by the key, or share a key."""
    columns = [_places(schema, name, table[name].tolist()) for name in schema.key]
    keys = list(zip(*columns, strict=True)) if columns else [()] * _rows(table)
    for row, (before, here) in enumerate(itertools.pairwise(keys), start=1):
        if not before < here:
            said = "repeats the key of" if before == here else "is not sorted after"
            place = f"row {row} {dict(zip(schema.key, here, strict=True))}"
            return [f"table {schema.name}: {place} {said} the row before it"]
    return []


def _places(schema: TableSchema, name: str, values: list[Any]) -> list[Any]:
    """Return key values as they sort: categories by their declared order."""
    column = next(c for c in schema.columns if c.name == name)
    place = {text: index for index, text in enumerate(column.categories)}
    return [place.get(value, value) for value in values] if place else values


def result_faults(spec: EngineSpec) -> list[str]:
    """Return missing or unusable metrics, checks that fail, and warnings of the wrong type."""
    return [
        f"{label}: {fault}"
        for params, horizon, label in example_runs(spec)
        for fault in _outcome_faults(spec, params, _metrics_only(spec, params, horizon).outcome)
    ]


def _metrics_only(spec: EngineSpec, params: ParamGroup, horizon: int) -> Ran:
    return run_engine(spec, params, horizon, collect=())


def _outcome_faults(spec: EngineSpec, params: ParamGroup, outcome: Outcome) -> list[str]:
    declared, given = spec.metric_names(params), outcome.metrics
    faults = [f"metric {name} is missing" for name in declared if name not in given]
    faults += [f"metric {name} is not declared" for name in given if name not in declared]
    for name, value in given.items():
        if isinstance(value, Null):
            faults += [] if value.reason else [f"metric {name} is null without a reason"]
        elif isinstance(value, bool) or not isinstance(value, float | int):
            faults.append(f"metric {name} is a {type(value).__name__}, not a number or Null")
        elif not math.isfinite(value):
            faults.append(f"metric {name} is {value}, it must be finite or Null with a reason")
    checks = {check.name for check in spec.checks}
    faults += [f"check {name} is not declared" for name in outcome.checks if name not in checks]
    faults += [f"check {name} fails: {text}" for name, text in outcome.checks.items() if text]
    faults += [f"warning {text!r} is no text" for text in outcome.warnings
               if not isinstance(text, str)]  # fmt: skip
    return faults


def example_runs(spec: EngineSpec) -> Iterator[tuple[ParamGroup, int, str]]:
    """Give the example at both horizons, the shortest horizon, and the smallest population.

    The shortest horizon is left out where the engine refuses the example at it while planning.
    """
    params, (short, long) = example_params(spec), spec.example.horizons
    for horizon in dict.fromkeys((short, long, spec.horizon.low)):
        if horizon in (short, long) or _is_possible(spec, params, horizon):
            yield params, horizon, f"horizon {horizon}"
    path = spec.example.population
    if path is not None:
        least = max(1, int(leaves(params)[path].info.low or 0))
        yield example_params(spec, {path: least}), short, f"{path} {least}"


def _is_possible(spec: EngineSpec, params: ParamGroup, horizon: int) -> bool:
    try:
        prepare_engine(spec, params, horizon)
    except PlanError:
        return False
    return True
