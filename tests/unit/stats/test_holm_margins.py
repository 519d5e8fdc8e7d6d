"""Several tests at once, and intervals against bands."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runner.stats import against_band, equivalence_level, holm, t_interval


def test_holm_on_a_worked_example() -> None:
    # sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, made monotone
    found = holm(np.array([[0.01, 0.04, 0.03, 0.005]]))
    np.testing.assert_allclose(found, [[0.03, 0.06, 0.06, 0.02]])


def test_holm_leaves_out_what_was_not_tested() -> None:
    found = holm(np.array([[0.02, np.nan, 0.5], [np.nan, np.nan, np.nan]]))
    np.testing.assert_allclose(found[0], [0.04, np.nan, 0.5])
    assert np.isnan(found[1]).all()
    assert holm(np.array([[0.7, 0.9]])).max() == 1.0


@pytest.mark.parametrize("margin", [0.2, 0.5, 1.0, 1.5])
def test_the_narrow_interval_is_two_one_sided_tests(margin: float) -> None:
    centre, se, df = np.linspace(-1, 1, 21), np.full(21, 0.3), 12
    p = np.maximum(stats.t.sf((centre + margin) / se, df), stats.t.cdf((centre - margin) / se, df))
    narrow = t_interval(centre, se, df, equivalence_level(0.95))
    wide = t_interval(centre, se, df, 0.95)
    verdicts = against_band(narrow, wide, (-margin, margin))
    assert ((verdicts == "pass") == (p < 0.05)).all()


def test_verdicts_on_both_sides_of_a_band() -> None:
    low = np.array([0.1, -2.0, 1.1, -0.5, np.nan])
    high = np.array([0.9, -1.5, 2.0, 0.5, np.nan])
    found = against_band((low, high), (low, high), (0.0, 1.0))
    assert found.tolist() == ["pass", "fail", "fail", "inconclusive", None]
    open_above = against_band((low, high), (low, high), (0.0, np.inf))
    assert open_above.tolist() == ["pass", "fail", "pass", "inconclusive", None]
