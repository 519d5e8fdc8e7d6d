"""NBD: customers buy at their own rate and never leave; the baseline without churn.

theta = (r, alpha): purchase rates are Gamma(r, rate alpha).

Source: A. Ehrenberg, "The pattern of consumer purchases" (1959).
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from engines.clv.models.histories import Histories
from runner.contract import Floats

PARAMETERS = ("r", "alpha")
IS_TIME = (False, True)
STARTS = ((0.5, 0.3), (1.0, 1.0))


def log_likelihood(theta: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return each customer's log-likelihood in nats; arrays broadcast."""
    r, alpha = theta
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    return np.asarray(common - (r + x) * np.log(alpha + age))


def mean_and_gradient(log_theta: Floats, data: Histories) -> tuple[float, Floats]:
    """Return the mean log-likelihood per customer and its gradient in log-parameters (2,)."""
    r, alpha = np.exp(log_theta)
    k, log_age = data.x_values, np.log(alpha + data.age)
    share = data.weight / data.weight.sum()
    by_x = np.bincount(data.x_place, weights=share, minlength=k.size)
    total = float(by_x @ (gammaln(r + k) - gammaln(r))) - float(share @ ((r + data.x) * log_age))
    of_r = float(by_x @ (digamma(r + k) - digamma(r))) + np.log(alpha) - float(share @ log_age)
    of_alpha = r / alpha - float(share @ ((r + data.x) / (alpha + data.age)))
    return total + float(r * np.log(alpha)), np.array([of_r * r, of_alpha * alpha])


def p_alive(theta: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return 1: nobody leaves."""
    return np.ones(np.broadcast_shapes(np.shape(x), np.shape(age)))


def expected_given_alive(theta: Floats, x: Floats, age: Floats, t: Floats) -> Floats:
    """Return E[purchases in (T, T+t]]; arrays broadcast."""
    r, alpha = theta
    return np.asarray(t * (r + x) / (alpha + age))
