from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.track.address import absolute_uri, database_file
from runner.track.batches import MOST_METRICS, MOST_PARAMS, MOST_TAGS, batches
from runner.track.record import Record, Series


def series(*values: float, first: int = 0) -> Series:
    steps = np.arange(first, first + len(values), dtype=np.int64)
    return Series(steps=steps, values=np.array(values, dtype=np.float64))


RECORD = Record(
    name="0 control", status="FINISHED", seconds=1.0, tags={"arm": "control"},
    params={"horizon": "12"}, values={"arpu": 1.5}, series={"replicates/arpu": series(1.0, 2.0)},
)  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "1 control"},
        {"status": "FAILED"},
        {"tags": {"arm": "short"}},
        {"params": {"horizon": "18"}},
        {"values": {"arpu": float(np.nextafter(1.5, 2))}},
        {"series": {"replicates/arpu": series(1.0)}},
        {"series": {"replicates/arpu": series(1.0, 2.0, first=1)}},
        {"series": {"replicates/arpu": series(1.0, float(np.nextafter(2, 3)))}},
        {"series": {"draws/arpu": series(1.0, 2.0)}},
    ],
)
def test_any_change_of_content_changes_the_hash(changed: dict[str, object]) -> None:
    assert replace(RECORD, **changed).content_hash != RECORD.content_hash  # type: ignore[arg-type]


def test_the_hash_is_of_content_alone() -> None:
    """Not of the order of keys, the time it took, or memory layout."""
    backwards = Series(
        steps=np.array([1, 0], dtype=np.int64)[::-1], values=np.array([2.0, 1.0])[::-1]
    )
    same = replace(RECORD, seconds=9.0, series={"replicates/arpu": backwards})
    assert same.content_hash == RECORD.content_hash
    two = replace(RECORD, tags={"a": "1", "b": "2"})
    assert replace(two, tags={"b": "2", "a": "1"}).content_hash == two.content_hash


def test_files_count_by_their_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("text")
    other.write_text("text")
    hashed = [replace(RECORD, files={"f": file}).content_hash for file in (one, other)]
    assert hashed[0] == hashed[1]
    other.write_text("changed")
    assert replace(RECORD, files={"f": other}).content_hash != hashed[0]


@given(st.integers(0, 3000), st.integers(0, 250), st.integers(1, 250))
def test_calls_keep_within_limits_and_lose_nothing(metrics: int, params: int, tags: int) -> None:
    calls = list(batches(range(metrics), range(params), range(tags)))
    assert all(len(m) + len(p) + len(t) <= 1000 for m, p, t in calls)
    assert all(len(m) <= MOST_METRICS for m, _, _ in calls)
    assert all(len(p) <= MOST_PARAMS and len(t) <= MOST_TAGS for _, p, t in calls)
    for position, count in enumerate((metrics, params, tags)):
        assert [item for call in calls for item in call[position]] == list(range(count))
    assert calls[-1][2][-1] == tags - 1, "the last tag, which says complete, is in the last call"


def test_addresses_of_files_do_not_depend_on_the_working_directory() -> None:
    base = Path("/data/studies")
    assert absolute_uri("sqlite:///mine.db", base) == "sqlite:////data/studies/mine.db"
    assert absolute_uri("sqlite:////x/mine.db", base) == "sqlite:////x/mine.db"
    assert absolute_uri("http://h:1", base) == "http://h:1"
    assert database_file("http://h:1") is None
