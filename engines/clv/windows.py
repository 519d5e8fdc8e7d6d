"""Turn dates and lengths into ticks: days for calendar data, microseconds for continuous time."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.clv.params import ClvParams
from runner.contract import Floats, Problem

MICROSECONDS_PER_DAY = 86_400_000_000
_EPOCH = datetime.date(1970, 1, 1)
_MOST = 0.999  # share of purchase days that says when the data end
_GAP_DAYS = 5 * 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The fitting window and the holdout in ticks since 1970-01-01.

    Attributes:
        ticks_per_day: 1 for calendar days, else microseconds per day.
        unit_days: length of the time unit.
        start: first tick of the data; `calibration_end`, `observation_end`: last ticks, inclusive.
    """

    ticks_per_day: int
    unit_days: float
    start: int
    calibration_end: int
    observation_end: int

    @property
    def ticks_per_unit(self) -> float:
        """Length of the time unit in ticks."""
        return self.unit_days * self.ticks_per_day

    @property
    def holdout_units(self) -> float:
        """Length h of the holdout."""
        return (self.observation_end - self.calibration_end) / self.ticks_per_unit

    @property
    def is_calendar(self) -> bool:
        """Tell whether ticks are calendar days, both ends of a window included."""
        return self.ticks_per_day == 1

    def units(self, ticks: NDArray[np.int64]) -> Floats:
        """Return lengths in ticks as time units."""
        return np.asarray(ticks, dtype=np.float64) / self.ticks_per_unit

    def length(self, end: int) -> float:
        """Return the time units from the start to an inclusive end."""
        return (end - self.start + (1 if self.is_calendar else 0)) / self.ticks_per_unit


def file_windows(params: ClvParams, first_day: int, last_day: int) -> tuple[Windows, list[Problem]]:
    """Return the windows of calendar data from its first and last purchase day, and faults."""
    window, unit_days = params.window, params.unit_days
    shown_first, shown_last = iso(first_day), iso(last_day)
    observation_end = day_of(window.observation_end) if window.observation_end else last_day
    if window.calibration_end:
        calibration_end, key = day_of(window.calibration_end), "calibration_end"
        said = window.calibration_end
    else:
        calibration_end = first_day + math.floor(window.calibration_units * unit_days) - 1
        key, said = "calibration_units", f"{window.calibration_units:g}"
        said = f"{said} (to {iso(calibration_end)})"
    found = []
    if observation_end < first_day:
        allowed = f"must lie inside the data, {shown_first} to {shown_last}, or after it"
        found.append(Problem("params.window.observation_end", iso(observation_end), allowed))
    elif not first_day <= calibration_end <= min(last_day, observation_end):
        latest = min(last_day, observation_end)
        allowed = (
            f"must end inside the data, {shown_first} to {shown_last}, and not after "
            f"observation_end: at the latest on {iso(latest)}"
        )
        found.append(Problem(f"params.window.{key}", said, allowed))
    return Windows(
        ticks_per_day=1, unit_days=unit_days, start=first_day,
        calibration_end=calibration_end, observation_end=observation_end,
    ), found  # fmt: skip


def stray_end_problems(params: ClvParams, days: NDArray[np.int64]) -> list[Problem]:
    """Refuse a last purchase day far behind all others, such as 9999-12-31 for "not known".

    It would stretch the holdout and every age. An `observation_end` that is set decides instead.
    """
    if params.window.observation_end:
        return []
    last, usual = int(days.max()), int(np.quantile(days, _MOST, method="lower"))
    if last - usual <= _GAP_DAYS:
        return []
    allowed = (
        f"would be the last purchase day, {iso(last)}, more than 5 years after {_MOST:.1%} of the "
        f"purchase days (by {iso(usual)}); correct the date, or set the end of the observation"
    )
    return [Problem("params.window.observation_end", "null", allowed)]


def synthetic_windows(params: ClvParams) -> Windows:
    """Return the windows of a simulated population, in days or microseconds."""
    is_day = params.data.synthetic.resolution == "day"
    ticks = 1 if is_day else MICROSECONDS_PER_DAY
    start = day_of(params.data.synthetic.origin_date) * ticks

    def end(units: float) -> int:
        length = math.floor(units * params.unit_days * ticks)
        return start + length - (1 if is_day else 0)

    return Windows(
        ticks_per_day=ticks, unit_days=params.unit_days, start=start,
        calibration_end=max(start, end(params.window.calibration_units)),
        observation_end=max(start, end(params.window.observation_units)),
    )  # fmt: skip


def month_units(params: ClvParams) -> float:
    """Return the length of a forecast month in time units."""
    return params.forecast.days_per_month / params.unit_days


def day_of(text: str) -> int:
    """Return an ISO date as days since 1970-01-01."""
    return (datetime.date.fromisoformat(text) - _EPOCH).days


def iso(day: int) -> str:
    """Return days since 1970-01-01 as an ISO date."""
    return (_EPOCH + datetime.timedelta(days=int(day))).isoformat()
