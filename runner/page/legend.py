"""The key to lines and markers: one small picture per arm, above the pictures that use it."""

from __future__ import annotations

from matplotlib.figure import Figure

from runner.page.blocks import Block, Picture, Pictures, Text
from runner.page.drawing import LOOKS, data_uri
from runner.page.source import Source


def arm_legend(source: Source) -> list[Block]:
    """Return the key of the arms; nothing without arms."""
    if not source.arms:
        return []
    drawn = source.arms[: len(LOOKS)]
    more = len(source.arms) - len(drawn)
    note = f"{more} more arms are in the tables only." if more > 0 else ""
    pictures = tuple(_sample(place, arm) for place, arm in enumerate(drawn))
    blocks: list[Block] = [Pictures(title="", pictures=pictures, is_key=True)]
    return [*blocks, *([Text(text=note, tone="note")] if note else [])]


def _sample(place: int, arm: str) -> Picture:
    look = LOOKS[place]
    axes = Figure(figsize=(44 / 72, 14 / 72)).add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.plot([0, 0.5, 1], [0, 0, 0], color=look.colour, linestyle=look.line, marker=look.marker,
              markevery=[1], markersize=5, linewidth=2)  # fmt: skip
    axes.set_xlim(-0.05, 1.05)
    return Picture(uri=data_uri(axes), alt=f"line and marker of arm {arm}", title=arm)
