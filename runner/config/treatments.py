"""Read the design of a study: axes, arms, cases, exclusions and variables, and what clashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from runner.config.cases import case_clashes, options_in_force, read_cases, with_cases
from runner.config.design import read_arms, read_excluded, read_grid
from runner.config.draft import Draft
from runner.config.settings import Settings
from runner.config.sheet_paths import sheet_ground
from runner.config.sheets import read_sheets, sheet_clashes
from runner.config.study import Arm, Axis, Case, Variable
from runner.config.tree import Tree, flat, given_or, is_set
from runner.config.values import Checker
from runner.config.variables import read_variables
from runner.config.zips import read_zips, repeated_axes
from runner.contract import Problem, lattice, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What varies between runs: levels, arms, variables; and which cells are left out or added."""

    axes: tuple[Axis, ...]
    arms: tuple[Arm, ...]
    excluded: tuple[Mapping[str, Any], ...]
    variables: tuple[Variable, ...]
    cases: tuple[Case, ...]


def design_section(tree: Tree) -> Tree:
    """Return the section `design` of a tree, empty where it is no mapping."""
    return cast(Tree, tree["design"]) if isinstance(tree.get("design"), dict) else {}


def lay_out_sheets(draft: Draft, tree: Tree, check: Checker, max_cells: int) -> None:
    """Read the spreadsheets of variables into the draft."""
    written = design_section(tree)["variables_csv"]
    draft.sheets, wrong = read_sheets(written, Path.cwd(), sheet_ground(check, max_cells))
    draft.problems += wrong
    draft.sheets.notes += [
        f"{place} replaces {word.text}"
        for word in draft.words
        if word.kind == "set" and (place := draft.sheets.places.get(word.key[len("params.") :]))
    ]


def read_design(tree: Tree, settings: Settings, draft: Draft, check: Checker) -> Design:
    """Return the design; faults go to the draft."""
    design = design_section(tree)
    axes, wrong_axes = read_grid(given_or(design.get("grid"), {}), draft.sources, check)
    control = settings.design.control
    arms, wrong_arms = read_arms(given_or(design.get("arms"), {}), control, draft.sources, check)
    variables, wrong_variables = read_variables(design.get("variables"), check.leaves)
    zipped, wrong_zips = read_zips(given_or(design.get("zip"), {}), draft.sources, check)
    declared = (*variables, *draft.sheets.variables)
    swept = [v for v in declared if v.treatment == "low_to_high"]
    all_axes = (*axes, *zipped, *(_variable_axis(v) for v in swept))
    cases, wrong_cases = read_cases(
        given_or(design.get("cases"), []), draft.sources, check, all_axes,
        {f"params.{v.path}": v.default for v in swept if v.default is not None},
    )  # fmt: skip
    known = options_in_force(cases, draft.sources, draft.spec.name, draft.options)
    levels = with_cases(all_axes, cases, {**_in_force(tree, check), **known}) if cases else all_axes
    written = given_or(design.get("exclude"), [])
    excluded, wrong_excluded = read_excluded(written, tuple(levels), arms)
    wrong = [*wrong_axes, *wrong_arms, *wrong_variables, *wrong_zips, *wrong_cases]
    draft.problems += [*wrong, *repeated_axes((*axes, *zipped))]
    draft.problems += _clashes((*axes, *zipped), arms, variables)
    # a case takes the plain value of a key that it does not name
    settled = _settled(variables, () if cases else zipped)
    settled |= {} if all_axes else _settled_by_cases(cases)
    draft.problems += _overridden(draft, settled)
    draft.problems += case_clashes(cases, arms, [v for v in declared if not _is_plain(v)])
    draft.problems += sheet_clashes(draft.sheets, (*axes, *zipped), arms, variables)
    if not wrong:
        draft.problems += wrong_excluded
    return Design(axes=all_axes, arms=arms, excluded=excluded, variables=declared, cases=cases)


def _in_force(tree: Tree, check: Checker) -> dict[str, Any]:
    """Return the configured horizon and parameters by key."""
    horizon = tree.get("horizon")
    found = {f"params.{path}": leaf.value for path, leaf in check.leaves.items()}
    return {**found, "horizon": check.spec.horizon.default if horizon is None else horizon}


def _is_plain(variable: Variable) -> bool:
    """Tell whether a sheet's row merely sets a value, which arms and cases may change."""
    return variable.origin is not None and variable.treatment == "fixed"


def replaced_values(variables: tuple[Variable, ...]) -> dict[str, str]:
    """Return the keys whose configured value the runs do not use, with the variables' places."""
    return {
        f"params.{v.path}": f"{v.where()} (treatment {v.treatment})"
        for v in variables
        if v.treatment != "low_to_high" and not _is_plain(v)
    }


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


def _settled(
    variables: tuple[Variable, ...], zipped: tuple[Axis, ...]
) -> dict[str, tuple[str, str]]:
    """Return the keys whose plain value is never used: what sets it instead, and how."""
    found = {
        f"params.{v.path}": (f"design.variables.params.{v.path}", f" (treatment {v.treatment})")
        for v in variables
        if not v.reads_own_value
    }
    joined = [(key, axis.zipped) for axis in zipped for key in (axis.key, axis.group)]
    return {**found, **{key: (f"design.zip.{name}", "") for key, name in joined if key is not None}}


def _settled_by_cases(cases: tuple[Case, ...]) -> dict[str, tuple[str, str]]:
    """Return the keys that all cases name, where there are no other cells."""
    named = [{*case.levels, *case.choices} for case in cases]
    return dict.fromkeys(set.intersection(*named), ("design.cases", "")) if named else {}


def _overridden(draft: Draft, settled: Mapping[str, tuple[str, str]]) -> list[Problem]:
    """Return words, and values of data, that set a key whose value something else replaces.

    A value of data counts where what replaces it stands in a file: one mapping may hold both, as
    one file may.
    """
    given = [(word.text, word.key) for word in draft.words if word.kind in ("set", "choose")]
    given += [
        (f"{key} = {shown(value)}", key)
        for key, value in flat(draft.data)
        if key in settled and not is_set(draft.data, settled[key][0])
    ]
    found = [(text, *settled[key]) for text, key in given if key in settled]
    return [
        Problem(text, "", f"would change nothing: {place}{how} sets the value; remove it with "
                f"~{place}")
        for text, place, how in found
    ]  # fmt: skip
