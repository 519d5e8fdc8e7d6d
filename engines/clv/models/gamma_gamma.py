"""Gamma-Gamma: what a purchase is worth, when customers have spending levels of their own.

theta = (p, q, gamma): a purchase is Gamma(p, rate nu), nu ~ Gamma(q, rate gamma) over customers.

Source: P. Fader, B. Hardie, "The Gamma-Gamma model of monetary value" (2013), eq. 1a and 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from runner.contract import Floats

NAME = "gamma_gamma"
PARAMETERS = ("p", "q", "gamma")
STARTS = ((1.0, 2.0, 1.0), (5.0, 4.0, 0.5), (2.0, 1.5, 0.3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Distinct pairs of purchases `x` > 0 and their mean value `m` > 0, all arrays (n_rows,)."""

    x: Floats
    m: Floats
    weight: Floats


def log_likelihood(theta: Floats, x: Floats, m: Floats) -> Floats:
    """Return each customer's log density of the mean spend m, in nats; x > 0 and m > 0."""
    p, q, gamma = theta
    px = p * x
    ends = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma)
    return np.asarray(
        ends + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * np.log(gamma + m * x)
    )


def mean_and_gradient(log_theta: Floats, data: Spending) -> tuple[float, Floats]:
    """Return the mean log-likelihood per customer and its gradient in log-parameters (3,)."""
    p, q, gamma = theta = np.exp(log_theta)
    x, m, share = data.x, data.m, data.weight / data.weight.sum()
    px, log_all = p * x, np.log(gamma + m * x)
    top = digamma(px + q)
    of_p = x * (top - digamma(px) + np.log(m * x) - log_all)
    of_q = top - digamma(q) + np.log(gamma) - log_all
    of_gamma = q / gamma - (px + q) / (gamma + m * x)
    slopes = np.array([share @ of_p, share @ of_q, share @ of_gamma]) * theta
    return float(share @ log_likelihood(theta, x, m)), slopes


def expected_spend(theta: Floats, x: Floats, m: Floats) -> Floats:
    """Return E[mean spend per purchase | x, m]; for x = 0 the population mean. Needs q > 1."""
    p, q, gamma = theta
    return np.asarray(p * (gamma + m * x) / (p * x + q - 1))
