"""MLflow gets each figure of a page by itself."""

from __future__ import annotations

import base64
from pathlib import Path

from runner.track.figures import MOST, figures_of


def picture(text: str, alt: str) -> str:
    data = base64.b64encode(text.encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}">'


def test_figures_are_named_by_their_section(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(
        "<section id='effects'>" + picture("<svg>a</svg>", "Differences")
        + picture("<svg>b</svg>", "Differences") + "</section><section id='horizon'>"
        + picture("<svg>legend</svg>", "line and marker of arm short")
        + picture("<svg>c</svg>", "DAU") + "<img src='other.png' alt='x'></section>"
    )  # fmt: skip
    assert figures_of(page) == {
        "figures/effects_01.svg": "<svg>a</svg>",
        "figures/effects_02.svg": "<svg>b</svg>",
        "figures/horizon_01.svg": "<svg>c</svg>",
    }


def test_a_page_of_very_many_figures_sends_the_first(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("".join(picture(f"<svg>{i}</svg>", "f") for i in range(MOST + 5)))
    assert len(figures_of(page)) == MOST


def test_without_a_page_there_are_none(tmp_path: Path) -> None:
    assert figures_of(tmp_path / "report.html") == {}
