"""Draw small pictures as SVG, the same bytes for the same numbers, with no global state left.

Arms differ by marker and by line style as well as by colour, so that pictures can be read in black
and white.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

_POINTS = 72.0
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "cohortsweep", "svg.fonttype": "none", "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"], "font.size": 10.5, "axes.spines.top": False,
    "axes.spines.right": False, "axes.edgecolor": "#5b6470", "axes.linewidth": 0.8,
    "axes.labelcolor": "#2b323b", "xtick.color": "#5b6470", "ytick.color": "#5b6470",
    "xtick.labelcolor": "#2b323b", "ytick.labelcolor": "#2b323b", "axes.grid": True,
    "grid.color": "#e3e6ea", "grid.linewidth": 0.7, "axes.axisbelow": True,
    "lines.linewidth": 1.6, "axes.unicode_minus": True, "text.parse_math": False,
}  # fmt: skip
_NOISE = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<\?xml.*?\?>|<!DOCTYPE.*?>", re.DOTALL)
_GAPS = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Look:
    """How one arm is drawn: colour, line style and marker."""

    colour: str
    line: Any
    marker: str


LOOKS = (
    Look("#2b323b", "-", "o"),
    Look("#0b62b0", (0, (5, 1.6)), "s"),
    Look("#b04a12", (0, (1.4, 1.2)), "^"),
    Look("#0f7355", (0, (6, 1.5, 1.4, 1.5)), "D"),
    Look("#7a3b8f", (0, (3, 1.2)), "v"),
    Look("#6b6100", (0, (8, 2)), "X"),
)


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the page's style, whatever the user's own settings are; they come back after it."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def panel(width: float = 290.0, height: float = 200.0, *, left: float = 56.0) -> Axes:
    """Return empty axes on a picture of its own; `width`, `height`, `left` in CSS pixels."""
    figure = Figure(figsize=(width / _POINTS, height / _POINTS))
    box = (left / width, 42 / height, 1 - (left + 12) / width, 1 - 52 / height)
    axes = figure.add_axes(box)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(FuncFormatter(_tick))
    axes.tick_params(length=3, width=0.7)
    return axes


def whole_steps(axes: Axes) -> None:
    """Put ticks of the x axis on whole numbers."""
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def data_uri(axes: Axes) -> str:
    """Return the picture as a data URI of an SVG image."""
    figure = axes.get_figure()
    assert isinstance(figure, Figure)  # noqa: S101 - axes of `panel` have one
    stream = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(stream, format="svg", metadata=nothing, transparent=True)
    text = _GAPS.sub("\n", _NOISE.sub("", stream.getvalue())).strip()
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def _tick(value: float, _: object) -> str:
    size = abs(value)
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            scale = 1e3 if letter == "k" else limit
            return f"{value / scale:,.4g}{letter}".replace("-", "−")
    return f"{value:,.4g}".replace("-", "−")
