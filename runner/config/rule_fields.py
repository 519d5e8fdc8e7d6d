"""Read the fields that every kind of acceptance rule has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from runner.config.named_metrics import hint, is_metric
from runner.config.rules import STEPS, Kind
from runner.config.written import is_number
from runner.contract import EngineSpec, ParamGroup, Problem, shown

RULES = "acceptance"
ABSENT = object()
"""Stands for a value where nothing was written, or where the message names it."""


class RuleFields:
    """One rule as written, for an engine with its parameters; collects what is wrong with it."""

    def __init__(
        self, rule_id: str, written: Mapping[str, Any], spec: EngineSpec, params: ParamGroup
    ) -> None:
        self.rule_id = rule_id
        self.written = written
        self.spec = spec
        self.params = params
        self.where = f"{RULES}.{rule_id}"
        self.problems: list[Problem] = []

    @property
    def source(self) -> str:
        """Where the rule's numbers come from, empty when nobody says."""
        return str(self.written.get("source") or "")

    def one_of(self, given: Sequence[str], allowed: str) -> Kind | None:
        """Return the one kind that is given, None if none or several are."""
        if len(given) == 1:
            return cast(Kind, given[0])
        found = ", ".join(given) or "none"
        self.wrong("", ABSENT, f"needs exactly one of {allowed}; has {found}")
        return None

    def bounds(self, kind: Kind) -> tuple[float, float]:
        """Return the ends of the band, infinite where open, or the smallest growth."""
        if kind == "non_decreasing":
            return 0.0, math.inf
        if kind == "between":
            return self._band()
        value = self.number(kind, 0.0)
        low = -math.inf if kind == "at_most" else value
        return low, value if kind in ("at_most", "equals") else math.inf

    def _band(self) -> tuple[float, float]:
        band = self.written["between"]
        is_pair = isinstance(band, list | tuple) and len(band) == 2  # noqa: PLR2004
        if not is_pair or not all(is_number(end) for end in band) or band[0] > band[1]:
            self.wrong(".between", band, "must be [low, high] with low <= high")
            return 0.0, 0.0
        return float(band[0]), float(band[1])

    def number(
        self,
        key: str,
        default: float,
        *,
        low: float = -math.inf,
        high: float = math.inf,
        low_open: bool = False,
    ) -> float:
        """Return a field's number, or its default where it is left out or not possible."""
        value = self.written.get(key, default)
        if is_number(value) and low <= value <= high and not (low_open and value == low):
            return float(value)
        least = f" above {low:g}" if low_open else f" from {low:g}"
        span = f"{least if low > -math.inf else ''}{f' to {high:g}' if high < math.inf else ''}"
        self.wrong(f".{key}", value, f"must be a number{span}")
        return default

    def metric(self, kind: Kind | None) -> str:
        """Return the name of the metric that the rule is on."""
        name = str(self.written["metric"])
        if not is_metric(name, self.spec, self.params):
            known = self.spec.metric_names(self.params)
            allowed = f"is no metric of {self.spec.name}{hint(name, known)}"
            self.wrong(".metric", self.written["metric"], allowed)
        if kind in STEPS:
            self.wrong("", ABSENT, f"{kind} compares periods: it needs table and column")
        for key in ("column", "previous"):
            if self.written.get(key) is not None:
                self.wrong(f".{key}", self.written[key], "goes with table, not with metric")
        return name

    def wrong(self, below: str, found: Any, allowed: str) -> None:
        """Note a problem at a field (`.metric`), or of the rule as a whole (``)."""
        text = "" if found is ABSENT else shown(found)
        self.problems.append(Problem(f"{self.where}{below}", text, allowed))
