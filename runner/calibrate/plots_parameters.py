"""Draw the calibrated parameters: their intervals in the declared ranges, and their profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.calibrate.points import TWO_SIDED_95
from runner.calibrate.polish import Local
from runner.calibrate.space import Dimension, Space
from runner.calibrate.trial import Trial

if TYPE_CHECKING:
    import pandas as pd

_FITTED, _GREY, _LINE = "#2b6cb0", "#7f8c9b", "#d98c2b"
_FINDINGS = {"determined": _FITTED, "weak": _LINE}
_FEW, _WIDE, _WIDER = 9, 3, 4
_REACH = 4.0  # standard errors to both sides of the optimum


def blank(width: float, height: float) -> Any:
    """Return an empty figure of this size in inches."""
    from matplotlib.figure import Figure  # not pyplot, which keeps figures and chooses a window

    return Figure(figsize=(width, height), layout="constrained", dpi=110)


def draw_intervals(space: Space, parameters: pd.DataFrame) -> Any:
    """Draw each value and its 95 % interval inside the declared range, which is the whole width."""
    rows = np.arange(len(space))
    figure = blank(8, 1.2 + 0.36 * len(space))
    axes = figure.subplots()
    for row, dimension, found in zip(
        rows, space.dimensions, parameters.to_dict("records"), strict=True
    ):
        colour = _FINDINGS.get(found["finding"], _GREY)
        axes.axhline(row, color="#e3e7ec", lw=6, solid_capstyle="butt", zorder=1)
        if not dimension.is_listed:
            ends = [dimension.coordinate(found[end]) for end in ("low", "high")]
            axes.plot(ends, [row, row], color=colour, lw=2.5, zorder=2)
        axes.plot([dimension.coordinate(found["value"])], [row], "o", color=colour, ms=5, zorder=3)
        axes.text(1.02, row, _told(dimension, found), fontsize=8, va="center")
    prefix = _shared_path(space)
    labels = [f"{_short(d, prefix)}  {_ends(d)}" for d in space.dimensions]
    axes.set_yticks(rows, labels, fontsize=8)
    axes.set(xlim=(0, 1), ylim=(len(space) - 0.5, -0.5))
    axes.set_xticks([])
    axes.set_xlabel("declared range; value and 95 % interval", fontsize=8)
    _name(axes.set_title, prefix)
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)
    return figure


def draw_profiles(space: Space, trials: Sequence[Trial], local: Local) -> Any:
    """Draw the objective over each variable near the optimum: trials there, and its parabola."""
    wide = min(_WIDE if len(space) <= _FEW else _WIDER, len(space))
    tall = -(-len(space) // wide)
    figure = blank(3.2 * wide, 0.5 + 2.5 * tall)
    grid = figure.subplots(tall, wide, squeeze=False).ravel()
    for axes in grid[len(space) :]:
        axes.set_visible(False)
    prefix = _shared_path(space)
    lowest = 0.0 if local.best.score is None else local.best.score.objective
    top = lowest + _REACH**2
    for place, dimension in enumerate(space.dimensions):
        axes = grid[place]
        _near(axes, dimension, trials, top)
        if place in local.places:
            se = float(local.curvature.se[local.places.index(place)])
            _parabola(axes, dimension, local.best, se, lowest)
        axes.axhline(lowest + TWO_SIDED_95**2, color=_LINE, lw=0.8, ls="--")
        axes.set_ylim(0.0, top)
        axes.set_title(_short(dimension, prefix), fontsize=8)
        axes.set_xlabel(dimension.unit, fontsize=7)
        axes.tick_params(labelsize=7)
    figure.supylabel("objective", fontsize=8)
    told = "points: trials; curve: expected from the slopes; dashed: end of the 95 % interval"
    _name(figure.suptitle, prefix, f"{told}")
    return figure


def _near(axes: Any, dimension: Dimension, trials: Sequence[Trial], top: float) -> None:
    near = [(t, t.score.objective) for t in trials if t.score and t.score.objective <= top]
    values = [trial.values[dimension.path] for trial, _ in near]
    told = list(map(str, values)) if dimension.is_listed else values
    axes.scatter(told, [objective for _, objective in near], s=9, color=_GREY)


def _parabola(axes: Any, dimension: Dimension, best: Trial, se: float, lowest: float) -> None:
    from matplotlib.ticker import MaxNLocator

    x = dimension.coordinate(best.values[dimension.path])
    across = np.linspace(max(0.0, x - _REACH * se), min(1.0, x + _REACH * se), 81)
    plain = Dimension(path="", low=dimension.low, high=dimension.high, scale=dimension.scale)
    values = [plain.value(c) for c in across]
    axes.plot(values, lowest + ((across - x) / se) ** 2, color=_FITTED)
    axes.set_xlim(values[0], values[-1])
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _told(dimension: Dimension, found: dict[Any, Any]) -> str:
    value = found["value"]
    text = f"{value:.4g}" if isinstance(value, int | float) else str(value)
    return f"{text} {dimension.unit}, {found['finding']}"


def _ends(dimension: Dimension) -> str:
    if dimension.is_listed:
        return f"({len(dimension.values)} values)"
    return f"({dimension.low:g} to {dimension.high:g}{', log' * (dimension.scale == 'log')})"


def _shared_path(space: Space) -> str:
    """Return the path, ending in a dot, below which all variables lie; empty if there is none."""
    first, *others = ([*d.path.split(".")[:-1]] for d in space.dimensions)
    shared = []
    for place, segment in enumerate(first):
        if any(other[place : place + 1] != [segment] for other in others):
            break
        shared.append(segment)
    return "".join(f"{segment}." for segment in shared)


def _short(dimension: Dimension, prefix: str) -> str:
    return dimension.path.removeprefix(prefix)


def _name(write: Any, prefix: str, told: str = "") -> None:
    """Write a title that tells the part of the paths that labels leave out."""
    lines = [f"params.{prefix}*"] if prefix else []
    lines += [told] if told else []
    if lines:
        write("\n".join(lines), fontsize=8)
