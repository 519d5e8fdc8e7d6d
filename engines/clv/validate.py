"""Judge a fitted model on the holdout: every customer, also those who never return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.clv import scores
from engines.clv.fit import Fit
from engines.clv.predict import expected_purchases, expected_spend, p_alive, p_no_purchase
from engines.clv.purchases import Purchases
from engines.clv.rfm import StageData
from engines.clv.simulate import Sampling, Totals, sample_blocks
from engines.clv.windows import Windows
from runner.contract import Draws, Floats

STREAMS = ("<stage>.pit", "<stage>.pit.copy<c>")

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """What happened in the holdout: purchase days int64 (n,) and revenue (n,) of each customer."""

    units: float
    purchases: Ints
    revenue: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScores:
    """One model's forecast of the holdout, customer by customer; arrays (n,)."""

    model: str
    mean: Floats
    median: Ints
    low: Ints
    high: Ints
    p_buy: Floats
    crps: Floats
    pit: Floats
    total_low: float
    total_high: float
    revenue: Floats | None


def holdout_of(data: StageData, purchases: Purchases, windows: Windows) -> Holdout:
    """Return the holdout of the customers of stage calibration.

    `purchases` are those of all customers up to the end of observation; the customers of the stage
    are the ones first seen by its end, in the same order.
    """
    known = purchases.take(np.flatnonzero(purchases.first <= data.end))
    count, revenue = known.between(windows.calibration_end, windows.observation_end)
    return Holdout(units=windows.holdout_units, purchases=count, revenue=revenue)


def score_model(
    sampling: Sampling, spend_fit: Fit | None, holdout: Holdout, level: float, draws: Draws
) -> ModelScores:
    """Return a model's scores; `sampling` covers the holdout."""
    data, fit, n = sampling.data, sampling.fit, len(sampling.data)
    low, high = scores.tails(level)
    found: dict[str, NDArray[Any]] = {
        name: np.empty(n) for name in ("median", "low", "high", "crps", "pit")
    }
    u = customer_uniforms(draws, f"{data.stage}.pit", data.customers)
    totals = Totals.zero(sampling)
    for block in sample_blocks(sampling, draws, totals):
        rows, ordered = block.rows, np.sort(block.counts, axis=1)
        actual = holdout.purchases[rows].astype(np.float64)
        found["median"][rows] = scores.count_quantile(ordered, 0.5)
        found["low"][rows] = scores.count_quantile(ordered, low)
        found["high"][rows] = scores.count_quantile(ordered, high)
        found["crps"][rows] = scores.crps(ordered, actual)
        found["pit"][rows] = scores.randomised_pit(ordered, actual, u[rows])
    total = np.sort(totals.counts)
    mean = expected_purchases(data, fit, holdout.units, p_alive(data, fit))
    return ModelScores(
        model=fit.model,
        mean=mean,
        median=found["median"].astype(np.int64),
        low=found["low"].astype(np.int64),
        high=found["high"].astype(np.int64),
        p_buy=1.0 - p_no_purchase(data, fit, holdout.units),
        crps=found["crps"],
        pit=found["pit"],
        total_low=float(scores.count_quantile(total, low)),
        total_high=float(scores.count_quantile(total, high)),
        revenue=None if spend_fit is None else mean * expected_spend(data, spend_fit),
    )


def customer_uniforms(draws: Draws, stream: str, customers: Purchases) -> Floats:
    """Return one uniform per customer (n,), copies of a resampled one from streams of their own."""
    found = np.empty(len(customers))
    for copy in np.unique(customers.copy):
        of = customers.copy == copy
        name = f"{stream}.copy{copy}" if copy else stream
        found[of] = draws.uniform(name, entities=customers.entity[of])
    return found


Summary = dict[str, float | None]


def summarise_model(scored: ModelScores, holdout: Holdout, level: float) -> Summary:
    """Return the scores of a model over all customers."""
    actual = holdout.purchases.astype(np.float64)
    bought = holdout.purchases > 0
    inside = (actual >= scored.low) & (actual <= scored.high)
    spend: Summary = {"spend_mae": None, "spend_rmse": None, "spend_total_bias_pct": None}
    if scored.revenue is not None:
        off = scored.revenue - holdout.revenue
        spend = {
            "spend_mae": float(np.abs(off).mean()),
            "spend_rmse": float(np.sqrt((off**2).mean())),
            "spend_total_bias_pct": scores.percent_off(
                float(scored.revenue.sum()), float(holdout.revenue.sum())
            ),
        }
    return {
        **_errors(scored.mean, actual),
        "mae_median": float(np.abs(scored.median - actual).mean()),
        "crps": float(scored.crps.mean()),
        "brier_buy": float(((scored.p_buy - bought) ** 2).mean()),
        "auc_mean": scores.auc(scored.mean, bought),
        "auc_buy": scores.auc(scored.p_buy, bought),
        "interval_coverage": float(inside.mean()),
        "pit_coverage": scores.pit_share(scored.pit, level),
        "interval_width": float((scored.high - scored.low).mean()),
        "total_low": scored.total_low,
        "total_high": scored.total_high,
        **spend,
    }


def summarise_baselines(data: StageData, holdout: Holdout) -> dict[str, Summary]:
    """Return the scores of naive forecasts: nothing, the same count, the own rate."""
    actual = holdout.purchases.astype(np.float64)
    x = data.x.astype(np.float64)
    own = np.where(data.age > 0, x * holdout.units / np.where(data.age > 0, data.age, 1.0), 0.0)
    naive = {"zero": np.zeros(len(data)), "same_count": x, "own_rate": own}
    return {name: _errors(forecast, actual) for name, forecast in naive.items()}


def _errors(forecast: Floats, actual: Floats) -> Summary:
    off = forecast - actual
    return {
        "mae": float(np.abs(off).mean()),
        "rmse": float(np.sqrt((off**2).mean())),
        "bias": float(off.mean()),
        "total_bias_pct": scores.percent_off(float(forecast.sum()), float(actual.sum())),
        "correlation": scores.correlation(forecast, actual),
        "total_predicted": float(forecast.sum()),
        "total_actual": float(actual.sum()),
    }


def by_frequency(
    scored: ModelScores, data: StageData, holdout: Holdout, cap: int
) -> dict[str, Any]:
    """Return bins of past frequency: label, n, mean actual and forecast, its standard error."""
    place = np.minimum(data.x, cap)
    present = np.unique(place)
    rows: dict[str, list[Any]] = {
        name: [] for name in ("bin", "n", "actual_mean", "predicted_mean", "actual_se")
    }
    for value in present:
        of = place == value
        actual, n = holdout.purchases[of].astype(np.float64), int(of.sum())
        rows["bin"].append(f"{value}+" if value == cap else str(value))
        rows["n"].append(n)
        rows["actual_mean"].append(float(actual.mean()))
        rows["predicted_mean"].append(float(scored.mean[of].mean()))
        rows["actual_se"].append(float(actual.std(ddof=1) / np.sqrt(n)) if n > 1 else None)
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """Cumulative repeat purchases by time unit 1, 2, ...; arrays (n_units,)."""

    expected: Floats
    actual: Ints
    in_holdout: NDArray[np.bool_]

    @property
    def deviation_pct(self) -> NDArray[np.float64]:
        """Return 100 (expected / actual - 1), NaN where nothing was bought yet."""
        safe = np.where(self.actual > 0, self.actual, 1)
        return np.where(self.actual > 0, 100.0 * (self.expected / safe - 1.0), np.nan)


def _expected_of_new(fit: Fit, times: Floats, *, is_calendar: bool) -> Floats:
    """Return E[X(t)] at positive times (n,); of calendar days each distinct time once.

    In continuous time nearly all are distinct. The curve is smooth in ln(scale + t), scale the
    smaller of alpha and beta; a cubic spline through 2,000 points is good to 1e-9 of its end.
    """
    model, theta = fit.purchase_model, fit.theta
    if is_calendar or times.size <= _CURVE_POINTS:
        distinct, place = np.unique(times, return_inverse=True)
        return np.asarray(model.expected_of_new(theta, distinct)[place])
    from scipy.interpolate import CubicSpline

    scale = theta[np.array(model.is_time)].min()
    v = np.linspace(0.0, np.log1p(times.max() / scale), _CURVE_POINTS)
    curve = CubicSpline(v, model.expected_of_new(theta, scale * np.expm1(v)))
    return np.asarray(np.maximum(curve(np.log1p(times / scale)), 0.0))


_CURVE_POINTS = 2000


def track(fit: Fit, data: StageData, purchases: Purchases, windows: Windows) -> Tracking:
    """Return expected and actual cumulative repeat purchases of the calibration customers."""
    known = purchases.take(np.flatnonzero(purchases.first <= data.end))
    n_units = int(np.floor(windows.length(windows.observation_end) + 1e-9))
    n_fitted = int(np.floor(windows.length(windows.calibration_end) + 1e-9))
    since, count = np.unique(known.first - windows.start, return_counts=True)
    unit = np.arange(1, n_units + 1)
    passed = unit[None, :] - windows.units(since)[:, None]
    expected = np.zeros(passed.shape)
    expected[passed > 0] = _expected_of_new(
        fit, passed[passed > 0], is_calendar=windows.is_calendar
    )
    repeat = np.ones(known.tick.size, dtype=bool)
    repeat[known.offset[:-1]] = False
    when = np.sort(known.tick[repeat])
    edges = windows.start + unit * windows.ticks_per_unit
    return Tracking(
        expected=(expected * count[:, None]).sum(axis=0),
        actual=np.searchsorted(when, edges, side="left").astype(np.int64),
        in_holdout=unit > n_fitted,
    )
