"""Describe a purchase model as data: its parameters and its pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engines.clv.models.histories import Histories
from runner.contract import Floats

Vectors = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseModel:
    """A model of how often customers buy and when they stop.

    Attributes:
        name: as in `model.name`.
        parameters: names in the order of theta.
        is_time: which parameters are in time units (alpha, beta).
        starts: fixed starting points of the search, with the longest age as time unit.
        log_likelihood: (theta, x, t_x, T) -> nats, one per customer.
        mean_and_gradient: (log theta, histories) -> mean nats, gradient in log-parameters.
        p_alive: (theta, x, t_x, T) -> probability of still being a customer.
        expected_given_alive: (theta, x, T, t) -> purchases in (T, T+t] of one who is alive.
        leaves_after_first: True, False: by a coin after a purchase (the first one too, or not);
            None: by no coin.
        has_lifetime: whether customers die at a rate of their own.
    """

    name: str
    parameters: tuple[str, ...]
    is_time: tuple[bool, ...]
    starts: Vectors
    log_likelihood: Callable[[Floats, Floats, Floats, Floats], Floats]
    mean_and_gradient: Callable[[Floats, Histories], tuple[float, Floats]]
    p_alive: Callable[[Floats, Floats, Floats, Floats], Floats]
    expected_given_alive: Callable[[Floats, Floats, Floats, Floats], Floats]
    leaves_after_first: bool | None = None
    has_lifetime: bool = False

    def p_no_purchase(
        self, theta: Floats, x: Floats, t_x: Floats, age: Floats, t: Floats | float
    ) -> Floats:
        """Return P(no purchase in (T, T+t]), the ratio of two likelihoods."""
        longer = self.log_likelihood(theta, x, t_x, age + t)
        return np.exp(np.minimum(longer - self.log_likelihood(theta, x, t_x, age), 0.0))

    def expected_of_new(self, theta: Floats, t: Floats) -> Floats:
        """Return E[X(t)], the repeat purchases of a new customer in (0, t]."""
        zero = np.zeros(1)
        alive = float(self.p_alive(theta, zero, zero, zero)[0])
        return alive * self.expected_given_alive(theta, zero, zero, np.asarray(t))
