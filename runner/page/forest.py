"""Forest plots: one line per comparison, the interval of its difference to the control."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from runner.page.blocks import Picture
from runner.page.drawing import LOOKS, data_uri, panel
from runner.page.numbers import interval, is_number, number
from runner.page.source import Source

_WIDE, _WIDE_ROW = 620.0, 23.0
_NARROW, _NARROW_ROW = 340.0, 38.0
_LONGEST_LABEL = 46


def forest(source: Source, metric: str, rows: pd.DataFrame) -> Picture:
    """Return the plot of some comparisons of a metric, with a variant for narrow screens."""
    unit = source.unit(metric)
    labels = [_label(source, row["arm"], row["short"]) for row in rows.to_dict("records")]
    return Picture(
        uri=data_uri(_wide(source, rows, labels, unit)),
        narrow_uri=data_uri(_narrow(source, rows, labels, unit)),
        alt=_alt(rows, metric, unit),
        wide=True,
    )


def _label(source: Source, arm: object, short: object) -> str:
    parts = [str(arm)] if source.has_several_variants or not source.keys else []
    text = "   ".join([*parts, *([str(short)] if source.keys else [])])
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _wide(source: Source, rows: pd.DataFrame, labels: list[str], unit: str) -> Axes:
    """Draw with the labels on the left."""
    left = 24 + 6.4 * max(len(label) for label in labels)
    axes = panel(_WIDE, 62 + _WIDE_ROW * len(rows), left=left)
    axes.set_yticks(_intervals(source, axes, rows, unit), labels)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    return axes


def _narrow(source: Source, rows: pd.DataFrame, labels: list[str], unit: str) -> Axes:
    """Draw with each label above its line, so that the line has the whole width."""
    axes = panel(_NARROW, 62 + _NARROW_ROW * len(rows), left=14)
    places = _intervals(source, axes, rows, unit)
    for place, label in zip(places, labels, strict=True):
        axes.text(0.01, place + 0.42, label, transform=axes.get_yaxis_transform(), va="center",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    axes.set_yticks([])
    axes.set_ylim(-0.5, len(rows) - 0.2)
    return axes


def _intervals(source: Source, axes: Axes, rows: pd.DataFrame, unit: str) -> list[int]:
    """Draw the intervals, the first on top; return their heights."""
    axes.axvline(0, color="#1c2229", linewidth=1.0)
    places = list(range(len(rows)))[::-1]
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        look = LOOKS[source.arms.index(str(row["arm"])) % len(LOOKS)]
        if is_number(row["ci_low"]):
            ends = [row["ci_low"], row["ci_high"]]
            axes.plot(ends, [place, place], color=look.colour, linewidth=1.8)
        axes.plot(row["difference"], place, look.marker, color=look.colour, markersize=5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"difference to {source.plan.study.control}" + (f", {unit}" if unit else ""))
    return places


def _alt(rows: pd.DataFrame, metric: str, unit: str) -> str:
    lines = [
        f"{row['arm']} ({row['label']}): {number(row['difference'])}, "
        f"interval {interval(row['ci_low'], row['ci_high'])}"
        for row in rows.to_dict("records")
    ]
    return f"Differences of {metric}, {unit}, to the control. " + "; ".join(lines)
