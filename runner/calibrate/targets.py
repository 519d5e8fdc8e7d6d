"""Check `targets`, what was observed, against what the engine reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from runner.calibrate.points import TWO_SIDED_95, Point, Role
from runner.calibrate.target_files import SPREADS
from runner.calibrate.written import Written, read_many, read_one
from runner.contract import (
    NUMBER_KINDS,
    EngineSpec,
    ParamGroup,
    Problem,
    TableSchema,
    nearest,
    shown,
)

ROOT = "targets"
_SCALAR = ("metric", "value")
_CURVE = ("table", "column", "period", "values")
_TABLE = ("pattern", "values")
_SHARED = (*SPREADS, "unit", "source", "role", "moved_by", "csv")
_FIELDS = tuple(dict.fromkeys((*_SCALAR, *_CURVE, *_TABLE, *_SHARED)))
_ROLES = ("fit", "hold_out")


def read_targets(
    written: Any, spec: EngineSpec, params: ParamGroup, horizon: int, folders: Iterable[str]
) -> tuple[tuple[Point, ...], list[Problem]]:
    """Return the observed numbers in order, and everything that is wrong with them.

    A target is a scalar (`metric`, `value`), a curve (`table`, `column`, `values` by period) or a
    table of metrics (`pattern` with `{row}` and `{column}`, `values` by row and column). Values
    and their spread may stand in a `csv` file instead.
    """
    if not isinstance(written, Mapping):
        return (), [Problem(ROOT, shown(written), "must map names to targets")]
    reader = _Reader(spec=spec, params=params, horizon=horizon, folders=tuple(folders))
    for name, target in written.items():
        if target is not None:  # null takes a target of the file away
            reader.read(str(name), target)
    problems = reader.problems
    if not problems and not any(point.role == "fit" for point in reader.points):
        told = "none of them has role fit" if reader.points else "there is none"
        allowed = f"{told}: choose some, as in targets=NAME, or write them below `targets`"
        problems = [Problem(ROOT, "", allowed)]
    return tuple(reader.points), problems


@dataclass(slots=True, kw_only=True)
class _Reader:
    spec: EngineSpec
    params: ParamGroup
    horizon: int
    folders: tuple[str, ...]
    points: list[Point] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def read(self, name: str, target: Any) -> None:
        """Add the points of one target, or what is wrong with it."""
        where = f"{ROOT}.{name}"
        if not isinstance(target, Mapping):
            allowed = "must be a mapping such as {metric: d1, value: 0.4, se: 0.01, unit: fraction}"
            self._wrong(where, target, allowed)
            return
        unknown = [str(key) for key in target if key not in _FIELDS]
        for key in unknown:
            allowed = f"unknown field{nearest(key, _FIELDS)}; known: {', '.join(_FIELDS)}"
            self.problems.append(Problem(f"{where}.{key}", "", allowed))
        if unknown:
            return
        if "pattern" in target:
            self._read_table(name, where, target)
        elif "table" in target or "column" in target:
            self._read_curve(name, where, target)
        elif "csv" in target:
            self._read_scalars(name, where, target)
        else:
            self._add_metric(name, target.get("metric"), read_one(where, target), target)

    def _read_scalars(self, name: str, where: str, target: Mapping[str, Any]) -> None:
        for value in self._many(where, target, ("metric",), ("unit", "source", "role")):
            metric = value.key[0] or None
            self._add_metric(name, metric, value, {**target, **value.own}, below=metric)

    def _read_curve(self, name: str, where: str, target: Mapping[str, Any]) -> None:
        schema = self._schema(where, target.get("table"))
        if schema is None:
            return
        columns = {column.name: column for column in schema.columns}
        column, period = target.get("column"), target.get("period") or self._period_of(schema)
        for key, given in (("column", column), ("period", period)):
            if given not in columns or columns[given].kind not in NUMBER_KINDS:
                known = [c.name for c in columns.values() if c.kind in NUMBER_KINDS]
                hint = nearest(str(given), known) or f"; known: {', '.join(known)}"
                self._wrong(f"{where}.{key}", given, f"names no number in {schema.name}{hint}")
                return
        self._check_unit(where, target, columns[str(column)].unit, str(column))
        for value in self._many(where, target, ("period",)):
            when = self._period(value)
            if when is not None:
                self._add(
                    name, f"{name}.{when}", value, target, table=schema.name, column=str(column),
                    period_column=str(period), period=when,
                )  # fmt: skip

    def _read_table(self, name: str, where: str, target: Mapping[str, Any]) -> None:
        pattern = str(target["pattern"])
        if "{row}" not in pattern:
            self._wrong(f"{where}.pattern", pattern, "must hold {row}, and may hold {column}")
            return
        keys = ("row", "column") if "{column}" in pattern else ("row",)
        for value in self._many(where, target, keys):
            row, *rest = value.key
            metric, moved_by = (
                text.replace("{row}", row).replace("{column}", "".join(rest))
                for text in (pattern, str(target.get("moved_by") or ""))
            )
            fields = {**target, "moved_by": moved_by}
            self._add_metric(name, metric, value, fields, below=".".join(value.key))

    def _add_metric(
        self, name: str, metric: Any, value: Written, target: Mapping[str, Any],
        below: str | None = None,
    ) -> None:  # fmt: skip
        known = self.spec.metric_names(self.params)
        if metric not in known:
            hint = nearest(str(metric), known) or f"; known: {', '.join(known[:12])}"
            found = "" if metric is None else shown(metric)
            where = value.where if below else f"{value.where}.metric"
            self.problems.append(Problem(where, found, f"names no metric{hint}"))
            return
        self._check_unit(value.where, target, self.spec.metric(str(metric)).unit, str(metric))
        label = name if below is None else f"{name}.{below}"
        self._add(name, label, value, target, metric=str(metric))

    def _add(
        self, target: str, name: str, value: Written, fields: Mapping[str, Any], **place: Any
    ) -> None:
        number, where = _number(value.value), value.where
        if name in self.places:  # counted twice, it would narrow the intervals
            allowed = f"stands at {self.places[name]} too; keep one of them"
            self.problems.append(Problem(where, name, allowed))
        self.places.setdefault(name, where)
        if number is None:
            self._wrong(f"{where}.value", value.value, "must be a finite number")
        source, role = fields.get("source"), value.own.get("role") or fields.get("role", "fit")
        if not isinstance(source, str) or not source.strip():
            self._wrong(f"{where}.source", source, "must say where the number comes from")
        if role not in _ROLES:
            self._wrong(f"{where}.role", role, f"must be one of {', '.join(_ROLES)}")
        spread = self._spread(where, value.spread)
        if spread is None or number is None:
            return
        se, tolerance = spread
        self.points.append(
            Point(
                name=name, target=target, value=number, se=se, tolerance=tolerance,
                unit=str(fields.get("unit")), source=str(source), role=cast(Role, role),
                moved_by=str(fields.get("moved_by") or ""), **place,
            )
        )  # fmt: skip

    def _spread(self, where: str, spread: Mapping[str, Any]) -> tuple[float, float | None] | None:
        """Return standard error and tolerance, one of which must be given and be above zero."""
        if len(spread) != 1:
            allowed = "give one of se (standard error) and tolerance (half a 95 % band)"
            self.problems.append(Problem(where, "", allowed))
            return None
        [(key, given)] = spread.items()
        number = _number(given)
        if number is None or number <= 0:
            allowed = "must be > 0: a number known exactly cannot be weighed against others"
            self._wrong(f"{where}.{key}", given, allowed)
            return None
        return (number, None) if key == "se" else (number / TWO_SIDED_95, number)

    def _check_unit(self, where: str, target: Mapping[str, Any], unit: str, of: str) -> None:
        if target.get("unit") != unit:
            allowed = f"must be {unit or repr('')}, the unit of {of}; convert value and spread"
            self._wrong(f"{where}.unit", target.get("unit"), allowed)

    def _many(
        self, where: str, target: Mapping[str, Any], keys: tuple[str, ...],
        others: tuple[str, ...] = ("role",),
    ) -> list[Written]:  # fmt: skip
        found, wrong = read_many(where, target, keys, self.folders, others)
        self.problems += wrong
        return found

    def _period(self, value: Written) -> int | None:
        number = _number(value.key[0])
        if number is not None and number.is_integer() and number <= self.horizon:
            return int(number)
        allowed = f"must be a period of the run, at most horizon = {self.horizon}"
        self._wrong(value.where, value.key[0], allowed)
        return None

    def _schema(self, where: str, table: Any) -> TableSchema | None:
        known = self.spec.table_schemas(self.params)
        if table in known:
            return known[table]
        hint = nearest(str(table), known) or f"; known: {', '.join(known)}"
        self._wrong(f"{where}.table", table, f"names no table{hint}")
        return None

    def _period_of(self, schema: TableSchema) -> str:
        own = [t.period for t in self.spec.trajectories if t.table == schema.name]
        return own[0] if own else schema.key[-1]

    def _wrong(self, where: str, found: Any, allowed: str) -> None:
        text = "" if found is None else shown(found)
        self.problems.append(Problem(where, text, allowed))


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
