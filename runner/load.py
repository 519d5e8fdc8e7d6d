"""Open a finished study in a notebook; nothing is computed again."""

from __future__ import annotations

from pathlib import Path

from runner.report.status import find_plan
from runner.results import StudyResults, stored_results


def load_study(path: Path | str, *, outputs: Path | str = "outputs") -> StudyResults:
    """Return the stored results of a study: the same object that `run_study` returns.

    `path` is a study folder (its newest plan), a plan folder, or the name of a study or plan below
    `outputs`; `latest` is the newest study there. Nothing is written.

    Raises:
        StoreError: there is no such study, it is not finished, or its files cannot be read.
    """
    return stored_results(find_plan(Path(outputs), str(path)))
