"""Headline metrics over two axes of the grid, as tables shaded by value."""

from __future__ import annotations

import pandas as pd

from runner.compare.labels import level_text
from runner.page.blocks import Block, Cell, Section, Table, Text
from runner.page.numbers import NONE, is_number, number
from runner.page.source import Source, spread

_MOST_LEVELS = 15
_MOST_MAPS = 6
_LIGHT, _DARK = 0.06, 0.85
_AXES = 2


def over_the_grid(source: Source) -> Section | None:
    """Return heat maps of the means; None with fewer than two axes."""
    if len(source.keys) < _AXES:
        return None
    levels = {key: int(source.cells[key].nunique(dropna=False)) for key in source.keys}
    down, across = sorted(levels, key=lambda key: -levels[key])[:_AXES]
    blocks: list[Block] = [Text(text=_told(source, down, across), tone="note")]
    for metric in source.headline:
        blocks += _maps(source, metric, down, across)
    return Section(key="grid", title="Over the grid", blocks=tuple(blocks))


def _told(source: Source, down: str, across: str) -> str:
    names = source.keys
    what = "Estimates from the data" if source.is_resampled else "Means over replicates"
    text = (
        f"{what}: {names[down]} downwards, {names[across]} across. Darker is "
        "higher; the shades of a metric are the same in all of its tables."
    )
    if len(names) > _AXES:
        text += " The two axes with the most levels are shown, at some levels of the others."
    cut = [names[key] for key in (down, across) if len(_levels(source, key)) > _MOST_LEVELS]
    if cut:
        text += f" Of {' and '.join(cut)}, {_MOST_LEVELS} levels each are shown, evenly over all."
    return text


def _levels(source: Source, key: str) -> list[object]:
    return list(dict.fromkeys(source.cells[key]))


def _shown_levels(source: Source, key: str) -> list[object]:
    levels = _levels(source, key)
    return [levels[place] for place in spread(len(levels), _MOST_LEVELS)]


def _maps(source: Source, metric: str, down: str, across: str) -> list[Block]:
    means = source.by_cell[(source.by_cell["metric"] == metric).to_numpy()]
    rows = means[["grid_index", "mean"]].join(source.cells.drop(columns="grid_index"), "grid_index")
    others = [key for key in source.keys if key not in (down, across)]
    rows = rows.assign(arm=rows["arm"].fillna(""))
    slices = list(rows.groupby([*others, "arm"], sort=False, dropna=False))
    known = rows["mean"].dropna()
    if known.empty:
        return []
    ends = (float(known.min()), float(known.max()))
    made: list[Block] = [
        _heat_map(source, _title(source, metric, key, others), own, (down, across), ends)
        for key, own in (slices[i] for i in spread(len(slices), _MOST_MAPS))
    ]
    if len(slices) > _MOST_MAPS:
        text = f"{metric}: {_MOST_MAPS} of {len(slices):,} slices are shown, evenly over the plan."
        made.append(Text(text=text, tone="note"))
    return made


def _title(source: Source, metric: str, key: tuple[object, ...], others: list[str]) -> str:
    unit = source.unit(metric)
    told = [f"{source.keys[name]} {level_text(v)}" for name, v in zip(others, key, strict=False)]
    told += [f"arm {key[-1]}"] if key[-1] else []
    where = f": {', '.join(told)}" if told else ""
    return f"{metric}" + (f", {unit}" if unit else "") + where


def _heat_map(
    source: Source, caption: str, rows: pd.DataFrame, keys: tuple[str, str],
    ends: tuple[float, float],
) -> Table:  # fmt: skip
    down, across = keys
    values = {(row[down], row[across]): row["mean"] for row in rows.to_dict("records")}
    lines, columns = _shown_levels(source, down), _shown_levels(source, across)
    near = (ends[1] - ends[0]) / 10 or None
    body = tuple(
        (Cell(text=level_text(y)), *(_shaded(values.get((y, x)), ends, near) for x in columns))
        for y in lines
    )
    corner = f"{source.keys[down]} ↓ {source.keys[across]} →"
    heads = (corner, *(level_text(x) for x in columns))
    return Table(caption=caption, heads=heads, rows=body, is_small=True, is_matrix=True)


def _shaded(value: object, ends: tuple[float, float], near: float | None) -> Cell:
    if not is_number(value):
        return Cell(text=NONE)
    low, high = ends
    share = (float(str(value)) - low) / (high - low) if high > low else 0.0
    return Cell(text=number(value, near), shade=_LIGHT + share * (_DARK - _LIGHT))
