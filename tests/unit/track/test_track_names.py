from __future__ import annotations

import posixpath
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.compare.labels import short_labels
from runner.track.names import LONGEST_KEY, clipped, safe_key, statistic_keys


@pytest.mark.parametrize(
    "name",
    ["d7_retention", "mean_outcome.heavy", "replicates/arpu", "draws/a.b-c", "with space", "été"],
)
def test_names_that_need_no_change(name: str) -> None:
    expected = name if name.isascii() else f"_t__{safe_key(name)[-6:]}"
    assert safe_key(name) == expected


def test_changed_names_stay_apart() -> None:
    names = ["margin %", "margin &", "margin _", "a//b", "a/b", "/a/b", "../a", ".", "..", "a/"]
    keys = [safe_key(name) for name in names]
    assert len(set(keys)) == len(names)
    assert safe_key("margin %").startswith("margin __")


@given(st.text(min_size=1, max_size=400))
def test_every_name_becomes_one_that_mlflow_accepts(name: str) -> None:
    """Its rule, in 3.17: characters, no path tricks, at most 250 long; and ours: ASCII."""
    key = safe_key(name)
    assert re.fullmatch(r"[/\w.\- ]+", key, re.ASCII)
    assert posixpath.normpath(key) == key
    assert not key.startswith(("/", ".."))
    assert key != "."
    assert len(key) <= LONGEST_KEY
    assert safe_key(key) == key


@given(st.sets(st.text(alphabet="ab%&/.", min_size=1, max_size=4), min_size=2))
def test_no_two_names_become_one(names: set[str]) -> None:
    assert len({safe_key(name) for name in names}) == len(names)


def test_statistics_make_way_for_metrics_of_their_name() -> None:
    assert statistic_keys("arpu", {"arpu"}) == {
        "sd": "arpu.sd", "ci_low": "arpu.ci_low", "ci_high": "arpu.ci_high",
    }  # fmt: skip
    assert statistic_keys("arpu", {"arpu", "arpu.sd"})["sd"] == "arpu-sd"


def test_labels_are_as_short_as_they_can_be() -> None:
    paths = ["params.public_tap.budget", "params.private_tap.budget", "horizon", "params.seats"]
    assert list(short_labels(paths).values()) == [
        "public_tap.budget", "private_tap.budget", "horizon", "seats",
    ]  # fmt: skip


def test_long_texts_are_cut_and_say_so() -> None:
    assert clipped("abc", 3) == "abc"
    assert clipped("abcdef", 5) == "ab..."
