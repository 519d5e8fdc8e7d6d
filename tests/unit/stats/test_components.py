"""Variance components on tables small enough to work out."""

from __future__ import annotations

import numpy as np
import pytest

from runner.stats import main_effects, residual_variance, within_cells


def test_main_effects_of_a_full_grid() -> None:
    # cell means a_i + b_j + c_ij with a = (-1, 1), b = (-2, 2), c = (0.5, -0.5, -0.5, 0.5)
    means = np.array([-2.5, 0.5, -1.5, 3.5]) + 7
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    effects, left = main_effects(means, [rows, columns])
    assert effects == pytest.approx([1.0, 4.0])
    assert left == pytest.approx(0.25)
    assert main_effects(means, [columns, rows])[0] == pytest.approx([4.0, 1.0])
    assert sum(effects) + left == pytest.approx(means.var())


def test_within_cells_takes_chance_out_of_variables() -> None:
    values = np.array([[[0.0, 2.0], [10.0, 12.0]], [[5.0, 7.0], [1.0, 3.0]]])
    found = within_cells(values)
    assert found.within_replicate == 2.0
    assert found.between_replicates == pytest.approx((50 + 8) / 2 - 1.0)
    alone = within_cells(values[:, :, :1])
    assert alone.between_replicates == pytest.approx(29.0)
    assert np.isnan(alone.within_replicate)


def test_noise_between_cells_is_what_replicates_do_not_share() -> None:
    shared, own = np.array([0.0, 5.0, -3.0, 2.0]), np.array([1.0, -1.0, 0.5, -0.5])
    values = np.array([shared + own, shared - own])
    centred = own - own.mean()
    assert residual_variance(values) == pytest.approx(2 * (centred**2).sum() / 3)
    assert residual_variance(np.array([shared, shared + 2])) == pytest.approx(0.0)
    assert np.isnan(residual_variance(values[:1]))
