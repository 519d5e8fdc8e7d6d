"""Draw how the search went, how the targets are met, and how sharp the optimum is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.calibrate.points import TWO_SIDED_95, Point
from runner.calibrate.polish import Local
from runner.calibrate.space import Space
from runner.calibrate.trial import Trial

if TYPE_CHECKING:
    import pandas as pd

_COLOURS = {"search": "#7f8c9b", "race": "#d98c2b", "local": "#2b6cb0"}
_OBSERVED, _ACHIEVED, _HELD_OUT = "#333333", "#2b6cb0", "#d98c2b"
_WIDE = 3


def drawings(
    space: Space, points: tuple[Point, ...], trials: Sequence[Trial], local: Local,
    fit: pd.DataFrame,
) -> dict[str, Any]:  # fmt: skip
    """Return the figures by name: convergence, fit, profile."""
    return {
        "convergence": _convergence(trials),
        "fit": _fit(points, fit),
        "profile": _profile(space, trials, local),
    }


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure  # not pyplot, which keeps figures and chooses a window

    return Figure(figsize=(width, height), layout="constrained", dpi=110)


def _convergence(trials: Sequence[Trial]) -> Any:
    figure = _figure(7, 4)
    axes = figure.subplots()
    scored = [(t, t.score.objective) for t in trials if t.score is not None]
    for phase, colour in _COLOURS.items():
        own = [(t.index, value) for t, value in scored if t.phase == phase]
        if own:
            axes.scatter(*zip(*own, strict=True), s=14, color=colour, label=phase)
    best = np.minimum.accumulate([value for _, value in scored])
    axes.plot([t.index for t, _ in scored], best, color=_OBSERVED, lw=1, label="lowest so far")
    unusable = [t.index for t in trials if t.score is None]
    if unusable:
        top = max(value for _, value in scored)
        axes.scatter(unusable, [top] * len(unusable), marker="x", color="#b03030", label="unusable")
    axes.set_yscale("log")
    axes.set(xlabel="trial", ylabel="objective: sum of squared standardised errors")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _fit(points: tuple[Point, ...], fit: pd.DataFrame) -> Any:
    """Draw each target with its 95 % band; curves over their periods, the others side by side."""
    by_target: dict[str, list[int]] = {}
    for place, point in enumerate(points):
        by_target.setdefault(point.target if point.period_column else "", []).append(place)
    panels = list(by_target.items())
    height = sum(3.0 if name else 0.8 + 0.35 * len(places) for name, places in panels)
    figure = _figure(7.5, max(height, 2.5))
    grid = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axes, (name, places) in zip(grid, panels, strict=True):
        draw = _curve if name else _side_by_side
        draw(axes, [points[i] for i in places], fit.iloc[places])
    return figure


def _curve(axes: Any, points: list[Point], fit: pd.DataFrame) -> None:
    periods = np.array([point.period for point in points])
    colours = [_OBSERVED if point.role == "fit" else _HELD_OUT for point in points]
    for period, value, se, colour in zip(
        periods, fit["target"], fit["target_se"], colours, strict=True
    ):
        axes.errorbar(period, value, yerr=TWO_SIDED_95 * se, fmt="o", ms=4, color=colour, capsize=2)
    order = np.argsort(periods)
    axes.plot(periods[order], fit["achieved"].to_numpy()[order], color=_ACHIEVED)
    axes.set(xlabel=points[0].period_column, ylabel=points[0].unit)
    axes.set_title(
        f"{points[0].target}: observed with 95 % band (orange: held out), line: achieved",
        fontsize=9,
    )


def _side_by_side(axes: Any, points: list[Point], fit: pd.DataFrame) -> None:
    z = fit["standardised_error"].to_numpy(dtype=float)
    rows = np.arange(len(points))
    colours = [_ACHIEVED if point.role == "fit" else _HELD_OUT for point in points]
    axes.axvspan(-2, 2, color="#e8eef5")
    axes.axvline(0, color=_OBSERVED, lw=0.8)
    axes.scatter(z, rows, color=colours)
    axes.set_yticks(rows, [point.name for point in points], fontsize=8)
    reach = max(3.0, 1.1 * float(np.abs(z).max()))
    axes.set(xlim=(-reach, reach), ylim=(len(points) - 0.5, -0.5))
    axes.set_xlabel("standardised error (orange: held out; band: within two standard errors)")


def _profile(space: Space, trials: Sequence[Trial], local: Local) -> Any:
    """Draw the objective over each variable: all trials, and the local profile of the optimum."""
    wide = min(_WIDE, len(space))
    tall = -(-len(space) // wide)
    figure = _figure(3.6 * wide, 2.9 * tall)
    grid = figure.subplots(tall, wide, squeeze=False).ravel()
    for axes in grid[len(space) :]:
        axes.set_visible(False)
    lowest = 0.0 if local.best.score is None else local.best.score.objective
    scored = [(t, t.score.objective) for t in trials if t.score is not None]
    for place, dimension in enumerate(space.dimensions):
        axes = grid[place]
        values = [t.values[dimension.path] for t, _ in scored]
        told = list(map(str, values)) if dimension.is_listed else values
        axes.scatter(told, [o for _, o in scored], s=8, color=_COLOURS["search"])
        if place in local.places:
            x = dimension.coordinate(local.best.values[dimension.path])
            se = float(local.curvature.se[local.places.index(place)])
            across = np.linspace(max(0.0, x - 4 * se), min(1.0, x + 4 * se), 81)
            rise = lowest + ((across - x) / se) ** 2
            axes.plot([dimension.value(c) for c in across], rise, color=_ACHIEVED)
            if dimension.scale == "log":
                _log_axis(axes)
        axes.axhline(lowest + TWO_SIDED_95**2, color=_HELD_OUT, lw=0.8, ls="--")
        axes.set_yscale("symlog", linthresh=max(1.0, lowest + TWO_SIDED_95**2))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel(f"{dimension.path}\n{dimension.unit}", fontsize=8)
    grid[0].set_ylabel("objective", fontsize=8)
    return figure


def _log_axis(axes: Any) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
