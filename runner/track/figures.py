"""Take the figures out of a plan's page, so that MLflow can show each by itself."""

from __future__ import annotations

import base64
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

_SVG = "data:image/svg+xml;base64,"
_LEGEND = "line and marker of"
MOST = 40
"""More figures than this stay in the page alone: each is a request to the server."""


def figures_of(page: Path) -> dict[str, str]:
    """Return figures as SVG texts by name, `figures/effects_01.svg`, in the page's order.

    Empty without a page.
    """
    if not page.is_file():
        return {}
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return dict(list(reader.found.items())[:MOST])


class _Reader(HTMLParser):
    """Collects the pictures of each section, but not the marks of legends."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._section = "page"
        self._seen: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a section begins, and keep its pictures."""
        given = {name: value or "" for name, value in attrs}
        if tag == "section":
            self._section = given.get("id", "page")
        source = given.get("src", "")
        is_legend = given.get("alt", "").startswith(_LEGEND)
        if tag == "img" and source.startswith(_SVG) and not is_legend:
            self._seen[self._section] += 1
            name = f"figures/{self._section}_{self._seen[self._section]:02d}.svg"
            self.found[name] = base64.b64decode(source.removeprefix(_SVG)).decode()
