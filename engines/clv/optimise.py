"""Maximise a mean log-likelihood over log-parameters, and measure its curvature there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from runner.contract import Floats

Objective = Callable[[Floats], tuple[float, Floats]]
"""Takes log-parameters (k,); returns the mean log-likelihood and its gradient (k,)."""

_EDGE = 1e-3  # a log-parameter this close to its bound counts as at the bound
_STEP = 1e-4  # of the differences of gradients; errors of about 1e-8
_NEWTON_STEPS = 8
_DIGITS = 1e-9  # a slope that rounding alone explains, nats per customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How far a search may go: iterations per start, gradient to reach, bound on log-parameters."""

    max_iterations: int
    gradient_tolerance: float
    log_bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """Where a search ended: log-parameters (k,), mean log-likelihood, how it ended.

    `spread` is the best mean log-likelihood minus that of the second-best end point; `is_flat`: the
    slope is within the tolerance; `ran_out`: the iterations were used up.
    """

    log_theta: Floats
    value: float
    spread: float
    is_at_bound: bool
    is_flat: bool
    ran_out: bool


def maximise(objective: Objective, starts: Sequence[Sequence[float]], search: Search) -> Optimum:
    """Return the best end point over all starting points (in natural parameters)."""
    ends = [_climb(objective, np.log(np.asarray(start)), search) for start in starts]
    ends.sort(key=lambda end: -end[0])
    value, log_theta, slope, ran_out = ends[0]
    is_at_bound = bool(np.any(np.abs(log_theta) >= search.log_bound - _EDGE))
    if not is_at_bound and not ran_out and slope > search.gradient_tolerance:
        value, log_theta, slope = _polish(objective, log_theta, value, search)
    return Optimum(
        log_theta=log_theta,
        value=value,
        spread=max(0.0, value - ends[1][0]),
        is_at_bound=is_at_bound,
        is_flat=slope <= max(search.gradient_tolerance, _DIGITS),
        ran_out=ran_out,
    )


def _climb(
    objective: Objective, start: Floats, search: Search
) -> tuple[float, Floats, float, bool]:
    """Return value, place and largest slope at the end of one search, and whether it ran out."""

    def downhill(log_theta: Floats) -> tuple[float, Floats]:
        value, slopes = objective(log_theta)
        return -value, -slopes

    bound = search.log_bound
    found = minimize(
        downhill,
        np.clip(start, -bound, bound),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-bound, bound)] * start.size,
        options={
            "maxiter": search.max_iterations,
            "maxfun": 20 * search.max_iterations,
            "gtol": search.gradient_tolerance,
            "ftol": 1e-15,
        },
    )
    slope = float(np.max(np.abs(found.jac)))
    return -float(found.fun), np.asarray(found.x), slope, found.status == 1


def _polish(
    objective: Objective, log_theta: Floats, value: float, search: Search
) -> tuple[float, Floats, float]:
    """Take Newton steps where the line search stopped for lack of digits."""
    _, slopes = objective(log_theta)
    for _ in range(_NEWTON_STEPS):
        if np.max(np.abs(slopes)) <= search.gradient_tolerance:
            break
        curvature = hessian(objective, log_theta)
        if np.linalg.eigvalsh(curvature)[-1] >= 0:
            break
        place = np.clip(
            log_theta - np.linalg.solve(curvature, slopes), -search.log_bound, search.log_bound
        )
        reached, new_slopes = objective(place)
        if np.max(np.abs(new_slopes)) >= np.max(np.abs(slopes)):
            break
        log_theta, value, slopes = place, reached, new_slopes
    return value, log_theta, float(np.max(np.abs(slopes)))


def hessian(objective: Objective, log_theta: Floats) -> Floats:
    """Return second derivatives (k, k) by central differences of the gradient."""
    k = log_theta.size
    rows = np.empty((k, k))
    for i in range(k):
        step = np.zeros(k)
        step[i] = _STEP
        up, down = objective(log_theta + step)[1], objective(log_theta - step)[1]
        rows[i] = (up - down) / (2 * _STEP)
    return 0.5 * (rows + rows.T)


def covariance(curvature: Floats, n_customers: float, log_bound: float) -> Floats | None:
    """Return the inverse of the negative Hessian of the total; None unless negative definite.

    A standard error beyond the bound of the search is rounding on a ridge: not definite either.
    """
    information = -curvature * n_customers
    if not np.isfinite(information).all():
        return None
    scale = np.sqrt(np.abs(np.diag(information)))
    if not (scale > 0).all():
        return None
    correlation = information / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] <= _SINGULAR:
        return None
    inverse = np.linalg.inv(correlation) / np.outer(scale, scale)
    if np.sqrt(np.diag(inverse)).max() > log_bound:
        return None
    return np.asarray(0.5 * (inverse + inverse.T))


_SINGULAR = 1e-10
