"""Turn hidden traits into weekly signals: users, feature depth, tickets, scores.

Source: `r = 1 - exp(-(t+1)/ramp_weeks)`; users and depth grow with it, tickets fall with product
fit, and the score rises with fit and champion.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.params_mechanisms import Health
from engines.lifecycle.population import Customers
from engines.lifecycle.setup import Setup
from engines.lifecycle.traits import CHAMPION, FIT, VELOCITY
from runner.contract import Draws, Floats

NO_SCORE = -1
_TOP_SCORE = 10
_HALF = 0.5


def ramp(week: int, ramp_weeks: float) -> float:
    """Return the share of adoption reached in a tenure week: .154, ..., .632 at week 5, ..., 1."""
    return 1.0 - math.exp(-(week + 1) / ramp_weeks)


def depth_scores(level: Floats, reached: Floats | float, normal: Floats, health: Health) -> Floats:
    """Return feature depth, rounded once, float64 (n,) in [0, 1].

    Args:
        level: depth of a fully adopted customer, float64 (n,).
        reached: ramp times usage factor, float64 (n,) or one number.
        normal: standard normal noise, float64 (n,).
    """
    exact = np.clip(level * reached + health.depth_noise_sd * normal, 0.0, 1.0)
    return np.round(exact, health.depth_decimals)


class Signals:
    """The weekly signals of a batch; remembers them all when `keep` is set.

    Rows are tenure weeks, columns customers of the batch. Without `keep` only the depth of the
    customers asked for is computed, with the same bits.
    """

    def __init__(self, setup: Setup, draws: Draws, customers: Customers, *, keep: bool) -> None:
        health, traits = setup.params.health, customers.effective
        self._health, self._draws, self._customers = health, draws, customers
        seats = np.array([plan.seat_base for plan in setup.params.population.plans.values()])
        fit, velocity = traits[:, FIT], traits[:, VELOCITY]
        self._users_level = seats[customers.plan] * (health.users_velocity_offset + velocity)
        self._depth_level = np.clip(
            health.depth_intercept
            + health.depth_velocity_weight * velocity
            + health.depth_fit_weight * fit,
            0.0,
            1.0,
        )
        self._tickets_mean = health.ticket_base + health.ticket_fit_slope * (1.0 - fit)
        self._score_level = _TOP_SCORE * (
            health.nps_intercept
            + health.nps_fit_weight * fit
            + health.nps_champion_weight * traits[:, CHAMPION]
        )
        self._ramp = 0.0
        self._week = 0
        self._usage: Floats | None = None
        self.kept = _Kept(int(customers.last_week.max()) + 1, len(customers)) if keep else None

    def observe(self, week: int, place: NDArray[np.int64], usage: Floats | None) -> None:
        """Begin a week: the customers `place` (n_active,) give their signals.

        `usage`: usage factor of every customer of the batch, or None where usage does not decline.
        """
        self._week, self._ramp = week, ramp(week, self._health.ramp_weeks)
        self._usage = usage
        if self.kept is not None:
            self._keep(self.kept, place, self._customers.index[place])

    def _keep(self, kept: _Kept, place: NDArray[np.int64], index: NDArray[np.int64]) -> None:
        week, reached, health = self._week, self._reached(place), self._health
        noise = self._draws.normal("health_users", step=week, entities=index)
        users = self._users_level[place] * reached * (1.0 + health.users_noise_sd * noise) + _HALF
        kept.users[week, place] = np.maximum(np.floor(users), 0.0)
        kept.depth[week, place] = self._depth(place)
        kept.tickets[week, place] = self._draws.poisson(
            "health_tickets", self._tickets_mean[place], step=week, entities=index
        )
        if week > 0 and week % health.nps_every_weeks == 0:
            noise = self._draws.normal("health_nps", step=week, entities=index)
            score = np.rint(self._score_level[place] + health.nps_noise_sd * noise)
            kept.score[week, place] = np.clip(score, 0, _TOP_SCORE)

    def depth(self, place: NDArray[np.int64]) -> Floats:
        """Return the feature depth of customers in the current week, float64 (n_asked,)."""
        return self._depth(place) if self.kept is None else self.kept.depth[self._week, place]

    def _depth(self, place: NDArray[np.int64]) -> Floats:
        index = self._customers.index[place]
        noise = self._draws.normal("health_depth", step=self._week, entities=index)
        return depth_scores(self._depth_level[place], self._reached(place), noise, self._health)

    def _reached(self, place: NDArray[np.int64]) -> Floats | float:
        return self._ramp if self._usage is None else self._usage[place] * self._ramp


class _Kept:
    """Arrays (weeks, customers); `score` is -1 where none was due."""

    def __init__(self, weeks: int, customers: int) -> None:
        shape = (weeks, customers)
        self.users = np.zeros(shape, dtype=np.int32)
        self.depth = np.zeros(shape, dtype=np.float64)
        self.tickets = np.zeros(shape, dtype=np.int16)
        self.score = np.full(shape, NO_SCORE, dtype=np.int8)
