"""Read arms, grid and exclusions."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from runner.config.grid import hashable
from runner.config.sources import ENGINE_GROUP, NO_OPTION, STUDY_GROUP, Sources
from runner.config.study import Arm, Axis
from runner.config.tree import flat
from runner.config.values import Checker
from runner.config.words import read_levels
from runner.config.written import is_name
from runner.contract import Problem, nearest, shown

ARM_AXIS = "arm"
IMPLIED_CONTROL = "control"


def read_grid(
    tree: Any, sources: Sources, checker: Checker
) -> tuple[tuple[Axis, ...], list[Problem]]:
    """Return the axes of `design.grid` in order, and what is wrong with them."""
    if not isinstance(tree, Mapping):
        return (), [Problem("design.grid", shown(tree), "must be a mapping from keys to levels")]
    axes: list[Axis] = []
    problems: list[Problem] = []
    for key, written in _axis_entries(tree):
        axis, wrong = read_axis(key, written, sources, checker)
        wrong += _same_group(axis, axes)
        problems += wrong
        if not wrong:
            axes.append(axis)
    return tuple(axes), problems


def _same_group(axis: Axis, others: list[Axis]) -> list[Problem]:
    """Return the problem of two names for one group, where one axis would replace the other."""
    named = [other.key for other in others if other.group and other.group == axis.group]
    allowed = f"is the same group as the axis {', '.join(named)}; keep one"
    return [Problem(f"design.grid.{axis.key}", "", allowed)] if named else []


def _axis_entries(tree: Mapping[str, Any]) -> list[tuple[str, Any]]:
    entries: list[tuple[str, Any]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
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
    levels, problems = _levels(written, where, sources.groups[group] if group else ())
    if key in (ENGINE_GROUP, STUDY_GROUP):
        problems.append(Problem(where, "", f"{key} cannot be an axis: run one study for each"))
    elif group is not None:
        problems += [p for level in levels for p in option_problems(where, level, group, sources)]
    else:
        problems += [p for level in levels for p in checker.problems(key, level, where)]
    if zipped is None and _repeat(levels) and not problems:
        problems.append(Problem(where, shown(list(levels)), "levels must not repeat"))
    axis = Axis(key=key, levels=tuple(levels), group=group, zipped=zipped, origin=where)
    return axis, problems


def _levels(written: Any, where: str, options: tuple[str, ...]) -> tuple[list[Any], list[Problem]]:
    if isinstance(written, str):
        try:
            written = read_levels(written, options)
        except ValueError as error:
            return [], [Problem(where, written, f"is not a list of levels ({error})")]
    if not isinstance(written, list | tuple):
        written = [written]
    if not written:
        return [], [Problem(where, "[]", "needs at least one level")]
    wrong = [Problem(where, shown(v), _NO_LEVEL) for v in written if isinstance(v, Mapping)]
    return ([], wrong) if wrong else (list(written), [])


_NO_LEVEL = "is no level: name the parameter itself, or make such sets arms or files of a group"


def _repeat(levels: list[Any]) -> bool:
    """Tell whether two levels are equal; 1 and 1.0 are, 1 and true are not."""
    seen = [(isinstance(level, bool), level) for level in levels]
    if all(isinstance(level, Hashable) for level in levels):
        return len(set(seen)) < len(seen)
    return any(item in seen[:index] for index, item in enumerate(seen))


def option_problems(where: str, option: Any, group: str, sources: Sources) -> list[Problem]:
    """Return the problems of an option, or of a list of them, that its group does not have.

    `null` chooses nothing of a group, as in Hydra; a study needs an engine, though.
    """
    options = sources.groups[group]
    found = []
    if option in (None, NO_OPTION) and group not in (ENGINE_GROUP, STUDY_GROUP):
        return []
    for name in _named_options(option):
        if not isinstance(name, str) or name not in options:
            hint = nearest(name, options) if isinstance(name, str) else ""
            allowed = f"is no option of {group}: {', '.join(options)}{hint}"
            found.append(Problem(where, shown(name), allowed))
    return found


def _named_options(option: Any) -> list[Any]:
    """Return the options that a choice names: `[a,b]` takes several files of a group together."""
    if isinstance(option, str) and option.startswith("[") and option.endswith("]"):
        return [name.strip() for name in option[1:-1].split(",")]
    return [option]


def read_arms(
    tree: Any, control: str, sources: Sources, checker: Checker
) -> tuple[tuple[Arm, ...], list[Problem]]:
    """Return the arms in order, the control first if it was implied, and what is wrong."""
    if not isinstance(tree, Mapping):
        return (), [Problem("design.arms", shown(tree), "must be a mapping from arm names")]
    if not tree:
        return (), []
    arms, problems = [], _control_problems(control, list(tree))
    if control not in tree:
        arms.append(Arm(name=control, choices={}, values={}))
    for name, written in tree.items():
        arm, wrong = _read_arm(name, written, sources, checker)
        problems += wrong
        arms.append(arm)
    if len(arms) == 1:
        problems.append(Problem("design.arms", "", "needs an arm besides the control"))
    return tuple(arms), problems


def _control_problems(control: str, names: list[str]) -> list[Problem]:
    if control in names or control == IMPLIED_CONTROL:
        return []
    hint = nearest(control, names) or f": {', '.join(names)}"
    return [Problem("design.control", shown(control), f"names no arm of design.arms{hint}")]


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
    known = {key: frozenset(map(hashable, of_axis)) for key, of_axis in levels.items()}
    found, problems = [], []
    for index, entry in enumerate(written):
        wrong = _excluded_problems(f"{where}[{index}]", entry, levels, known)
        problems += wrong
        if not wrong:
            found.append(dict(flat(entry)))
    return tuple(found), problems


def _excluded_problems(
    where: str,
    entry: Any,
    levels: Mapping[str, tuple[Any, ...]],
    sets: Mapping[str, frozenset[Any]],
) -> list[Problem]:
    if not isinstance(entry, Mapping) or not entry:
        return [Problem(where, shown(entry), "must map axes to levels")]
    wrong = []
    for key, level in flat(entry):
        if key not in levels:
            known = ", ".join(levels) or "none"
            wrong.append(Problem(f"{where}.{key}", "", f"is not an axis of this study: {known}"))
        elif hashable(level) not in sets[key]:
            shown_levels = ", ".join(shown(v) for v in levels[key])
            wrong.append(Problem(f"{where}.{key}", shown(level), f"is not a level: {shown_levels}"))
    return wrong
