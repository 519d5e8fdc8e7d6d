"""Record plans again from their folders alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runner.config import Study
from runner.contract import RunnerError
from runner.store import StudyFolder
from runner.store.finished import is_finished
from runner.store.plan_files import saved_study
from runner.track.address import absolute_uri, tracking_uri
from runner.track.calibrations import FinishedCalibration, is_calibration
from runner.track.process import record_in_process
from runner.track.reply import Recorded, Request


class TrackError(RunnerError):
    """MLflow cannot be used, or there is nothing to record."""


def plans_in(place: Path) -> list[Path]:
    """Return a study's finished plans and calibrations, oldest first; a plan's folder is itself.

    Raises:
        TrackError: no plan there has results yet.
    """
    every = [*place.glob("plans/*"), *place.glob("calibrations/*")]
    folders = every if (place / "plans").is_dir() else [place]
    finished = [folder for folder in folders if is_finished(folder)]
    if not finished:
        raise TrackError(
            f"{place} has no results to record yet; finish it with: python -m runner resume {place}"
        )
    return sorted(finished, key=lambda folder: (folder / "run_summary.json").stat().st_mtime)


def sync_plans(places: Sequence[Path], uri: str | None = None) -> tuple[str, tuple[Recorded, ...]]:
    """Bring MLflow in line with plans of one study; return its address and what was done.

    `uri` overrides where the study says it is recorded; studies run with `tracking=none` are
    recorded in the database beside them.

    Raises:
        TrackError: MLflow cannot be used; what was recorded before is complete.
        StoreError: the study is running, or a folder is incomplete.
    """
    newest = _study_of(places[-1])
    address = tracking_uri(newest) if uri is None else absolute_uri(uri, Path.cwd())
    request = Request(places=tuple(place.resolve() for place in places), uri=address)
    with StudyFolder(root=places[-1].parent.parent).locked():
        reply = record_in_process(request, None)
    if reply.error:
        done = f" ({len(reply.recorded)} of {len(places)} plans are recorded)"
        raise TrackError(f"cannot record in MLflow: {reply.error}{done}; nothing else is lost")
    return address, reply.recorded


def _study_of(place: Path) -> Study:
    is_one = is_calibration(place)
    return FinishedCalibration(place=place).study if is_one else saved_study(place)
