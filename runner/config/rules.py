"""Read `acceptance` and `exceptions`: bands and targets, and the recorded reasons to leave them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runner.contract import (
    Column,
    EngineError,
    EngineSpec,
    ParamGroup,
    Problem,
    TableSchema,
    nearest,
    shown,
)

Kind = Literal["between", "at_least", "at_most", "equals", "non_decreasing", "min_growth"]

RULES = "acceptance"
EXCEPTIONS = "exceptions"
GENERAL = "general"
_NUMBERS = ("at_least", "at_most", "equals", "min_growth")
_KINDS = ("between", *_NUMBERS)
_STEPS = ("non_decreasing", "min_growth")
_RULE_FIELDS = (
    "metric", "table", "column", "previous", "rule", *_KINDS, "tolerance", "pass_share", "margin",
    "source",
)  # fmt: skip
_EXCEPTION_FIELDS = ("rule", "scope", "periods", "max_drop", "motivation")
_MARGIN = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One acceptance rule on a metric, or on a column of a table period by period.

    `bounds` are the band's ends (equal for `equals`, infinite where open) or the smallest growth;
    `period` is the column that numbers the table's rows, `scope` the engine's scope of the table.
    """

    rule_id: str
    kind: Kind
    bounds: tuple[float, float]
    metric: str | None = None
    table: str | None = None
    column: str | None = None
    previous: str | None = None
    period: str | None = None
    scope: str | None = None
    tolerance: float = 0.0
    pass_share: float = 1.0
    margin: float = _MARGIN
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyException:
    """A recorded reason why a rule on a table may be broken in some periods, by so much."""

    exception_id: str
    rule: str
    periods: tuple[int, int]
    max_drop: float
    motivation: str


def read_rules(
    tree: Any, spec: EngineSpec, params: ParamGroup
) -> tuple[tuple[Rule, ...], list[Problem]]:
    """Return the acceptance rules in order, and every problem found in them."""
    if not isinstance(tree, Mapping):
        return (), [Problem(RULES, shown(tree), "must be a mapping from rule names to rules")]
    rules, problems = [], []
    for rule_id, written in tree.items():
        if written is None:
            continue  # a study switches an inherited rule off with null
        rule, wrong = _RuleReader(spec, params, str(rule_id), written).read()
        problems += wrong
        if rule is not None and not wrong:
            rules.append(rule)
    return tuple(rules), problems


class _RuleReader:
    """Reads one rule, noting what is wrong with it."""

    def __init__(self, spec: EngineSpec, params: ParamGroup, rule_id: str, written: Any) -> None:
        self._spec = spec
        self._params = params
        self._rule_id = rule_id
        self._where = f"{RULES}.{rule_id}"
        self._written = written
        self._problems: list[Problem] = []

    def read(self) -> tuple[Rule | None, list[Problem]]:
        if not isinstance(self._written, Mapping):
            self._wrong("", self._written, "must be a mapping such as {metric: m, at_least: 1}")
            return None, self._problems
        for key in self._written:
            if key not in _RULE_FIELDS:
                known = nearest(str(key), _RULE_FIELDS) or f"; known: {', '.join(_RULE_FIELDS)}"
                self._wrong(f".{key}", None, f"unknown field{known}")
        kind, bounds = self._kind()
        target = self._target(kind)
        share = self._number("pass_share", 1.0, low=0.0, high=1.0)
        tolerance = self._number("tolerance", 0.0, low=0.0)
        margin = self._number("margin", _MARGIN, low=0.0, high=1.0)
        if self._problems or kind is None:
            return None, self._problems
        rule = Rule(
            rule_id=self._rule_id, kind=kind, bounds=bounds, **target, tolerance=tolerance,
            pass_share=share, margin=margin, source=str(self._written.get("source", "")),
        )  # fmt: skip
        return rule, []

    def _kind(self) -> tuple[Kind | None, tuple[float, float]]:
        given = [key for key in _KINDS if key in self._written]
        if "rule" in self._written:
            given.append(str(self._written["rule"]))
            if self._written["rule"] != "non_decreasing":
                self._wrong(".rule", self._written["rule"], "must be non_decreasing")
                return None, (0.0, 0.0)
        if len(given) != 1:
            found = ", ".join(given) or "none"
            allowed = f"needs exactly one of {', '.join(_KINDS)}, rule: non_decreasing; has {found}"
            self._wrong("", None, allowed)
            return None, (0.0, 0.0)
        kind: Any = given[0]
        return kind, self._bounds(kind)

    def _bounds(self, kind: Kind) -> tuple[float, float]:
        if kind == "non_decreasing":
            return 0.0, math.inf
        if kind == "between":
            return self._band()
        value = self._number(kind, 0.0)
        low = -math.inf if kind == "at_most" else value
        return low, value if kind in ("at_most", "equals") else math.inf

    def _band(self) -> tuple[float, float]:
        band = self._written["between"]
        is_pair = isinstance(band, list | tuple) and len(band) == 2  # noqa: PLR2004
        if not is_pair or not all(_is_number(end) for end in band) or band[0] > band[1]:
            self._wrong(".between", band, "must be [low, high] with low <= high")
            return 0.0, 0.0
        return float(band[0]), float(band[1])

    def _number(
        self, key: str, default: float, *, low: float = -math.inf, high: float = math.inf
    ) -> float:
        value = self._written.get(key, default)
        if not _is_number(value) or not low <= value <= high:
            span = f" from {low:g} to {high:g}" if low > -math.inf or high < math.inf else ""
            self._wrong(f".{key}", value, f"must be a number{span}")
            return default
        return float(value)

    def _target(self, kind: Kind | None) -> dict[str, Any]:
        written = self._written
        if ("metric" in written) == ("table" in written):
            self._wrong("", None, "needs either metric, or table and column")
            return {}
        if "metric" in written:
            return self._metric_target(kind)
        return self._table_target(kind)

    def _metric_target(self, kind: Kind | None) -> dict[str, Any]:
        name = self._written["metric"]
        known = self._spec.metric_names(self._params)
        if name not in known and not self._is_pattern_metric(str(name)):
            self._wrong(
                ".metric", name, f"is no metric of {self._spec.name}{nearest(str(name), known)}"
            )
        if kind in _STEPS:
            self._wrong("", None, f"{kind} compares periods: it needs table and column")
        for key in ("column", "previous"):
            if key in self._written:
                self._wrong(f".{key}", None, "goes with table, not with metric")
        return {"metric": str(name)}

    def _is_pattern_metric(self, name: str) -> bool:
        try:
            return self._spec.metric(name).over is not None
        except EngineError:
            return False

    def _table_target(self, kind: Kind | None) -> dict[str, Any]:
        name, schemas = str(self._written["table"]), self._spec.table_schemas(self._params)
        if name not in schemas:
            self._wrong(".table", name, f"is no table of {self._spec.name}{nearest(name, schemas)}")
            return {}
        schema = schemas[name]
        target = {"table": name, "period": schema.key[-1], "scope": scope_of(self._spec, name)}
        target["column"] = self._column("column", schema)
        if "previous" in self._written:
            target["previous"] = self._column("previous", schema)
            if kind is not None and kind not in _STEPS:
                self._wrong(".previous", None, f"goes with {' and '.join(_STEPS)} only")
        return target

    def _column(self, key: str, schema: TableSchema) -> str:
        numeric = [c.name for c in schema.columns if _is_numeric(c)]
        name = self._written.get(key)
        if name not in numeric:
            hint = nearest(str(name), numeric) or f"; known: {', '.join(numeric)}"
            self._wrong(f".{key}", name, f"is no number column of {schema.name}{hint}")
        return str(name)

    def _wrong(self, below: str, found: Any, allowed: str) -> None:
        text = shown(found) if found is not None else ""
        self._problems.append(Problem(f"{self._where}{below}", text, allowed))


def _is_numeric(column: Column) -> bool:
    return column.kind not in ("str", "date")


def _is_number(value: Any) -> bool:
    is_kind = isinstance(value, int | float) and not isinstance(value, bool)
    return is_kind and math.isfinite(value)


def scope_of(spec: EngineSpec, table: str) -> str | None:
    """Return the engine's scope that a table belongs to by its name, `general` for none of them.

    None for engines without scopes.
    """
    if not spec.scopes:
        return None
    return next((s for s in spec.scopes if table == s or table.startswith(f"{s}_")), GENERAL)


def read_exceptions(
    tree: Any, rules: tuple[Rule, ...], spec: EngineSpec
) -> tuple[tuple[PolicyException, ...], list[Problem]]:
    """Return the policy exceptions in order, and every problem found in them."""
    if not isinstance(tree, Mapping):
        return (), [Problem(EXCEPTIONS, shown(tree), "must be a mapping from names to exceptions")]
    found, problems = [], []
    by_id = {rule.rule_id: rule for rule in rules}
    for name, written in tree.items():
        if written is None:
            continue
        wrong = _exception_problems(f"{EXCEPTIONS}.{name}", written, by_id, spec)
        problems += wrong
        if not wrong:
            first, last = written["periods"]
            found.append(
                PolicyException(
                    exception_id=str(name), rule=written["rule"], periods=(first, last),
                    max_drop=float(written["max_drop"]), motivation=written["motivation"].strip(),
                )
            )  # fmt: skip
    return tuple(found), problems


def _exception_problems(
    where: str, written: Any, rules: Mapping[str, Rule], spec: EngineSpec
) -> list[Problem]:
    if not isinstance(written, Mapping):
        allowed = "must be a mapping with rule, scope, periods, max_drop and motivation"
        return [Problem(where, shown(written), allowed)]
    needed = [f for f in _EXCEPTION_FIELDS if f != "scope" or spec.scopes]
    wrong = [
        Problem(
            f"{where}.{key}",
            "",
            f"unknown field{nearest(str(key), needed)}; known: {', '.join(needed)}",
        )
        for key in written
        if key not in needed
    ]
    wrong += [
        Problem(f"{where}.{key}", "", "must be given") for key in needed if key not in written
    ]
    if wrong:
        return wrong
    return [
        *_covered_rule_problems(where, written, rules, spec),
        *_periods_problems(f"{where}.periods", written["periods"]),
        *_drop_problems(f"{where}.max_drop", written["max_drop"]),
        *_motivation_problems(f"{where}.motivation", written["motivation"]),
    ]


def _covered_rule_problems(
    where: str, written: Mapping[str, Any], rules: Mapping[str, Rule], spec: EngineSpec
) -> list[Problem]:
    rule = rules.get(str(written["rule"]))
    monthly = [r.rule_id for r in rules.values() if r.kind in _STEPS]
    if rule is None or rule.kind not in _STEPS:
        allowed = f"must be a rule that compares periods: {', '.join(monthly) or 'there is none'}"
        hint = nearest(str(written["rule"]), monthly)
        return [Problem(f"{where}.rule", shown(written["rule"]), allowed + hint)]
    if spec.scopes and written["scope"] != rule.scope:
        allowed = f"must be {rule.scope}, the scope that rule {rule.rule_id} reads"
        return [Problem(f"{where}.scope", shown(written["scope"]), allowed)]
    return []


def _periods_problems(where: str, periods: Any) -> list[Problem]:
    is_pair = isinstance(periods, list | tuple) and len(periods) == 2  # noqa: PLR2004
    are_whole = is_pair and all(isinstance(p, int) and not isinstance(p, bool) for p in periods)
    if are_whole and 1 <= periods[0] <= periods[1]:
        return []
    return [Problem(where, str(periods), "must be [from, to] in whole numbers, 1 <= from <= to")]


def _drop_problems(where: str, drop: Any) -> list[Problem]:
    if _is_number(drop) and 0 < drop <= 1:
        return []
    return [Problem(where, shown(drop), "must be a fraction above 0 and at most 1")]


def _motivation_problems(where: str, motivation: Any) -> list[Problem]:
    if isinstance(motivation, str) and motivation.strip():
        return []
    return [Problem(where, "''", "must say why: an exception without a motivation is refused")]
