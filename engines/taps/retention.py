"""Carry customers from month to month, and judge their growth."""

from __future__ import annotations

from collections.abc import Sequence

_FALL_TOLERANCE = 1e-9


def active_series(
    new: Sequence[float], churn: Sequence[float], initial_active: float
) -> list[float]:
    """Return the customers active after each month, `A_m = A_{m-1}*(1 - c_m) + new_m`.

    Customers acquired in a month are not exposed to its churn.

    Args:
        new: customers acquired, (n_months,), count.
        churn: share of last month's customers lost, (n_months,), fraction.
        initial_active: A_0, count.

    Returns:
        floats (n_months,), count.
    """
    active, found = float(initial_active), []
    for acquired, lost in zip(new, churn, strict=True):
        active = active * (1.0 - lost) + acquired
        found.append(active)
    return found


def active_before(active: Sequence[float], initial_active: float) -> list[float]:
    """Return A_{m-1} of each month, A_0 in month 1."""
    return [initial_active, *active[:-1]]


def growth_series(active: Sequence[float], initial_active: float) -> list[float | None]:
    """Return `(A_m - A_{m-1}) / max(A_{m-1}, 1)` per month, a fraction.

    Month 1 is None unless there is an opening base to compare with.
    """
    before = active_before(active, initial_active)
    growth: list[float | None] = [
        (now - then) / (then if then > 1.0 else 1.0)
        for now, then in zip(active, before, strict=True)
    ]
    if growth and not initial_active > 0:
        growth[0] = None
    return growth


def first_falling_month(active: Sequence[float], initial_active: float) -> int:
    """Return the first month with fewer customers than the month before, 0 when there is none.

    Month 1 counts only with an opening base. A fall of up to 1e-9 of the base is rounding.
    """
    before = active_before(active, initial_active)
    first = 0 if initial_active > 0 else 1
    for month in range(first, len(active)):
        then = before[month]
        if active[month] < then - _FALL_TOLERANCE * (then if then > 1.0 else 1.0):
            return month + 1
    return 0
