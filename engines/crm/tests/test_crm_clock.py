"""Local clocks, forwards and backwards."""

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.crm.clock import DAY_MS, HOUR_MS, make_clock, months, read_instant, read_zone, weekdays

START = read_instant("2026-01-01T00:00:00+00:00", read_zone("UTC"))
ZONES = ("UTC", "Etc/GMT-5", "America/New_York", "Asia/Kathmandu", "Africa/Casablanca",
         "Australia/Lord_Howe")  # fmt: skip


def clock(name):
    return make_clock(read_zone(name), START, START + 365 * DAY_MS)


@given(st.sampled_from(ZONES), st.integers(0, 365 * DAY_MS))
@settings(max_examples=60, deadline=None)
def test_local_times_are_those_of_the_tz_database(name, after):
    moment = datetime.datetime.fromtimestamp((START + after) / 1000, read_zone(name))
    local = clock(name).local(np.array([START + after]))
    assert local % DAY_MS // HOUR_MS == moment.hour
    assert weekdays(local) == moment.weekday()
    assert months(local) == moment.month - 1


@pytest.mark.parametrize("name", ZONES)
def test_opening_and_closing_undo_local_times_away_from_changes(name):
    times = START + np.arange(0, 365 * DAY_MS, 7 * HOUR_MS)
    made = clock(name)
    near = np.abs(times[:, None] - made.changes[None, :]).min(axis=1, initial=DAY_MS) < 3 * HOUR_MS
    local = made.local(times)
    assert made.opening(local)[~near].tolist() == times[~near].tolist()
    assert made.closing(local)[~near].tolist() == times[~near].tolist()


def test_hour_that_is_left_out_opens_after_the_change_and_closes_at_it():
    made = clock("America/New_York")
    change = made.changes[0]
    assert made.changes[0] == read_instant("2026-03-08T07:00:00+00:00", read_zone("UTC"))
    missing = np.array([change - 5 * HOUR_MS + HOUR_MS // 2])  # 02:30 on the local clock
    assert made.opening(missing) == change + HOUR_MS // 2
    assert made.closing(missing) == change


def test_hour_that_occurs_twice_is_the_first():
    made = clock("America/New_York")
    change = made.changes[1]
    twice = np.array([change - 4 * HOUR_MS - HOUR_MS // 2])  # 01:30, summer time still
    assert made.opening(twice) == change - HOUR_MS // 2


def test_zone_without_changes_needs_no_table():
    assert clock("UTC").changes.size == 0
    assert clock("Etc/GMT-5").offsets.tolist() == [5 * HOUR_MS]
