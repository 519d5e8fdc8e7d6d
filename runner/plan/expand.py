"""Multiply axes and arms into the ordered list of cells, and unite them with explicit cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.config import Arm, Study
from runner.config.grid import ARM, hashable, level_combinations, size_problems
from runner.config.study import Choices
from runner.contract import PlanError, Problem, shown
from runner.plan.plan import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """One cell before its parameters are built: levels, arm, group options and values.

    `origins` says, by key, where the levels that are treatments of this cell are declared; `case`
    is the place in `design.cases` of a cell that is not from the grid.
    """

    levels: Mapping[str, Any]
    arm: str | None
    choices: Choices
    values: Mapping[str, Any]
    origins: Mapping[str, str]
    case: int | None = None

    @property
    def label(self) -> str:
        """The cell as a person would name it: `arm=cheap, horizon=12`."""
        named = {**self.levels, **({ARM: self.arm} if self.arm is not None else {})}
        return ", ".join(f"{key}={shown(level)}" for key, level in named.items()) or "the only cell"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """A cell without its arm."""

    levels: Mapping[str, Any]
    choices: Mapping[str, str]
    values: Mapping[str, Any]
    origins: Mapping[str, str]
    case: int | None = None

    def cell(self, arm: Arm | None) -> Combination:
        options, values = self.choices, self.values
        if arm is not None:
            options, values = {**options, **arm.choices}, {**values, **arm.values}
        return Combination(
            levels=self.levels, arm=arm.name if arm is not None else None,
            choices=tuple(sorted(options.items())), values=values, origins=self.origins,
            case=self.case,
        )  # fmt: skip


LevelsInForce = Callable[[Combination, Iterable[str]], Mapping[str, Any]]


def expand(study: Study, in_force: LevelsInForce) -> list[Combination]:
    """Return the cells in plan order: the grid (axes as declared, the last fastest), then cases.

    The arm is fastest of all. Where cases name keys that other cells do not, `in_force` tells the
    values of these cells, so that every cell has a level for every key and a case that repeats a
    cell is seen.

    Raises:
        PlanError: there are too many cells or runs, or exclusions leave nothing.
    """
    _require_size(study)
    points = [*_grid(study)] if study.axes or not study.cases else []
    if study.cases:
        points = _united(study, points, in_force)
    arms = study.arms or (None,)
    cells = (point.cell(arm) for point in points for arm in arms)
    is_excluded = _exclusion(study.excluded)
    kept = [cell for cell in cells if not is_excluded(cell)]
    if not kept:
        raise PlanError([Problem("design.exclude", "", "leaves no cell to run")])
    return kept


def _require_size(study: Study) -> None:
    wrong = size_problems(
        study.axes, cases=len(study.cases), arms=len(study.arms), max_cells=study.max_cells,
        runs_per_cell=study.replicates * study.mc,
    )  # fmt: skip
    if wrong:
        raise PlanError(wrong)


def _grid(study: Study) -> Iterator[_Point]:
    origins = {axis.key: axis.origin for axis in study.axes}
    for levels in level_combinations(study.axes):
        chosen = list(zip(study.axes, levels, strict=True))
        yield _Point(
            levels={axis.key: level for axis, level in chosen},
            choices={axis.group: level for axis, level in chosen if axis.group},
            values={axis.key: level for axis, level in chosen if not axis.group},
            origins=origins,
        )


def _united(study: Study, grid: list[_Point], in_force: LevelsInForce) -> list[_Point]:
    """Return grid and cases with a level for every key, each combination of levels once."""
    keys = dict.fromkeys(axis.key for axis in study.axes)
    keys |= dict.fromkeys(key for case in study.cases for key in case.levels)
    control = next((arm for arm in study.arms if arm.name == study.control), None)
    found: dict[str, _Point] = {}
    for point in [*grid, *_cases(study)]:
        options = {k: v for k, v in study.options.items() if k not in point.levels}
        unnamed = [key for key in keys if key not in point.levels and key not in options]
        known = {**in_force(point.cell(control), unnamed), **options, **point.levels}
        levels = {key: known.get(key) for key in keys}
        whole = _Point(
            levels=levels, choices=point.choices, values=point.values, origins=point.origins,
            case=point.case,
        )  # fmt: skip
        found.setdefault(" ".join(map(_identity, levels.values())), whole)
    return list(found.values())


def _cases(study: Study) -> Iterator[_Point]:
    for index, case in enumerate(study.cases):
        origins = {key: f"design.cases[{index}].{key}" for key in case.levels}
        yield _Point(
            levels=case.levels, choices=case.choices, values=case.values, origins=origins,
            case=index,
        )  # fmt: skip


def _exclusion(excluded: Iterable[Mapping[str, Any]]) -> Callable[[Combination], bool]:
    """Return what tells whether a cell is excluded, at a cost that many entries do not raise."""
    by_keys: dict[tuple[str, ...], set[Any]] = {}
    for entry in excluded:
        keys = tuple(sorted(entry))
        by_keys.setdefault(keys, set()).add(hashable([entry[key] for key in keys]))

    def is_excluded(cell: Combination) -> bool:
        named = {**cell.levels, ARM: cell.arm}
        return any(hashable([named[k] for k in keys]) in found for keys, found in by_keys.items())

    return is_excluded


def case_notes(study: Study, cells: Iterable[Combination]) -> list[str]:
    """Return a remark for each case that adds no cell."""
    kept = {cell.case for cell in cells}
    return [
        f"design.cases[{index}] adds no cell: the study has it already, or excludes it"
        for index in range(len(study.cases))
        if index not in kept
    ]


def axis_levels(study: Study, cells: Iterable[Cell]) -> dict[str, tuple[Any, ...]]:
    """Return the distinct levels of each axis by key, those that only cases have at the end."""
    found = {axis.key: list(axis.levels) for axis in study.axes}
    if study.cases:
        for cell in cells:
            for key, level in cell.levels.items():
                found.setdefault(key, []).append(level)
    return {key: tuple(_distinct(levels)) for key, levels in found.items()}


def _distinct(levels: Iterable[Any]) -> list[Any]:
    found: dict[str, Any] = {}
    for level in levels:
        found.setdefault(_identity(level), level)
    return list(found.values())


def _identity(level: Any) -> str:
    """Return a text that is equal for equal levels; 12.0 is the level 12, true is not 1."""
    whole = int(level) if isinstance(level, float) and level.is_integer() else level
    return json.dumps(whole, default=str)
