"""Bootstrap intervals: as scipy's, the same in any company, and none where there can be none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runner.compare.resampling import resampler
from runner.draws import DrawSource
from runner.stats import Bootstrap, bootstrap_difference, bootstrap_mean

Floats = NDArray[np.float64]
SOURCE = DrawSource(seed=3)
HOW = Bootstrap(
    resamples=2000, confidence=0.95, arm=resampler(SOURCE, "arm"),
    control=resampler(SOURCE, "control"),
)  # fmt: skip
SKEWED = -np.log1p(-SOURCE.resample_uniforms("data", range(40), 15))


def direct(values: Floats, how: Bootstrap) -> tuple[float, float]:
    """Return the bootstrap-t interval as the book writes it, resample by resample."""
    n, mean = len(values), values.mean()
    t = []
    for counts in how.arm(n, 0, how.resamples):
        sample = np.repeat(values, counts.astype(int))
        t.append((sample.mean() - mean) / (sample.std(ddof=1) / np.sqrt(n)))
    ranked, rank = np.sort(t), int((how.resamples + 1) * 0.025)
    se = values.std(ddof=1) / np.sqrt(n)
    return mean - ranked[how.resamples - rank] * se, mean - ranked[rank - 1] * se


def test_it_is_the_books() -> None:
    low, high = bootstrap_mean(SKEWED[:3], HOW)
    for row in range(3):
        assert (low[row], high[row]) == pytest.approx(direct(SKEWED[row], HOW), rel=2e-4)


def test_counts_are_those_of_the_draws() -> None:
    counts = HOW.arm(7, 10, 30)
    assert counts.shape == (20, 7)
    assert (counts.sum(axis=1) == 7).all()
    np.testing.assert_array_equal(counts, resampler(SOURCE, "arm")(7, 0, 40)[10:30])
    assert (counts != HOW.control(7, 10, 30)).any()


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(40)), st.integers(1, 40))
def test_a_row_does_not_depend_on_its_company(order: list[int], count: int) -> None:
    rows = order[:count]
    together, apart = bootstrap_mean(SKEWED, HOW), bootstrap_mean(SKEWED[rows], HOW)
    for whole, part in zip(together, apart, strict=True):
        np.testing.assert_array_equal(whole[rows], part)


def test_missing_values_are_left_out() -> None:
    holed = np.insert(SKEWED, 4, np.nan, axis=1)
    np.testing.assert_array_equal(bootstrap_mean(holed, HOW), bootstrap_mean(SKEWED, HOW))


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_the_unit_does_not_matter(factor: float) -> None:
    scaled = np.array(bootstrap_mean(SKEWED * factor, HOW)) / factor
    np.testing.assert_allclose(scaled, bootstrap_mean(SKEWED, HOW), rtol=1e-6)


def test_no_ends_for_three_values_or_no_spread() -> None:
    assert np.isnan(bootstrap_mean(SKEWED[:, :3], HOW)).all()
    assert np.isnan(bootstrap_mean(SKEWED[:, :1], HOW)).all()
    assert np.isnan(bootstrap_mean(np.ones((2, 9)), HOW)).all()


def test_two_samples_are_resampled_apart() -> None:
    low, high = bootstrap_difference(SKEWED[:20], SKEWED[20:, :12], HOW)
    difference = SKEWED[:20].mean(axis=1) - SKEWED[20:, :12].mean(axis=1)
    assert ((low < difference) & (difference < high)).all()
    se = np.sqrt(SKEWED[:20].var(axis=1, ddof=1) / 15 + SKEWED[20:, :12].var(axis=1, ddof=1) / 12)
    assert np.median((high - low) / se) == pytest.approx(2 * 2.06, rel=0.15)  # t(25)
