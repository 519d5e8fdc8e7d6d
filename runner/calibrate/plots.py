"""Draw how the search went, how the targets are met, and how sure the parameters are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.calibrate.plots_parameters import blank, draw_intervals, draw_profiles
from runner.calibrate.points import TWO_SIDED_95, Point
from runner.calibrate.polish import Local
from runner.calibrate.space import Space
from runner.calibrate.trial import Trial

if TYPE_CHECKING:
    import pandas as pd

_COLOURS = {"search": "#7f8c9b", "race": "#d98c2b", "local": "#2b6cb0"}
_OBSERVED, _ACHIEVED, _HELD_OUT = "#333333", "#2b6cb0", "#d98c2b"


def drawings(
    space: Space, points: tuple[Point, ...], trials: Sequence[Trial], local: Local,
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> dict[str, Any]:  # fmt: skip
    """Return the figures by name: convergence, fit, intervals, profile.

    `tables` are the parameters and the fit.
    """
    parameters, fit = tables
    return {
        "convergence": _convergence(trials),
        "fit": _fit(points, fit),
        "intervals": draw_intervals(space, parameters),
        "profile": draw_profiles(space, trials, local),
    }


def _convergence(trials: Sequence[Trial]) -> Any:
    figure = blank(7, 4)
    axes = figure.subplots()
    scored = [(t, t.score.objective) for t in trials if t.score is not None]
    for phase, colour in _COLOURS.items():
        own = [(t.index, value) for t, value in scored if t.phase == phase]
        if own:
            axes.scatter(*zip(*own, strict=True), s=14, color=colour, label=phase)
    best = np.minimum.accumulate([value for _, value in scored])
    steps = [t.index for t, _ in scored]
    axes.step(steps, best, where="post", color=_OBSERVED, lw=1, label="lowest so far")
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
    figure = blank(7.5, max(height, 2.5))
    grid = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axes, (name, places) in zip(grid, panels, strict=True):
        draw = _curve if name else _side_by_side
        draw(axes, [points[i] for i in places], fit.iloc[places])
    return figure


def _curve(axes: Any, points: list[Point], fit: pd.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    periods = np.array([point.period for point in points])
    colours = [_OBSERVED if point.role == "fit" else _HELD_OUT for point in points]
    for period, value, se, colour in zip(
        periods, fit["target"], fit["target_se"], colours, strict=True
    ):
        axes.errorbar(period, value, yerr=TWO_SIDED_95 * se, fmt="o", ms=4, color=colour, capsize=2)
    order = np.argsort(periods)
    axes.plot(periods[order], fit["achieved"].to_numpy()[order], color=_ACHIEVED)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
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
