"""Read `exceptions`: the recorded reasons why a rule may be broken for a while, by so much."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from runner.config.rules import GENERAL, STEPS, Rule
from runner.config.written import is_name, is_number
from runner.contract import EngineSpec, Problem, nearest, shown

EXCEPTIONS = "exceptions"
_FIELDS = ("rule", "scope", "periods", "max_drop", "motivation")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyException:
    """A recorded reason why a rule on a table may be broken in some periods, by so much."""

    exception_id: str
    rule: str
    periods: tuple[int, int]
    max_drop: float
    motivation: str


def read_exceptions(
    tree: Any, rules: tuple[Rule, ...], spec: EngineSpec, *, unread: Collection[str] = ()
) -> tuple[tuple[PolicyException, ...], list[Problem]]:
    """Return the policy exceptions in order, and every problem found in them.

    `unread` names rules that could not be read: whether an exception fits one cannot be told.
    """
    if not isinstance(tree, Mapping):
        return (), [Problem(EXCEPTIONS, shown(tree), "must be a mapping from names to exceptions")]
    found, problems = [], []
    reader = _Reader({rule.rule_id: rule for rule in rules}, spec, unread)
    for name, written in tree.items():
        if written is None:
            continue  # a study switches an inherited exception off with null
        wrong = reader.problems(str(name), written)
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


class _Reader:
    """Tells what is wrong with an exception, given the rules of the study."""

    def __init__(
        self, rules: Mapping[str, Rule], spec: EngineSpec, unread: Collection[str]
    ) -> None:
        self._rules = rules
        self._spec = spec
        self._unread = unread
        self._fields = [f for f in _FIELDS if f != "scope" or spec.scopes]

    def problems(self, name: str, written: Any) -> list[Problem]:
        where = f"{EXCEPTIONS}.{name}"
        if not isinstance(written, Mapping):
            allowed = f"must be a mapping with {', '.join(self._fields)}"
            return [Problem(where, shown(written), allowed)]
        found = []
        if not is_name(name):
            allowed = "the name of an exception must be letters, digits, _ and -"
            found.append(Problem(where, "", allowed))
        found += self._field_problems(where, written)
        checks = {
            "rule": self._rule_problems,
            "scope": self._scope_problems,
            "periods": _periods_problems,
            "max_drop": _drop_problems,
            "motivation": _motivation_problems,
        }
        for key in (field for field in self._fields if field in written):
            found += checks[key](f"{where}.{key}", written)
        return found

    def _field_problems(self, where: str, written: Mapping[str, Any]) -> list[Problem]:
        known = ", ".join(self._fields)
        extra = [key for key in written if key not in self._fields]
        missing = [key for key in self._fields if key not in written]
        return [
            *(
                Problem(f"{where}.{key}", "", f"unknown field{nearest(str(key), self._fields)}"
                        f"; known: {known}")
                for key in extra
            ),
            *(Problem(f"{where}.{key}", "", "must be given") for key in missing),
        ]  # fmt: skip

    def _rule_problems(self, where: str, written: Mapping[str, Any]) -> list[Problem]:
        named = written["rule"]
        rule = self._rules.get(named) if isinstance(named, str) else None
        if named in list(self._unread) or (rule is not None and rule.kind in STEPS):
            return []
        monthly = [r.rule_id for r in self._rules.values() if r.kind in STEPS]
        allowed = f"must be a rule that compares periods: {', '.join(monthly) or 'there is none'}"
        return [Problem(where, shown(named), allowed + nearest(str(named), monthly))]

    def _scope_problems(self, where: str, written: Mapping[str, Any]) -> list[Problem]:
        """Compare with the rule's scope, or where the rule is unknown with all scopes."""
        scope, rule = written["scope"], self._rules.get(str(written.get("rule")))
        if rule is not None and rule.kind in STEPS:
            if scope == rule.scope:
                return []
            allowed = f"must be {rule.scope}, the scope that rule {rule.rule_id} reads"
            return [Problem(where, shown(scope), allowed)]
        known = [*self._spec.scopes, GENERAL]
        if scope in known:
            return []
        allowed = f"must be one of {', '.join(known)}{nearest(str(scope), known)}"
        return [Problem(where, shown(scope), allowed)]


def _periods_problems(where: str, written: Mapping[str, Any]) -> list[Problem]:
    periods = written["periods"]
    is_pair = isinstance(periods, list | tuple) and len(periods) == 2  # noqa: PLR2004
    are_whole = is_pair and all(isinstance(p, int) and not isinstance(p, bool) for p in periods)
    if are_whole and 1 <= periods[0] <= periods[1]:
        return []
    allowed = "must be [from, to] in whole numbers, 1 <= from <= to"
    return [Problem(where, shown(periods), allowed)]


def _drop_problems(where: str, written: Mapping[str, Any]) -> list[Problem]:
    drop = written["max_drop"]
    if is_number(drop) and 0 < drop <= 1:
        return []
    return [Problem(where, shown(drop), "must be a fraction above 0 and at most 1")]


def _motivation_problems(where: str, written: Mapping[str, Any]) -> list[Problem]:
    motivation = written["motivation"]
    if isinstance(motivation, str) and motivation.strip():
        return []
    allowed = "must say why: an exception without a motivation is refused"
    return [Problem(where, shown(motivation), allowed)]
