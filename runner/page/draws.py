"""The random variables as they were drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from runner.page.blocks import Block, Picture, Pictures, Section, Table, Text, cells
from runner.page.drawing import data_uri, panel
from runner.page.numbers import number, percent
from runner.page.source import Source

_MOST_DRAWN = 9
_MOST_BINS = 16
_MOST_VALUES = 6


def random_variables(source: Source) -> Section | None:
    """Return the draws of each random variable; None when nothing is drawn."""
    drawn = source.plan.drawn
    if not drawn:
        return None
    values = {name: _values(source, name) for name in drawn}
    numeric = [n for n in drawn if pd.api.types.is_numeric_dtype(values[n])]
    blocks: list[Block] = [Text(text=_told(source), tone="note", file="variable_draws.csv")]
    pictures = tuple(_picture(name, values[name]) for name in numeric[:_MOST_DRAWN])
    if numeric:
        blocks.append(_numbers(values, numeric))
    if texts := [name for name in drawn if name not in numeric]:
        blocks.append(_texts(values, texts))
    if pictures and source.replicates > 1:
        more = len(numeric) - len(pictures)
        caption = f"{more} more variables are in the table only." if more > 0 else ""
        blocks.append(
            Pictures(title="How often each value came", pictures=pictures, caption=caption)
        )
    return Section(key="draws", title="Random variables", blocks=tuple(blocks))


def _told(source: Source) -> str:
    if source.plan.study.document["seeding"]["mode"] == "per_cell":
        told = "Cells draw their own values (seeding per_cell): all are counted here."
    else:
        told = "All cells share them; a variable that an axis or arm shifts differs by cell."
    return f"One value per replicate. {told} All of them:"


def _values(source: Source, name: str) -> pd.Series[Any]:
    """Return the draws of a variable, one per cell and replicate."""
    runs = source.plan.runs.drop_duplicates(["grid_index", "replicate_index"])
    return runs[name].dropna()


def _short(name: str) -> str:
    return name.removeprefix("params.").removesuffix(".drawn")


def _numbers(values: dict[str, pd.Series[Any]], names: list[str]) -> Table:
    rows = []
    for name in names:
        drawn = values[name].to_numpy(dtype="float64")
        found = (drawn.min(), drawn.mean(), drawn.max()) if len(drawn) else (None, None, None)
        sd = drawn.std(ddof=1) if len(drawn) > 1 else None
        low, mean, high = (number(x) for x in found)
        rows.append(cells(_short(name), mean, number(sd), low, high))
    heads = ("variable", "mean", "sd", "lowest", "highest")
    return Table(caption="Numbers drawn", heads=heads, rows=tuple(rows))


def _texts(values: dict[str, pd.Series[Any]], names: list[str]) -> Table:
    rows = []
    for name in names:
        shares = values[name].astype("string").value_counts(normalize=True)
        shares = shares.sort_index().head(_MOST_VALUES)
        told = ", ".join(f"{text} {percent(share)}" for text, share in shares.items())
        rows.append(cells(_short(name), told))
    heads = ("variable", "how often each value came")
    return Table(caption="Values drawn", heads=heads, rows=tuple(rows), texts=frozenset({1}))


def _picture(name: str, drawn: pd.Series[Any]) -> Picture:
    values = np.asarray(drawn, dtype=np.float64)
    alt = f"Histogram of the draws of {_short(name)}: {_range(values)}"
    return Picture(uri=data_uri(_histogram(values)), alt=alt, title=_short(name))


def _range(values: NDArray[np.float64]) -> str:
    return f"{number(values.min())} to {number(values.max())}" if len(values) else "none"


def _histogram(values: NDArray[np.float64]) -> Axes:
    axes = panel(290, 150)
    distinct = np.unique(values)
    if len(distinct) <= _MOST_BINS:
        width = 0.8 * float(np.diff(distinct).min()) if len(distinct) > 1 else 0.8
        counts = [int((values == value).sum()) for value in distinct]
        axes.bar(distinct, counts, width=width, color="#4b5562")
    else:
        axes.hist(values, bins=_MOST_BINS, color="#4b5562", edgecolor="white", linewidth=0.6)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("draws")
    return axes
