"""Pareto/NBD: customers buy at their own rate and live for their own exponential lifetime.

theta = (r, alpha, s, beta): purchase rates are Gamma(r, rate alpha), death rates Gamma(s, rate
beta).

Source: D. Schmittlein, D. Morrison, R. Colombo, "Counting your customers: who are they and what
will they do next?" (1987); P. Fader, B. Hardie, "A note on deriving the Pareto/NBD model and
related expressions" (2005), eq. 20 and 41; P. Fader, B. Hardie, K. Lee, "RFM and CLV" (2005), eq.
3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, expit, gammaln, hyp2f1, hyperu

from engines.clv.models.histories import Histories
from runner.contract import Floats

PARAMETERS = ("r", "alpha", "s", "beta")
IS_TIME = (False, True, False, True)
STARTS = ((0.5, 0.3, 0.5, 0.3), (1.0, 1.0, 1.0, 1.0), (0.2, 0.1, 0.3, 3.0))

_MANY, _FEW = 24, 10
_RULES = {n: np.polynomial.legendre.leggauss(n) for n in (_FEW, _MANY)}
_FEW_FADE, _FEW_REACH = 6.0, 2.5
"""Few nodes keep errors below 1e-12 while the integrand fades by less, and reaches less far."""
_FADED = 36.0  # exp(-36) is below the last digit of a float
_ROWS = 2_000  # rows of nodes held at once
_LARGEST_S = 500.0  # above, the hypergeometric function loses digits


def log_likelihood(theta: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return each customer's log-likelihood in nats; arrays broadcast."""
    r, alpha, s, beta = theta
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    lives = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    return np.asarray(common + np.logaddexp(lives, _log_death(theta, x, t_x, age)))


def _log_death(theta: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return ln(s/n A0), the term of having died between t_x and T; -infinity where t_x = T."""
    r, _, s, _ = theta
    with np.errstate(all="ignore"):  # what is not finite is computed by quadrature
        first, last = _log_g(theta, x, t_x), _log_g(theta, x, age)
        found = np.log(s) - np.log(r + s + x) + first + np.log(-np.expm1(last - first))
    same = np.broadcast_to(np.asarray(t_x) >= np.asarray(age), found.shape)
    weak = ~same & (~np.isfinite(found) | np.broadcast_to(s > _LARGEST_S, found.shape))
    found = np.where(same, -np.inf, found)
    if weak.any():
        columns = np.broadcast_arrays(*theta, x, t_x, age, found)[:-1]
        found[weak] = _quadrature(*(column[weak] for column in columns)).log_area
    return found


def _log_g(theta: Floats, x: Floats, t: Floats) -> Floats:
    """Return ln F(n, k; n+1; z) - n ln(M+t), rewritten so that it does not overflow for large x."""
    r, alpha, s, beta = theta
    n = r + s + x
    most, least = np.maximum(alpha, beta), np.minimum(alpha, beta)
    k = np.where(alpha >= beta, s + 1.0, r + x)
    z = (most - least) / (most + t)
    inner = np.log(hyp2f1(1.0, n + 1 - k, n + 1, z))
    return np.asarray((1 - k) * np.log((least + t) / (most + t)) + inner - n * np.log(most + t))


def mean_and_gradient(log_theta: Floats, data: Histories) -> tuple[float, Floats]:
    """Return the mean log-likelihood per customer and its gradient in log-parameters (4,).

    The death term is the integral of s (alpha+y)^-(r+x) (beta+y)^-(s+1) over y from t_x to T, by
    Gauss-Legendre quadrature in ln(min(alpha, beta) + y), cut where the integrand has faded, with
    as many nodes as a row needs.
    """
    theta = np.exp(log_theta)
    weight = data.weight / data.weight.sum()
    total, slopes = 0.0, np.zeros(4)
    is_short = _needs_few_nodes(theta, data)
    for n_nodes, alike in ((_FEW, np.flatnonzero(is_short)), (_MANY, np.flatnonzero(~is_short))):
        for start in range(0, alike.size, _ROWS):
            rows = alike[start : start + _ROWS]
            value, slope = _part(theta, data, rows, weight[rows], n_nodes)
            total, slopes = total + value, slopes + slope
    r, alpha, s, beta = theta
    k = data.x_values
    by_x = np.bincount(data.x_place, weights=weight, minlength=k.size)
    total += float(by_x @ (gammaln(r + k) - gammaln(r))) + r * np.log(alpha) + s * np.log(beta)
    slopes += [
        float(by_x @ (digamma(r + k) - digamma(r))) + np.log(alpha), r / alpha,
        np.log(beta), s / beta,
    ]  # fmt: skip
    return float(total), slopes * theta


def _needs_few_nodes(theta: Floats, data: Histories) -> NDArray[np.bool_]:
    """Tell for which rows a few nodes integrate the death term, bool (n_rows,)."""
    r, alpha, s, beta = theta
    decay, length = _reach(r + data.x, alpha, s + 1.0, beta, data.t_x, data.age)
    return np.asarray((np.abs(decay) * length <= _FEW_FADE) & (length <= _FEW_REACH))


def _part(
    theta: Floats, data: Histories, rows: NDArray[np.int64], weight: Floats, n_nodes: int
) -> tuple[float, Floats]:
    """Return the terms of some rows that depend on t_x and T, and their gradient in theta."""
    r, alpha, s, beta = theta
    x, t_x, age = data.x[rows], data.t_x[rows], data.age[rows]
    rx = r + x
    la, lb = np.log(alpha + age), np.log(beta + age)
    lives = -rx * la - s * lb
    nodes = _quadrature(r, alpha, s, beta, x, t_x, age, n_nodes)
    dies = nodes.log_area
    both = np.logaddexp(lives, dies)
    dead = np.exp(dies - both)
    mean_a, mean_b = nodes.mean(nodes.log_a), nodes.mean(nodes.log_b)
    inv_a, inv_b = nodes.mean(1.0 / nodes.alpha_y), nodes.mean(1.0 / nodes.beta_y)
    alive = 1.0 - dead
    slopes = np.array([
        weight @ -(alive * la + dead * mean_a),
        weight @ -(rx * (alive / (alpha + age) + dead * inv_a)),
        weight @ (dead / s - alive * lb - dead * mean_b),
        weight @ -(alive * s / (beta + age) + dead * (s + 1.0) * inv_b),
    ])  # fmt: skip
    return float(weight @ both), slopes


def _reach(  # noqa: PLR0913, PLR0917 - parameters may differ from row to row
    rx: Floats, alpha: Floats, s1: Floats, beta: Floats, t_x: Floats, age: Floats
) -> tuple[Floats, Floats]:
    """Return how fast the integrand fades in ln(min(alpha, beta) + y), and how far to go, (n,)."""
    least, most = np.minimum(alpha, beta), np.maximum(alpha, beta)
    start = least + t_x
    slow = start / (most + t_x)
    decay = np.where(alpha <= beta, rx + s1 * slow, s1 + rx * slow) - 1.0
    length = np.log1p((age - t_x) / start)
    return decay, np.where(decay * length > _FADED, _FADED / np.maximum(decay, 1e-300), length)


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Quadrature of the death term: ln of it (n,); alpha + y, beta + y and their logs (n, nodes).

    `mass` (n, nodes) weighs the nodes and sums to `area` (n,).
    """

    log_area: Floats
    alpha_y: Floats
    beta_y: Floats
    log_a: Floats
    log_b: Floats
    mass: Floats
    area: Floats

    def mean(self, values: Floats) -> Floats:
        """Return the mean of values (n, nodes) under the integrand, (n,)."""
        return np.asarray(np.einsum("ij,ij->i", self.mass, values) / self.area)


def _quadrature(  # noqa: PLR0913, PLR0917 - parameters may differ from row to row
    r: Floats,
    alpha: Floats,
    s: Floats,
    beta: Floats,
    x: Floats,
    t_x: Floats,
    age: Floats,
    n_nodes: int = _MANY,
) -> _Nodes:
    """Return nodes and value of the integral; x, t_x, age: (n,), the others (n,) or scalars."""
    rx, s1 = r + x, s + 1.0
    _, length = _reach(rx, alpha, s1, beta, t_x, age)
    start, half = np.minimum(alpha, beta) + t_x, 0.5 * length
    points, weights = _RULES[n_nodes]
    offset = half[:, None] * (1.0 + points)
    y = start[:, None] * np.expm1(offset) + t_x[:, None]
    alpha_y, beta_y = _column(alpha) + y, _column(beta) + y
    log_a, log_b = np.log(alpha_y), np.log(beta_y)
    inside = offset - rx[:, None] * log_a - _column(s1) * log_b
    peak = inside.max(axis=1, initial=-np.inf)
    mass = np.exp(inside - peak[:, None]) * weights
    area = mass.sum(axis=1)
    with np.errstate(divide="ignore"):  # t_x = T: no time to die in
        log_area = np.log(s * start * half) + peak + np.log(area)
    return _Nodes(log_area, alpha_y, beta_y, log_a, log_b, mass, area)


def _column(value: Floats) -> Floats:
    return np.asarray(value)[..., None]


def p_alive(theta: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return P(alive at T | x, t_x, T)."""
    r, alpha, s, beta = theta
    lives = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    return np.asarray(expit(lives - _log_death(theta, x, t_x, age)))


def expected_given_alive(theta: Floats, x: Floats, age: Floats, t: Floats) -> Floats:
    """Return E[purchases in (T, T+t] | alive at T]; arrays broadcast, all >= 0."""
    r, alpha, s, beta = theta
    log_w = -np.log1p(t / (beta + age))
    power = s - 1.0
    lasts = -log_w if power == 0.0 else -np.expm1(power * log_w) / power
    return np.asarray((r + x) * (beta + age) / (alpha + age) * lasts)


def discounted_residual(theta: Floats, x: Floats, t_x: Floats, age: Floats, rate: float) -> Floats:
    """Return DERT, the expected purchases after T discounted at the continuous `rate` > 0 per unit.

    Source: P. Fader, B. Hardie, K. Lee, "RFM and CLV: using iso-value curves" (2005), eq. 2.
    """
    r, alpha, s, beta = theta
    distinct, place = np.unique(np.asarray(age, dtype=np.float64), return_inverse=True)
    argument = rate * (beta + distinct)
    with np.errstate(all="ignore"):
        tricomi = hyperu(s, s, argument)
        lasts = (beta + distinct) ** s * rate ** (s - 1.0) * tricomi
    for row in np.flatnonzero(~np.isfinite(lasts) | (lasts < 0)):
        lasts[row] = _discounted_life(float(s), float(beta + distinct[row]), rate)
    return np.asarray(
        p_alive(theta, x, t_x, age) * (r + x) / (alpha + age) * lasts[place.reshape(np.shape(age))]
    )


def _discounted_life(s: float, passed: float, rate: float) -> float:
    """Return the integral of (passed/(passed+t))^s exp(-rate t) over t >= 0."""
    from scipy.integrate import quad

    def of_share(u: float) -> float:  # t = u/(1-u)/rate
        t = u / (1.0 - u) / rate
        return float(np.exp(-s * np.log1p(t / passed) - rate * t) / (1.0 - u) ** 2 / rate)

    return float(quad(of_share, 0.0, 1.0, limit=200)[0])
