"""The stage that makes a finished study's page, or says why there is none."""

from __future__ import annotations

import sys
from pathlib import Path

from runner.config import Study
from runner.contract import visible
from runner.store.integrity import replace_checksum

REPORT = "report.html"


def report_study(study: Study, place: Path) -> tuple[str, ...]:
    """Write the page of a plan folder as the study says; return a remark if that did not succeed.

    The results are stored before this is called; nothing that happens here changes them, and
    nothing is raised. An older page is removed when no new one takes its place.
    """
    try:
        if study.report == "html":
            from runner.page.write import write_page

            write_page(place)
            return ()
        _remove_page(place)
    except Exception as error:
        return (_told(place, error),)
    return ()


def _told(place: Path, error: Exception) -> str:
    note = f"no report was made ({type(error).__name__}: {error}); results are stored"
    try:
        _remove_page(place)
    except OSError:
        note += f", and {REPORT} is an old one"
    print(f"cohortsweep: {visible(note)}", file=sys.stderr)
    return note


def _remove_page(place: Path) -> None:
    if (place / REPORT).exists():
        (place / REPORT).unlink()
        replace_checksum(place, REPORT)
