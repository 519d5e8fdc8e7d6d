"""Lay the best set against the targets, those to fit and those held out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from runner.calibrate.distance import standardised
from runner.calibrate.points import TWO_SIDED_95, Point
from runner.calibrate.trial import Trial
from runner.contract import Floats

_MET = 2.0  # standard errors within which a target counts as met


def fit_table(points: tuple[Point, ...], best: Trial) -> pd.DataFrame:
    """Return a row per point: target, achieved, standardised error, verdict.

    `achieved_se` is the standard error of the simulated mean, null for one replicate;
    `standardised_error` is the difference over both standard errors together. With a tolerance the
    verdict compares the difference, with its 95 % interval, to that; otherwise a difference of
    more than two standard errors fails.
    """
    observed = _observed(best)
    count = len(observed)
    means = observed.mean(axis=0)
    errors = observed.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else np.zeros(len(points))
    rows = []
    for place, point in enumerate(points):
        difference, error = float(means[place]) - point.value, float(errors[place])
        z = difference / float(np.hypot(point.se, error))
        rows.append(
            {
                "name": point.name, "role": point.role, "target": point.value,
                "target_se": point.se, "tolerance": point.tolerance, "achieved": means[place],
                "achieved_se": error if count > 1 else None, "standardised_error": z,
                "verdict": _verdict(point, difference, error, z), "unit": point.unit,
                "source": point.source,
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.astype({"tolerance": "Float64", "achieved_se": "Float64"})


def _verdict(point: Point, difference: float, error: float, z: float) -> str:
    if point.tolerance is None:
        return "pass" if abs(z) <= _MET else "fail"
    if abs(difference) + TWO_SIDED_95 * error <= point.tolerance:
        return "pass"
    is_beyond = abs(difference) - TWO_SIDED_95 * error > point.tolerance
    return "fail" if is_beyond else "inconclusive"


def misfit_p_value(points: tuple[Point, ...], best: Trial, determined: int) -> float | None:
    """Return the probability of a fit at least as bad if the model were right.

    Null when there are no more targets than determined parameters.

    Source: Sargan and Hansen's test of overidentifying restrictions, chi-square with
    points - parameters degrees of freedom; simulated noise enters each point's variance.
    """
    from scipy.special import chdtrc

    z = standardised(points, _observed(best))[:, [p.role == "fit" for p in points]]
    freedom = z.shape[1] - determined
    if freedom < 1:
        return None
    mean = z.mean(axis=0)
    variance = np.eye(mean.size)
    if len(z) > 1:
        variance = variance + np.atleast_2d(np.cov(z, rowvar=False)) / len(z)
    return float(chdtrc(freedom, float(mean @ np.linalg.solve(variance, mean))))


def _observed(best: Trial) -> Floats:
    if best.tried.observed is None:
        raise ValueError(f"trial {best.index} has no numbers")
    return best.tried.observed
