"""How headline metrics spread over replicates, arm by arm."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from runner.contract import counted
from runner.page.blocks import Block, Picture, Pictures, Section, Text
from runner.page.drawing import LOOKS, data_uri, panel
from runner.page.numbers import number
from runner.page.source import Source, spread

_MOST_GROUPS = 3
_MOST_DOTS = 60
_FEW = 2
_LANE = 26.0


def distributions(source: Source) -> Section | None:
    """Return box plots over replicates; None with fewer than two replicates."""
    if source.replicates < _FEW:
        return None
    groups = [int(source.groups.index[i]) for i in spread(len(source.groups), _MOST_GROUPS)]
    values = _values(source, groups)
    blocks: list[Block] = [Text(text=_told(source, len(groups)), tone="note")]
    for metric in source.headline:
        own = values[(values["metric"] == metric).to_numpy()]
        blocks += _pictures(source, metric, own)
    return Section(key="distributions", title="Spread over replicates", blocks=tuple(blocks))


def _told(source: Source, groups: int) -> str:
    things = "resamples" if source.is_resampled else "replicates"
    text = (
        f"Boxes hold the middle half of the {things}, the line is the median, whiskers reach from "
        f"5 % to 95 %; dots are single {things}."
    )
    every = len(source.groups)
    return text if groups == every else f"{text} {groups} of {every:,} cells (without arm) shown."


def _values(source: Source, groups: list[int]) -> pd.DataFrame:
    """Return the values of headline metrics in some groups, one row per replicate."""
    cells = source.cells[source.cells["group"].isin(groups).to_numpy()]
    rows = source.plan.metrics
    is_wanted = rows["metric"].isin(source.headline) & rows["grid_index"].isin(cells.index)
    is_wanted &= rows["replicate_index"] >= int(source.is_resampled)
    rows = rows[is_wanted.to_numpy(bool)]
    keys = ["grid_index", "metric", "replicate_index"]
    means = rows.groupby(keys, sort=False)["value"].mean().reset_index()
    return means.join(cells[["group", "arm"]], on="grid_index")


def _pictures(source: Source, metric: str, rows: pd.DataFrame) -> list[Block]:
    unit = source.unit(metric)
    made = []
    for group, own in rows.groupby("group", sort=True):
        label = str(source.groups.loc[int(str(group)), "label"])
        lanes = _lanes(source, own)
        if not any(len(values) for _, values in lanes):
            continue
        axes = _boxes(lanes)
        axes.set_xlabel(unit)
        told = "; ".join(_told_lane(name, values) for name, values in lanes)
        alt = f"Spread of {metric}, {unit}, over replicates, {label}: {told}"
        made.append(Picture(uri=data_uri(axes), alt=alt, title=label if source.keys else ""))
    nulls = int(rows["value"].isna().sum())
    caption = f"{counted(nulls, 'value')} missing (null) and not drawn." if nulls else ""
    title = f"{metric}, {unit}" if unit else metric
    if not made:
        return [Text(lead=title, text="has no value in these cells.", tone="note")]
    return [Pictures(title=title, pictures=tuple(made), caption=caption)]


_Lanes = list[tuple[str, NDArray[np.float64]]]


def _lanes(source: Source, rows: pd.DataFrame) -> _Lanes:
    names = source.arms[: len(LOOKS)] or [""]
    is_of = {name: rows["arm"] == name if name else rows["arm"].isna() for name in names}
    known = {name: rows.loc[own.to_numpy(bool), "value"].dropna() for name, own in is_of.items()}
    return [(name, values.to_numpy("float64")) for name, values in known.items()]


def _boxes(lanes: _Lanes) -> Axes:
    left = 18 + 6.6 * max(len(name) for name, _ in lanes)
    axes = panel(290, 60 + _LANE * max(len(lanes), 2), left=min(left, 140))
    for place, (_, values) in enumerate(lanes):
        if len(values):
            _box(axes, len(lanes) - 1 - place, values, place)
    axes.set_yticks(range(len(lanes)), [name for name, _ in lanes][::-1])
    axes.set_ylim(-0.7, len(lanes) - 0.3)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    return axes


def _box(axes: Axes, height: int, values: NDArray[np.float64], place: int) -> None:
    look = LOOKS[place]
    low, left, middle, right, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    axes.plot([low, high], [height, height], color=look.colour, linewidth=1.1)
    axes.barh(height, right - left, left=left, height=0.5, color="white", edgecolor=look.colour)
    axes.plot([middle, middle], [height - 0.25, height + 0.25], color=look.colour, linewidth=2.2)
    dots = values[spread(len(values), _MOST_DOTS)]
    axes.plot(
        dots, np.full(len(dots), height - 0.38), look.marker, color=look.colour, markersize=2.4,
        alpha=0.55, markeredgewidth=0,
    )  # fmt: skip


def _told_lane(name: str, values: NDArray[np.float64]) -> str:
    if not len(values):
        return f"{name or 'all'} without values"
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return f"{name or 'all'} median {number(middle)}, 5 to 95 % {number(low)} to {number(high)}"
