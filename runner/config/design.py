"""Read arms, grid and exclusions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydra.errors import HydraException

from runner.config.settings import is_name
from runner.config.sources import ENGINE_GROUP, STUDY_GROUP, Sources
from runner.config.study import Arm, Axis
from runner.config.tree import flat
from runner.config.values import Checker
from runner.config.words import read_levels
from runner.contract import Problem, nearest, shown

ARM_AXIS = "arm"


def read_grid(
    tree: Any, sources: Sources, checker: Checker
) -> tuple[tuple[Axis, ...], list[Problem]]:
    """Return the axes of `design.grid` in order, and what is wrong with them."""
    if not isinstance(tree, Mapping):
        return (), [Problem("design.grid", shown(tree), "must be a mapping from keys to levels")]
    axes, problems = [], []
    for key, written in _axis_entries(tree, sources, checker.spec.name):
        axis, wrong = read_axis(key, written, sources, checker)
        problems += wrong
        if not wrong:
            axes.append(axis)
    return tuple(axes), problems


def _axis_entries(tree: Mapping[str, Any], sources: Sources, engine: str) -> list[tuple[str, Any]]:
    entries: list[tuple[str, Any]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping):
            entries += flat(value, f"{key}.")
        else:
            entries.append((key, value))
    return entries


def read_axis(
    key: str, written: Any, sources: Sources, checker: Checker, zipped: str | None = None
) -> tuple[Axis, list[Problem]]:
    """Return one axis, of the grid or of a named zip where levels may repeat, and its problems."""
    where = f"design.grid.{key}" if zipped is None else f"design.zip.{zipped}.{key}"
    group = sources.group_for(key, checker.spec.name)
    levels, problems = _levels(written, where)
    if key in (ENGINE_GROUP, STUDY_GROUP):
        problems.append(Problem(where, "", f"{key} cannot be an axis: run one study for each"))
    elif group is not None:
        problems += [p for level in levels for p in option_problems(where, level, group, sources)]
    else:
        problems += [p for level in levels for p in checker.problems(key, level, where)]
    if zipped is None and len({str(level) for level in levels}) < len(levels):
        problems.append(Problem(where, shown(list(levels)), "levels must not repeat"))
    axis = Axis(key=key, levels=tuple(levels), group=group, zipped=zipped, origin=where)
    return axis, problems


def _levels(written: Any, where: str) -> tuple[list[Any], list[Problem]]:
    if isinstance(written, str):
        try:
            written = read_levels(written)
        except HydraException as error:
            return [], [Problem(where, written, f"is not a list of levels ({error})")]
    if not isinstance(written, list | tuple):
        written = [written]
    if not written:
        return [], [Problem(where, "[]", "needs at least one level")]
    return list(written), []


def option_problems(where: str, option: Any, group: str, sources: Sources) -> list[Problem]:
    """Return the problem of an option that its group does not have."""
    options = sources.groups[group]
    if option in options:
        return []
    hint = nearest(str(option), options)
    allowed = f"is no option of {group}: {', '.join(options)}{hint}"
    return [Problem(where, shown(option), allowed)]


def read_arms(
    tree: Any, control: str, sources: Sources, checker: Checker
) -> tuple[tuple[Arm, ...], list[Problem]]:
    """Return the arms in order, the control first if it was implied, and what is wrong."""
    if not isinstance(tree, Mapping):
        return (), [Problem("design.arms", shown(tree), "must be a mapping from arm names")]
    if not tree:
        return (), []
    arms, problems = [], []
    if control not in tree:
        arms.append(Arm(name=control, choices={}, values={}))
    for name, written in tree.items():
        arm, wrong = _read_arm(name, written, sources, checker)
        problems += wrong
        arms.append(arm)
    if len(arms) == 1:
        problems.append(Problem("design.arms", "", "needs an arm besides the control"))
    return tuple(arms), problems


def _read_arm(
    name: str, written: Any, sources: Sources, checker: Checker
) -> tuple[Arm, list[Problem]]:
    where, choices, values = f"design.arms.{name}", {}, {}
    problems = [] if is_name(name) else [Problem(where, "", "arm names are letters, digits, _, -")]
    if not isinstance(written, Mapping | None):
        return Arm(name=name, choices={}, values={}), [
            Problem(where, shown(written), "must be a mapping of overrides; {} for none")
        ]
    for key, value in flat(written or {}):
        here = f"{where}.{key}"
        group = sources.group_for(key, checker.spec.name)
        if key in (ENGINE_GROUP, STUDY_GROUP):
            problems.append(Problem(here, "", f"{key} cannot differ between arms"))
        elif group is not None:
            problems += option_problems(here, value, group, sources)
            choices[group] = value
        else:
            problems += checker.problems(key, value, here)
            values[key] = value
    return Arm(name=name, choices=choices, values=values), problems


def read_excluded(
    written: Any, axes: tuple[Axis, ...], arms: tuple[Arm, ...]
) -> tuple[tuple[Mapping[str, Any], ...], list[Problem]]:
    """Return the cells to drop, as mappings from axis to level, and what is wrong with them."""
    where = "design.exclude"
    if not isinstance(written, list):
        return (), [Problem(where, shown(written), "must be a list such as [{horizon: 90}]")]
    levels: dict[str, tuple[Any, ...]] = {axis.key: axis.levels for axis in axes}
    if arms:
        levels[ARM_AXIS] = tuple(arm.name for arm in arms)
    found, problems = [], []
    for index, entry in enumerate(written):
        wrong = _excluded_problems(f"{where}[{index}]", entry, levels)
        problems += wrong
        if not wrong:
            found.append(dict(flat(entry)))
    return tuple(found), problems


def _excluded_problems(
    where: str, entry: Any, levels: Mapping[str, tuple[Any, ...]]
) -> list[Problem]:
    if not isinstance(entry, Mapping) or not entry:
        return [Problem(where, shown(entry), "must map axes to levels")]
    wrong = []
    for key, level in flat(entry):
        if key not in levels:
            known = ", ".join(levels) or "none"
            wrong.append(Problem(f"{where}.{key}", "", f"is not an axis of this study: {known}"))
        elif level not in levels[key]:
            shown_levels = ", ".join(shown(v) for v in levels[key])
            wrong.append(Problem(f"{where}.{key}", shown(level), f"is not a level: {shown_levels}"))
    return wrong
