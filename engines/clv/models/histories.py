"""Hold purchase histories in compressed form: equal (x, t_x, T) once, with their number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runner.contract import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """Distinct purchase histories, all arrays (n_rows,).

    `x`: repeat purchase days; `t_x`, `age`: recency and age in one time unit; `weight`: customers
    with this history. `x_values` (n_values,) are the distinct x, `x_place` the row's place in them:
    gamma functions of x are evaluated once per value.
    """

    x: Floats
    t_x: Floats
    age: Floats
    weight: Floats
    x_values: Floats
    x_place: NDArray[np.int64]

    @property
    def n_customers(self) -> float:
        """Number of customers behind the rows."""
        return float(self.weight.sum())

    def scaled(self, factor: float) -> Histories:
        """Return the same histories with time divided by `factor`."""
        return Histories(
            x=self.x, t_x=self.t_x / factor, age=self.age / factor, weight=self.weight,
            x_values=self.x_values, x_place=self.x_place,
        )  # fmt: skip


def histories(x: Floats, t_x: Floats, age: Floats, weight: Floats | None = None) -> Histories:
    """Return histories as given, each row of `weight` customers (1 by default)."""
    counts = np.asarray(x, dtype=np.float64)
    values, place = np.unique(counts, return_inverse=True)
    return Histories(
        x=counts,
        t_x=np.asarray(t_x, dtype=np.float64),
        age=np.asarray(age, dtype=np.float64),
        weight=np.ones(counts.size) if weight is None else np.asarray(weight, dtype=np.float64),
        x_values=values,
        x_place=place.reshape(-1),
    )
