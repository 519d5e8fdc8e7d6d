"""The default runs, row by row: whole numbers and texts exactly, the rest to its last digits."""

import datetime
import gzip
import json

import pytest

from .golden import FOLDER, golden_rows

MS = datetime.timedelta(milliseconds=1)


def as_time(text):
    try:
        return datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def agrees(name, was, now):
    if name == "amount":
        return now == pytest.approx(was, abs=0.01)
    if isinstance(was, float):
        return now == pytest.approx(was, rel=1e-9)
    before, after = as_time(was), as_time(now)
    return abs(after - before) <= MS if before and after else was == now


@pytest.mark.parametrize("scenario", ["b2b", "b2c"])
def test_default_run_is_the_stored_one(scenario):
    stored = json.loads(gzip.decompress((FOLDER / f"default_{scenario}.json.gz").read_bytes()))
    found = golden_rows(scenario)
    assert stored.keys() == found.keys()
    for table, expected in stored.items():
        assert len(found[table]) == len(expected) > 0
        for was, now in zip(expected, found[table], strict=True):
            assert was.keys() == now.keys()
            wrong = {name for name in was if not agrees(name, was[name], now[name])}
            assert not wrong, (table, was, now)
