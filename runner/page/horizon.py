"""How the engine's trajectories run over the horizon, arm by arm."""

from __future__ import annotations

from itertools import chain, zip_longest

import pandas as pd
from matplotlib.axes import Axes

from runner.contract import Trajectory
from runner.page.bands import MOST_REPLICATES, bands
from runner.page.blocks import Block, Picture, Pictures, Section, Text
from runner.page.drawing import LOOKS, data_uri, panel, whole_steps
from runner.page.legend import arm_legend
from runner.page.numbers import number
from runner.page.source import Source, spread

_MOST_GROUPS = 6
_MOST_COLUMNS = 6
_MOST_MARKS = 8


def curves(source: Source) -> Section | None:
    """Return small multiples of the trajectories; None when no run has stored any."""
    trajectories = () if source.spec is None else source.spec.trajectories
    groups = [int(source.groups.index[i]) for i in spread(len(source.groups), _MOST_GROUPS)]
    found = [(t, rows) for t in trajectories if len(rows := bands(source, t, groups))]
    if not found:
        return None
    chosen = _columns([t for t, _ in found])
    drawn = [
        _pictures(source, trajectory, column, rows)
        for trajectory, rows in found
        for column in trajectory.values
        if (trajectory.table, column) in chosen
    ]
    blocks: list[Block] = [
        Text(text=_what_is_drawn(source, len(groups)), tone="note"),
        *arm_legend(source),
        *drawn,
    ]
    return Section(key="horizon", title="Over the horizon", blocks=tuple(blocks))


def _columns(trajectories: list[Trajectory]) -> set[tuple[str, str]]:
    """Return which columns are drawn: the first of each table, then the second of each, ..."""
    each = [[(t.table, column) for column in t.values] for t in trajectories]
    in_turn = [pair for pair in chain(*zip_longest(*each)) if pair]
    return set(in_turn[:_MOST_COLUMNS])


def _what_is_drawn(source: Source, groups: int) -> str:
    bands_told = (
        "One run per cell: there is no band."
        if source.replicates == 1
        else f"Lines are means over {'resamples' if source.is_resampled else 'replicates'}, bands "
        "hold the middle 90 % of the runs (5 % to 95 % quantiles)."
    )
    if source.replicates > MOST_REPLICATES:
        bands_told += f" The first {MOST_REPLICATES} replicates are drawn."
    every = len(source.groups)
    if groups == every:
        return bands_told
    what = "combinations of levels" if source.keys else "cells"
    return f"{bands_told} {groups} of {every:,} {what} are drawn, evenly over the plan."


def _pictures(source: Source, trajectory: Trajectory, column: str, rows: pd.DataFrame) -> Pictures:
    unit = _unit(source, trajectory.table, column)
    named = f"{column}, {unit}" if unit else column
    made = []
    for group in rows.index.get_level_values("group").unique():
        own = rows.loc[group][column]
        label = str(source.groups.loc[group, "label"])
        axes = _curve(source, own)
        axes.set_xlabel(trajectory.period)
        alt = f"{named} by {trajectory.period}, {label}. {_ends(source, own)}"
        title = label if source.keys else ""
        made.append(Picture(uri=data_uri(axes), alt=alt, title=title))
    return Pictures(title=named, pictures=tuple(made))


def _curve(source: Source, rows: pd.DataFrame) -> Axes:
    """Draw one line and band per arm; `rows` are indexed by arm and period."""
    axes = panel()
    for place, arm in _arms(source):
        own = _of_arm(rows, arm)
        if own.empty:
            continue
        look = LOOKS[place]
        periods = own.index.to_numpy()
        if source.replicates > 1:
            axes.fill_between(
                periods, own["low"], own["high"], color=look.colour, alpha=0.13, linewidth=0
            )
        axes.plot(
            periods, own["mean"], color=look.colour, linestyle=look.line, marker=look.marker,
            markersize=3.4, markevery=max(1, -(-len(periods) // _MOST_MARKS)),
        )  # fmt: skip
    whole_steps(axes)
    axes.margins(x=0.02)
    return axes


def _arms(source: Source) -> list[tuple[int, str]]:
    return list(enumerate(source.arms[: len(LOOKS)] or [""]))


def _of_arm(rows: pd.DataFrame, arm: str) -> pd.DataFrame:
    names = rows.index.get_level_values("arm")
    own: pd.DataFrame = rows[(names == arm) if arm else names.isna()].droplevel("arm")
    return own


def _ends(source: Source, rows: pd.DataFrame) -> str:
    told = []
    for _, arm in _arms(source):
        own = _of_arm(rows, arm)["mean"]
        if len(own):
            name = f"{arm}: " if arm else ""
            told.append(
                f"{name}mean {number(own.iloc[0])} at first, {number(own.iloc[-1])} at last"
            )
    return "; ".join(told)


def _unit(source: Source, table: str, column: str) -> str:
    """Return the unit of a table's column; tables that depend on params are asked for none."""
    tables = () if source.spec is None or callable(source.spec.tables) else source.spec.tables
    schemas = {schema.name: schema for schema in tables}
    found = [c.unit for c in schemas[table].columns if c.name == column] if table in schemas else []
    return found[0] if found and found[0] not in column.split("_") else ""
