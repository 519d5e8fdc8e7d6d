"""Multiply axes into combinations of levels; axes that move together count as one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.config.study import Axis
from runner.contract import Problem

ARM = "arm"
MOST_RUNS = 20_000_000


def dimensions(axes: Sequence[Axis]) -> list[tuple[Axis, ...]]:
    """Return the axes by dimension: those that move together side by side, others alone."""
    found: list[tuple[Axis, ...]] = []
    for axis in axes:
        if found and axis.zipped is not None and found[-1][0].zipped == axis.zipped:
            found[-1] = (*found[-1], axis)
        else:
            found.append((axis,))
    return found


def dimension_sizes(axes: Sequence[Axis]) -> dict[str, int]:
    """Return the number of levels by axis, or by name where several move together."""
    return {
        joined[0].key if joined[0].zipped is None else f"zip {joined[0].zipped}": len(
            joined[0].levels
        )
        for joined in dimensions(axes)
    }


def level_combinations(axes: Sequence[Axis]) -> Iterator[tuple[Any, ...]]:
    """Yield one level per axis for every combination, in plan order: the last axis fastest."""
    rows = [zip(*(axis.levels for axis in joined), strict=True) for joined in dimensions(axes)]
    for found in itertools.product(*rows):
        yield tuple(itertools.chain.from_iterable(found))


def size_problems(
    axes: Sequence[Axis], *, cases: int, arms: int, max_cells: int, runs_per_cell: int = 1
) -> list[Problem]:
    """Return what is wrong with the number of cells and runs; nothing is multiplied out.

    `arms` is 0 where a study has none. `max_cells` is the study's own bound; nothing lifts that on
    runs, since each takes memory from the start.
    """
    sizes, n_arms = dimension_sizes(axes), max(1, arms)
    cells = (math.prod(sizes.values()) + cases) * n_arms
    if cells > max_cells:
        named = [f"{key} {size}" for key, size in sizes.items()]
        named += [f"{ARM} {arms}"] if arms else []
        product = " x ".join(named) + (f"; {cases} cases" if cases else "")
        allowed = f"must be at most design.max_cells = {max_cells}; grids are never thinned"
        return [Problem("design.grid", f"{cells} cells ({product})", allowed)]
    if cells * runs_per_cell > MOST_RUNS:
        found = f"{cells * runs_per_cell} runs ({cells} cells x {runs_per_cell})"
        allowed = f"must be at most {MOST_RUNS}; make several studies of it"
        return [Problem("design.replicates", found, allowed)]
    return []


def hashable(level: Any) -> Any:
    """Return something that is equal, and hashes equally, for equal levels."""
    if isinstance(level, Mapping):
        return frozenset((key, hashable(item)) for key, item in level.items())
    return tuple(map(hashable, level)) if isinstance(level, list | tuple) else level
