"""Tell business hours from others, and move touches that fall outside into them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import DAY_MS, HOUR_MS, Clock, Instants, weekdays
from engines.crm.params import BusinessHours
from runner.contract import Floats

_WEEK = 7
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business hours on a local clock.

    `is_open` bool (7,): the weekday has hours; `days_ahead` int64 (7,): days to the next such
    weekday, from tomorrow on; `opens`, `closes`: ms after local midnight.
    """

    clock: Clock
    is_open: NDArray[np.bool_]
    days_ahead: NDArray[np.int64]
    opens: int
    closes: int

    def outside(self, instants: Instants) -> NDArray[np.bool_]:
        """Tell which instants are outside business hours: bool (n,)."""
        local = self.clock.local(instants)
        time = local % DAY_MS
        inside = self.is_open[weekdays(local)] & (time >= self.opens) & (time < self.closes)
        return ~inside

    def deferred(self, instants: Instants, uniforms: Floats, spread_min: float) -> Instants:
        """Return instants moved into business hours, (n,); those inside stay.

        They move to the next opening plus a share of the spread, at most 1 ms before closing.
        """
        local = self.clock.local(instants)
        day, time = local // DAY_MS, local % DAY_MS
        weekday = weekdays(local)
        waits = ~self.is_open[weekday] | (time >= self.opens)
        day = day + np.where(waits, self.days_ahead[weekday], 0)
        opening = self.clock.opening(day * DAY_MS + self.opens)
        closing = self.clock.closing(day * DAY_MS + self.closes)
        moved = opening + np.floor(uniforms * spread_min * _MINUTE_MS).astype(np.int64)
        moved = np.minimum(moved, np.maximum(closing - 1, opening))
        return np.where(self.outside(instants), moved, instants)


def make_calendar(hours: BusinessHours, clock: Clock) -> Calendar:
    """Return the calendar of business hours on a clock."""
    is_open = np.isin(np.arange(_WEEK), hours.days)
    ahead = [
        next(n for n in range(1, _WEEK + 1) if is_open[(weekday + n) % _WEEK])
        for weekday in range(_WEEK)
    ]
    return Calendar(
        clock,
        is_open,
        np.array(ahead, dtype=np.int64),
        opens=int(hours.open_hour * HOUR_MS),
        closes=int(hours.close_hour * HOUR_MS),
    )
