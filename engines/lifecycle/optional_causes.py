"""Causes that are off by default: usage that declines, and shocks to whole accounts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.params_mechanisms import UsageDecline
from engines.lifecycle.population import Customers
from engines.lifecycle.setup import Setup
from runner.contract import Draws, Floats

_SETTLED = -1


class Decline:
    """Who is in a spell of declining usage, and what it does to users and churn."""

    def __init__(self, settings: UsageDecline, customers: Customers, draws: Draws) -> None:
        self._settings, self._draws, self._index = settings, draws, customers.index
        self._onset = np.full(len(customers), _SETTLED, dtype=np.int64)
        ages = np.arange(int(customers.last_week.max()) + 1)
        floor = settings.usage_floor
        self._usage_by_age = floor + (1.0 - floor) * np.exp(-ages / settings.decay_weeks)
        self.usage = np.ones(len(customers))

    def step(self, week: int, place: NDArray[np.int64]) -> None:
        """Let spells begin and end among the customers `place`, (n_active,)."""
        settings = self._settings
        uniform = self._draws.uniform("usage_decline", step=week, entities=self._index[place])
        onset = self._onset[place]
        is_settled = onset == _SETTLED
        begins = is_settled & (uniform < settings.onset_prob_per_week)
        ends = ~is_settled & (uniform < settings.recovery_prob_per_week)
        onset = np.where(begins, week, np.where(ends, _SETTLED, onset))
        self._onset[place] = onset
        age = np.where(onset == _SETTLED, 0, week - onset)
        self.usage[place] = np.where(onset == _SETTLED, 1.0, self._usage_by_age[age])

    def churn_factor(self, place: NDArray[np.int64]) -> Floats:
        """Return what the churn hazard is multiplied with, float64 (n_asked,)."""
        settings = self._settings
        fallen = (1.0 - self.usage[place]) / (1.0 - settings.usage_floor)
        return settings.churn_base_scale * (1.0 + (settings.churn_multiplier - 1.0) * fallen)


class Shocks:
    """Which accounts of a batch are hot, by calendar week.

    An account that is hit in calendar week c is hot from c on for the duration of a shock; further
    hits meanwhile prolong it and do not multiply.
    """

    def __init__(self, setup: Setup, customers: Customers, draws: Draws) -> None:
        settings, dates = setup.params.optional.account_shock, setup.dates
        self._settings = settings
        self._begin = (customers.start - dates.first) // 7
        accounts, self._column = np.unique(customers.account, return_inverse=True)
        weeks = int((self._begin + customers.last_week).max()) + 1
        self._hot = np.zeros((weeks, accounts.size), dtype=np.bool_)
        latest = np.full(accounts.size, -settings.duration_weeks, dtype=np.int64)
        for week in range(weeks):
            uniform = draws.uniform("account_shock", step=week, entities=accounts)
            latest[uniform < settings.prob_per_account_week] = week
            self._hot[week] = week - latest < settings.duration_weeks

    def churn_factor(self, week: int, place: NDArray[np.int64]) -> Floats:
        """Return the factor on the churn hazard in a tenure week, float64 (n_asked,)."""
        return np.where(self._is_hot(week, place), self._settings.churn_multiplier, 1.0)

    def failure_factor(self, week: int, place: NDArray[np.int64]) -> Floats:
        """Return the factor on payment failures in a tenure week, float64 (n_asked,)."""
        return np.where(self._is_hot(week, place), self._settings.payment_fail_multiplier, 1.0)

    def _is_hot(self, week: int, place: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.asarray(self._hot[self._begin[place] + week, self._column[place]])
