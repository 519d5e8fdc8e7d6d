"""Stopping at a narrow interval costs little of its coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from runner.compare import next_replicates
from runner.config import Comparison, Study, compose_study, request_from_mapping
from runner.draws import DrawSource
from runner.stats import replicates_for_half_width, t_half_width

STUDIES = 1500
BUDGET = 512
NOMINAL = 0.95


@pytest.fixture(scope="module")
def study() -> Study:
    composed = compose_study(
        request_from_mapping({
            "engine": "linear_null", "design.replicates": "auto", "design.budget": BUDGET,
            "design.arms": {"card": {"params.effect": 1}},
            "comparisons": {"gain": {"metric": "mean_outcome", "width": 1.0}},
        })
    )  # fmt: skip
    assert isinstance(composed.comparisons[0], Comparison)
    return composed


def ended(study: Study, values: np.ndarray, width: float) -> tuple[int, float, float]:
    """Return size, mean and half width at which a study with these differences stops."""
    current = study
    while True:
        seen = values[: current.replicates]
        sd = seen.std(ddof=1)
        needed = replicates_for_half_width(np.array([sd]), width / 2, NOMINAL)
        rows = pd.DataFrame({"comparison": ["gain"], "replicates_needed": needed})
        more = next_replicates(current, rows)
        if more is None:
            return current.replicates, seen.mean(), float(t_half_width(current.replicates, sd))
        current = replace(current, replicates=more)


@pytest.mark.parametrize("width", [0.9, 0.5, 0.3])
def test_intervals_cover_nearly_as_often_as_they_say(study: Study, width: float) -> None:
    """False alarm below 1 in 10,000: coverage of 0.94 in 1,500 studies stays above 0.917."""
    draws = DrawSource(seed=7).for_run(0, ("difference",))
    block = draws.normal("difference", step=np.arange(STUDIES)[:, None], entities=np.arange(BUDGET))
    found = [ended(study, values, width) for values in block]
    sizes, means, halves = (np.array(part) for part in zip(*found, strict=True))
    covers = np.abs(means) <= halves
    assert (2 * halves <= width).all()
    assert sizes.min() >= 16
    assert covers.mean() > 0.917
    assert covers.mean() < 0.972
