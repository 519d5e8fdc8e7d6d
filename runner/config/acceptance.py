"""Read `acceptance`: bands and targets on metrics and on the columns of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.config.control_rules import ONLY_VERSUS, read_control_rule
from runner.config.rule_fields import ABSENT, RULES, RuleFields
from runner.config.rules import CONTROL, Rule
from runner.config.run_rules import RUN_KINDS, read_run_rule
from runner.config.written import is_name
from runner.contract import EngineSpec, ParamGroup, Problem, nearest, shown

_FIELDS = (
    "metric", "table", "column", "previous", "rule", *RUN_KINDS, "tolerance", "pass_share",
    "margin", "versus", *ONLY_VERSUS, "source",
)  # fmt: skip


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
        told = written if isinstance(written, Mapping) else {}
        fields = RuleFields(str(rule_id), told, spec, params)
        if not is_name(fields.rule_id):
            fields.wrong("", ABSENT, "the name of a rule must be letters, digits, _ and -")
        if told is written:
            rule = _read(fields, has_arms=has_arms)
            rules += [] if rule is None else [rule]
        else:
            fields.wrong("", written, "must be a mapping such as {metric: m, at_least: 1}")
        problems += fields.problems
    return tuple(rules), problems


def _read(fields: RuleFields, *, has_arms: bool) -> Rule | None:
    """Return one rule, None when something is wrong with it."""
    for key in (k for k in fields.written if k not in _FIELDS):
        known = nearest(str(key), _FIELDS) or f"; known: {', '.join(_FIELDS)}"
        fields.wrong(f".{key}", ABSENT, f"unknown field{known}")
    if "versus" in fields.written:
        return read_control_rule(fields, has_arms=has_arms)
    for key in (k for k in ONLY_VERSUS if k in fields.written):
        fields.wrong(f".{key}", ABSENT, f"goes with versus: {CONTROL} only")
    return read_run_rule(fields)
