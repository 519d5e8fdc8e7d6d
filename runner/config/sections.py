"""Read the runner's own sections of a composed tree, which no engine declares."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from runner.config.draft import Draft
from runner.config.replicates import with_number
from runner.config.settings import DESIGN_PARTS, DesignSection, ExecutionSection, Settings
from runner.config.sources import Sources
from runner.config.study import Execution
from runner.config.tree import Tree
from runner.contract import Problem, build_params, field_specs, nearest

_OPEN_KEYS = (
    "engine", "horizon", "params", "collect", "acceptance", "exceptions", "comparisons", "targets",
)  # fmt: skip


def read_settings(tree: Tree, draft: Draft) -> Settings:
    """Return the checked sections, the defaults where they are wrong; faults go to the draft."""
    own = {key: value for key, value in tree.items() if key not in _OPEN_KEYS}
    if isinstance(own.get("design"), dict):
        design = {k: v for k, v in own["design"].items() if k not in DESIGN_PARTS}
        own["design"] = with_number(design)
    settings, wrong = build_params(Settings, own)
    if settings is None:
        wrong += [p for p in _section_rules(own) if p not in wrong]
    draft.problems += [_root_hint(p, draft.sources) for p in wrong]
    return settings or Settings()


def _section_rules(own: Tree) -> list[Problem]:
    """Return the broken rules of sections that are right by themselves, whatever the others are."""
    found = []
    for name, spec in field_specs(Settings).items():
        if spec.kind == "group" and isinstance(own.get(name), dict):
            found += [p.under(name) for p in build_params(spec.item, own[name])[1]]
    return found


def _root_hint(problem: Problem, sources: Sources) -> Problem:
    if not problem.allowed.startswith("unknown parameter"):
        return problem
    known = (*(f.name for f in _settings_fields()), *_OPEN_KEYS)
    if problem.where.startswith("design."):
        known = (*field_specs(DesignSection), *DESIGN_PARTS)
        hint = nearest(problem.where.partition(".")[2], known) or f"; known: {', '.join(known)}"
        return Problem(problem.where, problem.found, f"unknown key{hint}")
    if "." in problem.where:
        return Problem(problem.where, problem.found, problem.allowed.replace("parameter", "key", 1))
    is_group = problem.where in sources.groups
    hint = (not is_group and nearest(problem.where, known)) or f"; known here: {', '.join(known)}"
    group_hint = (
        ""
        if hint.startswith("; did")
        else " (a group file that sets other keys begins with '# @package _global_')"
    )
    return Problem(problem.where, problem.found, f"unknown key{hint}{group_hint}")


def _settings_fields() -> tuple[Any, ...]:
    import dataclasses

    return dataclasses.fields(Settings)


def execution_of(section: ExecutionSection) -> Execution:
    """Return checked settings as the part of a study that they are."""
    return Execution(**{field.name: getattr(section, field.name) for field in fields(Execution)})
