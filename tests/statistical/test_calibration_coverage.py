"""Intervals of calibrated parameters hold the truth about as often as they say.

The full evidence, 100 calibrations, is in docs/calibrating.md; this is a small repetition of it.
False-alarm rate: P(more than 3 of 12 missed at 5 %) = 0.2 % for each of three parameters.
"""

from __future__ import annotations

import pytest

import tests.calibrate_support  # noqa: F401 - imports change once what they change
from tests.benchmarks.calibration import RANGES, coverage

COUNT, MOST_MISSED = 12, 3


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    found = coverage(COUNT)["parameters"]
    assert set(found) == set(RANGES)
    for path, own in found.items():
        missed = COUNT - round(own["coverage"] * COUNT)
        assert missed <= MOST_MISSED, path
        assert abs(own["mean_error"]) < 1.5 * own["mean_standard_error"], path
        assert 0.5 < own["sd_of_errors"] / own["mean_standard_error"] < 1.7, path
