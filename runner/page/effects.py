"""What each arm changes against the control: a forest plot and the numbers behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.page.blocks import Block, Cell, Picture, Pictures, Section, Table, Text
from runner.page.drawing import LOOKS, data_uri, panel
from runner.page.numbers import NONE, counted, interval, is_number, number, percent
from runner.page.source import Source, spread
from runner.page.wording import finding_word

_MOST_DRAWN = 18
_MOST_ROWS = 60
_ROW = 23.0
_LONGEST_LABEL = 36


def arm_effects(source: Source) -> Section | None:
    """Return the differences between arms and control; None without compared arms."""
    rows = source.comparisons
    if rows.empty:
        return None
    blocks: list[Block] = [Text(text=_how_to_read(source), tone="note")]
    for metric in source.headline:
        own = rows[(rows["metric"] == metric).to_numpy()]
        if len(own):
            blocks += _metric_blocks(source, metric, own)
    others = [name for name in source.metric_names if name not in source.headline]
    if others:
        text = f"The {counted(len(others), 'other metric')} are in comparisons.csv."
        blocks.append(Text(text=text, tone="note"))
    return Section(key="effects", title="Effects of the arms", blocks=tuple(blocks))


def _how_to_read(source: Source) -> str:
    control = source.plan.study.control
    share = percent(source.confidence)
    return (
        f"Each line is the {share} interval of the difference to {control} "
        "(arm minus control); a line that crosses zero shows no difference. P(better) is the "
        "probability that the arm's mean is the better one. p is adjusted for the number of arms "
        "(Holm)."
    )


def _metric_blocks(source: Source, metric: str, rows: pd.DataFrame) -> list[Block]:
    unit = source.unit(metric)
    drawable = rows[rows["difference"].notna().to_numpy(bool)]
    blocks: list[Block] = []
    if len(drawable):
        chosen = drawable.iloc[spread(len(drawable), _MOST_DRAWN)]
        picture = Picture(
            uri=data_uri(_forest(source, chosen, unit)), alt=_alt(chosen, metric, unit), wide=True
        )
        blocks.append(
            Pictures(title=metric, pictures=(picture,), caption=_shown(source, chosen, drawable))
        )
    return [*blocks, _table(source, metric, unit, rows)]


def _shown(source: Source, chosen: pd.DataFrame, rows: pd.DataFrame) -> str:
    labels = f"Labels: arm, then {source.legend}. " if source.keys else ""
    if len(chosen) == len(rows):
        return labels.strip()
    return f"{labels}{len(chosen)} of {len(rows):,} comparisons are drawn, evenly over the plan."


def _forest(source: Source, rows: pd.DataFrame, unit: str) -> Axes:
    labels = [_row_label(source, arm, short) for arm, short in _pairs(rows, "arm", "short")]
    left = 24 + 6.4 * max(len(label) for label in labels)
    axes = panel(620, 62 + _ROW * len(rows), left=left)
    axes.axvline(0, color="#1c2229", linewidth=1.0)
    places = np.arange(len(rows))[::-1]
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        look = LOOKS[source.arms.index(str(row["arm"])) % len(LOOKS)]
        if is_number(row["ci_low"]):
            ends = [row["ci_low"], row["ci_high"]]
            axes.plot(ends, [place, place], color=look.colour, linewidth=1.8)
        axes.plot(row["difference"], place, look.marker, color=look.colour, markersize=5)
    axes.set_yticks(places, labels)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"difference to {source.plan.study.control}" + (f", {unit}" if unit else ""))
    return axes


def _row_label(source: Source, arm: str, short: str) -> str:
    text = f"{arm}   {short}" if source.keys else arm
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _alt(rows: pd.DataFrame, metric: str, unit: str) -> str:
    lines = [
        f"{row['arm']} ({row['label']}): {number(row['difference'])}, "
        f"interval {interval(row['ci_low'], row['ci_high'])}"
        for row in rows.to_dict("records")
    ]
    return f"Differences of {metric}, {unit}, to the control. " + "; ".join(lines)


def _table(source: Source, metric: str, unit: str, rows: pd.DataFrame) -> Table:
    chosen = rows.head(_MOST_ROWS)
    pairs = _range(rows["n"])
    more = "" if len(rows) <= _MOST_ROWS else f"; the first {_MOST_ROWS} of {len(rows):,} rows"
    methods = ", ".join(str(name) for name in rows["method"].unique())
    names = ("finding", "difference", "interval", "relative", "P(better)", "p (Holm)",
             "mean of control", "mean of arm")  # fmt: skip
    heads = ("arm", *source.keys.values(), *names)
    return Table(
        caption=f"{metric}"
        + (f" in {unit}" if unit else "")
        + f" (method: {methods}, n {pairs}{more})",
        heads=heads,
        rows=tuple(_cells(source, row) for row in chosen.to_dict("records")),
        labels=1 + len(source.keys),
        texts=frozenset({1 + len(source.keys)}),
    )


def _cells(source: Source, row: dict[object, object]) -> tuple[Cell, ...]:
    half = None
    if is_number(row["ci_low"]):
        half = (float(str(row["ci_high"])) - float(str(row["ci_low"]))) / 2
    texts = [
        finding_word(row["finding"]),
        number(row["difference"], half),
        interval(row["ci_low"], row["ci_high"]),
        percent(row["relative"], 1),
        _probability(row["probability_better"]),
        _p_value(row["p_holm"]),
        number(row["mean_control"], half),
        number(row["mean_arm"], half),
    ]
    levels = source.level_texts(int(str(row["grid_index"])))
    return tuple(Cell(text=text) for text in [str(row["arm"]), *levels, *texts])


def _range(counts: pd.Series[Any]) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _probability(value: object) -> str:
    if not is_number(value):
        return NONE
    share = float(str(value))
    return "> 0.999" if share > 0.999 else "< 0.001" if share < 0.001 else f"{share:.3f}"  # noqa: PLR2004


def _p_value(value: object) -> str:
    if not is_number(value):
        return NONE
    share = float(str(value))
    return "< 0.001" if share < 0.001 else f"{share:.3f}"  # noqa: PLR2004


def _pairs(rows: pd.DataFrame, *names: str) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, b in rows[list(names)].itertuples(index=False)]
