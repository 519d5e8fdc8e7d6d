"""Words, numbers and tables in the house style, for every view on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from runner.contract import visible

_MINUTE = 60.0


class StudyConsole(Console):
    """A console that prints what studies say without obeying control characters in it."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Return a text to print, control characters spelled out."""
        return super().render_str(visible(text), **how)


def table(*headings: str, title: str = "") -> Table:
    """Return an empty table in the house style: no boxes, readable when piped to a file."""
    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        made.add_column(escape(heading), overflow="fold", min_width=_widest(heading))
    return made


def _widest(heading: str) -> int:
    """Return the width that keeps a heading's words whole, within reason."""
    return min(24, max(len(word) for word in heading.split("\n")))


def print_notes(console: Console, notes: tuple[str, ...]) -> None:
    """Print the remarks of the planner, if any."""
    for note in notes:
        console.print(f"note: {escape(note)}", soft_wrap=True)


def print_counts(console: Console, heading: str, counts: Mapping[str, int]) -> None:
    """Print how often each text occurs, the most frequent first, under a heading."""
    if counts:
        console.print(f"[bold red]{heading}:[/bold red]")
        for text, count in sorted(counts.items(), key=lambda item: -item[1])[:10]:
            console.print(f"  {count:,} x {escape(text)}", soft_wrap=True)


def duration(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 1:
        return "a second"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _MINUTE**2:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _MINUTE**2:.1f} h"


def number(value: Any) -> str:
    """Return a number with about four significant digits and thousands separators."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is the only value unlike itself
        return ""
    size = abs(value)
    if size >= 1000:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:,.4g}"
