"""Half widths of t intervals against published quantiles."""

from __future__ import annotations

import numpy as np
import pytest

from runner.stats import t_half_width

# two-sided 95 % points of Student's t, by degrees of freedom
QUANTILES = {1: 12.7062, 2: 4.3027, 4: 2.7764, 9: 2.2622, 29: 2.0452, 99: 1.9842}


@pytest.mark.parametrize("degrees", QUANTILES)
def test_published_quantiles(degrees: int) -> None:
    n = degrees + 1
    assert t_half_width(n, 2.0) == pytest.approx(QUANTILES[degrees] * 2 / np.sqrt(n), rel=1e-4)


def test_other_confidence() -> None:
    assert t_half_width(11, 1.0, confidence=0.9) == pytest.approx(1.8125 / np.sqrt(11), rel=1e-4)


def test_too_few_replicates_have_no_interval() -> None:
    found = t_half_width([0, 1, 2], [np.nan, np.nan, 0.0])
    assert np.isnan(found[:2]).all()
    assert found[2] == 0.0


def test_it_broadcasts_and_scales() -> None:
    found = t_half_width(5, [1.0, 3.0])
    assert found[1] == pytest.approx(3 * found[0])


def test_it_covers_the_mean_at_its_rate() -> None:
    """2,000 intervals of 95 %: fewer than 1,850 or more than 1,945 happen once in a million."""
    from runner.draws import DrawSource

    draws = DrawSource(seed=1).for_run(0, ("sample",))
    sample = draws.normal("sample", step=np.arange(8)[:, None], entities=slice(0, 2000))
    half = t_half_width(8, sample.std(axis=0, ddof=1))
    covered = int((abs(sample.mean(axis=0)) <= half).sum())
    assert 1850 <= covered <= 1945
