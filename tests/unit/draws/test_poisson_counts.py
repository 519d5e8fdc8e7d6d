"""Poisson counts by the inverse distribution function, from mean 0 to 1e15."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from runner.draws import DrawSource
from runner.draws.poisson import poisson_counts

TINY = 2.0**-53
EXTREMES = np.array([0.0, TINY, 5 * TINY, 1e-12, 0.5, 1 - 1e-12, 1 - 5 * TINY, 1 - TINY])
EVEN = (np.arange(4000) + 0.5) / 4000


@pytest.mark.parametrize("mean", [0.0, 1e-12, 1e-3, 0.3, 1.0, 5.0, 80.0, 999.5, 1e4, 1e5])
def test_counts_are_the_smallest_whose_distribution_function_exceeds_u(mean: float) -> None:
    counts = poisson_counts(EVEN, np.array(mean))
    assert np.all(poisson.cdf(counts, mean) > EVEN)
    assert np.all(poisson.cdf(counts - 1, mean) <= EVEN)
    assert np.array_equal(counts, poisson.ppf(EVEN, mean))


def test_at_a_step_of_the_distribution_function_the_next_count_is_taken() -> None:
    half = -np.log(0.5)  # P(0) = 1/2
    u = np.array([0.5 - 1e-12, 0.5 + 1e-12])
    assert poisson_counts(u, np.array(half)).tolist() == [0, 1]
    assert poisson_counts(np.array([0.0]), np.array(0.0)).tolist() == [0]


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.3, 80.0, 99_999.0, 100_001.0, 1e6, 1e9, 1e12, 1e15])
def test_counts_never_fall_as_u_rises(mean: float) -> None:
    u = np.sort(np.concatenate([EVEN, EXTREMES]))
    counts = poisson_counts(u, np.array(mean))
    assert np.all(np.diff(counts) >= 0)
    assert counts[0] >= 0


@pytest.mark.parametrize("mean", [3e4, 1e6])
def test_the_expansion_agrees_with_the_distribution_function(mean: float) -> None:
    counts = poisson_counts(EVEN, np.array(mean))
    assert np.array_equal(counts, poisson.ppf(EVEN, mean))


def test_both_tails_keep_their_digits() -> None:
    u = np.array([1e-15, 1 - 8 * TINY])
    low, high = poisson_counts(u, np.array(400.0))
    assert poisson.cdf(low, 400.0) > u[0] >= poisson.cdf(low - 1, 400.0)
    assert poisson.sf(high, 400.0) < 8 * TINY <= poisson.sf(high - 1, 400.0)


def test_counts_never_fall_as_the_mean_rises() -> None:
    means = np.linspace(0, 50, 501)[:, None]
    counts = poisson_counts(np.concatenate([EVEN[::40], EXTREMES]), means)
    assert np.all(np.diff(counts, axis=0) >= 0)


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.3, 3.0, 11.9, 80.0, 999.5, 3e4, 1e5])
def test_one_mean_for_many_gives_the_same_as_a_mean_each(mean: float) -> None:
    u = np.concatenate([np.tile(EVEN, 30), EXTREMES])
    each = poisson_counts(u, np.full(u.size, mean))
    assert np.array_equal(poisson_counts(u, np.array(mean)), each)
    assert np.array_equal(poisson_counts(u[:, None], np.array([[mean]])), each[:, None])


def test_means_broadcast_against_addresses() -> None:
    draws = DrawSource(seed=1).for_run(0, ("visits",))
    means = np.array([[0.5], [20.0]])
    found = draws.poisson("visits", means, step=3, entities=slice(0, 50))
    assert found.shape == (2, 50)
    assert np.array_equal(found[1], draws.poisson("visits", 20.0, step=3, entities=slice(0, 50)))
    assert draws.poisson("visits", 20.0, step=3).shape == ()
    assert draws.poisson("visits", means, entities=slice(0, 0)).shape == (2, 0)
