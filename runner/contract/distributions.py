"""Inverse distribution functions and the lattice rule, shared by variables and engines.

One uniform per value and inverse transforms only: every value is non-decreasing in its uniform,
so studies that differ in centre or spread stay paired. Truncation is by conditioning on
[low, high], not by clamping.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast

DistributionName = Literal["uniform", "normal", "lognormal", "discrete"]

_STANDARD_NORMAL = statistics.NormalDist()
_P_LIMIT = 1e-15
_LATTICE_SLACK = 1e-9
_HUGE_RATIO = 1e100  # from here on its square may overflow, and the 1 in log(1 + r*r) is lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution over numbers or listed values, mapped from a uniform in [0, 1).

    `centre` and `sd` are the mean and standard deviation before truncation (arithmetic ones for
    the lognormal); they are ignored by `uniform` and `discrete`. `step` puts values on the lattice
    `low + k*step`; None leaves them continuous. `values` belongs to `discrete` alone.
    """

    name: DistributionName
    low: float = 0.0
    high: float = 0.0
    centre: float = 0.0
    sd: float = 0.0
    step: float | None = None
    values: tuple[Any, ...] = ()

    def value(self, uniform: float) -> Any:
        """Return the value at one uniform in [0, 1), in the unit of `low` and `high`."""
        return self.values_at((uniform,))[0]

    def values_at(self, uniforms: Iterable[float]) -> list[Any]:
        """Return one value per uniform in [0, 1), in order: numbers, or items of `values`."""
        if self.name == "discrete":
            return [self.values[int(u * len(self.values))] for u in uniforms]
        return [self._on_lattice(x) for x in self.continuous_at(uniforms)]

    def continuous_at(self, uniforms: Iterable[float]) -> list[float]:
        """Return the values before the lattice rule, one per uniform, in order.

        Not for `discrete`, whose values need no order.

        Source: inverse transform, L. Devroye, Non-Uniform Random Variate Generation (1986),
        II.2; log-scale variance log(1 + (sd/centre)^2) of the lognormal.
        """
        if self.name == "uniform":
            return [min(self.low + u * (self.high - self.low), self.high) for u in uniforms]
        location, scale, low, high = self._normal_scale()
        if scale == 0:
            return [min(max(self.centre, self.low), self.high) for _ in uniforms]
        return self._truncated(uniforms, location, scale, low, high)

    def _truncated(
        self, uniforms: Iterable[float], location: float, scale: float, low: float, high: float
    ) -> list[float]:
        p_low = normal_cdf((low - location) / scale)
        p_span = normal_cdf((high - location) / scale) - p_low
        is_log, quantile = self.name == "lognormal", _STANDARD_NORMAL.inv_cdf
        found = []
        for u in uniforms:
            p = min(max(p_low + u * p_span, _P_LIMIT), 1.0 - _P_LIMIT)
            x = location + scale * quantile(p)
            x = math.exp(min(x, high)) if is_log else x
            found.append(min(max(x, self.low), self.high))
        return found

    def _normal_scale(self) -> tuple[float, float, float, float]:
        if self.name == "normal" or self.sd == 0:
            return self.centre, self.sd, self.low, self.high
        ratio = self.sd / self.centre
        variance = math.log1p(ratio * ratio) if ratio < _HUGE_RATIO else 2.0 * math.log(ratio)
        location = math.log(self.centre) - variance / 2.0
        return location, math.sqrt(variance), _log(self.low), _log(self.high)

    def _on_lattice(self, x: float) -> float:
        if self.step is None:
            return x
        return quantise(x, self.low, self.high, self.step)


def normal_cdf(z: float) -> float:
    """Return the standard normal distribution function at z, a probability.

    Source: its definition by the complementary error function.
    """
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def quantise(x: float, low: float, high: float, step: float) -> float:
    """Return the tick of `low + k*step` nearest to x, halves up, never above `high`.

    All are in one unit, `step` > 0; the tick is rounded to 12 decimals.
    """
    last = math.floor((high - low) / step + _LATTICE_SLACK)
    k = math.floor((x - low) / step + 0.5 + _LATTICE_SLACK)
    return round(low + min(max(k, 0), last) * step, 12)


def lattice(low: float, high: float, step: float) -> list[float]:
    """Return low, low + step, ..., high as `round(low + k*step, 12)`, both ends included.

    All are in one unit, `step` > 0.

    Raises:
        ValueError: the step does not divide the range.
    """
    count = round((high - low) / step)
    if abs((high - low) / step - count) > _LATTICE_SLACK:
        raise ValueError(f"step {step:g} does not divide the range {low:g} to {high:g}")
    return [round(low + k * step, 12) for k in range(count + 1)]


def as_distribution_name(text: str) -> DistributionName | None:
    """Return `text` when it names a distribution, else None."""
    known = ("uniform", "normal", "lognormal", "discrete")
    return cast(DistributionName, text) if text in known else None
