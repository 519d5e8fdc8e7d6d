"""Compose the tree that every combination of group options in use gives to its cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from runner.config.cells import cell_part, without_cell_part
from runner.config.draft import Draft, with_defaults
from runner.config.grid import level_combinations, size_problems
from runner.config.study import Choices
from runner.config.treatments import Design
from runner.config.tree import Tree
from runner.contract import ConfigError, Problem


def option_bases(draft: Draft, raw: Tree, design: Design, max_cells: int) -> dict[Choices, Tree]:
    """Return the cell part of the tree for every combination of group options in use.

    `raw` is the tree under the options chosen for the whole study.

    Raises:
        ConfigError: the grid is too large, or an option changes what cells must share.
    """
    _require_size(design, max_cells)
    bases: dict[Choices, Tree] = {}
    for combined in _combinations(design):
        key = tuple(sorted(combined.items()))
        if key not in bases:
            tree = raw
            if combined:
                tree = with_defaults(draft.tree({**draft.choices, **combined}), draft.spec)
            _require_same(raw, tree, key)
            bases[key] = cell_part(tree)
    return bases


def _require_size(design: Design, max_cells: int) -> None:
    """Refuse a grid that is too large before each of its combinations is composed."""
    cases, arms = len(design.cases), len(design.arms)
    is_composed = any(axis.group for axis in design.axes)
    if is_composed and (
        wrong := size_problems(design.axes, cases=cases, arms=arms, max_cells=max_cells)
    ):
        raise ConfigError(wrong)


def _combinations(design: Design) -> Iterator[dict[str, str]]:
    """Yield the options of every combination of group axes, or case, with every arm."""
    group_axes = [axis for axis in design.axes if axis.group]
    on_axes = [
        {cast(str, a.group): level for a, level in zip(group_axes, levels, strict=True)}
        for levels in level_combinations(group_axes)
    ]
    by_arm = [arm.choices for arm in design.arms] or [{}]
    for options in [*on_axes, *(case.choices for case in design.cases)]:
        for choices in by_arm:
            yield {**options, **choices}


def _require_same(base: Tree, other: Tree, choices: Choices) -> None:
    if without_cell_part(base) == without_cell_part(other):
        return
    named = ", ".join(f"{group}={option}" for group, option in choices)
    before, after = without_cell_part(base), without_cell_part(other)
    keys = sorted(k for k in {*before, *after} if before.get(k) != after.get(k))
    allowed = f"cannot be an axis or part of an arm: it also changes {', '.join(keys)}"
    raise ConfigError([Problem(named, "", allowed)])
