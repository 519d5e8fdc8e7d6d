"""Read all that a study says, telling everything that is wrong with it at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from runner.config.acceptance import read_rules
from runner.config.beginnings import with_full_path
from runner.config.comparisons import Comparison, read_comparisons
from runner.config.draft import Draft
from runner.config.exceptions import PolicyException, read_exceptions
from runner.config.interpolation import resolve, stale_references
from runner.config.overlay import refused_keys
from runner.config.replicates import Replicates, read_replicates
from runner.config.rules import Rule
from runner.config.sections import read_settings
from runner.config.settings import Settings
from runner.config.study import Collect
from runner.config.treatments import (
    Design,
    design_section,
    lay_out_sheets,
    read_design,
    replaced_values,
)
from runner.config.tree import Tree, flat, given_or
from runner.config.values import Checker, checker, horizon_problems
from runner.contract import (
    ConfigError,
    EngineSpec,
    ParamGroup,
    Problem,
    build_params,
    nearest,
    shown,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that a study says, read and found right; `tree` is what it was read from, resolved."""

    tree: Tree
    settings: Settings
    design: Design
    collect: Collect
    rules: tuple[Rule, ...]
    exceptions: tuple[PolicyException, ...]
    comparisons: tuple[Comparison, ...]
    replicates: Replicates


def read_all(draft: Draft, raw: Tree) -> Said:
    """Return what a study says, given its composed tree; sheets are laid over `raw`.

    Raises:
        ConfigError: everything that is wrong with it, together.
    """
    tree, settings, check = _resolved(draft, raw)
    design = read_design(tree, settings, draft, check)
    draft.problems += stale_references(raw, replaced_values(design.variables))
    draft.problems += _param_problems(draft.spec, tree)
    draft.problems += horizon_problems(draft.spec, tree.get("horizon"))
    draft.problems += refused_keys(tree)
    collect = _collect(tree.get("collect", "auto"), check, draft)
    params = _params(check)
    rules, exceptions = _acceptance(tree, draft, params, has_arms=bool(design.arms))
    control = settings.design.control
    others = tuple(arm.name for arm in design.arms if arm.name != control)
    written = given_or(tree.get("comparisons"), {})
    comparisons, wrong = read_comparisons(written, draft.spec, params, others)
    draft.problems += wrong
    written = design_section(tree).get("replicates")
    replicates, wrong = read_replicates(written, settings.design, comparisons, draft.spec, params)
    draft.problems += wrong
    if draft.problems:
        keys = [word.key for word in draft.words]
        raise ConfigError(with_full_path(p, keys, draft.spec) for p in draft.problems)
    return Said(
        tree=tree, settings=settings, design=design, collect=collect, rules=rules,
        exceptions=exceptions, comparisons=comparisons, replicates=replicates,
    )  # fmt: skip


def _resolved(draft: Draft, raw: Tree) -> tuple[Tree, Settings, Checker]:
    """Return the tree, sheets included, without references; its settings and a checker."""
    _require_usable(raw)
    tree = resolve(raw)
    settings = read_settings(tree, draft)
    check = checker(draft.spec, tree.get("params", {}))
    if design_section(tree).get("variables_csv") is not None:
        lay_out_sheets(draft, tree, check, settings.design.max_cells)
        draft.lay_sheets(raw)
        tree = resolve(raw)
        check = checker(draft.spec, tree.get("params", {}))
    return tree, settings, check


def _require_usable(tree: Tree) -> None:
    """Refuse texts that no file system takes, before any of them is used as a path."""
    wrong = [
        Problem(path, repr(text), "must not hold a NUL character")
        for path, text in flat(tree)
        if "\0" in (shown(text) if isinstance(text, str | list) else "")
    ]
    if wrong:
        raise ConfigError(wrong)


def _param_problems(spec: EngineSpec, tree: Tree) -> list[Problem]:
    given = tree.get("params", {})
    wrong = build_params(spec.params, given, with_rules=False)[1]
    return [problem.under("params") for problem in wrong]


def _collect(written: Any, check: Checker, draft: Draft) -> Collect:
    """Return which tables are stored."""
    if written in ("auto", "metrics", "all"):
        return cast(Collect, written)
    built, _ = build_params(check.spec.params, check.params)
    known = check.spec.table_schemas(built if built is not None else check.spec.params())
    if isinstance(written, str) or not isinstance(written, list):
        allowed = f"must be auto, metrics, all or a list of tables: {', '.join(known)}"
        draft.problems.append(Problem("collect", shown(written), allowed))
        return "auto"
    draft.problems += [
        Problem(
            "collect",
            shown(name),
            f"is no table of {check.spec.name}: {', '.join(known)}{nearest(str(name), known)}",
        )
        for name in written
        if not isinstance(name, str) or name not in known
    ]
    return tuple(written)


def _params(check: Checker) -> ParamGroup:
    """Return the configured parameters, or the defaults where they are wrong."""
    built, _ = build_params(check.spec.params, check.params, with_rules=False)
    return built if built is not None else check.spec.params()


def _acceptance(
    tree: Tree, draft: Draft, params: ParamGroup, *, has_arms: bool
) -> tuple[tuple[Rule, ...], tuple[PolicyException, ...]]:
    written = {} if tree.get("acceptance") is None else tree["acceptance"]
    excused = {} if tree.get("exceptions") is None else tree["exceptions"]
    rules, wrong = read_rules(written, draft.spec, params, has_arms=has_arms)
    listed = written if isinstance(written, dict) else {}
    named = {str(name) for name, rule in listed.items() if rule is not None}
    unread = named - {rule.rule_id for rule in rules}
    exceptions, wrong_exceptions = read_exceptions(excused, rules, draft.spec, unread=unread)
    draft.problems += [*wrong, *wrong_exceptions]
    return rules, exceptions
