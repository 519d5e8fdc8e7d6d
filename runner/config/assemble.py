"""Compose a request into one validated `Study`, reporting all problems at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from runner.config.beginnings import with_full_path
from runner.config.cases import options_in_force
from runner.config.cells import cell_part, without_cell_part
from runner.config.comparisons import read_comparisons
from runner.config.draft import Draft, make_draft, with_defaults
from runner.config.exceptions import PolicyException, read_exceptions
from runner.config.grid import level_combinations, size_problems
from runner.config.interpolation import resolve, stale_references
from runner.config.overlay import refused_keys
from runner.config.replicates import Replicates, read_replicates
from runner.config.request import StudyRequest
from runner.config.rules import Rule, read_rules
from runner.config.sections import execution_of, read_settings
from runner.config.settings import DESIGN_PARTS, Settings
from runner.config.sources import TARGETS_GROUP
from runner.config.study import (
    Calibration,
    Choices,
    Collect,
    CompareSettings,
    Report,
    Study,
    Tracking,
)
from runner.config.treatments import (
    Design,
    design_section,
    lay_out_sheets,
    read_design,
    replaced_values,
)
from runner.config.tree import Tree, copied, flat, given_or
from runner.config.values import Checker, checker, horizon_problems
from runner.config.zips import zip_notes
from runner.contract import (
    ConfigError,
    EngineSpec,
    ParamGroup,
    Problem,
    build_params,
    nearest,
    plain_params,
    shown,
)


def composed_tree(request: StudyRequest) -> Tree:
    """Return the composed configuration with the user's values, unresolved and unchecked.

    Raises:
        ConfigError: the words or files cannot be read, or no engine is chosen.
    """
    draft = make_draft(request)
    tree = draft.tree(draft.choices)
    if draft.problems:
        raise ConfigError(draft.problems)
    return tree


def compose_study(request: StudyRequest) -> Study:
    """Return the study a request describes.

    Raises:
        ConfigError: everything that is wrong with it, together.
    """
    draft = make_draft(request)
    raw = with_defaults(draft.tree(draft.choices), draft.spec)
    _require_usable(raw)
    tree = resolve(raw)
    settings = read_settings(tree, draft)
    check = checker(draft.spec, tree.get("params", {}))
    if design_section(tree).get("variables_csv") is not None:
        lay_out_sheets(draft, tree, check, settings.design.max_cells)
        draft.lay_sheets(raw)
        tree = resolve(raw)
        check = checker(draft.spec, tree.get("params", {}))
    parts = read_design(tree, settings, draft, check)
    draft.problems += stale_references(raw, replaced_values(parts.variables))
    draft.problems += _param_problems(draft.spec, tree)
    draft.problems += horizon_problems(draft.spec, tree.get("horizon"))
    draft.problems += refused_keys(tree)
    collect, wrong = _collect(tree.get("collect", "auto"), check)
    draft.problems += wrong
    rules, exceptions = _acceptance(tree, draft, check, parts)
    comparisons, wrong = read_comparisons(
        given_or(tree.get("comparisons"), {}), draft.spec, _params(draft, check),
        _other_arms(parts, settings.design.control),
    )  # fmt: skip
    draft.problems += wrong
    replicates, wrong = read_replicates(
        design_section(tree).get("replicates"), settings.design, comparisons, draft.spec,
        _params(draft, check),
    )  # fmt: skip
    draft.problems += wrong
    if draft.problems:
        written = [word.key for word in draft.words]
        raise ConfigError(with_full_path(p, written, draft.spec) for p in draft.problems)
    bases = _bases(draft, raw, parts, settings.design.max_cells)
    return Study(
        name=settings.study.name or draft.spec.name,
        question=settings.study.question,
        engine=draft.spec.name,
        bases=bases,
        axes=parts.axes,
        arms=parts.arms,
        control=settings.design.control if parts.arms else None,
        excluded=parts.excluded,
        variables=parts.variables,
        rules=rules,
        exceptions=exceptions,
        replicates=replicates.first,
        budget=replicates.budget,
        max_cells=settings.design.max_cells,
        collect=collect,
        execution=execution_of(settings.execution),
        tracking=Tracking(
            mode=settings.tracking.mode,
            uri=settings.tracking.uri,
            timeout_s=settings.tracking.timeout_s,
            trials=settings.tracking.trials,
        ),
        outputs=Path(settings.paths.outputs).expanduser(),
        document=_document(tree, settings, draft, replicates),
        words=request.words,
        launch_dir=Path.cwd(),
        cases=parts.cases,
        options=options_in_force(parts.cases, draft.sources, draft.spec.name, draft.options),
        notes=(*draft.sheets.notes, *zip_notes(parts.axes), *replicates.notes),
        mc=settings.design.mc,
        report=cast(Report, settings.report),
        comparisons=comparisons,
        compare=CompareSettings(
            confidence=settings.compare.confidence, resamples=settings.compare.resamples
        ),
        calibration=_calibration(tree, settings, draft),
    )


def _require_usable(tree: Tree) -> None:
    """Refuse texts that no file system takes, before any of them is used as a path."""
    wrong = [
        Problem(path, repr(text), "must not hold a NUL character")
        for path, text in flat(tree)
        if "\0" in (shown(text) if isinstance(text, str | list) else "")
    ]
    if wrong:
        raise ConfigError(wrong)


def _calibration(tree: Tree, settings: Settings, draft: Draft) -> Calibration:
    """Return how to calibrate; whatever `targets` holds is checked when it is read."""
    group, section = f"{TARGETS_GROUP}/{draft.spec.name}", settings.calibrate
    study_name = settings.study.name or draft.spec.name
    return Calibration(
        name=section.name or draft.options.get(group) or study_name,
        search=section.search,
        trials=section.trials,
        batch=section.batch,
        replicates=section.replicates,
        finalists=section.finalists,
        confirm_replicates=section.confirm_replicates,
        polish=section.polish,
        targets=copied(given_or(tree.get("targets"), {})),
        folders=tuple(str(root / group) for root in draft.sources.roots),
    )


def _param_problems(spec: EngineSpec, tree: Tree) -> list[Problem]:
    given = tree.get("params", {})
    wrong = build_params(spec.params, given, with_rules=False)[1]
    return [problem.under("params") for problem in wrong]


def _collect(written: Any, check: Checker) -> tuple[Collect, list[Problem]]:
    if written in ("auto", "metrics", "all"):
        return cast(Collect, written), []
    built, _ = build_params(check.spec.params, check.params)
    known = check.spec.table_schemas(built if built is not None else check.spec.params())
    if isinstance(written, str) or not isinstance(written, list):
        allowed = f"must be auto, metrics, all or a list of tables: {', '.join(known)}"
        return "auto", [Problem("collect", shown(written), allowed)]
    wrong = [
        Problem(
            "collect",
            shown(name),
            f"is no table of {check.spec.name}: {', '.join(known)}{nearest(str(name), known)}",
        )
        for name in written
        if not isinstance(name, str) or name not in known
    ]
    return tuple(written), wrong


def _params(draft: Draft, check: Checker) -> ParamGroup:
    """Return the configured parameters, or the defaults where they are wrong."""
    built, _ = build_params(draft.spec.params, check.params, with_rules=False)
    return built if built is not None else draft.spec.params()


def _other_arms(parts: Design, control: str) -> tuple[str, ...]:
    return tuple(arm.name for arm in parts.arms if arm.name != control)


def _acceptance(
    tree: Tree, draft: Draft, check: Checker, parts: Design
) -> tuple[tuple[Rule, ...], tuple[PolicyException, ...]]:
    written = {} if tree.get("acceptance") is None else tree["acceptance"]
    excused = {} if tree.get("exceptions") is None else tree["exceptions"]
    rules, wrong = read_rules(written, draft.spec, _params(draft, check), has_arms=bool(parts.arms))
    listed = written if isinstance(written, dict) else {}
    named = {str(name) for name, rule in listed.items() if rule is not None}
    unread = named - {rule.rule_id for rule in rules}
    exceptions, wrong_exceptions = read_exceptions(excused, rules, draft.spec, unread=unread)
    draft.problems += [*wrong, *wrong_exceptions]
    return rules, exceptions


def _bases(draft: Draft, raw: Tree, design: Design, max_cells: int) -> dict[Choices, Tree]:
    """Return the cell part of the tree for every combination of group options in use."""
    group_axes = [axis for axis in design.axes if axis.group]
    arms, cases = len(design.arms), len(design.cases)
    if group_axes and (
        wrong := size_problems(design.axes, cases=cases, arms=arms, max_cells=max_cells)
    ):
        raise ConfigError(wrong)  # before each combination is composed
    by_arm = [arm.choices for arm in design.arms] or [{}]
    bases: dict[Choices, Tree] = {}
    on_axes = [
        {cast(str, a.group): level for a, level in zip(group_axes, levels, strict=True)}
        for levels in level_combinations(group_axes)
    ]
    for options in [*on_axes, *(case.choices for case in design.cases)]:
        for choices in by_arm:
            combined = {**options, **choices}
            key = tuple(sorted(combined.items()))
            if key not in bases:
                tree = raw
                if combined:
                    tree = draft.tree({**draft.choices, **combined})
                    tree = with_defaults(tree, draft.spec)
                _require_same(raw, tree, key)
                bases[key] = cell_part(tree)
    return bases


def _require_same(base: Tree, other: Tree, choices: Choices) -> None:
    if without_cell_part(base) == without_cell_part(other):
        return
    named = ", ".join(f"{group}={option}" for group, option in choices)
    before, after = without_cell_part(base), without_cell_part(other)
    keys = sorted(k for k in {*before, *after} if before.get(k) != after.get(k))
    allowed = f"cannot be an axis or part of an arm: it also changes {', '.join(keys)}"
    raise ConfigError([Problem(named, "", allowed)])


def _document(tree: Tree, settings: Settings, draft: Draft, replicates: Replicates) -> Tree:
    """Return the resolved configuration that can change numbers, with all defaults filled in."""
    spec, sheets = draft.spec, draft.sheets
    params, _ = build_params(spec.params, tree.get("params", {}), with_rules=False)
    plain = plain_params(settings)
    plain["design"]["replicates"] = replicates.first
    del plain["design"]["budget"]  # decides how many replicates there are, and no number of theirs
    raw = tree.get("design") or {}
    plain["design"] |= {k: copied(raw[k]) for k in DESIGN_PARTS if raw.get(k)}
    return {
        "study": {**plain["study"], "name": settings.study.name or spec.name},
        "engine": spec.name,
        "engine_version": spec.version,
        "seed": plain["seed"],
        "seeding": plain["seeding"],
        "draws": plain["draws"],
        "horizon": spec.horizon.default if tree.get("horizon") is None else tree["horizon"],
        "collect": copied(tree.get("collect", "auto")),
        "design": plain["design"],
        **({"sheets": sheets.record()} if sheets.digests else {}),
        "acceptance": copied(tree.get("acceptance") or {}),
        "exceptions": copied(tree.get("exceptions") or {}),
        "compare": plain["compare"],
        "comparisons": copied(tree.get("comparisons") or {}),
        "params": plain_params(params) if params is not None else {},
    }
