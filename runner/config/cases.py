"""Read `design.cases`: explicit cells beside those of the grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from runner.config.design import ARM_AXIS, option_problems
from runner.config.sources import ENGINE_GROUP, STUDY_GROUP, Sources
from runner.config.study import Arm, Axis, Case, Variable
from runner.config.tree import Tree, flat
from runner.config.values import Checker
from runner.contract import Problem, shown

WHERE = "design.cases"


def read_cases(
    written: Any, sources: Sources, checker: Checker, axes: Iterable[Axis], defaults: Tree
) -> tuple[tuple[Case, ...], list[Problem]]:
    """Return the cases in order and what is wrong with them.

    `defaults` holds the level, by key, of variables that are an axis and that a case leaves out.
    """
    keys = {axis.group: axis.key for axis in axes if axis.group}
    if not isinstance(written, list | tuple):
        return (), [Problem(WHERE, shown(written), "must be a list such as [{horizon: 24}]")]
    cases, problems = [], []
    for index, entry in enumerate(written):
        where = f"{WHERE}[{index}]"
        if not isinstance(entry, Mapping) or not entry:
            problems.append(Problem(where, shown(entry), "must map keys to values"))
            continue
        case, wrong = _read_case(where, entry, sources, checker, defaults)
        cases.append(case)
        problems += wrong
        problems += [
            Problem(f"{where}.{key}", "", f"is the group of the axis {keys[group]}; write that")
            for key in case.levels
            if (group := sources.group_for(key, checker.spec.name)) and keys.get(group, key) != key
        ]
    return tuple(cases), problems


def _read_case(
    where: str, entry: Mapping[str, Any], sources: Sources, checker: Checker, defaults: Tree
) -> tuple[Case, list[Problem]]:
    levels, choices, values, problems = dict(flat(entry)), {}, dict(defaults), []
    for key, level in levels.items():
        here, group = f"{where}.{key}", sources.group_for(key, checker.spec.name)
        if key in (ENGINE_GROUP, STUDY_GROUP):
            allowed = f"{key} cannot differ between cells: run one study for each"
            problems.append(Problem(here, "", allowed))
        elif key == ARM_AXIS:
            allowed = "each case is run in every arm; design.exclude drops some"
            problems.append(Problem(here, "", allowed))
        elif group is not None:
            problems += option_problems(here, level, group, sources)
            choices[group] = level
        else:
            problems += checker.problems(key, level, here)
            values[key] = level
    return Case(levels={**defaults, **levels}, choices=choices, values=values), problems


def case_clashes(
    cases: Iterable[Case], arms: Iterable[Arm], variables: Iterable[Variable]
) -> list[Problem]:
    """Return keys of cases that an arm or a variable sets too, naming both places."""
    by_arm = {
        key: f"design.arms.{arm.name}.{key}" for arm in arms for key in (*arm.values, *arm.choices)
    }
    treated = {
        f"params.{v.path}": v
        for v in variables
        if v.treatment != "low_to_high" and not v.reads_own_value
    }
    problems = []
    for where, key in named_levels(cases):
        if key in treated:
            variable = treated[key]
            told = f"would change nothing: {variable.where()} (treatment {variable.treatment}) "
            problems.append(Problem(where, "", f"{told}sets the value; remove one"))
        if key in by_arm:
            problems.append(Problem(where, "", f"is also set by {by_arm[key]}; keep one"))
    return problems


def named_levels(cases: Iterable[Case]) -> Iterator[tuple[str, str]]:
    """Yield (place, key) for every key or group of every case."""
    for index, case in enumerate(cases):
        for key in dict.fromkeys((*case.levels, *case.choices)):
            yield f"{WHERE}[{index}].{key}", key


def options_in_force(
    cases: Sequence[Case], sources: Sources, engine: str, chosen: Mapping[str, str]
) -> dict[str, str | None]:
    """Return the option in force by key, for the groups that cases name."""
    keys = dict.fromkeys(key for case in cases for key in case.levels)
    groups = {key: sources.group_for(key, engine) for key in keys}
    return {key: chosen.get(group) for key, group in groups.items() if group is not None}


def with_cases(axes: Iterable[Axis], cases: Iterable[Case], known: Mapping[str, Any]) -> list[Axis]:
    """Return the axes with every level that a cell may have: those of cases, and those `known`."""
    levels = {axis.key: list(axis.levels) for axis in axes}
    for case in cases:
        for key, level in case.levels.items():
            levels.setdefault(key, [known[key]] if key in known else []).append(level)
    for key in levels.keys() & known.keys():
        levels[key].append(known[key])
    return [Axis(key=key, levels=tuple(found)) for key, found in levels.items()]
