"""Read what the words of a command stand for; what needs composing is left to the stages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.config import StudyRequest


def request_of(overrides: list[str] | None, config_dir: Path | None) -> StudyRequest:
    """Return the request that overrides make."""
    from runner.config.request import StudyRequest

    return StudyRequest(words=tuple(overrides or ()), config_dir=config_dir)


def study_and_settings(study: str, settings: list[str] | None) -> tuple[str, list[str]]:
    """Return the study's name and the words after it; `resume execution=local` names none."""
    words = settings or []
    if "=" in study and not Path(study).exists():
        return "latest", [study, *words]
    return study, words


def plans_of(outputs: Path, study: str) -> list[Path]:
    """Return the folders of all plans of a study, or of the one plan that is named.

    Raises:
        StoreError: there is no such study or plan.
    """
    from runner.report.status import find_plan
    from runner.track import plans_in

    folders = [f for f in (Path(study), outputs / study) if (f / "plans").is_dir()]
    return plans_in(folders[0] if folders else find_plan(outputs, study))
