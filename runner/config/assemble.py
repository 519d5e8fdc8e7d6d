"""Compose a request into one validated `Study`, reporting all problems at once."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from runner.config.cases import case_clashes, options_in_force, read_cases, with_cases
from runner.config.cells import cell_part, without_cell_part
from runner.config.comparisons import read_comparisons
from runner.config.design import option_problems, read_arms, read_excluded, read_grid
from runner.config.exceptions import PolicyException, read_exceptions
from runner.config.grid import level_combinations, size_problems
from runner.config.guard import guard_problems
from runner.config.hydra_compose import ROOT_NAME, compose_groups
from runner.config.interpolation import resolve
from runner.config.overlay import lay_over, refused_keys, split_words
from runner.config.replicates import Replicates, read_replicates, with_number
from runner.config.request import StudyRequest
from runner.config.rules import Rule, read_rules
from runner.config.settings import DesignSection, ExecutionSection, Settings
from runner.config.sheet_paths import sheet_ground
from runner.config.sheets import Sheets, read_sheets, sheet_clashes
from runner.config.sources import (
    ENGINE_GROUP,
    STUDY_GROUP,
    TARGETS_GROUP,
    Sources,
    find_sources,
)
from runner.config.study import (
    Arm,
    Axis,
    Calibration,
    Case,
    Choices,
    Collect,
    CompareSettings,
    Execution,
    Report,
    Study,
    Tracking,
    Variable,
)
from runner.config.tree import Tree, copied, flat, nested, set_path
from runner.config.values import Checker, checker, horizon_problems
from runner.config.variables import read_variables
from runner.config.words import Word, read_words
from runner.config.zips import read_zips, repeated_axes, zip_notes
from runner.contract import (
    ConfigError,
    EngineSpec,
    ParamGroup,
    Problem,
    build_params,
    field_specs,
    lattice,
    nearest,
    plain_params,
    shown,
)
from runner.registry import RegistryError, config_dirs, engine_names, load_engine

DEFAULTS: dict[str, Any] = {"report": Settings().report}
_OPEN_KEYS = (
    "engine", "horizon", "params", "collect", "acceptance", "exceptions", "comparisons", "targets",
)  # fmt: skip
_DESIGN_PARTS = ("arms", "grid", "zip", "cases", "exclude", "variables", "variables_csv")


@dataclass(slots=True, kw_only=True)
class _Draft:
    """What is known while a study is being composed."""

    sources: Sources
    data: Tree
    words: list[Word]
    spec: EngineSpec
    choices: dict[str, str]
    composed: dict[Choices, tuple[Tree, dict[str, str]]]
    problems: list[Problem] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    sheets: Sheets = field(default_factory=Sheets)

    def tree(self, choices: Mapping[str, str]) -> Tree:
        """Return the composed tree under these options, the user's values laid over."""
        key = tuple(sorted(choices.items()))
        if key not in self.composed:
            self.composed[key] = compose_groups(self.sources, choices)
        composed, options = self.composed[key]
        self.options = self.options or options
        tree = _nested(composed)
        self.problems += lay_over(tree, self.data, self.words)
        self.lay_sheets(tree)
        return tree

    def lay_sheets(self, tree: Tree) -> None:
        """Put the values of sheets over those of a composed tree."""
        for path, value in self.sheets.values.items():
            with contextlib.suppress(TypeError):  # params is no mapping there: told elsewhere
                set_path(tree, f"params.{path}", value)


def composed_tree(request: StudyRequest) -> Tree:
    """Return the composed configuration with the user's values, unresolved and unchecked.

    Raises:
        ConfigError: the words or files cannot be read, or no engine is chosen.
    """
    draft = _draft(request)
    tree = draft.tree(draft.choices)
    if draft.problems:
        raise ConfigError(draft.problems)
    return tree


def compose_study(request: StudyRequest) -> Study:
    """Return the study a request describes.

    Raises:
        ConfigError: everything that is wrong with it, together.
    """
    draft = _draft(request)
    raw = _with_defaults(draft.tree(draft.choices), draft.spec)
    _require_usable(raw)
    tree = resolve(raw)
    settings = _settings(tree, draft)
    check = checker(draft.spec, tree.get("params", {}))
    if _design(tree).get("variables_csv") is not None:
        _read_sheets(draft, tree, check, settings.design.max_cells)
        draft.lay_sheets(raw)
        tree = resolve(raw)
        check = checker(draft.spec, tree.get("params", {}))
    parts = _read_design(tree, settings, draft, check)
    draft.problems += _param_problems(draft.spec, tree)
    draft.problems += horizon_problems(draft.spec, tree.get("horizon"))
    draft.problems += refused_keys(tree)
    collect, wrong = _collect(tree.get("collect", "auto"), check)
    draft.problems += wrong
    rules, exceptions = _acceptance(tree, draft, check, parts)
    comparisons, wrong = read_comparisons(
        _or(tree.get("comparisons"), {}), draft.spec, _params(draft, check),
        _other_arms(parts, settings.design.control),
    )  # fmt: skip
    draft.problems += wrong
    replicates, wrong = read_replicates(
        _design(tree).get("replicates"), settings.design, comparisons, draft.spec,
        _params(draft, check),
    )  # fmt: skip
    draft.problems += wrong
    if draft.problems:
        raise ConfigError(draft.problems)
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


def execution_of(section: ExecutionSection) -> Execution:
    """Return checked settings as the part of a study that they are."""
    return Execution(**{field.name: getattr(section, field.name) for field in fields(Execution)})


def _calibration(tree: Tree, settings: Settings, draft: _Draft) -> Calibration:
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
        targets=copied(_or(tree.get("targets"), {})),
        folders=tuple(str(root / group) for root in draft.sources.roots),
    )


def _draft(request: StudyRequest) -> _Draft:
    words, problems = read_words(request.words)
    sources = find_sources(_checked_dir(request.config_dir), config_dirs())
    data = _nested(request.data)
    leading, wrong = _leading(words, data, sources)
    if wrong:
        raise ConfigError([*problems, *wrong])
    composed = compose_groups(sources, leading)
    name = composed[0].get("engine")
    if not isinstance(name, str):
        allowed = f"choose one: {', '.join(engine_names())}, or a study: sweeps=NAME"
        found = "" if name is None else shown(name)
        raise ConfigError([*problems, Problem("engine", found, allowed)])
    try:
        spec = load_engine(name)
    except RegistryError as error:
        raise ConfigError([*problems, Problem("engine", "", str(error))]) from error
    choices, values, wrong = split_words(words, sources, spec.name)
    from_data = _data_choices(data, sources, spec.name)
    for group, option in {**from_data, **choices}.items():
        wrong += option_problems(group, option, group, sources)
    if wrong:
        raise ConfigError([*problems, *wrong])
    return _Draft(
        sources=sources, data=data, words=values, spec=spec,
        choices={**leading, **from_data, **choices}, problems=problems,
        composed={tuple(sorted(leading.items())): composed},
    )  # fmt: skip


def _nested(tree: Mapping[str, Any]) -> Tree:
    try:
        return nested(tree)
    except TypeError as error:
        raise ConfigError([Problem(str(error), "", "lies below a single value")]) from error


def _checked_dir(folder: Path | None) -> Path | None:
    if folder is None:
        return None
    if not folder.is_dir():
        raise ConfigError([Problem("--config-dir", str(folder), "is not a folder")])
    if wrong := guard_problems(folder, ROOT_NAME):
        raise ConfigError(wrong)
    return folder


def _leading(
    words: list[Word], data: Tree, sources: Sources
) -> tuple[dict[str, str], list[Problem]]:
    """Return the options of `engine` and `sweeps`, which decide what else can be chosen."""
    chosen: dict[str, str] = {}
    problems: list[Problem] = []
    for group in (ENGINE_GROUP, STUDY_GROUP):
        if isinstance(data.get(group), str):
            chosen[group] = data.pop(group)
        for word in (w for w in words if w.key == group):
            if word.kind == "set" and not isinstance(word.value, list):
                chosen[group] = _option_text(word.value)
            else:
                problems.append(
                    Problem(word.text, "", f"takes one {group}; run one study for each")
                )
        if group in chosen and group not in sources.groups:
            problems.append(Problem(group, chosen[group], f"no folder {group}/ has any file"))
        elif group in chosen:
            problems += option_problems(group, chosen[group], group, sources)
    return chosen, problems


def _option_text(value: Any) -> str:
    return value if isinstance(value, str) else shown(value)


def _data_choices(data: Tree, sources: Sources, engine: str) -> dict[str, str]:
    found = {}
    for key in [k for k, v in data.items() if isinstance(v, str)]:
        group = sources.group_for(key, engine)
        if group is not None:
            found[group] = data.pop(key)
    return found


def _with_defaults(tree: Tree, spec: EngineSpec) -> Tree:
    """Return the tree with a horizon and a seed, so that `${horizon}` names one in every cell."""
    return {"horizon": spec.horizon.default, "seed": Settings().seed, **DEFAULTS, **tree}


def _settings(tree: Tree, draft: _Draft) -> Settings:
    own = {key: value for key, value in tree.items() if key not in _OPEN_KEYS}
    if isinstance(own.get("design"), dict):
        design = {k: v for k, v in own["design"].items() if k not in _DESIGN_PARTS}
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
        known = (*field_specs(DesignSection), *_DESIGN_PARTS)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
    axes: tuple[Axis, ...]
    arms: tuple[Arm, ...]
    excluded: tuple[Mapping[str, Any], ...]
    variables: tuple[Variable, ...]
    cases: tuple[Case, ...]


def _design(tree: Tree) -> Tree:
    return cast(Tree, tree["design"]) if isinstance(tree.get("design"), dict) else {}


def _read_sheets(draft: _Draft, tree: Tree, check: Checker, max_cells: int) -> None:
    written = _design(tree)["variables_csv"]
    draft.sheets, wrong = read_sheets(written, Path.cwd(), sheet_ground(check, max_cells))
    draft.problems += wrong
    draft.sheets.notes += [
        f"{place} replaces {word.text}"
        for word in draft.words
        if word.kind == "set" and (place := draft.sheets.places.get(word.key[len("params.") :]))
    ]


def _read_design(tree: Tree, settings: Settings, draft: _Draft, check: Checker) -> _Design:
    design = _design(tree)
    axes, wrong_axes = read_grid(_or(design.get("grid"), {}), draft.sources, check)
    control = settings.design.control
    arms, wrong_arms = read_arms(_or(design.get("arms"), {}), control, draft.sources, check)
    variables, wrong_variables = read_variables(design.get("variables"), check.leaves)
    zipped, wrong_zips = read_zips(_or(design.get("zip"), {}), draft.sources, check)
    declared = (*variables, *draft.sheets.variables)
    swept = [v for v in declared if v.treatment == "low_to_high"]
    all_axes = (*axes, *zipped, *(_variable_axis(v) for v in swept))
    cases, wrong_cases = read_cases(
        _or(design.get("cases"), []), draft.sources, check, all_axes,
        {f"params.{v.path}": v.default for v in swept if v.default is not None},
    )  # fmt: skip
    known = options_in_force(cases, draft.sources, draft.spec.name, draft.options)
    levels = with_cases(all_axes, cases, {**_in_force(tree, check), **known}) if cases else all_axes
    excluded, wrong_excluded = read_excluded(_or(design.get("exclude"), []), tuple(levels), arms)
    wrong = [*wrong_axes, *wrong_arms, *wrong_variables, *wrong_zips, *wrong_cases]
    draft.problems += [*wrong, *repeated_axes((*axes, *zipped))]
    draft.problems += _clashes((*axes, *zipped), arms, variables)
    draft.problems += _overridden(draft.words, variables)
    draft.problems += case_clashes(cases, arms, [v for v in declared if not _is_plain(v)])
    draft.problems += sheet_clashes(draft.sheets, (*axes, *zipped), arms, variables)
    if not wrong:
        draft.problems += wrong_excluded
    return _Design(axes=all_axes, arms=arms, excluded=excluded, variables=declared, cases=cases)


def _in_force(tree: Tree, check: Checker) -> dict[str, Any]:
    """Return the configured horizon and parameters by key."""
    horizon = tree.get("horizon")
    found = {f"params.{path}": leaf.value for path, leaf in check.leaves.items()}
    return {**found, "horizon": check.spec.horizon.default if horizon is None else horizon}


def _is_plain(variable: Variable) -> bool:
    """Tell whether a sheet's row merely sets a value, which arms and cases may change."""
    return variable.origin is not None and variable.treatment == "fixed"


def _or(written: Any, otherwise: Any) -> Any:
    return otherwise if written is None else written


def _variable_axis(variable: Variable) -> Axis:
    key, origin = f"params.{variable.path}", variable.where()
    if variable.values:
        return Axis(key=key, levels=variable.values, origin=origin)
    low, high, step = (cast(float, x) for x in (variable.low, variable.high, variable.step))
    return Axis(key=key, levels=tuple(lattice(low, high, step)), origin=origin)


def _clashes(
    axes: tuple[Axis, ...], arms: tuple[Arm, ...], variables: tuple[Variable, ...]
) -> list[Problem]:
    """Return paths with two treatments where one would silently replace the other."""
    problems = []
    axis_keys = {axis.key for axis in axes} | {axis.group for axis in axes if axis.group}
    for arm in arms:
        for key in [*arm.values, *arm.choices]:
            if key in axis_keys:
                where = f"design.arms.{arm.name}.{key}"
                problems.append(Problem(where, "", f"{key} is also an axis of the grid; keep one"))
    for variable in variables:
        if variable.reads_own_value:
            continue
        path = f"params.{variable.path}"
        places = [axis.origin for axis in axes if axis.key == path]
        places += [f"design.arms.{arm.name}.{path}" for arm in arms if path in arm.values]
        problems += [
            Problem(place, "", f"would change nothing: design.variables.{path} "
                    f"(treatment {variable.treatment}) sets the value; remove one, as in "
                    f"~design.variables.{path}")
            for place in places
        ]  # fmt: skip
    return problems


def _overridden(words: list[Word], variables: tuple[Variable, ...]) -> list[Problem]:
    """Return words that set a parameter whose value a variable replaces."""
    treated = {f"params.{v.path}": v.treatment for v in variables if not v.reads_own_value}
    return [
        Problem(word.text, "", f"would change nothing: design.variables.{word.key} "
                f"(treatment {treated[word.key]}) sets the value; remove it with "
                f"~design.variables.{word.key}")
        for word in words
        if word.kind == "set" and word.key in treated
    ]  # fmt: skip


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


def _params(draft: _Draft, check: Checker) -> ParamGroup:
    """Return the configured parameters, or the defaults where they are wrong."""
    built, _ = build_params(draft.spec.params, check.params, with_rules=False)
    return built if built is not None else draft.spec.params()


def _other_arms(parts: _Design, control: str) -> tuple[str, ...]:
    return tuple(arm.name for arm in parts.arms if arm.name != control)


def _acceptance(
    tree: Tree, draft: _Draft, check: Checker, parts: _Design
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


def _bases(draft: _Draft, raw: Tree, design: _Design, max_cells: int) -> dict[Choices, Tree]:
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
                    tree = _with_defaults(tree, draft.spec)
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


def _document(tree: Tree, settings: Settings, draft: _Draft, replicates: Replicates) -> Tree:
    """Return the resolved configuration that can change numbers, with all defaults filled in."""
    spec, sheets = draft.spec, draft.sheets
    params, _ = build_params(spec.params, tree.get("params", {}), with_rules=False)
    plain = plain_params(settings)
    plain["design"]["replicates"] = replicates.first
    del plain["design"]["budget"]  # decides how many replicates there are, and no number of theirs
    raw = tree.get("design") or {}
    plain["design"] |= {k: copied(raw[k]) for k in _DESIGN_PARTS if raw.get(k)}
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
