"""Read `acceptance`: bands and targets on metrics and on the columns of tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runner.config.named_metrics import (
    NO_ARMS,
    SCALES,
    Scale,
    has_direction,
    hint,
    is_metric,
    no_direction,
)
from runner.config.settings import is_name
from runner.contract import (
    NUMBER_KINDS,
    WHOLE_KINDS,
    EngineSpec,
    ParamGroup,
    Problem,
    TableSchema,
    nearest,
    shown,
)

Kind = Literal[
    "between",
    "at_least",
    "at_most",
    "equals",
    "non_decreasing",
    "min_growth",
    "noninferior",
    "equivalent",
]

RULES = "acceptance"
GENERAL = "general"
STEPS: tuple[Kind, ...] = ("non_decreasing", "min_growth")
_NUMBERS = ("at_least", "at_most", "equals", "min_growth")
_KINDS = ("between", *_NUMBERS)
_MARGINS = ("noninferior", "equivalent")
_VERSUS_KINDS = ("between", "at_least", "at_most", *_MARGINS)
_ONLY_VERSUS = (*_MARGINS, "scale")
_NEVER_VERSUS = (
    "table", "column", "previous", "rule", "equals", "min_growth", "tolerance", "pass_share",
    "margin",
)  # fmt: skip
_RULE_FIELDS = (
    "metric", "table", "column", "previous", "rule", *_KINDS, "tolerance", "pass_share", "margin",
    "versus", *_ONLY_VERSUS, "source",
)  # fmt: skip
CONTROL = "control"
_MARGIN = 0.10
_ABSENT = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One acceptance rule on a metric, or on a column of a table period by period.

    `bounds` are the band's ends (equal for `equals`, infinite where open) or the smallest growth.
    `period` is the column that numbers the table's rows, None where no whole number does; `series`
    are the key columns before it: each of their combinations is a series of its own. `scope` is
    the engine's scope of the table.

    With `versus` (`control`) the rule is on the arm's mean less the control's, in the unit of the
    metric, or as a fraction of the control's mean with `scale` relative; `bounds` are those of
    the difference, and of `noninferior` and `equivalent` the margin turned into them.
    """

    rule_id: str
    kind: Kind
    bounds: tuple[float, float]
    metric: str | None = None
    table: str | None = None
    column: str | None = None
    previous: str | None = None
    period: str | None = None
    series: tuple[str, ...] = ()
    scope: str | None = None
    tolerance: float = 0.0
    pass_share: float = 1.0
    margin: float = _MARGIN
    source: str = ""
    versus: str | None = None
    scale: Scale = "difference"


def read_rules(
    tree: Any, spec: EngineSpec, params: ParamGroup, *, has_arms: bool = False
) -> tuple[tuple[Rule, ...], list[Problem]]:
    """Return the acceptance rules in order, and every problem found in them.

    `has_arms` tells whether the study has a control to compare with.
    """
    if not isinstance(tree, Mapping):
        return (), [Problem(RULES, shown(tree), "must be a mapping from rule names to rules")]
    rules, problems = [], []
    for rule_id, written in tree.items():
        if written is None:
            continue  # a study switches an inherited rule off with null
        rule, wrong = _RuleReader(spec, params, str(rule_id), written, has_arms).read()
        problems += wrong
        if rule is not None and not wrong:
            rules.append(rule)
    return tuple(rules), problems


class _RuleReader:
    """Reads one rule, noting what is wrong with it."""

    def __init__(
        self, spec: EngineSpec, params: ParamGroup, rule_id: str, written: Any, has_arms: bool
    ) -> None:
        self._has_arms = has_arms
        self._spec = spec
        self._params = params
        self._rule_id = rule_id
        self._where = f"{RULES}.{rule_id}"
        self._written = written
        self._problems: list[Problem] = []

    def read(self) -> tuple[Rule | None, list[Problem]]:
        if not is_name(self._rule_id):
            self._wrong("", _ABSENT, "the name of a rule must be letters, digits, _ and -")
        if not isinstance(self._written, Mapping):
            self._wrong("", self._written, "must be a mapping such as {metric: m, at_least: 1}")
            return None, self._problems
        for key in self._written:
            if key not in _RULE_FIELDS:
                known = nearest(str(key), _RULE_FIELDS) or f"; known: {', '.join(_RULE_FIELDS)}"
                self._wrong(f".{key}", _ABSENT, f"unknown field{known}")
        if "versus" in self._written:
            return self._read_versus()
        for key in (k for k in _ONLY_VERSUS if k in self._written):
            self._wrong(f".{key}", _ABSENT, f"goes with versus: {CONTROL} only")
        kind, bounds = self._kind()
        target = self._target(kind)
        share = self._number("pass_share", 1.0, low=0.0, high=1.0, low_open=True)
        tolerance = self._number("tolerance", 0.0, low=0.0)
        margin = self._number("margin", _MARGIN, low=0.0, high=1.0)
        if self._problems or kind is None:
            return None, self._problems
        rule = Rule(
            rule_id=self._rule_id, kind=kind, bounds=bounds, **target, tolerance=tolerance,
            pass_share=share, margin=margin, source=str(self._written.get("source") or ""),
        )  # fmt: skip
        return rule, []

    def _read_versus(self) -> tuple[Rule | None, list[Problem]]:
        """Read a rule on the difference from the control."""
        written = self._written
        if written["versus"] != CONTROL:
            self._wrong(".versus", written["versus"], f"must be {CONTROL}")
        elif not self._has_arms:
            self._wrong(".versus", _ABSENT, NO_ARMS)
        for key in (k for k in _NEVER_VERSUS if k in written):
            self._wrong(f".{key}", _ABSENT, "goes with rules on runs, not with versus")
        scale = written.get("scale", SCALES[0])
        if scale not in SCALES:
            self._wrong(".scale", scale, f"must be one of {', '.join(SCALES)}")
        target: dict[str, Any] = {}
        if "metric" in written:
            target = self._metric_target(None)
        else:
            self._wrong(".metric", _ABSENT, "must be given")
        given = [key for key in _VERSUS_KINDS if key in written]
        if len(given) != 1:
            found = ", ".join(given) or "none"
            allowed = f"needs exactly one of {', '.join(_VERSUS_KINDS)}; has {found}"
            self._wrong("", _ABSENT, allowed)
            return None, self._problems
        kind: Any = given[0]
        bounds = self._margin(kind) if kind in _MARGINS else self._bounds(kind)
        if self._problems:
            return None, self._problems
        rule = Rule(
            rule_id=self._rule_id, kind=kind, bounds=bounds, **target, versus=CONTROL, scale=scale,
            source=str(written.get("source") or ""),
        )  # fmt: skip
        return rule, []

    def _margin(self, kind: Kind) -> tuple[float, float]:
        """Return the band of the difference that a margin stands for."""
        margin = self._number(kind, 1.0, low=0.0, low_open=True)
        name = str(self._written.get("metric"))
        if kind == "equivalent" or not is_metric(name, self._spec, self._params):
            return -margin, margin
        if not has_direction(name, self._spec):
            self._problems.append(no_direction(f"{self._where}.{kind}", name, self._spec))
        if self._spec.metric(name).better == "lower":
            return -math.inf, margin
        return -margin, math.inf

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
            self._wrong("", _ABSENT, allowed)
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
        if not is_pair or not all(is_number(end) for end in band) or band[0] > band[1]:
            self._wrong(".between", band, "must be [low, high] with low <= high")
            return 0.0, 0.0
        return float(band[0]), float(band[1])

    def _number(
        self,
        key: str,
        default: float,
        *,
        low: float = -math.inf,
        high: float = math.inf,
        low_open: bool = False,
    ) -> float:
        value = self._written.get(key, default)
        if is_number(value) and low <= value <= high and not (low_open and value == low):
            return float(value)
        least = f" above {low:g}" if low_open else f" from {low:g}"
        span = f"{least if low > -math.inf else ''}{f' to {high:g}' if high < math.inf else ''}"
        self._wrong(f".{key}", value, f"must be a number{span}")
        return default

    def _target(self, kind: Kind | None) -> dict[str, Any]:
        written = self._written
        if ("metric" in written) == ("table" in written):
            self._wrong("", _ABSENT, "needs either metric, or table and column")
            return {}
        if "metric" in written:
            return self._metric_target(kind)
        return self._table_target(kind)

    def _metric_target(self, kind: Kind | None) -> dict[str, Any]:
        name = str(self._written["metric"])
        if not is_metric(name, self._spec, self._params):
            known = self._spec.metric_names(self._params)
            allowed = f"is no metric of {self._spec.name}{hint(name, known)}"
            self._wrong(".metric", self._written["metric"], allowed)
        if kind in STEPS:
            self._wrong("", _ABSENT, f"{kind} compares periods: it needs table and column")
        for key in ("column", "previous"):
            if self._written.get(key) is not None:
                self._wrong(f".{key}", self._written[key], "goes with table, not with metric")
        return {"metric": name}

    def _table_target(self, kind: Kind | None) -> dict[str, Any]:
        name, schemas = str(self._written["table"]), self._spec.table_schemas(self._params)
        if name not in schemas:
            allowed = f"is no table of {self._spec.name}{hint(name, schemas)}"
            self._wrong(".table", self._written["table"], allowed)
            return {}
        schema = schemas[name]
        period = _period_of(schema)
        if kind in STEPS and period is None:
            allowed = f"{kind} compares periods, but no whole number orders the rows of this table"
            self._wrong(".table", name, allowed)
        target: dict[str, Any] = {
            "table": name,
            "period": period,
            "scope": scope_of(self._spec, name),
        }
        target["series"] = schema.key[:-1]
        target["column"] = self._column("column", schema)
        if self._written.get("previous") is not None:
            target["previous"] = self._column("previous", schema)
            if kind is not None and kind not in STEPS:
                self._wrong(
                    ".previous", target["previous"], f"goes with {' and '.join(STEPS)} only"
                )
        return target

    def _column(self, key: str, schema: TableSchema) -> str:
        numeric = [c.name for c in schema.columns if c.kind in NUMBER_KINDS]
        name = self._written.get(key, _ABSENT)
        if name is _ABSENT:
            self._wrong(f".{key}", name, f"must be given; known: {', '.join(numeric)}")
        elif name not in numeric:
            allowed = f"is no number column of {schema.name}{hint(str(name), numeric)}"
            self._wrong(f".{key}", name, allowed)
        return str(name)

    def _wrong(self, below: str, found: Any, allowed: str) -> None:
        text = "" if found is _ABSENT else shown(found)
        self._problems.append(Problem(f"{self._where}{below}", text, allowed))


def _period_of(schema: TableSchema) -> str | None:
    kinds = {column.name: column.kind for column in schema.columns}
    last = schema.key[-1]
    return last if kinds[last] in WHOLE_KINDS else None


def is_number(value: Any) -> bool:
    """Tell whether a configured value is a finite number that a float can hold."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def scope_of(spec: EngineSpec, table: str) -> str | None:
    """Return the engine's scope that a table belongs to by its name, `general` for none of them.

    None for engines without scopes.
    """
    if not spec.scopes:
        return None
    return next((s for s in spec.scopes if table == s or table.startswith(f"{s}_")), GENERAL)
