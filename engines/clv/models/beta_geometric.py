"""Work out what BG/NBD and MBG/NBD share: leaving with probability p after a purchase.

BG/NBD customers may leave after each repeat purchase (`shift` 0), MBG/NBD customers after the first
purchase too (`shift` 1). All functions take theta = (r, alpha, a, b): purchase rates are
Gamma(r, rate alpha), leaving probabilities Beta(a, b).

Source: P. Fader, B. Hardie, K. Lee, "Counting your customers the easy way: an alternative to the
Pareto/NBD model" (2005), eq. 6-10; E. Batislam, M. Denizel, A. Filiztekin, "Empirical validation
and comparison of models for customer base analysis" (2007).
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy.special import (
    betaincinv,
    digamma,
    expit,
    gammaln,
    hyp2f1,
    roots_genlaguerre,
    roots_jacobi,
)

from engines.clv.models.histories import Histories
from runner.contract import Floats

PARAMETERS = ("r", "alpha", "a", "b")
IS_TIME = (False, True, False, False)
STARTS = ((0.5, 0.1, 0.7, 2.0), (1.0, 1.0, 1.0, 1.0), (0.2, 0.5, 0.3, 5.0))

_NODES = 200
_POLE = 1e-5  # half-width around a = 1, where the closed form divides by a - 1
_SHORT = 1e-3  # share of alpha + T below which the closed form loses digits


def log_likelihood(shift: int, theta: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return each customer's log-likelihood in nats; arrays broadcast."""
    r, alpha, a, b = theta
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = gammaln(b + x + shift) - gammaln(a + b + x + shift) - gammaln(b) + gammaln(a + b)
    odds = log_odds_of_having_left(shift, theta, x, t_x, age)
    return np.asarray(common + stays - (r + x) * np.log(alpha + age) + np.logaddexp(0.0, odds))


def log_odds_of_having_left(
    shift: int, theta: Floats, x: Floats, t_x: Floats, age: Floats
) -> Floats:
    """Return the log odds that a customer has left by age T; -infinity where that is excluded."""
    r, alpha, a, b = theta
    possible = np.asarray(x) + shift > 0
    since = np.where(possible, b + x + shift - 1, 1.0)
    odds = np.log(a) - np.log(since) + (r + x) * np.log1p((age - t_x) / (alpha + t_x))
    return np.where(possible, odds, -np.inf)


def mean_and_gradient(shift: int, log_theta: Floats, data: Histories) -> tuple[float, Floats]:
    """Return the mean log-likelihood per customer and its gradient in log-parameters (4,)."""
    r, alpha, a, b = np.exp(log_theta)
    k, place = data.x_values, data.x_place
    by_x = gammaln(r + k) - gammaln(r) + gammaln(b + k + shift) - gammaln(a + b + k + shift)
    by_x += gammaln(a + b) - gammaln(b)
    since = np.where(k + shift > 0, b + k + shift - 1, 1.0)
    odds_x = np.where(k + shift > 0, np.log(a / since), -np.inf)
    log_age, gap = np.log(alpha + data.age), np.log1p((data.age - data.t_x) / (alpha + data.t_x))
    rx = r + data.x
    odds = odds_x[place] + rx * gap
    total = by_x[place] + r * np.log(alpha) - rx * log_age + np.logaddexp(0.0, odds)
    left = expit(odds)
    of_r = (digamma(r + k) - digamma(r))[place] + np.log(alpha) - log_age + left * gap
    inverse_age = 1.0 / (alpha + data.age)
    of_alpha = r / alpha - rx * inverse_age + left * rx * (inverse_age - 1.0 / (alpha + data.t_x))
    both = digamma(a + b) - digamma(a + b + k + shift)
    of_a = both[place] + left / a
    of_b = (both + digamma(b + k + shift) - digamma(b))[place] - left / since[place]
    share = data.weight / data.weight.sum()
    slopes = np.array(
        [share @ of_r * r, share @ of_alpha * alpha, share @ of_a * a, share @ of_b * b]
    )
    return float(share @ total), slopes


def p_alive(shift: int, theta: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return P(alive at T | x, t_x, T)."""
    return np.asarray(expit(-log_odds_of_having_left(shift, theta, x, t_x, age)))


def expected_given_alive(shift: int, theta: Floats, x: Floats, age: Floats, t: Floats) -> Floats:
    """Return E[purchases in (T, T+t] | alive at T]; arrays broadcast, all >= 0."""
    x, age, t = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(x, age, t))
    a = float(theta[2])
    if abs(a - 1.0) < _POLE:
        below, above = (np.array([*theta[:2], 1.0 + step, theta[3]]) for step in (-_POLE, _POLE))
        share = (a - 1.0 + _POLE) / (2 * _POLE)
        left, right = (_expected(shift, th, x, age, t) for th in (below, above))
        return np.asarray((1 - share) * left + share * right)
    return _expected(shift, theta, x, age, t)


def _expected(shift: int, theta: Floats, x: Floats, age: Floats, t: Floats) -> Floats:
    """Return the closed form, and the quadrature where it is not finite or loses digits.

    With c = a+b+x-1+shift, R = (alpha+T)/(alpha+T+t) and z = 1-R it is (c - R^(a-1) G)/(a-1),
    G = c F(a-1, c-r-x; c+1; z) + (a-1)(c-r-x) z/(c+1) F(a, c-r-x+1; c+2; z), an identity of the
    published F(r+x, b+x+shift; c; z) that stays finite where that has a pole.
    """
    r, alpha, a, b = theta
    c, z = a + b + x - 1 + shift, t / (alpha + age + t)
    d = c - r - x
    with np.errstate(all="ignore"):  # what is not finite is computed by quadrature
        first, second = hyp2f1(a - 1, d, c + 1, z), hyp2f1(a, d + 1, c + 2, z)
        g = c * first + (a - 1) * d * z / (c + 1) * second
        found = (c - np.exp((a - 1) * np.log1p(-z)) * g) / (a - 1)
    weak = ~np.isfinite(found) | (t < _SHORT * (alpha + age)) | (found < 0)
    weak |= max(a, b) > _LARGEST
    if weak.any():
        found = np.array(found)
        found[weak] = by_quadrature(shift, theta, x[weak], age[weak], t[weak])
    return np.asarray(found)


def by_quadrature(shift: int, theta: Floats, x: Floats, age: Floats, t: Floats) -> Floats:
    """Return E[purchases in (T, T+t] | alive] by 200-node Gauss-Jacobi quadrature over p.

    All arrays (n,). The integrand is {1 - ((alpha+T)/(alpha+T+p t))^(r+x)}/p under
    p ~ Beta(a, b+x+shift).
    """
    r, alpha, _, _ = theta
    found = np.empty(np.shape(x))
    for value in np.unique(x):
        rows = np.flatnonzero(x == value)
        p, weight = _beta_nodes(float(theta[2]), float(theta[3] + value + shift))
        for part in np.array_split(rows, max(1, rows.size // 2000)):
            decay = -(r + value) * np.log1p(p * (t[part] / (alpha + age[part]))[:, None])
            found[part] = (-np.expm1(decay) / p) @ weight
    return found


@functools.lru_cache(maxsize=256)
def _beta_nodes(a: float, b: float) -> tuple[Floats, NDArray[np.float64]]:
    """Return nodes in (0, 1) and weights of sum 1 for a Beta(a, b) distribution.

    Gauss-Jacobi while its weights do not underflow. For large b, p = 1 - exp(-y/b), since y is
    nearly Gamma(a); for large a, p is narrow and Gauss-Legendre over its quantiles serves.
    """
    if a > _LARGEST:
        u, weight = np.polynomial.legendre.leggauss(_NODES)
        return np.asarray(betaincinv(a, b, (1 + u) / 2)), weight / 2
    if b <= _LARGEST:
        with np.errstate(all="ignore"):  # scipy divides by 0 at a + b = 1, in a branch not taken
            node, weight = roots_jacobi(_NODES, b - 1, a - 1)
        p = np.maximum((1 + node) / 2, _TINY)
        return p, weight / weight.sum()
    y, weight = roots_genlaguerre(_LAGUERRE_NODES, a - 1)
    y = np.maximum(y, _TINY)
    p = -np.expm1(-y / b)
    weight = weight * (p * b / y) ** (a - 1)
    return p, weight / weight.sum()


_LARGEST = 100.0
_LAGUERRE_NODES = 100
_TINY = float(np.finfo(float).tiny)
