"""Write the tables of a run, those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.clv import write_models
from engines.clv.drift import CohortDrift
from engines.clv.lists import precision_of
from engines.clv.models.pareto_nbd import discounted_residual
from engines.clv.purchases import Texts
from engines.clv.results import Results, StageLists
from engines.clv.rfm import StageData
from engines.clv.validate import ModelScores, by_frequency, track
from engines.clv.windows import month_units
from runner.contract import TableSink

Columns = Mapping[str, Any]


def write_tables(results: Results, out: TableSink) -> None:
    """Write every table that somebody asked for, rows in the order of its key."""
    writers: dict[str, Callable[[Results], Iterator[Columns]]] = {
        "data_report": _data_report,
        "rfm": _rfm,
        "parameters": write_models.parameters,
        "parameter_covariance": write_models.covariances,
        "fits": write_models.fits,
        "predictions": _predictions,
        "revenue_forecast": _revenue_forecast,
        "holdout": _holdout,
        "holdout_summary": write_models.holdout_summary,
        "holdout_by_frequency": _holdout_by_frequency,
        "tracking": _tracking,
        "lists": _lists,
        "list_summary": _list_summary,
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


def _rfm(results: Results) -> Iterator[Columns]:
    holdout = results.holdout
    for stage in (results.calibration, results.forecast):
        data, n = stage.data, len(stage.data)
        is_judged = stage is results.calibration and holdout is not None
        days = np.floor_divide(data.customers.first, results.windows.ticks_per_day)
        yield {
            "stage": [data.stage] * n,
            "customer_id": data.customers.ids,
            "copy": data.customers.copy,
            "cohort": _or_nulls(data.customers.cohort, n),
            "archetype": _or_nulls(data.customers.archetype, n),
            "first_date": days.astype("datetime64[D]"),
            "frequency": data.x,
            "recency": data.t_x,
            "age": data.age,
            "monetary_value": data.m,
            "revenue_to_date": data.revenue,
            "holdout_purchases": (
                holdout.purchases if is_judged and holdout is not None else _no_ints(n)
            ),
            "holdout_revenue": (
                holdout.revenue if is_judged and holdout is not None else np.full(n, np.nan)
            ),
        }


def _or_nulls(texts: Texts | None, n: int) -> Any:
    return [None] * n if texts is None else texts


def _no_ints(n: int) -> NDArray[Any]:
    return np.ma.MaskedArray(np.zeros(n, dtype=np.int64), mask=np.ones(n, dtype=bool))


def _or_nan(values: NDArray[Any] | None, n: int) -> NDArray[Any]:
    return np.full(n, np.nan) if values is None else values


def _predictions(results: Results) -> Iterator[Columns]:
    data, found, future, truth = (
        results.forecast.data, results.forecasts, results.future, results.truth,
    )  # fmt: skip
    n = len(data)
    value, purchases = future.value, future.purchases
    yield {
        "customer_id": data.customers.ids,
        "copy": data.customers.copy,
        "model": [results.choice.model] * n,
        "p_alive": found.p_alive,
        "churn_prob": 1.0 - found.p_alive,
        "p_no_purchase_outcome": results.p_no_purchase,
        "expected_purchases_outcome": results.expected_outcome,
        "expected_purchases_horizon": found.purchases,
        "expected_spend": _or_nan(found.spend, n),
        "value": _or_nan(found.value, n),
        "value_given_alive": _or_nan(found.value_given_alive, n),
        "value_at_risk": _or_nan(found.value_at_risk, n),
        "value_low": _or_nan(None if value is None else value[0], n),
        "value_median": _or_nan(None if value is None else value[1], n),
        "value_high": _or_nan(None if value is None else value[2], n),
        "purchases_low": _or_nan(None if purchases is None else purchases[0], n),
        "purchases_high": _or_nan(None if purchases is None else purchases[1], n),
        "p_top": _or_nan(future.p_top, n),
        "dert": _or_nan(_dert(results), n),
        "true_alive": [None] * n if truth is None else truth.alive,
        "true_purchases": _no_ints(n) if truth is None else truth.purchases,
        "true_value": _or_nan(None if truth is None else truth.value, n),
    }


def _dert(results: Results) -> NDArray[Any] | None:
    """Return the discounted expected residual purchases of Pareto/NBD, None elsewhere."""
    monthly = results.params.forecast.discount_rate_monthly
    if results.choice.model != "pareto_nbd" or monthly == 0:
        return None
    rate = float(np.log1p(monthly)) / month_units(results.params)
    rows, theta = results.forecast.data.rows, results.forecast.fits["pareto_nbd"].theta
    distinct = discounted_residual(theta, rows.x, rows.t_x, rows.age, rate)
    return distinct[results.forecast.data.place]


def _revenue_forecast(results: Results) -> Iterator[Columns]:
    found, months, truth = results.forecasts, results.horizon, results.truth
    monthly = results.future.monthly
    yield {
        "month": np.arange(1, months + 1),
        "expected_purchases": found.monthly_purchases,
        "expected_revenue": _or_nan(found.monthly_revenue, months),
        "revenue_low": _or_nan(None if monthly is None else monthly[0], months),
        "revenue_high": _or_nan(None if monthly is None else monthly[1], months),
        "expected_value": _or_nan(found.monthly_value, months),
        "true_revenue": _or_nan(None if truth is None else truth.monthly_revenue, months),
    }


def _scores_in_order(results: Results) -> Iterator[ModelScores]:
    return (results.scored[name] for name in sorted(results.scored))


def _holdout(results: Results) -> Iterator[Columns]:
    customers, n = results.calibration.data.customers, len(results.calibration.data)
    for scored in _scores_in_order(results):
        assert results.holdout is not None  # noqa: S101 - scores exist with a holdout only
        yield {
            "model": [scored.model] * n,
            "customer_id": customers.ids,
            "copy": customers.copy,
            "predicted_mean": scored.mean,
            "predicted_median": scored.median,
            "predicted_low": scored.low,
            "predicted_high": scored.high,
            "p_buy": scored.p_buy,
            "crps": scored.crps,
            "pit": scored.pit,
            "actual": results.holdout.purchases,
            "predicted_revenue": _or_nan(scored.revenue, n),
            "actual_revenue": results.holdout.revenue,
        }


def _holdout_by_frequency(results: Results) -> Iterator[Columns]:
    for scored in _scores_in_order(results):
        assert results.holdout is not None  # noqa: S101 - scores exist with a holdout only
        cap = results.params.validation.frequency_cap
        bins = by_frequency(scored, results.calibration.data, results.holdout, cap)
        order = sorted(range(len(bins["bin"])), key=lambda k: bins["bin"][k])
        columns = {name: [values[k] for k in order] for name, values in bins.items()}
        yield {"model": [scored.model] * len(order), **columns}


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


def _lists(results: Results) -> Iterator[Columns]:
    for made in results.stage_lists:
        data = _data_of(results, made)
        for found in made.lists:
            rows, given = found.rows, made.given
            n, forecasts = rows.size, given.forecasts
            alive_value, at_risk = forecasts.value_given_alive, forecasts.value_at_risk
            yield {
                "stage": [given.stage] * n,
                "list": [found.name] * n,
                "rank": np.arange(1, n + 1),
                "customer_id": data.customers.ids[rows],
                "copy": data.customers.copy[rows],
                "model": [given.model] * n,
                "p_alive": forecasts.p_alive[rows],
                "p_no_purchase_outcome": given.p_no_purchase[rows],
                "value_given_alive": _or_nan(None if alive_value is None else alive_value[rows], n),
                "value_at_risk": _or_nan(None if at_risk is None else at_risk[rows], n),
                "p_top": _or_nan(None if given.p_top is None else given.p_top[rows], n),
                "event_probability": found.probability,
                "event_happened": [None] * n if found.happened is None else found.happened,
            }


def _data_of(results: Results, made: StageLists) -> StageData:
    is_forecast = made.given.stage == results.forecast.data.stage
    return results.forecast.data if is_forecast else results.calibration.data


def _list_summary(results: Results) -> Iterator[Columns]:
    for made in results.stage_lists:
        at_risk = made.given.forecasts.value_at_risk
        for found in made.lists:
            said = precision_of(found)
            yield {
                "stage": [made.given.stage],
                "list": [found.name],
                "n": [found.rows.size],
                "window_days": [found.window_days],
                "expected_precision": [said.expected],
                "realised_precision": [said.realised],
                "realised_low": [said.low],
                "realised_high": [said.high],
                "base_rate": [found.base_rate],
                "lift": [said.lift],
                "value_at_risk_total": [None if at_risk is None else at_risk[found.rows].sum()],
                "cut_value": [found.cut_value],
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
    scored, holdout, forecasts = results.chosen_scores, results.holdout, results.forecasts
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
