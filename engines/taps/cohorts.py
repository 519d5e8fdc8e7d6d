"""Split active customers by the month that acquired them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Cohort k is acquired in month k; cohort 0 is the opening base.

    `acquired`: float64 (n_months + 1,), count. `fraction`: float64 (n_months + 1, n_months), the
    share of cohort k (row) active in month m (column m - 1), 0 before the cohort exists.
    """

    acquired: Floats
    fraction: Floats


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


def split_by_cohort(new: Sequence[int], churn: Sequence[float], initial_active: float) -> Cohorts:
    """Return who is still active: `acquired_k * product over j = k+1..m of (1 - c_j)`.

    Args:
        new: customers acquired per month, (n_months,), count.
        churn: fraction lost per month, (n_months,).
        initial_active: opening base, count.
    """
    cohort, month = _cohort_and_month(len(churn))
    kept = np.where(month > cohort, 1.0 - np.asarray(churn, dtype=np.float64), 1.0)
    np.multiply.accumulate(kept, axis=1, out=kept)
    kept *= month >= cohort
    return Cohorts(np.array([initial_active, *new], dtype=np.float64), kept)


def _cohort_and_month(n_months: int) -> tuple[Ints, Ints]:
    """Return cohorts 0..n as a column and months 1..n as a row, int64."""
    cohort = np.arange(n_months + 1, dtype=np.int64)
    return cohort[:, None], cohort[1:]


def active_by_month(cohorts: Cohorts) -> Floats:
    """Return the survivors of all cohorts added up by month, float64 (n_months,), count."""
    survivors: Floats = cohorts.acquired[:, None] * cohorts.fraction
    return np.asarray(survivors.sum(axis=0), dtype=np.float64)


def cohort_rows(cohorts: Cohorts) -> CohortRows:
    """Return one row per cohort and month; an empty opening base gives no rows."""
    n_months = cohorts.fraction.shape[1]
    cohort, month = _cohort_and_month(n_months)
    row, column = np.nonzero(month >= cohort)
    if not cohorts.acquired[0] > 0:
        row, column = row[n_months:], column[n_months:]
    acquired, fraction = cohorts.acquired[row], cohorts.fraction[row, column]
    return CohortRows(
        cohort_month=row.astype(np.int64),
        month=(column + 1).astype(np.int64),
        acquired=acquired,
        survivors=acquired * fraction,
        survival_fraction=fraction,
    )
