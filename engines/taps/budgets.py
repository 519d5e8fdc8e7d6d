"""Grow an acquisition budget from month to month."""

from __future__ import annotations

import math

from runner.contract import SimulationError

_INFINITE = (
    "month {month}: budget = {value:g} EUR is not finite; "
    "lower budget_growth_pct_mom, budget_month0_eur or the horizon"
)


def budget_series(b0: float, growth_pct: float, horizon: int) -> list[float]:
    """Return the budget of each month, `max(0, b0*(1 + g/100)^(m-1))`.

    Args:
        b0: budget of month 1, EUR.
        growth_pct: growth per month, percent; at -100 only month 1 has a budget.
        horizon: number of months.

    Returns:
        floats (horizon,), EUR per month.

    Raises:
        SimulationError: the budget of a month is not finite.
    """
    factor = 1.0 + growth_pct / 100.0
    try:
        budget = [max(0.0, b0 * factor**exponent) for exponent in range(horizon)]
    except OverflowError:
        budget = [_grown(b0, factor, exponent) for exponent in range(horizon)]
    for month, value in enumerate(budget, start=1):
        if not math.isfinite(value):
            raise SimulationError(_INFINITE.format(month=month, value=value))
    return budget


def _grown(b0: float, factor: float, exponent: int) -> float:
    try:
        return max(0.0, b0 * factor**exponent)
    except OverflowError:
        return math.inf if b0 > 0 else 0.0
