"""Variables that no target sees two of are moved together, and the slopes stay the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from runner.calibrate.apart import groups_apart, sight
from runner.calibrate.bench import Bench
from runner.calibrate.brief import Brief, make_brief
from runner.calibrate.journey import Journey
from runner.calibrate.points import Point
from runner.calibrate.polish import Descent
from runner.calibrate.space import Dimension, Space
from runner.config import StudyRequest, compose_study
from runner.contract import ConfigError, Floats
from runner.store import open_study
from tests.calibrate_support import flow, target


def point(moved_by: str) -> Point:
    return Point(name="n", target="t", value=0, se=1, unit="", source="s", moved_by=moved_by)


SPACE = Space(
    dimensions=tuple(
        Dimension(path=path, low=0.0, high=1.0)
        for path in ("kinds.light.d1", "kinds.light.d7", "kinds.heavy.d1", "kinds.heavier.d1", "x")
    )
)


def test_a_path_moves_itself_and_what_lies_below_it() -> None:
    seen = sight([point("kinds.heavy"), point("x"), point("")], SPACE)
    assert seen.tolist() == [
        [False, False, True, False, False],
        [False, False, False, False, True],
        [True] * 5,
    ]


def test_no_group_holds_two_that_one_target_sees() -> None:
    points = [point("kinds.light"), point("kinds.heavy"), point("kinds.heavier")]
    seen = sight(points, SPACE)
    assert groups_apart(seen, range(5)) == [[0, 2, 3, 4], [1]]
    assert groups_apart(sight([*points, point("")], SPACE), range(5)) == [[0], [1], [2], [3], [4]]
    assert groups_apart(seen[:0], [0, 3]) == [[0, 3]]


KINDS = ("light", "heavy")
WORDS = (
    "engine=linear_null", "params.entities=60", "execution=sequential",
    *(f"params.archetypes.{kind}.shift=interval(0,5)" for kind in KINDS),
)  # fmt: skip


def brief(*, moved_by: str = "") -> Brief:
    targets = {
        kind: target(f"mean_outcome.{kind}", 13.0, 0.05, moved_by=moved_by.format(kind) or "null")
        for kind in KINDS
    }
    words = (f"targets.{kind}={flow(fields)}" for kind, fields in targets.items())
    return make_brief(compose_study(StudyRequest(words=(*WORDS, *words))))


def looked_around(folder: Path, own: Brief) -> tuple[int, Floats]:
    home = open_study(folder, "apart")
    bench = Bench(study=own.base, folder=home, points=own.points)
    journey = Journey(bench=bench, listener=lambda trials: None)
    [start] = journey.go("search", [own.start], 3)
    local = Descent(journey=journey, space=own.space, replicates=3).walk(start, 0)
    return len(journey.trials), local.slopes


def test_fewer_trials_give_the_same_slopes(tmp_path: Path) -> None:
    singly, expected = looked_around(tmp_path / "singly", brief())
    together, slopes = looked_around(tmp_path / "together", brief(moved_by="archetypes.{}"))
    assert (singly, together) == (5, 3)
    assert slopes == pytest.approx(expected)
    assert (np.diag(slopes) > 0).all()


def test_a_group_that_cannot_be_moved_is_moved_singly(tmp_path: Path) -> None:
    own = brief(moved_by="archetypes.{}")
    first, second = own.space.dimensions
    beyond = replace(second, low=-1e9, high=2e9)  # the engine's own limit is 1e9
    far = replace(own, space=Space(dimensions=(first, beyond)), start={**own.start})
    far.start[beyond.path] = 9.9e8
    trials, slopes = looked_around(tmp_path, far)
    assert trials == 1 + 2 + 4
    assert (np.diag(slopes) > 0).all()


def test_a_target_that_nothing_moves_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        brief(moved_by="archetype.{}")
    told = str(error.value)
    assert "targets.light.moved_by = archetype.light: is no variable to determine" in told
    assert "did you mean archetypes.light?" in told
