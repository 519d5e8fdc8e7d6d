"""Add floating-point numbers so that neither order nor grouping shows in the sum."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

from runner.contract import Floats


class ExactSum:
    """A running sum, kept as the few numbers whose exact total it is."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[float] = []

    def add(self, values: Floats) -> None:
        """Add finite values: float64 (n,)."""
        self._parts = exact_parts([*self._parts, *values.tolist()])

    @property
    def value(self) -> float:
        """The sum, rounded once."""
        return math.fsum(self._parts)


def exact_parts(values: Iterable[float]) -> list[float]:
    """Return numbers, largest first, whose exact sum is the exact sum of finite `values`.

    Each part is the correctly rounded remainder after the parts before it.

    Source: J. Shewchuk, "Adaptive precision floating-point arithmetic" (1997), expansions.
    """
    given, parts = list(values), list[float]()
    while rest := math.fsum(itertools.chain(given, (-part for part in parts))):
        parts.append(rest)
    return parts
