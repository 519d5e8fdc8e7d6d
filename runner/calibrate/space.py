"""Where to look: the declared variables as a box of coordinates from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from runner.contract import Floats, quantise

_SIGNIFICANT = 12

Values = Mapping[str, Any]
"""One value per dimension, by its path below `params`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One variable to determine.

    `values` lists what it can be; without a list it lies between `low` and `high`, on the ticks of
    `low + k*step` if there is a step. `is_share`: one of the shares of the mix `mix`, of which an
    automatic share takes the rest.
    """

    path: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    scale: str = "linear"
    step: float | None = None
    values: tuple[Any, ...] = ()
    is_whole: bool = False
    mix: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether the values have no distance from each other that slopes could use."""
        return bool(self.values)

    def value(self, x: float) -> Any:
        """Return the value at a coordinate from 0 to 1."""
        x = min(max(float(x), 0.0), 1.0)
        if self.values:
            return self.values[min(int(x * len(self.values)), len(self.values) - 1)]
        if self.scale == "log":
            raw = math.exp(math.log(self.low) + x * (math.log(self.high) - math.log(self.low)))
        else:
            raw = self.low + x * (self.high - self.low)
        raw = min(max(raw, self.low), self.high)
        if self.step is not None:
            raw = quantise(raw, self.low, self.high, self.step)
        return int(raw) if self.is_whole else float(f"{raw:.{_SIGNIFICANT - 1}e}")

    def coordinate(self, value: Any) -> float:
        """Return the coordinate of a value, the nearest end where it lies outside.

        Raises:
            ValueError: the value is not among those listed.
        """
        if self.values:
            return (self.values.index(value) + 0.5) / len(self.values)
        inside = min(max(float(value), self.low), self.high)
        if self.scale == "log":
            return math.log(inside / self.low) / math.log(self.high / self.low)
        return (inside - self.low) / (self.high - self.low)

    @property
    def tick(self) -> float:
        """Width of a step of the lattice as a coordinate, 0 where it is continuous."""
        if self.step is None or self.values:
            return 0.0
        if self.scale == "log":
            return math.log1p(self.step / self.low) / math.log(self.high / self.low)
        return self.step / (self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The dimensions in order.

    Two kinds of coordinates, float64 (d,) from 0 to 1, name a parameter set. In those of the
    search, shares of a mix are pieces broken one after the other off what is left, so that every
    point of the box is a mix; local coordinates `x` are proportional to the values (or their
    logarithms) themselves.
    """

    dimensions: tuple[Dimension, ...]

    def __len__(self) -> int:
        return len(self.dimensions)

    def values(self, u: Sequence[float] | Floats) -> dict[str, Any]:
        """Return the parameter set at coordinates of the search."""
        found: dict[str, Any] = {}
        mixes = self._mixes()
        for dimension, coordinate in zip(self.dimensions, u, strict=True):
            if not dimension.mix:
                found[dimension.path] = dimension.value(coordinate)
                continue
            mix = mixes[dimension.mix]
            rest = mix[mix.index(dimension) + 1 :]
            found[dimension.path] = self._piece(dimension, mix, rest, float(coordinate), found)
        return found

    def _piece(
        self, own: Dimension, mix: list[Dimension], rest: list[Dimension], u: float, found: Values
    ) -> float:
        """Return a share: evenly distributed mixes for even coordinates and no bounds.

        Source: stick breaking; the first of k+1 shares of a flat Dirichlet mix is Beta(1, k).
        """
        taken = math.fsum(found[other.path] for other in mix if other.path in found)
        most = min(own.high, 1.0 - taken - math.fsum(other.low for other in rest))
        piece = 1.0 - (1.0 - min(max(u, 0.0), 1.0)) ** (1.0 / (len(rest) + 1))
        return _in_ticks(own, own.low + piece * max(most - own.low, 0.0), most)

    def local_values(self, x: Floats) -> dict[str, Any]:
        """Return the parameter set at local coordinates; shares that sum to more than 1 shrink."""
        found = {d.path: d.value(c) for d, c in zip(self.dimensions, x, strict=True)}
        for mix in self._mixes().values():
            total, least = math.fsum(found[d.path] for d in mix), math.fsum(d.low for d in mix)
            if total > 1.0:
                keep = (1.0 - least) / (total - least)
                for d in mix:
                    smaller = d.low + keep * (found[d.path] - d.low)
                    found[d.path] = _in_ticks(d, smaller, smaller)
        return found

    def local(self, values: Values) -> Floats:
        """Return the local coordinates of a parameter set: float64 (d,)."""
        return np.array([d.coordinate(values[d.path]) for d in self.dimensions])

    def search_coordinates(self, values: Values) -> Floats | None:
        """Return the coordinates of the search that give a parameter set, None for a mix."""
        if any(d.mix for d in self.dimensions):
            return None
        try:
            return self.local(values)
        except (TypeError, ValueError):
            return None

    def _mixes(self) -> dict[str, list[Dimension]]:
        found: dict[str, list[Dimension]] = {}
        for dimension in self.dimensions:
            if dimension.mix:
                found.setdefault(dimension.mix, []).append(dimension)
        return found


def _in_ticks(own: Dimension, share: float, most: float) -> float:
    """Return a share on the lattice, rounded down where it would leave nothing for others."""
    if own.step is not None:
        share = quantise(share, own.low, own.high, own.step)
        if share > most:
            share = max(own.low, round(share - own.step, _SIGNIFICANT))
    kept = float(f"{share:.{_SIGNIFICANT - 1}e}")
    return kept if kept <= most or own.step is not None else math.floor(most * 1e12) / 1e12
