"""Write the page of a plan folder, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from runner.page import (
    answer,
    design,
    distributions,
    draws,
    effects,
    failures,
    grid,
    horizon,
    notes,
    pairing,
    provenance,
    rules,
)
from runner.page.blocks import Section
from runner.page.drawing import house_style
from runner.page.numbers import with_minus
from runner.page.source import Source, read_source
from runner.page.stage import REPORT
from runner.store.folder import write_text
from runner.store.integrity import replace_checksum

_SHORT = 14
_MOST_NARROW_ROWS = 12
_BREAK = re.compile(r"(?<=[._])(?=[A-Za-z])")
SECTIONS: Sequence[Callable[[Source], Section | None]] = (
    failures.failed_runs,
    answer.answer,
    design.question,
    design.design,
    effects.arm_effects,
    horizon.curves,
    grid.over_the_grid,
    rules.acceptance,
    distributions.distributions,
    draws.random_variables,
    pairing.pairing,
    notes.all_notes,
    provenance.provenance,
)


def write_page(place: Path) -> Path:
    """Write `report.html` of a finished plan and its line in SHA256SUMS; return the file.

    The same folder gives the same bytes.

    Raises:
        StoreError: files of the plan cannot be read or written.
    """
    file = place / REPORT
    write_text(file, page_html(read_source(place)))
    replace_checksum(place, REPORT)
    return file


def page_html(source: Source) -> str:
    """Return the page as text."""
    with house_style():
        sections = [made for make in SECTIONS if (made := make(source)) is not None]
    return _templates().get_template("page.html").render(source=source, sections=sections)


def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("runner.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["pieces"] = pieces
    templates.globals["most_narrow_rows"] = _MOST_NARROW_ROWS
    templates.filters["told"] = with_minus
    return templates


def pieces(text: str) -> list[str]:
    """Return the parts of a text between which a narrow column may break the line."""
    text = with_minus(text)
    return _BREAK.split(text) if len(text) > _SHORT else [text]
