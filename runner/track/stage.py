"""The last stage of a study: record it in MLflow, or say how to do so later."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from runner.config import Study
from runner.contract import visible
from runner.track.address import tracking_uri
from runner.track.process import record_in_process
from runner.track.reply import Request


def record_study(study: Study, place: Path) -> tuple[str, ...]:
    """Record a finished plan where the study says; return a remark if that did not succeed.

    The results are stored before this is called; nothing that happens here changes them, and
    nothing is raised.
    """
    if study.tracking.mode == "none":
        return ()
    request = Request(places=(place,), uri=tracking_uri(study))
    reply = record_in_process(request, study.tracking.timeout_s)
    if not reply.error:
        return ()
    note = f"not recorded in MLflow: {reply.error}; results are stored, {sync_hint(place)}"
    print(f"cohortsweep: {visible(note)}", file=sys.stderr)
    return (note,)


def sync_hint(place: Path) -> str:
    """Return the command that records a plan later."""
    folder = place.parents[1]
    is_usual = folder.parent == Path.cwd() / "outputs"
    named = folder.name if is_usual else os.path.relpath(folder)
    return f"record them with: python -m runner sync {shlex.quote(named)}"
