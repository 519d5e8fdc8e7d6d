"""The same numbers as scipy where it has the method, and as closed forms where it has not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from runner.draws import DrawSource
from runner.stats import (
    covariance,
    fieller,
    hedges,
    moments,
    paired,
    percentile_interval,
    replicates_for_half_width,
    t_chance,
    t_interval,
    t_p_value,
    t_quantile,
    welch,
)

Floats = NDArray[np.float64]


def normals(name: str, rows: int, n: int) -> Floats:
    uniforms = DrawSource(seed=7).resample_uniforms(name, range(rows), n)
    return np.asarray(stats.norm.ppf(np.maximum(uniforms, 1e-12)))


ARM, CONTROL = 3 + normals("arm", 5, 9), 2.5 + 0.8 * normals("control", 5, 9)


def test_paired_t_is_scipys() -> None:
    found = paired(ARM, CONTROL)
    truth = stats.ttest_rel(ARM, CONTROL, axis=1)
    np.testing.assert_allclose(
        t_p_value(found.difference, found.se, found.df), truth.pvalue, rtol=1e-10
    )
    low, high = found.interval(0.9)
    ends = truth.confidence_interval(0.9)
    np.testing.assert_allclose((low, high), (ends.low, ends.high), rtol=1e-10)


def test_welch_is_scipys() -> None:
    found = welch(ARM[:, :6], CONTROL)
    truth = stats.ttest_ind(ARM[:, :6], CONTROL, axis=1, equal_var=False)
    np.testing.assert_allclose(
        t_p_value(found.difference, found.se, found.df), truth.pvalue, rtol=1e-10
    )
    np.testing.assert_allclose(found.df, truth.df, rtol=1e-12)
    ends = truth.confidence_interval(0.95)
    np.testing.assert_allclose(found.interval(0.95), (ends.low, ends.high), rtol=1e-10)


def test_missing_values_are_left_out_pairwise() -> None:
    arm, control = ARM.copy(), CONTROL.copy()
    arm[:, 2], control[:, 5] = np.nan, np.nan
    kept = [0, 1, 3, 4, 6, 7, 8]
    assert paired(arm, control).difference == pytest.approx(
        paired(arm[:, kept], control[:, kept]).difference, rel=1e-14
    )
    found = welch(arm, control)
    assert (found.arm.n.tolist(), found.control.n.tolist()) == ([8.0] * 5, [8.0] * 5)
    np.testing.assert_allclose(
        covariance(arm, control)[0], np.cov(ARM[0, kept], CONTROL[0, kept])[0, 1]
    )


def test_too_few_values_have_no_interval() -> None:
    one = np.array([[1.0, np.nan], [np.nan, np.nan]])
    found = paired(one, one + 1)
    assert found.difference[0] == -1.0
    assert np.isnan(found.se).all()
    assert np.isnan(found.interval(0.95)[0]).all()
    assert np.isnan(moments(one).variance).all()
    assert np.isnan(t_chance(np.array([1.0]), np.array([0.0]), 5)).all()


def test_quantiles_intervals_and_chances() -> None:
    np.testing.assert_allclose(
        t_quantile([1, 10, 1e9], 0.95), [12.7062, 2.228139, 1.959964], rtol=1e-5
    )
    low, high = t_interval(np.array([1.0]), np.array([0.5]), 10, 0.95)
    assert high[0] - 1.0 == pytest.approx(0.5 * 2.2281388)
    assert low[0] + high[0] == pytest.approx(2.0)
    assert t_chance(np.array([0.5]), np.array([0.5]), 10)[0] == pytest.approx(stats.t.cdf(1, 10))


def test_fieller_of_independent_means() -> None:
    # closed form with g = t^2 Var(c) / c^2; Fieller (1954)
    found = welch(ARM, CONTROL)
    low, high = fieller(found, 0.95)
    t2 = stats.t.ppf(0.975, found.df) ** 2
    a, c = found.arm.mean, found.control.mean
    for end in (low, high):
        variance = found.arm.variance / 9 + end**2 * found.control.variance / 9
        np.testing.assert_allclose((a - end * c) ** 2, t2 * variance, rtol=1e-9)
    assert (low < a / c).all()
    assert (high > a / c).all()


def test_fieller_uses_the_covariance_of_pairs() -> None:
    found = paired(ARM, CONTROL)
    ends = fieller(found, 0.95)
    t2 = stats.t.ppf(0.975, 8) ** 2
    for end in ends:
        contrast = ARM - end[:, None] * CONTROL
        mean, variance = contrast.mean(axis=1), contrast.var(axis=1, ddof=1) / 9
        np.testing.assert_allclose(mean**2, t2 * variance, rtol=1e-8)


def test_fieller_is_unbounded_near_zero() -> None:
    around_zero = CONTROL - CONTROL.mean(axis=1, keepdims=True)
    assert np.isnan(fieller(paired(ARM, around_zero), 0.95)).all()


def test_hedges_factor_and_size() -> None:
    # J(10) = 0.9228, Hedges (1981) table 1 and the usual approximation 1 - 3/(4 df - 1)
    size = hedges(moments(ARM[:, :6]), moments(CONTROL[:, :6]))
    pooled = np.sqrt((ARM[:, :6].var(axis=1, ddof=1) + CONTROL[:, :6].var(axis=1, ddof=1)) / 2)
    plain = (ARM[:, :6].mean(axis=1) - CONTROL[:, :6].mean(axis=1)) / pooled
    np.testing.assert_allclose(size / plain, 0.9228, atol=5e-4)


@pytest.mark.parametrize("half_width", [0.05, 0.3, 2.0])
def test_replicates_are_the_fewest_that_do(half_width: float) -> None:
    sd = np.array([0.2, 1.0, 3.0])
    n = replicates_for_half_width(sd, half_width, 0.95)
    assert (stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n) <= half_width).all()
    fewer = np.maximum(n - 1, 2)
    too_wide = stats.t.ppf(0.975, fewer - 1) * sd / np.sqrt(fewer) > half_width
    assert (too_wide | (n == 2)).all()


def test_replicates_of_what_cannot_be_had() -> None:
    assert np.isnan(replicates_for_half_width([np.nan, 1.0, 1.0], [1.0, 0.0, 1e-30], 0.95)).all()
    assert replicates_for_half_width(0.0, 1.0, 0.95) == 2


def test_percentiles_are_definition_6() -> None:
    samples = np.vstack([ARM[0], np.r_[ARM[1, :7], np.nan, np.nan]])
    low, high = percentile_interval(samples, 0.8)
    for row, values in enumerate((ARM[0], ARM[1, :7])):
        expected = np.quantile(values, [0.1, 0.9], method="weibull")
        np.testing.assert_allclose((low[row], high[row]), expected, rtol=1e-12)
    assert np.isnan(percentile_interval(np.empty((2, 0)), 0.9)).all()
