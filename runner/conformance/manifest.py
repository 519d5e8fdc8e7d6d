"""Find what is missing or inconsistent in a manifest."""

from __future__ import annotations

import dataclasses
import math
import pickle
import re
import typing
from collections.abc import Iterable, Sequence

from runner.conformance.running import example_params, module_folder
from runner.contract import (
    BLOCK_FIELDS,
    NUMERIC,
    Column,
    EngineSpec,
    Leaf,
    Metric,
    ParamGroup,
    TableSchema,
    build_params,
    leaves,
    pattern_faults,
    plain_params,
)
from runner.contract.engine import Better
from runner.contract.tables import ColumnKind, Growth, Role

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_METRIC = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*(<[a-z_]+>[A-Za-z0-9_.\-]*)?\Z")
_ADDED_BY_RUNNER = frozenset({"run_id"})


def manifest_faults(spec: EngineSpec) -> list[str]:
    """Return what is wrong with names, horizon, example and hooks."""
    params = example_params(spec)
    return [
        *_identity_faults(spec),
        *_horizon_faults(spec),
        *_example_faults(spec, params),
        *_hook_faults(spec, params),
        *_duplicates("stream", spec.streams),
        *_duplicates("check", [check.name for check in spec.checks]),
        *[f"check {check.name} has no doc" for check in spec.checks if not check.doc],
    ]


def _identity_faults(spec: EngineSpec) -> list[str]:
    faults = [] if _NAME.match(spec.name) else [f"name '{spec.name}' must be lower case, digits, _"]
    if not re.match(r"\d+(\.\d+)+", spec.version):
        faults.append(f"version '{spec.version}' must be numbers, such as 1.0.0")
    folder = module_folder(spec)
    if folder is None or not (folder / "README.md").is_file():
        faults.append("README.md is missing beside the engine's module")
    if spec.config_dir is not None and not spec.config_dir.is_dir():
        faults.append(f"config_dir {spec.config_dir} does not exist")
    return faults


def _horizon_faults(spec: EngineSpec) -> list[str]:
    bounds, (short, long) = spec.horizon, spec.example.horizons
    if not 0 < bounds.low <= bounds.default <= bounds.high:
        return ["horizon must have 0 < low <= default <= high"]
    if not bounds.low <= short < long <= bounds.high:
        return [f"example horizons {short}, {long} must rise within the horizon's bounds"]
    return []


def _example_faults(spec: EngineSpec, params: ParamGroup) -> list[str]:
    found, example = leaves(params), spec.example
    faults = []
    if example.population is not None:
        leaf = found.get(example.population)
        if leaf is None or leaf.kind != "int":
            faults.append(f"example.population {example.population} is no whole-number parameter")
    faults += [f"example.binding {path} is no parameter" for path in example.binding
               if path not in leaves(example_params(spec, example.binding[path]))]  # fmt: skip
    faults += [
        f"example.binding {path} does not change {path} itself"
        for path, overrides in example.binding.items()
        if path not in overrides
    ]
    return faults


def _hook_faults(spec: EngineSpec, params: ParamGroup) -> list[str]:
    known = leaves(params)
    inert = [path for path in spec.inert_paths(params) if path not in known]
    faults = [f"inert_paths names {path}, which is no parameter" for path in inert]
    faults += [
        f"plan_notes gives {note!r}, not a sentence"
        for note in spec.plan_notes(params)
        if not isinstance(note, str) or not note
    ]
    cost = spec.cost(params, spec.example.horizons[1])
    if not (math.isfinite(cost) and cost >= 0):
        faults.append(f"cost is {cost}, it must be finite and >= 0 seconds")
    first = {path.partition(".")[0] for path in known}
    return faults + [
        f"scope {scope} is no parameter" for scope in spec.scopes if scope not in first
    ]


def params_faults(spec: EngineSpec) -> list[str]:
    """Return what is wrong with the parameter class: defaults, units, docs, identity."""
    params, defaults = example_params(spec), spec.params()
    problems = build_params(spec.params, plain_params(defaults))[1]
    faults = [f"default refused: {problem}" for problem in problems]
    if not _is_frozen(type(params)):
        faults.append(f"{type(params).__name__} must be a frozen dataclass")
    for leaf in leaves(params).values():
        faults += _leaf_faults(leaf, params)
    return faults + _copy_faults(params)


def _is_frozen(cls: type[ParamGroup]) -> bool:
    settings = getattr(cls, "__dataclass_params__", None)
    return dataclasses.is_dataclass(cls) and bool(getattr(settings, "frozen", False))


def _leaf_faults(leaf: Leaf, params: ParamGroup) -> list[str]:
    faults = [] if leaf.info.doc else [f"parameter {leaf.path} has no doc"]
    if leaf.kind in NUMERIC and not leaf.info.unit:
        faults.append(f"parameter {leaf.path} has no unit")
    if leaf.sd_path is not None:
        sd = leaves(params).get(leaf.sd_path)
        if sd is None or sd.kind not in NUMERIC:
            faults.append(f"parameter {leaf.path}: sd {leaf.sd_path} is no numeric parameter")
    if leaf.block_path is not None:
        missing = [f for f in BLOCK_FIELDS if f"{leaf.block_path}.{f}" not in leaves(params)]
        faults += [f"parameter {leaf.path}: {leaf.block_path} has no {name}" for name in missing]
    return faults


def _copy_faults(params: ParamGroup) -> list[str]:
    copy = pickle.loads(pickle.dumps(params))  # noqa: S301 - our own bytes
    if copy != params or type(copy) is not type(params) or hash(copy) != hash(params):
        return ["parameters do not survive pickling unchanged"]
    return []


def metric_faults(spec: EngineSpec) -> list[str]:
    """Return what is wrong with the declared metrics."""
    params = example_params(spec)
    names = spec.metric_names(params)
    faults = [] if names else ["no metric is declared"]
    faults += _duplicates("metric", names)
    for metric in spec.metrics:
        faults += _one_metric(metric)
    faults += [f"headline {name} is no metric" for name in spec.headline if name not in names]
    return faults


def _one_metric(metric: Metric) -> list[str]:
    where = f"metric {metric.name}"
    faults = [] if _METRIC.match(metric.name) else [f"{where}: not a valid name"]
    faults += [f"{where} has no {what}" for what in ("unit", "doc") if not getattr(metric, what)]
    if metric.better not in typing.get_args(Better):
        faults.append(f"{where}: better is {metric.better!r}")
    if ("<" in metric.name) != (metric.over is not None):
        faults.append(f"{where}: a name with <...> and `over` belong together")
    return faults


def table_faults(spec: EngineSpec) -> list[str]:
    """Return what is wrong with the declared tables and trajectories."""
    params = example_params(spec)
    declared = spec.tables(params) if callable(spec.tables) else spec.tables
    faults = _duplicates("table", [table.name for table in declared])
    for table in declared:
        faults += _one_table(table)
    schemas = spec.table_schemas(params)
    for drawn in spec.trajectories:
        columns = schemas[drawn.table].column_names if drawn.table in schemas else ()
        faults += [
            f"trajectory: table {drawn.table} has no column {name}"
            for name in (drawn.period, *drawn.values)
            if name not in columns
        ]
    return faults


def _one_table(table: TableSchema) -> list[str]:
    where, growth = f"table {table.name}", typing.get_args(Growth)
    faults = [] if _NAME.match(table.name) else [f"{where}: not a valid name"]
    faults += [] if table.doc else [f"{where} has no doc"]
    faults += [f"{where}: {fault}" for fault in _duplicates("column", table.column_names)]
    faults += [f"{where}, column {c.name}{fault}" for c in table.columns
               for fault in _one_column(table, c)]  # fmt: skip
    faults += [f"{where}: key {k} is no column" for k in table.key if k not in table.column_names]
    faults += [
        f"{where}: prefix_stable {what!r} is not one of {', '.join(growth)}"
        for what in table.prefix_stable
        if what not in growth
    ]
    return faults


def _one_column(table: TableSchema, column: Column) -> list[str]:
    """Return faults of a column as they follow its name."""
    kinds, roles = typing.get_args(ColumnKind), typing.get_args(Role)
    faults = []
    if column.kind not in kinds:
        faults.append(f": kind {column.kind!r} is not one of {', '.join(kinds)}")
    if column.role not in roles:
        faults.append(f": role {column.role!r} is not one of {', '.join(map(repr, roles))}")
    if column.kind == "float64" and not column.unit:
        faults.append(" has no unit")
    if column.name in _ADDED_BY_RUNNER:
        faults.append(": the runner adds this column")
    if column.name in table.key and column.nullable:
        faults.append(": a key column must not be nullable")
    if (column.kind == "category") != bool(column.categories):
        faults.append(": categories go with kind category, and a category column needs some")
    faults += [f": {fault}" for fault in _duplicates("category", column.categories)]
    if column.kind == "id":
        others = {other.name: other for other in table.columns if other is not column}
        faults += [f": {fault}" for fault in pattern_faults(column, others)]
    elif column.pattern or column.codes:
        faults.append(": pattern and codes go with kind id")
    return faults


def _duplicates(what: str, names: Iterable[str] | Sequence[str]) -> list[str]:
    seen = list(names)
    return [
        f"{what} {name} is declared twice" for name in sorted(set(seen)) if seen.count(name) > 1
    ]
