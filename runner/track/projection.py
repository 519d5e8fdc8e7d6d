"""Choose what a folder stands for in MLflow: a plan with its cells, a calibration with trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.store.finished import FinishedPlan
from runner.track.calibrations import TRIAL, FinishedCalibration, is_calibration
from runner.track.cells import cell_records
from runner.track.parent import plan_record
from runner.track.record import CELL, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A parent run and the makers of its children, in the experiment named `study`."""

    study: str
    question: str
    parent: Record
    children: Callable[[], Iterator[Record]]
    child_kind: str = CELL


def projection(place: Path) -> Projection:
    """Return what is to stand in MLflow for the folder of a finished plan or calibration.

    Raises:
        StoreError: the folder is incomplete or damaged.
    """
    if is_calibration(place):
        calibration = FinishedCalibration(place=place)
        return Projection(
            study=calibration.study.name, question=calibration.study.question,
            parent=calibration.record(), children=calibration.trial_records, child_kind=TRIAL,
        )  # fmt: skip
    plan = FinishedPlan(place=place)
    return Projection(
        study=plan.study.name, question=plan.study.question, parent=plan_record(plan),
        children=lambda: cell_records(plan),
    )  # fmt: skip
