"""Standard errors: from the curvature of the likelihood, and as wide as estimates spread."""

from __future__ import annotations

import numpy as np
import pytest

from engines.clv.fit import fit_purchases
from engines.clv.models import MODELS
from engines.clv.tests.measure import coverage, estimates, spread_ratio, truth
from engines.clv.tests.support import cdnow, draws, params

STEP = 1e-3


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"])
def test_covariance_is_the_inverse_curvature_of_the_total_likelihood(model):
    rows = cdnow()[1].rows
    fit = fit_purchases("calibration", MODELS[model], rows, params())
    best, k = np.log(fit.theta), fit.theta.size

    def total(log_theta):
        each = MODELS[model].log_likelihood(np.exp(log_theta), rows.x, rows.t_x, rows.age)
        return float(rows.weight @ each)

    steps, curvature = STEP * np.eye(k), np.empty((k, k))
    for i in range(k):
        for j in range(k):
            corners = [
                sign * total(best + a * steps[i] + b * steps[j])
                for a, b, sign in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
            ]
            curvature[i, j] = sum(corners) / (4 * STEP**2)
    expected = np.sqrt(np.diag(np.linalg.inv(-curvature)))
    np.testing.assert_allclose(fit.se_log(), expected, rtol=1e-3)


def test_standard_errors_agree_with_the_spread_of_estimates():
    logs, errors = estimates("bg_nbd", range(50), 2000)
    ratio, doubt = spread_ratio(logs, errors)
    assert len(logs) == 50
    assert (np.abs(ratio - 1.0) <= 0.10 + 2.0 * doubt).all(), (ratio, doubt)
    pooled = coverage(logs, errors, truth("bg_nbd")).mean()
    assert 0.83 <= pooled <= 0.97


def test_a_spread_says_how_little_few_fits_tell():
    skewed = np.exp(draws().normal("sim.rate", entities=slice(0, 4000)))[:, None]
    known = np.full_like(skewed, np.sqrt((np.e - 1.0) * np.e))
    ratios = [spread_ratio(skewed[k : k + 200], known[k : k + 200]) for k in range(0, 4000, 200)]
    found, doubt = (np.array([pair[i][0] for pair in ratios]) for i in (0, 1))
    assert 0.5 < doubt.mean() / found.std(ddof=1) < 2.0
    assert found.std(ddof=1) > 2.0 / np.sqrt(2 * 200)
