"""Read `design.zip`: axes that move together, as one dimension of the grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.config.cells import may_vary
from runner.config.design import read_axis
from runner.config.sources import Sources
from runner.config.study import Axis
from runner.config.tree import flat
from runner.config.values import Checker
from runner.config.written import is_name
from runner.contract import Problem, shown

WHERE = "design.zip"
_SHAPE = "must map a name to keys with levels, as in {plans: {horizon: [6, 12], seed: [1, 2]}}"
_FEWEST = 2


def read_zips(
    tree: Any, sources: Sources, checker: Checker
) -> tuple[tuple[Axis, ...], list[Problem]]:
    """Return the axes of every zip, side by side and in order, and what is wrong with them."""
    if not isinstance(tree, Mapping):
        return (), [Problem(WHERE, shown(tree), _SHAPE)]
    axes, problems = [], []
    for name, written in tree.items():
        found, wrong = _read_zip(str(name), written, sources, checker)
        axes += found
        problems += wrong
    return tuple(axes), problems


def _read_zip(
    name: str, written: Any, sources: Sources, checker: Checker
) -> tuple[list[Axis], list[Problem]]:
    where = f"{WHERE}.{name}"
    if not isinstance(written, Mapping) or not is_name(name):
        return [], [Problem(where, shown(written), _SHAPE)]
    if may_vary(name) or sources.group_for(name, checker.spec.name):
        return [], [Problem(where, "", f"is a key where a name is wanted: {WHERE} {_SHAPE}")]
    axes, problems = [], []
    for key, levels in flat(written):
        axis, wrong = read_axis(key, levels, sources, checker, zipped=name)
        axes.append(axis)
        problems += wrong
    return axes, problems or _joint_problems(where, axes)


def _joint_problems(where: str, axes: list[Axis]) -> list[Problem]:
    if len(axes) < _FEWEST:
        return [Problem(where, "", "needs two keys or more; one key alone belongs in design.grid")]
    lengths = {axis.key: len(axis.levels) for axis in axes}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} {length}" for key, length in lengths.items())
        return [Problem(where, "", f"needs equally many levels for each key; has {told}")]
    rows = list(zip(*(axis.levels for axis in axes), strict=True))
    repeated = next((row for i, row in enumerate(rows) if row in rows[:i]), None)
    if repeated is None:
        return []
    told = ", ".join(shown(level) for level in repeated)
    return [Problem(where, "", f"has the same levels twice: {told}; list each set once")]


def repeated_axes(axes: Iterable[Axis]) -> list[Problem]:
    """Return keys and groups of a zip that are an axis already, naming both places."""
    seen: dict[str, Axis] = {}
    problems = []
    for axis in axes:
        first = seen.setdefault(axis.group or axis.key, axis)
        if first is not axis and axis.zipped is not None:  # the grid looks after itself
            problems.append(Problem(axis.origin, "", f"is also the axis {first.origin}; keep one"))
    return problems


def zip_notes(axes: Iterable[Axis]) -> list[str]:
    """Return a remark for each zip, which no table of axes by key can show."""
    names: dict[str, list[Axis]] = {}
    for axis in axes:
        if axis.zipped is not None:
            names.setdefault(axis.zipped, []).append(axis)
    return [
        f"{WHERE}.{name}: {', '.join(a.key for a in joined)} move together, "
        f"{len(joined[0].levels)} levels"
        for name, joined in names.items()
    ]
