"""The linearised neighbourhood gives least squares, its covariance, and what is undetermined."""

from __future__ import annotations

import numpy as np
import pytest

from runner.calibrate.local import UNIFORM_SD, curvature, step

SLOPES = np.array([[40.0, 0.0], [10.0, 30.0], [0.0, 20.0]])
NO_NOISE = np.zeros((1, 3))


def test_a_step_ends_at_the_least_squares_solution() -> None:
    x, truth = np.array([0.3, 0.6]), np.array([0.42, 0.55])
    move = step(SLOPES, SLOPES @ (x - truth), x)
    assert x + move == pytest.approx(truth, abs=1e-5)


def test_a_step_stays_in_the_box() -> None:
    x = np.array([0.9, 0.1])
    end = x + step(SLOPES, SLOPES @ (x - np.array([1.7, 0.4])), x)
    assert end[0] == pytest.approx(1.0)
    assert 0 <= end[1] <= 1


def test_a_step_does_not_move_what_the_targets_do_not_see() -> None:
    blind = np.array([[40.0, 0.0]])
    assert step(blind, np.array([-8.0]), np.array([0.2, 0.7]))[1] == pytest.approx(0.0, abs=1e-9)


def test_standard_errors_are_those_of_linear_regression() -> None:
    expected = np.sqrt(np.diag(np.linalg.inv(SLOPES.T @ SLOPES)))
    found = curvature(SLOPES, NO_NOISE)
    assert found.se == pytest.approx(expected)
    assert found.alone == pytest.approx(1 / np.sqrt((SLOPES**2).sum(axis=0)))
    assert found.directions == ()


def test_noise_of_the_simulated_means_widens_the_errors() -> None:
    observed = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, -2.0, 0.0]])
    inverse = np.linalg.inv(SLOPES.T @ SLOPES)
    variance = np.eye(3) + np.cov(observed, rowvar=False) / 4
    expected = np.sqrt(np.diag(inverse @ SLOPES.T @ variance @ SLOPES @ inverse))
    assert curvature(SLOPES, observed).se == pytest.approx(expected)


def test_two_parameters_behind_one_target_are_each_others_partners() -> None:
    found = curvature(np.array([[30.0, 30.0]]), np.zeros((1, 1)))
    assert len(found.directions) == 1
    assert found.partners(0) == [1]
    assert found.partners(1) == [0]
    assert found.alone == pytest.approx([1 / 30, 1 / 30])


def test_a_parameter_that_moves_nothing_keeps_the_spread_of_its_range() -> None:
    found = curvature(np.array([[30.0, 0.0]]), np.zeros((1, 1)))
    assert found.se[1] == pytest.approx(UNIFORM_SD)
    assert found.partners(1) == []
