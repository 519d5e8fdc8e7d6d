"""Write the tables about single customers: history, predictions, holdout, lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.clv.lists import precision_of
from engines.clv.models.pareto_nbd import discounted_residual
from engines.clv.params import ClvParams
from engines.clv.purchases import Texts
from engines.clv.results import Outlook, Results
from engines.clv.validate import ModelScores, by_frequency
from engines.clv.windows import month_units

Columns = Mapping[str, Any]


def rfm(results: Results) -> Iterator[Columns]:
    """Give the rows of `rfm`, one stage at a time."""
    holdout = results.holdout
    for stage in results.stages:
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


def or_nan(values: NDArray[Any] | None, n: int) -> NDArray[Any]:
    """Return the values, or n times NaN where there are none."""
    return np.full(n, np.nan) if values is None else values


def predictions(results: Results) -> Iterator[Columns]:
    """Give the rows of `predictions`, none when the future is not forecast."""
    outlook = results.outlook
    if outlook is None:
        return
    data, found, future, truth = (
        outlook.stage.data, outlook.forecasts, outlook.future, outlook.truth,
    )  # fmt: skip
    n = len(data)
    value, purchases = future.value, future.purchases
    yield {
        "customer_id": data.customers.ids,
        "copy": data.customers.copy,
        "model": [outlook.model] * n,
        "p_alive": found.p_alive,
        "churn_prob": 1.0 - found.p_alive,
        "p_no_purchase_outcome": outlook.p_no_purchase,
        "expected_purchases_outcome": outlook.expected_outcome,
        "expected_purchases_horizon": found.purchases,
        "expected_spend": or_nan(found.spend, n),
        "value": or_nan(found.value, n),
        "value_given_alive": or_nan(found.value_given_alive, n),
        "value_at_risk": or_nan(found.value_at_risk, n),
        "value_low": or_nan(None if value is None else value[0], n),
        "value_median": or_nan(None if value is None else value[1], n),
        "value_high": or_nan(None if value is None else value[2], n),
        "purchases_low": or_nan(None if purchases is None else purchases[0], n),
        "purchases_high": or_nan(None if purchases is None else purchases[1], n),
        "p_top": or_nan(future.p_top, n),
        "dert": or_nan(_dert(outlook, results.params), n),
        "true_alive": [None] * n if truth is None else truth.alive,
        "true_purchases": _no_ints(n) if truth is None else truth.purchases,
        "true_value": or_nan(None if truth is None else truth.value, n),
    }


def _dert(outlook: Outlook, params: ClvParams) -> NDArray[Any] | None:
    """Return the discounted expected residual purchases of Pareto/NBD, None elsewhere."""
    monthly = params.forecast.discount_rate_monthly
    if outlook.model != "pareto_nbd" or monthly == 0:
        return None
    rate = float(np.log1p(monthly)) / month_units(params)
    rows, theta = outlook.stage.data.rows, outlook.stage.fits["pareto_nbd"].theta
    distinct = discounted_residual(theta, rows.x, rows.t_x, rows.age, rate)
    return distinct[outlook.stage.data.place]


def _scores_in_order(results: Results) -> Iterator[ModelScores]:
    return (results.scored[name] for name in sorted(results.scored))


def holdout(results: Results) -> Iterator[Columns]:
    """Give the rows of `holdout`, one model at a time."""
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
            "predicted_revenue": or_nan(scored.revenue, n),
            "actual_revenue": results.holdout.revenue,
        }


def holdout_by_frequency(results: Results) -> Iterator[Columns]:
    """Give the rows of `holdout_by_frequency`, one model at a time."""
    for scored in _scores_in_order(results):
        assert results.holdout is not None  # noqa: S101 - scores exist with a holdout only
        cap = results.params.validation.frequency_cap
        bins = by_frequency(scored, results.calibration.data, results.holdout, cap)
        order = sorted(range(len(bins["bin"])), key=lambda k: bins["bin"][k])
        columns = {name: [values[k] for k in order] for name, values in bins.items()}
        yield {"model": [scored.model] * len(order), **columns}


def lists(results: Results) -> Iterator[Columns]:
    """Give the rows of `lists`, one list at a time."""
    for made in results.stage_lists:
        data = made.data
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
                "value_given_alive": or_nan(None if alive_value is None else alive_value[rows], n),
                "value_at_risk": or_nan(None if at_risk is None else at_risk[rows], n),
                "p_top": or_nan(None if given.p_top is None else given.p_top[rows], n),
                "event_probability": found.probability,
                "event_happened": [None] * n if found.happened is None else found.happened,
            }


def list_summary(results: Results) -> Iterator[Columns]:
    """Give the rows of `list_summary`, one list at a time."""
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
                "reason": [found.reason],
            }
