"""Say of each parameter how sure it is, and in plain words what the targets do not determine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from runner.calibrate.local import UNIFORM_SD
from runner.calibrate.points import TWO_SIDED_95, Point
from runner.calibrate.polish import Local
from runner.calibrate.space import Dimension, Space
from runner.contract import shown

_WELL = 0.1  # standard error as a share of the range, up to which a parameter counts as determined
_SAME = 0.9  # a standard error of nearly the range's own says no more than the range
_AT_END = 1e-6
_DEAF = 1e-3  # standardised misfit over the whole range: below, a target does not respond
_DOUBTFUL = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    word: str
    sentence: str


def parameter_table(space: Space, local: Local) -> pd.DataFrame:
    """Return a row per variable: path, value, se, low and high (95 %), unit, finding.

    `se_share` is the standard error as a share of the declared range. The interval ends at the
    range's ends; listed values have none.
    """
    rows = []
    x = space.local(local.best.values)
    for place, dimension in enumerate(space.dimensions):
        value = local.best.values[dimension.path]
        row: dict[str, Any] = {"path": dimension.path, "value": value, "unit": dimension.unit}
        if place in local.places:
            share = float(local.curvature.se[local.places.index(place)])
            half = TWO_SIDED_95 * share if share < UNIFORM_SD * _SAME else 1.0
            row |= {
                "se_share": share,
                "low": _unrounded(dimension, float(x[place]) - half),
                "high": _unrounded(dimension, float(x[place]) + half),
            }
        row["finding"] = _finding(space, local, place).word
        rows.append(row)
    columns = ["path", "value", "low", "high", "unit", "se_share", "finding"]
    frame = pd.DataFrame(rows).reindex(columns=columns)
    return frame.astype({"low": "Float64", "high": "Float64", "se_share": "Float64"})


def _unrounded(dimension: Dimension, x: float) -> float:
    """Return the value at a coordinate, off the lattice, inside the range."""
    return float(
        Dimension(path="", low=dimension.low, high=dimension.high, scale=dimension.scale).value(x)
    )


def statements(
    space: Space, local: Local, points: tuple[Point, ...], p_value: float | None
) -> tuple[str, ...]:
    """Return sentences: per parameter what is not well determined, and what cannot be met."""
    told = [f for p in range(len(space)) if (f := _finding(space, local, p).sentence)]
    if not told:
        told = ["the targets determine every variable"]
    told += _at_ends(space, local)
    fits = [point for point in points if point.role == "fit"]
    if local.places:
        told += [
            f"no variable moves {point.name}: it cannot be fitted within these ranges"
            for point, slopes in zip(fits, local.slopes, strict=True)
            if abs(slopes).max() < _DEAF
        ]
    if p_value is not None and p_value < _DOUBTFUL:
        told.append(
            f"the targets cannot all be met together (p = {p_value:.2g}): the model, the ranges or "
            "a standard error is wrong, and the intervals are too narrow"
        )
    return tuple(told)


def _finding(space: Space, local: Local, place: int) -> _Finding:
    dimension = space.dimensions[place]
    if place not in local.places:
        text = f"{dimension.path} is {shown(local.best.values[dimension.path])}, the best of the "
        return _Finding(word="best of list", sentence=f"{text}listed values that were tried")
    own = local.places.index(place)
    se, alone = float(local.curvature.se[own]), float(local.curvature.alone[own])
    if se <= _WELL:
        return _Finding(word="determined", sentence="")
    if alone >= UNIFORM_SD * _SAME:
        text = f"the targets do not determine {dimension.path}: they hardly respond to it"
        return _Finding(word="not determined", sentence=text)
    if se < UNIFORM_SD * _SAME:
        text = f"{dimension.path} is weakly determined: its standard error is {se:.0%} of its range"
        return _Finding(word="weak", sentence=text)
    others = [space.dimensions[local.places[other]].path for other in local.curvature.partners(own)]
    text = f"the targets do not determine {dimension.path} by itself"
    if others:
        text += f", only in combination with {', '.join(others)}"
    return _Finding(word="only in combination", sentence=text)


def _at_ends(space: Space, local: Local) -> list[str]:
    found = []
    for dimension, x in zip(space.dimensions, space.local(local.best.values), strict=True):
        if dimension.is_listed or _AT_END < x < 1.0 - _AT_END:
            continue
        end, value = ("min", dimension.low) if x <= _AT_END else ("max", dimension.high)
        found.append(
            f"{dimension.path} ends at its {end} ({value:g}): the best value may be beyond"
        )
    return found
