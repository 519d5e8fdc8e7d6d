"""Write the tables of a run, those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from engines.clv import write_customers, write_models
from engines.clv.drift import CohortDrift
from engines.clv.results import Results
from engines.clv.validate import track
from engines.clv.write_customers import or_nan
from runner.contract import TableSink

Columns = Mapping[str, Any]


def write_tables(results: Results, out: TableSink) -> None:
    """Write every table that somebody asked for, rows in the order of its key."""
    writers: dict[str, Callable[[Results], Iterator[Columns]]] = {
        "data_report": _data_report,
        "rfm": write_customers.rfm,
        "parameters": write_models.parameters,
        "parameter_covariance": write_models.covariances,
        "fits": write_models.fits,
        "predictions": write_customers.predictions,
        "revenue_forecast": _revenue_forecast,
        "holdout": write_customers.holdout,
        "holdout_summary": write_models.holdout_summary,
        "holdout_by_frequency": write_customers.holdout_by_frequency,
        "tracking": _tracking,
        "lists": write_customers.lists,
        "list_summary": write_customers.list_summary,
        "cohort_drift": _cohort_drift,
    }
    if results.params.data.feature_tables:
        writers["feature_summary"] = _feature_summary
    for name, rows in writers.items():
        if out.wants(name):
            for columns in rows(results):
                out.write(name, columns)


_REPORT_UNITS = {
    "raw_rows": "rows", "customers": "customers", "purchase_days": "days", "merged_rows": "rows",
    "negative_rows": "rows", "refund_only_days": "days", "zero_rows": "rows",
    "customers_outside_acquisition": "customers", "customers_after_calibration": "customers",
    "distinct_rfm_rows": "rows", "first_date": "days_since_1970", "last_date": "days_since_1970",
}  # fmt: skip


def _data_report(results: Results) -> Iterator[Columns]:
    items = sorted(results.report)
    yield {
        "item": items,
        "value": [float(results.report[item]) for item in items],
        "unit": [_REPORT_UNITS.get(item, results.params.data.currency) for item in items],
    }


def _revenue_forecast(results: Results) -> Iterator[Columns]:
    outlook, months = results.outlook, results.horizon
    if outlook is None:
        return
    found, truth, monthly = outlook.forecasts, outlook.truth, outlook.future.monthly
    yield {
        "month": np.arange(1, months + 1),
        "expected_purchases": found.monthly_purchases,
        "expected_revenue": or_nan(found.monthly_revenue, months),
        "revenue_low": or_nan(None if monthly is None else monthly[0], months),
        "revenue_high": or_nan(None if monthly is None else monthly[1], months),
        "expected_value": or_nan(found.monthly_value, months),
        "true_revenue": or_nan(None if truth is None else truth.monthly_revenue, months),
    }


def _tracking(results: Results) -> Iterator[Columns]:
    for name in sorted(results.calibration.fits):
        found = results.tracking
        if name != results.choice.model:
            fit, data = results.calibration.fits[name], results.calibration.data
            found = track(fit, data, results.observed, results.windows)
        actual = found.actual.astype(np.float64)
        yield {
            "model": [name] * actual.size,
            "unit_index": np.arange(1, actual.size + 1),
            "expected_cumulative": found.expected,
            "actual_cumulative": actual,
            "expected_increment": np.diff(found.expected, prepend=0.0),
            "actual_increment": np.diff(actual, prepend=0.0),
            "deviation_pct": found.deviation_pct,
            "in_holdout": found.in_holdout,
        }


def _cohort_drift(results: Results) -> Iterator[Columns]:
    for cohort in results.drift:
        yield {name: [value] for name, value in _drift_row(cohort, results).items()}


def _drift_row(cohort: CohortDrift, results: Results) -> dict[str, Any]:
    verdict, shift, settings = cohort.verdict, cohort.shift, results.params.drift
    p_value = cohort.p_value(settings.trigger)
    judged = ("kl", "js", "kl_threshold", "js_threshold", "p_kl", "p_js")
    return {
        "cohort": cohort.cohort,
        "n": cohort.n,
        "pool_n": cohort.pool_n,
        "bins_used": None if verdict is None else verdict.bins,
        "statistic": settings.statistic,
        **{name: None if verdict is None else getattr(verdict, name) for name in judged},
        "p_holm": cohort.p_holm,
        "flagged": p_value is not None and p_value <= settings.false_alarm_rate,
        "mean_cohort": None if shift is None else shift.mean_cohort,
        "mean_pool": None if shift is None else shift.mean_pool,
        "mean_shift_pct": None if shift is None else shift.percent,
        "shift_low_pct": None if shift is None else shift.low,
        "shift_high_pct": None if shift is None else shift.high,
        "outside_share": None if shift is None else shift.outside_share,
        "direction": "" if shift is None else shift.direction,
        "reason": cohort.reason,
        "lr_statistic": cohort.lr_statistic,
        "lr_p": cohort.lr_p,
    }


def _feature_summary(results: Results) -> Iterator[Columns]:
    scored, holdout, outlook = results.chosen_scores, results.holdout, results.outlook
    if outlook is None:
        return
    forecasts = outlook.forecasts
    for groups in results.features:
        for name in sorted(set(groups.forecast) | set(groups.calibration)):
            of, before = groups.forecast == name, groups.calibration == name
            n, m, at_risk = int(of.sum()), int(before.sum()), forecasts.value_at_risk
            has_value, has_holdout = n and forecasts.value is not None, m and holdout is not None
            actual = holdout.purchases[before] if has_holdout and holdout is not None else None
            yield {
                "feature": [groups.feature],
                "group": [name],
                "n": [n],
                "mean_p_alive": [forecasts.p_alive[of].mean() if n else None],
                "value_mean": [
                    forecasts.value[of].mean()
                    if has_value and forecasts.value is not None
                    else None
                ],
                "value_at_risk_total": [None if at_risk is None else at_risk[of].sum()],
                "holdout_n": [m],
                "holdout_actual_mean": [None if actual is None else actual.mean()],
                "holdout_predicted_mean": [
                    scored.mean[before].mean() if actual is not None and scored else None
                ],
                "holdout_actual_se": [
                    actual.std(ddof=1) / np.sqrt(m) if actual is not None and m > 1 else None
                ],
            }
