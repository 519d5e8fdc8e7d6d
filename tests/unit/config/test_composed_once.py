"""What the tests' memory of composed configuration gives is what Hydra gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from runner.config.hydra_compose import compose_groups
from runner.config.sources import Sources, find_sources
from runner.contract import ConfigError
from tests.composed_once import Compose, composed_once

MINE = "# @package params\neffect: {effect}\n"


@pytest.fixture
def calls() -> list[dict[str, str]]:
    return []


@pytest.fixture
def remembered(calls: list[dict[str, str]]) -> Compose:
    def counted(sources: Sources, choices: Mapping[str, str], listed: Collection[str]) -> Any:
        calls.append(dict(choices))
        return compose_groups(sources, choices, listed)

    return composed_once(counted)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mix" / "linear_null").mkdir(parents=True)
    write(tmp_path, 1)
    return tmp_path


def write(folder: Path, effect: int) -> None:
    (folder / "mix" / "linear_null" / "mine.yaml").write_text(MINE.format(effect=effect))


CHOICES = {"engine": "linear_null", "mix/linear_null": "mine"}
LISTED = ("mix/linear_null",)


def test_the_same_is_composed_once_and_is_the_callers_own(
    remembered: Compose, mine: Path, calls: list[dict[str, str]]
) -> None:
    first, options = remembered(find_sources(mine), CHOICES, LISTED)
    assert (first, options) == compose_groups(find_sources(mine), CHOICES, LISTED)
    first["params"]["effect"] = "spoiled"
    assert remembered(find_sources(mine), CHOICES, LISTED) == compose_groups(
        find_sources(mine), CHOICES, LISTED
    )
    assert calls == [CHOICES]


def test_other_files_and_other_choices_are_composed_anew(
    remembered: Compose, mine: Path, calls: list[dict[str, str]]
) -> None:
    assert remembered(find_sources(mine), CHOICES, LISTED)[0]["params"]["effect"] == 1
    write(mine, 2)
    assert remembered(find_sources(mine), CHOICES, LISTED)[0]["params"]["effect"] == 2
    (mine / "mix" / "linear_null" / "other.yaml").write_text("# @package params\neffect: 3\n")
    assert remembered(find_sources(mine), CHOICES, LISTED)[0]["params"]["effect"] == 2
    other = {**CHOICES, "mix/linear_null": "other"}
    assert remembered(find_sources(mine), other, LISTED)[0]["params"]["effect"] == 3
    assert calls == [CHOICES, CHOICES, CHOICES, other]


def test_a_refusal_is_not_remembered(remembered: Compose, mine: Path) -> None:
    (mine / "mix" / "linear_null" / "mine.yaml").write_text("a: [")
    for _ in range(2):
        with pytest.raises(ConfigError, match="is not valid YAML"):
            remembered(find_sources(mine), CHOICES, LISTED)
