"""The objective counts the targets to fit, in standard errors, and knows its own uncertainty."""

from __future__ import annotations

import numpy as np
import pytest

from runner.calibrate.distance import paired_difference_se, score
from runner.calibrate.points import Point
from runner.draws import DrawSource


def point(value: float, se: float, role: str = "fit") -> Point:
    return Point(
        name="p", target="p", value=value, se=se, unit="", source="s", metric="m",
        role="hold_out" if role == "hold_out" else "fit",
    )  # fmt: skip


POINTS = (point(1.0, 0.5), point(4.0, 2.0), point(9.0, 1e-6, "hold_out"))


def luck(size: int) -> np.ndarray:
    draws = DrawSource(seed=5).for_run(0, ("luck",))
    return draws.normal("luck", entities=np.arange(size * 3)).reshape(size, 3)


def test_it_is_the_sum_of_squared_standardised_errors_of_the_fit_alone() -> None:
    found = score(POINTS, np.array([[2.0, 2.0, -70.0], [2.0, 4.0, 70.0]]))
    assert found.objective == pytest.approx(2.0**2 + 0.5**2)


def test_one_replicate_has_no_error() -> None:
    assert score(POINTS, np.array([[2.0, 2.0, 0.0]])).se == 0.0


def test_its_standard_error_is_what_repetition_shows() -> None:
    noise = luck(400 * 16).reshape(400, 16, 3)
    found = [score(POINTS, np.array([2.5, 7.0, 0.0]) + block) for block in noise]
    spread = float(np.std([s.objective for s in found], ddof=1))
    assert np.mean([s.se for s in found]) == pytest.approx(spread, rel=0.1)


def test_common_luck_cancels_in_differences() -> None:
    noise = luck(64)
    one, other = (score(POINTS, np.array([x, 7.0, 0.0]) + noise) for x in (2.5, 2.6))
    assert paired_difference_se(one, other) < 0.1 * one.se
