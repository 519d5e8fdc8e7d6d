"""Gather what metrics and tables need from one block of entities after another."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.linear_null.sums import ExactSum
from runner.contract import Floats


class Tally:
    """Sums over the entities of one run; deviations are outcomes less their known centre.

    Exact sums make every result independent of how the entities were cut into blocks.
    """

    def __init__(self, archetypes: int, horizon: int, *, by_period: bool) -> None:
        self.counts: NDArray[np.int64] = np.zeros(archetypes, dtype=np.int64)
        self.above = 0
        self.total = ExactSum()
        self.slope = ExactSum()
        self.by_archetype = [ExactSum() for _ in range(archetypes)]
        self._periods = [(ExactSum(), ExactSum()) for _ in range(horizon if by_period else 0)]
        self._slope_weights = slope_weights(horizon)

    @property
    def entities(self) -> int:
        """Number of entities added so far."""
        return int(self.counts.sum())

    def add(
        self, archetype: NDArray[np.int64], deviations: Floats, noise: Floats, above: int
    ) -> None:
        """Add a block.

        Args:
            archetype: int64 (n,), index of each entity's archetype.
            deviations: float64 (horizon, n), outcome units.
            noise: float64 (horizon, n), outcome units: the part that varies within an entity.
            above: how many of the block's outcomes lie above the threshold.
        """
        own, slope = np.zeros(archetype.size), np.zeros(archetype.size)
        for weight, row, luck in zip(self._slope_weights, deviations, noise, strict=True):
            own += row
            slope += weight * luck
        self.total.add(own)
        self.slope.add(slope)
        for index, total in enumerate(self.by_archetype):
            total.add(own[archetype == index])
        for (first, second), row in zip(self._periods, deviations, strict=False):
            first.add(row)
            second.add(row * row)
        self.counts += np.bincount(archetype, minlength=self.counts.size)
        self.above += above

    def period_means(self) -> Floats:
        """Return the mean deviation of each period: float64 (horizon,)."""
        return np.array([first.value / self.entities for first, _ in self._periods])

    def period_sds(self) -> Floats:
        """Return the sample sd of each period over entities: float64 (horizon,), NaN for one."""
        n = self.entities
        if n == 1:
            return np.full(len(self._periods), np.nan)
        squares = [second.value - first.value**2 / n for first, second in self._periods]
        return np.array([math.sqrt(max(0.0, square) / (n - 1)) for square in squares])


def slope_weights(horizon: int) -> Floats:
    """Return weights (horizon,) whose product with outcomes is the least-squares slope.

    All zero for one period, where no slope exists.

    Source: simple linear regression, weight_t = (t - mean t) / sum of (t - mean t)^2.
    """
    centred = np.arange(horizon, dtype=np.float64) - (horizon - 1) / 2
    return centred / max(float(np.sum(centred**2)), 1.0)
