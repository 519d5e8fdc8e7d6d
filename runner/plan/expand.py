"""Multiply axes and arms into the ordered list of cells."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.config import Axis, Study
from runner.config.study import Choices
from runner.contract import PlanError, Problem, shown

ARM = "arm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """One cell before its parameters are built: levels, arm, group options and values."""

    levels: Mapping[str, Any]
    arm: str | None
    choices: Choices
    values: Mapping[str, Any]

    @property
    def label(self) -> str:
        """The cell as a person would name it: `arm=cheap, horizon=12`."""
        named = {**self.levels, **({ARM: self.arm} if self.arm is not None else {})}
        return ", ".join(f"{key}={shown(level)}" for key, level in named.items()) or "the only cell"


def expand(study: Study) -> list[Combination]:
    """Return the cells in plan order: axes as declared, the last fastest, the arm fastest of all.

    Raises:
        PlanError: the product exceeds `design.max_cells`, or exclusions leave nothing.
    """
    sizes = {axis.key: len(axis.levels) for axis in study.axes}
    if study.arms:
        sizes[ARM] = len(study.arms)
    count = math.prod(sizes.values())
    if count > study.max_cells:
        product = " x ".join(f"{key} {size}" for key, size in sizes.items())
        allowed = f"must be at most design.max_cells = {study.max_cells}; grids are never thinned"
        raise PlanError([Problem("design.grid", f"{count} cells ({product})", allowed)])
    cells = [cell for cell in _product(study) if not _is_excluded(cell, study.excluded)]
    if not cells:
        raise PlanError([Problem("design.exclude", "", "leaves no cell to run")])
    return cells


def _product(study: Study) -> Iterator[Combination]:
    arms = study.arms or (None,)
    for levels in itertools.product(*(axis.levels for axis in study.axes)):
        chosen = list(zip(study.axes, levels, strict=True))
        for arm in arms:
            options = {axis.group: level for axis, level in chosen if axis.group}
            values = {axis.key: level for axis, level in chosen if not axis.group}
            if arm is not None:
                options |= arm.choices
                values |= arm.values
            yield Combination(
                levels={axis.key: level for axis, level in chosen},
                arm=arm.name if arm is not None else None,
                choices=tuple(sorted(options.items())),
                values=values,
            )


def _is_excluded(cell: Combination, excluded: tuple[Mapping[str, Any], ...]) -> bool:
    named = {**cell.levels, ARM: cell.arm}
    return any(all(named[key] == level for key, level in entry.items()) for entry in excluded)


def axis_levels(axes: tuple[Axis, ...]) -> dict[str, tuple[Any, ...]]:
    """Return the levels of each axis by key."""
    return {axis.key: axis.levels for axis in axes}
