"""Turn budgets into customers, tokens, visits and hours."""

from __future__ import annotations

import math
from collections.abc import Sequence

from runner.contract import SimulationError

_FLOOR_GUARD = 1.0 + 1e-9  # keeps exact multiples whole: 0.3 / 0.1 is 2.9999999999999996
_MOST_CUSTOMERS = 2.0**53
_UNSPENT_SLACK = 1e-9


def new_customers(budget: float, cac: float) -> int:
    """Return the whole customers one month's budget acquires; an infinite CAC acquires none.

    Args:
        budget: EUR.
        cac: EUR per customer, > 0.
    """
    return math.floor(budget / cac * _FLOOR_GUARD)


def unfloored_customers(budget: Sequence[float], cac: Sequence[float]) -> list[float]:
    """Return budget / CAC per month, floats (n_months,).

    Raises:
        SimulationError: a ratio above 2^53, where whole customers cannot be counted.
    """
    ratios = [b / c for b, c in zip(budget, cac, strict=True)]
    if max(ratios) > _MOST_CUSTOMERS:
        month, ratio = next((m, r) for m, r in enumerate(ratios, start=1) if r > _MOST_CUSTOMERS)
        raise SimulationError(
            f"month {month}: budget / CAC = {ratio:g} customers exceeds 2^53; "
            "lower the budget or raise the CAC"
        )
    return ratios


def unspent_budget(budget: float, new: int, cac: float) -> float:
    """Return what one month's whole customers leave of its budget, EUR; rounding noise is 0."""
    if not new:
        return budget
    rest = budget - new * cac
    return rest if rest > _UNSPENT_SLACK * max(1.0, budget) else 0.0


def tokens_sold(new: Sequence[int], tokens_per_conversion: Sequence[float]) -> list[float]:
    """Return the tokens bought each month, by new customers only."""
    return [n * t for n, t in zip(new, tokens_per_conversion, strict=True)]


def visits(new: Sequence[int], cvr: Sequence[float]) -> list[float]:
    """Return the visits that the new customers of each month come from: a report, no driver.

    Raises:
        SimulationError: a conversion rate so small that visits are not finite.
    """
    found = [n / v for n, v in zip(new, cvr, strict=True)]
    if max(found) == math.inf:
        month = found.index(math.inf) + 1
        raise SimulationError(f"month {month}: visits at cvr = {cvr[month - 1]:g} are not finite")
    return found


def guarded_hours(hours: Sequence[float], low: float, high: float) -> list[float]:
    """Return hours per client of each month, held within [low, high]."""
    return [min(max(value, low), high) for value in hours]
