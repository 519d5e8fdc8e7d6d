"""Test each cohort for drift against those before it, at equal age."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from engines.clv.drift_null import NullTable, Shift, Verdict, holm, judge_cohort, shift_of
from engines.clv.fit import Fit, fit_purchases
from engines.clv.models import MODELS
from engines.clv.models.histories import histories
from engines.clv.params import ClvParams
from engines.clv.predict import forecast
from engines.clv.purchases import Purchases, Texts
from engines.clv.rfm import StageData, distinct_rows, equal_age_data
from engines.clv.windows import Windows
from runner.contract import Draws, Floats

_BY_DATE = ("week", "month", "quarter")
_MONDAY = 3  # 1970-01-01 was a Thursday
_DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortDrift:
    """One cohort: sizes; the verdict and the shift, None with a reason when not evaluated."""

    cohort: str
    n: int
    pool_n: int
    verdict: Verdict | None
    shift: Shift | None
    reason: str
    p_holm: float | None = None
    lr_statistic: float | None = None
    lr_p: float | None = None

    def p_value(self, trigger: str) -> float | None:
        """Return the p-value that decides."""
        if self.verdict is None:
            return None
        return self.verdict.p_kl if trigger == "kl" else self.verdict.p_js

    def ratio(self, trigger: str) -> float | None:
        """Return divergence over threshold."""
        if self.verdict is None:
            return None
        found = self.verdict
        own, at = (
            (found.kl, found.kl_threshold) if trigger == "kl" else (found.js, found.js_threshold)
        )
        return own / at if at > 0 else None


def cohort_labels(
    purchases: Purchases, windows: Windows, params: ClvParams, feature: Texts | None
) -> Texts:
    """Return each customer's cohort, text (n,); `feature` are the labels of a feature column."""
    by = params.drift.cohort_by
    if by == "column" and purchases.cohort is not None:
        return purchases.cohort
    if by == "archetype" and purchases.archetype is not None:
        return purchases.archetype
    if feature is not None:
        return feature
    days = np.floor_divide(purchases.first, windows.ticks_per_day)
    return _calendar_labels(days, by)


def _calendar_labels(days: NDArray[np.int64], by: str) -> Texts:
    dates = days.astype("datetime64[D]")
    found = np.empty(days.size, dtype=object)
    if by == "week":
        monday = days - (days + _MONDAY) % _DAYS_PER_WEEK
        found[:] = monday.astype("datetime64[D]").astype(str).tolist()
        return found
    months = dates.astype("datetime64[M]")
    if by == "month":
        found[:] = months.astype(str).tolist()
        return found
    number = months.astype(np.int64)
    found[:] = [f"{1970 + m // 12:04d}-Q{m % 12 // 3 + 1}" for m in number.tolist()]
    return found


def drift_of_cohorts(  # noqa: PLR0913, PLR0917 - what is compared, by which models
    purchases: Purchases,
    windows: Windows,
    labels: Texts,
    fit: Fit,
    spend_fit: Fit | None,
    params: ClvParams,
    horizon: int,
    draws: Draws,
) -> list[CohortDrift]:
    """Return the verdict on every cohort that has a pool, in the order of their names."""
    settings = params.drift
    reach = purchases.first + np.floor(settings.age_units * windows.ticks_per_unit).astype(np.int64)
    grown = np.flatnonzero(reach <= windows.observation_end)
    of_age, labels = purchases.take(grown), labels[grown]
    if not len(of_age):
        return []
    data = equal_age_data(
        "forecast", of_age, windows, reach[grown], windows.observation_end,
        include_first=params.gamma_gamma.include_first_purchase,
    )  # fmt: skip
    values = _statistic(data, fit, spend_fit, params, horizon)
    null = NullTable(draws=draws, samples=settings.null_samples, smoothing=settings.smoothing)
    found = []
    for name, own, pool in _pairs(labels, settings.cohort_by):
        if values is None:
            found.append(_untested(name, own, pool, "money_not_modelled"))
            continue
        cohort = _judge(name, values[own], values[pool], params, null)
        if settings.likelihood_ratio and cohort.verdict is not None:
            cohort = _with_likelihood_ratio(cohort, data, own, pool, fit, params)
        found.append(cohort)
    return _with_holm(found, settings.trigger)


def _statistic(
    data: StageData, fit: Fit, spend_fit: Fit | None, params: ClvParams, horizon: int
) -> Floats | None:
    """Return each customer's value of the statistic at equal age, None without spend."""
    if params.drift.statistic == "early_value":
        return data.revenue
    if params.drift.statistic == "early_purchases":
        return data.x.astype(np.float64)
    return forecast(data, fit, spend_fit, params, horizon).value


def _pairs(labels: Texts, by: str) -> list[tuple[str, NDArray[np.int64], NDArray[np.int64]]]:
    """Return name, customers and pool of each cohort: earlier ones, or the largest group."""
    names, place, count = np.unique(labels, return_inverse=True, return_counts=True)
    if by in _BY_DATE:
        return [
            (str(names[k]), np.flatnonzero(place == k), np.flatnonzero(place < k))
            for k in range(1, names.size)
        ]
    largest = int(np.argmax(count))
    pool = np.flatnonzero(place == largest)
    return [
        (str(names[k]), np.flatnonzero(place == k), pool) for k in range(names.size) if k != largest
    ]


def _judge(name: str, own: Floats, pool: Floats, params: ClvParams, null: NullTable) -> CohortDrift:
    settings = params.drift
    if own.size < settings.min_cohort:
        return _untested(name, own, pool, f"fewer than {settings.min_cohort} customers")
    if pool.size < settings.min_baseline:
        return _untested(name, own, pool, f"pool of fewer than {settings.min_baseline} customers")
    verdict = judge_cohort(
        name, own, pool, bins=settings.bins, rate=settings.false_alarm_rate, null=null
    )
    if verdict is None:
        return _untested(name, own, pool, "the pool fills fewer than 2 bins")
    shift = shift_of(own, pool)
    return CohortDrift(
        cohort=name, n=own.size, pool_n=pool.size, verdict=verdict, shift=shift, reason=""
    )


def _untested(
    name: str, own: NDArray[np.generic], pool: NDArray[np.generic], reason: str
) -> CohortDrift:
    return CohortDrift(
        cohort=name, n=own.size, pool_n=pool.size, verdict=None, shift=None, reason=reason
    )


def _with_holm(found: list[CohortDrift], trigger: str) -> list[CohortDrift]:
    tested = [k for k, cohort in enumerate(found) if cohort.verdict is not None]
    p_values = [found[k].p_value(trigger) or 0.0 for k in tested]
    for k, adjusted in zip(tested, holm(p_values), strict=True):
        found[k] = replace(found[k], p_holm=adjusted)
    return found


def _with_likelihood_ratio(  # noqa: PLR0913, PLR0917 - a cohort, its pool, and the model
    cohort: CohortDrift, data: StageData, own: NDArray[np.int64], pool: NDArray[np.int64],
    fit: Fit, params: ClvParams,
) -> CohortDrift:  # fmt: skip
    """Add 2 (LL_cohort + LL_pool - LL_joint) at equal age, and its chi-squared p-value."""
    apart = _likelihood(data, own, fit, params) + _likelihood(data, pool, fit, params)
    joint = _likelihood(data, np.concatenate([own, pool]), fit, params)
    statistic = max(0.0, 2.0 * (apart - joint))
    return replace(cohort, lr_statistic=statistic, lr_p=float(chdtrc(fit.theta.size, statistic)))


def _likelihood(data: StageData, rows: NDArray[np.int64], fit: Fit, params: ClvParams) -> float:
    keys, _, weight = distinct_rows(data.place[rows])
    distinct, table = keys[0].astype(np.int64), data.rows
    chosen = histories(
        table.x[distinct], table.t_x[distinct], table.age[distinct], weight.astype(np.float64)
    )
    return fit_purchases("forecast", MODELS[fit.model], chosen, params).log_likelihood
