"""Print what engines declare: parameters with units and bounds, metrics, tables, checks."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

from runner.contract import EngineSpec, bounds_text, leaves, shown
from runner.registry import RegistryError, load_engine
from runner.report.console import print_notes, table


def print_engines(console: Console, names: Iterable[str]) -> None:
    """Print one line for each engine, and what is wrong with those that cannot be loaded."""
    made = table("engine", "version", "horizon", "what it simulates")
    broken = []
    for name in names:
        try:
            spec = load_engine(name)
        except RegistryError as error:
            broken.append(str(error))
            continue
        horizon = f"{spec.horizon.default} {spec.horizon.unit}"
        made.add_row(spec.name, spec.version, horizon, escape(_summary(spec)))
    console.print(made)
    print_notes(console, tuple(broken))
    console.print("python -m runner engines NAME shows parameters, metrics and tables")


def _summary(spec: EngineSpec) -> str:
    package = sys.modules.get(spec.params.__module__.rpartition(".")[0])
    text = (package.__doc__ if package else "") or spec.params.__doc__ or ""
    return text.strip().splitlines()[0] if text.strip() else ""


def print_engine(console: Console, spec: EngineSpec) -> None:
    """Print everything an engine declares."""
    horizon = spec.horizon
    console.print(f"engine {spec.name} {spec.version}: {escape(_summary(spec))}", soft_wrap=True)
    console.print(
        f"horizon: {horizon.unit}, default {horizon.default}, from {horizon.low} to {horizon.high}"
    )
    _print_params(console, spec)
    _print_metrics(console, spec)
    _print_tables(console, spec)
    for check in spec.checks:
        console.print(f"check {check.name}: {escape(check.doc)}", soft_wrap=True)
    if spec.streams:
        console.print(f"random streams: {escape(', '.join(spec.streams))}", soft_wrap=True)


def _print_params(console: Console, spec: EngineSpec) -> None:
    made = table("parameter (below params)", "default", "unit", "allowed", "meaning")
    for leaf in leaves(spec.params()).values():
        allowed = bounds_text(leaf.info) + (" or null" if leaf.nullable else "")
        cells = (leaf.path, shown(leaf.value), leaf.info.unit, allowed, leaf.info.doc)
        made.add_row(*(escape(cell) for cell in cells))
    console.print(made)


def _print_metrics(console: Console, spec: EngineSpec) -> None:
    made = table("metric", "unit", "better", "meaning")
    for metric in spec.metrics:
        made.add_row(*(escape(x) for x in (metric.name, metric.unit, metric.better, metric.doc)))
    console.print(made)


def _print_tables(console: Console, spec: EngineSpec) -> None:
    for schema in spec.table_schemas(spec.params()).values():
        made = table("column", "kind", "unit", "meaning", title=f"table {schema.name}")
        for column in schema.columns:
            kind = f"{column.kind}?" if column.nullable else column.kind
            made.add_row(*(escape(x) for x in (column.name, kind, column.unit, column.doc)))
        console.print(made)
