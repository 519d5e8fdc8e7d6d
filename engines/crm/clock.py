"""Read local times of a time zone, and turn whole arrays of instants into local ones and back.

All instants are int64 milliseconds since 1970-01-01 UTC; local times count the same way on the
local clock.
"""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_FIRST_MONDAY = 4  # 1970-01-05, in days since the epoch
_AHEAD_DAYS = 10 * 366  # local months of closes long after the end are asked for, too


def read_zone(name: str) -> zoneinfo.ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        ValueError: the installed database does not know it.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be an IANA time zone name, such as Europe/Vienna") from None


def read_instant(text: str, zone: zoneinfo.ZoneInfo) -> int:
    """Return the instant of an ISO 8601 time in ms; without offset it is local in `zone`.

    Raises:
        ValueError: it is no such time, does not exist in the zone, or occurs twice.
    """
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be an ISO 8601 time, such as 2026-01-01T00:00:00") from None
    if moment.tzinfo is None:
        moment = _localised(moment, zone)
    return (moment - _EPOCH) // datetime.timedelta(milliseconds=1)


def _localised(moment: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    first, second = moment.replace(tzinfo=zone), moment.replace(tzinfo=zone, fold=1)
    back = first.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None)
    if back != moment:
        raise ValueError(
            f"does not exist in {zone.key} (clock change); give an offset, such as +00:00"
        )
    if first.utcoffset() != second.utcoffset():
        raise ValueError(f"occurs twice in {zone.key} (clock change); give an offset")
    return first


def utc_text(instant: int) -> str:
    """Return an instant as ISO 8601 text in UTC."""
    moment = _EPOCH + datetime.timedelta(milliseconds=instant)
    return moment.isoformat(timespec="milliseconds" if instant % 1000 else "seconds")


@dataclass(frozen=True, slots=True)
class Clock:
    """The offsets of a zone over a span of time.

    `changes` int64 (k,): instants of clock changes; `offsets` int64 (k+1,): ms that the local
    clock is ahead of UTC before the first change, between the changes, and after the last.
    """

    changes: Instants
    offsets: Instants

    def local(self, instants: Instants) -> Instants:
        """Return the local times of instants, int64 (n,)."""
        if not self.changes.size:
            return np.asarray(instants + self.offsets[0])
        place = np.searchsorted(self.changes, instants, side="right")
        return np.asarray(instants + self.offsets[place])

    def opening(self, local: Instants) -> Instants:
        """Return the instants of local times (n,); the first where a time occurs twice.

        A time that a clock change leaves out is taken after the change.
        """
        edges = self.changes + np.maximum(self.offsets[:-1], self.offsets[1:])
        place = np.searchsorted(edges, local, side="right")
        return np.asarray(local - self.offsets[place], dtype=np.int64)

    def closing(self, local: Instants) -> Instants:
        """Return the instants of local times (n,); one left out becomes the clock change."""
        instants = self.opening(local)
        edges = self.changes + self.offsets[:-1]
        for change, start, gap in zip(self.changes, edges, np.diff(self.offsets), strict=True):
            left_out = (local >= start) & (local < start + gap)
            instants[left_out] = change
        return instants


def make_clock(zone: zoneinfo.ZoneInfo, start: int, end: int) -> Clock:
    """Return the clock of a zone from two days before `start` to ten years after `end` (ms)."""
    fixed = zone.utcoffset(None)
    if fixed is not None:  # a zone without clock changes, such as UTC
        ahead = fixed // datetime.timedelta(milliseconds=1)
        return Clock(np.zeros(0, dtype=np.int64), np.array([ahead], dtype=np.int64))
    first, last = start // DAY_MS - 2, end // DAY_MS + _AHEAD_DAYS
    days = range(first, last)
    offsets = [_offset(zone, day * DAY_MS) for day in days]
    changes, kept = [], [offsets[0]]
    for day, before, after in zip(days, offsets[:-1], offsets[1:], strict=False):
        if before != after:
            changes.append(_change(zone, day * DAY_MS, (day + 1) * DAY_MS, before))
            kept.append(after)
    return Clock(np.array(changes, dtype=np.int64), np.array(kept, dtype=np.int64))


def _offset(zone: zoneinfo.ZoneInfo, instant: int) -> int:
    moment = (_EPOCH + datetime.timedelta(milliseconds=instant)).astimezone(zone)
    shift = moment.utcoffset()
    return 0 if shift is None else shift // datetime.timedelta(milliseconds=1)


def _change(zone: zoneinfo.ZoneInfo, low: int, high: int, before: int) -> int:
    """Return the first instant in (low, high] whose offset is not `before`, by bisection."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def weekdays(local: Instants) -> NDArray[np.int64]:
    """Return the weekday of local times (n,): Monday = 0."""
    return np.asarray((local // DAY_MS - _FIRST_MONDAY) % 7, dtype=np.int64)


def months(local: Instants) -> NDArray[np.int64]:
    """Return the month of local times (n,): January = 0."""
    return np.asarray(local.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) % 12)
