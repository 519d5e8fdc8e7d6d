"""Split active customers by the month that acquired them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRows:
    """One row per cohort and month m >= cohort, sorted by both; arrays (n_rows,).

    `cohort_month`, `month`: int64. `acquired`, `survivors`: float64, count.
    `survival_fraction`: float64, fraction of the acquired.
    """

    cohort_month: Ints
    month: Ints
    acquired: Floats
    survivors: Floats
    survival_fraction: Floats


def survival_fractions(churn: Sequence[float]) -> Floats:
    """Return the share of each cohort still active: `product over j = k+1..m of (1 - c_j)`.

    Args:
        churn: fraction lost per month, (n_months,).

    Returns:
        float64 (n_months + 1, n_months): row k is the cohort acquired in month k (row 0 the
        opening base), column m - 1 is month m; 0 before the cohort exists.
    """
    n_months = len(churn)
    share = np.zeros((n_months + 1, n_months), dtype=np.float64)
    alive = np.zeros(n_months + 1, dtype=np.float64)
    alive[0] = 1.0
    for index, lost in enumerate(churn):
        alive *= 1.0 - lost
        alive[index + 1] = 1.0
        share[:, index] = alive
    return share


def cohort_rows(new: Sequence[int], churn: Sequence[float], initial_active: float) -> CohortRows:
    """Return the decomposition; the opening base is cohort 0 and appears only if there is one."""
    n_months = len(new)
    share = survival_fractions(churn)
    cohort, column = np.nonzero(np.arange(n_months + 1)[:, None] <= np.arange(1, n_months + 1))
    if not initial_active > 0:
        cohort, column = cohort[n_months:], column[n_months:]
    acquired = np.array([initial_active, *new], dtype=np.float64)[cohort]
    fraction = share[cohort, column]
    return CohortRows(
        cohort_month=cohort.astype(np.int64),
        month=(column + 1).astype(np.int64),
        acquired=acquired,
        survivors=acquired * fraction,
        survival_fraction=fraction,
    )


def active_by_month(rows: CohortRows, n_months: int) -> Floats:
    """Return the survivors of all cohorts added up by month, float64 (n_months,)."""
    sums = np.bincount(rows.month - 1, weights=rows.survivors, minlength=n_months)
    return np.asarray(sums, dtype=np.float64)
