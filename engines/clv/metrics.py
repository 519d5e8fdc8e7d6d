"""Reduce a run to named numbers; every metric is finite, or null with a reason."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from engines.clv import scores
from engines.clv.fit import log_count_sum
from engines.clv.lists import CHURN_RADAR, POTENTIAL_WHALES, VIP_AT_RISK, precision_of
from engines.clv.metric_list import METRICS, PARAMETERS
from engines.clv.params import is_recoverable
from engines.clv.recovery import recovery_of
from engines.clv.results import CALIBRATION, Results
from runner.contract import NOT_APPLICABLE, MetricValue, Null

__all__ = ["METRICS", "run_metrics"]

_NO_HOLDOUT, _NO_MONEY = "no_holdout", "money_not_modelled"
_ENOUGH = 1000  # customers whose PIT is stable enough for a band
_PIT_LEVEL = 0.90


def run_metrics(results: Results) -> dict[str, MetricValue]:
    """Return every declared metric.

    A null whose reason is the configuration is `not_applicable`; other reasons say what is missing.
    """
    found = {
        **_fit_metrics(results),
        **_spend_metrics(results),
        **_holdout_metrics(results),
        **_skill_metrics(results),
        **_tracking_metrics(results),
        **_value_metrics(results),
        **_list_metrics(results),
        **_drift_metrics(results),
        **_recovery_metrics(results),
        **_truth_metrics(results),
    }
    return {
        name: Null("not_finite") if _is_infinite(value) else value for name, value in found.items()
    }


def _is_infinite(value: MetricValue) -> bool:
    return not isinstance(value, Null) and not math.isfinite(value)


def _or_null(value: float | None, reason: str) -> MetricValue:
    return Null(reason) if value is None else float(value)


def _fit_metrics(results: Results) -> dict[str, MetricValue]:
    stage, fit = results.calibration, results.chosen
    every = [*stage.fits.values(), *([] if stage.spend is None else [stage.spend])]
    return {
        "log_likelihood": fit.log_likelihood,
        "aic": fit.aic,
        "fit_converged": int(all(f.has_converged for f in every)),
        "multistart_spread": fit.spread,
        "laplace_ess_fraction": _or_null(stage.ess[fit.model], "hessian_not_definite"),
    }


def _spend_metrics(results: Results) -> dict[str, MetricValue]:
    data, spend = results.calibration.data, results.calibration.spend
    repeat = data.x > 0
    corr = scores.correlation(data.m[repeat], data.x[repeat].astype(np.float64))
    found: dict[str, MetricValue] = {"corr_spend_frequency": _or_null(corr, "no_variation")}
    names = ("gg_log_likelihood_mean", "gg_log_likelihood_total", "gg_population_mean", "gg_q_low")
    if spend is None:
        return found | dict.fromkeys(names, Null(_NO_MONEY))
    p, q, gamma = (float(v) for v in spend.theta)
    ends = spend.interval(results.params.uncertainty.level)
    return found | {
        "gg_log_likelihood_mean": spend.log_likelihood,
        "gg_log_likelihood_total": spend.log_likelihood - log_count_sum(data),
        "gg_population_mean": p * gamma / (q - 1.0),
        "gg_q_low": _or_null(None if ends is None else float(ends[0][1]), "hessian_not_definite"),
    }


_SUMMARY_METRICS = {
    "holdout_mae": "mae", "holdout_rmse": "rmse", "holdout_mae_median": "mae_median",
    "holdout_crps": "crps", "holdout_bias": "bias", "holdout_total_bias_pct": "total_bias_pct",
    "holdout_correlation": "correlation", "holdout_auc_mean": "auc_mean",
    "holdout_auc_buy": "auc_buy", "holdout_brier_buy": "brier_buy",
    "holdout_interval_coverage": "interval_coverage", "holdout_pit_coverage": "pit_coverage",
}  # fmt: skip


def _unscored(results: Results) -> Null:
    """Return why no model was judged on the holdout: nobody asked, or there is none."""
    return Null(_NO_HOLDOUT if results.params.validation.enabled else NOT_APPLICABLE)


def _holdout_metrics(results: Results) -> dict[str, MetricValue]:
    scored = results.chosen_scores
    more = ("abs_holdout_total_bias_pct", "holdout_total_in_interval", "holdout_pit_coverage_90")
    if scored is None or results.holdout is None:
        return dict.fromkeys((*_SUMMARY_METRICS, *more), _unscored(results))
    said = results.summaries[scored.model]
    found = {
        name: _or_null(said[column], "no_variation_in_holdout")
        for name, column in _SUMMARY_METRICS.items()
    }
    bias, total = said["total_bias_pct"], float(results.holdout.purchases.sum())
    found["abs_holdout_total_bias_pct"] = _or_null(
        None if bias is None else abs(bias), "no_variation_in_holdout"
    )
    found["holdout_total_in_interval"] = int(scored.total_low <= total <= scored.total_high)
    is_enough = scored.pit.size >= _ENOUGH
    found["holdout_pit_coverage_90"] = (
        scores.pit_share(scored.pit, _PIT_LEVEL) if is_enough else Null("too_few_customers")
    )
    return found


def _skill_metrics(results: Results) -> dict[str, MetricValue]:
    scored, said = results.chosen_scores, results.summaries
    found: dict[str, MetricValue] = {}
    for name in ("zero", "same_count"):
        key = f"rmse_skill_vs_{name}"
        if scored is None:
            found[key] = _unscored(results)
            continue
        own, base = said[scored.model]["rmse"], said[name]["rmse"]
        found[key] = 1.0 - own / base if own is not None and base else Null("baseline_is_exact")
    nbd = results.scored.get("nbd")
    if "nbd" not in results.calibration.fits:
        found["crps_skill_vs_nbd"] = Null(NOT_APPLICABLE)
    elif scored is None or nbd is None:
        found["crps_skill_vs_nbd"] = _unscored(results)
    else:
        base = float(nbd.crps.mean())
        found["crps_skill_vs_nbd"] = _or_null(
            1.0 - float(scored.crps.mean()) / base if base else None, "baseline_is_exact"
        )
    return found


def _tracking_metrics(results: Results) -> dict[str, MetricValue]:
    deviation, in_holdout = results.tracking.deviation_pct, results.tracking.in_holdout
    fitted = deviation[~in_holdout]
    last = float(fitted[-1]) if fitted.size and np.isfinite(fitted[-1]) else None
    found: dict[str, MetricValue] = {"tracking_calibration_pct": _or_null(last, "no_whole_unit")}
    if results.holdout is None or not results.params.validation.enabled:
        return found | {"tracking_observation_pct": _unscored(results)}
    end = float(deviation[-1]) if deviation.size and np.isfinite(deviation[-1]) else None
    return found | {"tracking_observation_pct": _or_null(end, "no_whole_unit")}


def _value_metrics(results: Results) -> dict[str, MetricValue]:
    outlook = results.outlook
    names = ("value_total", "value_mean", "value_at_risk_total", "revenue_forecast_total",
             "revenue_forecast_low", "revenue_forecast_high")  # fmt: skip
    if outlook is None:
        return dict.fromkeys(names, Null(NOT_APPLICABLE))
    found, total = outlook.forecasts, outlook.future.total
    at_risk, monthly = found.value_at_risk, found.monthly_revenue
    if found.value is None or at_risk is None or monthly is None or total is None:
        return dict.fromkeys(names, Null(_NO_MONEY))
    value = float(found.value.sum())
    return {
        "value_total": value,
        "value_mean": value / found.value.size,
        "value_at_risk_total": float(at_risk.sum()),
        "revenue_forecast_total": float(monthly.sum()),
        "revenue_forecast_low": total[0],
        "revenue_forecast_high": total[1],
    }


def _list_metrics(results: Results) -> dict[str, MetricValue]:
    short = {CHURN_RADAR: "radar", VIP_AT_RISK: "vip", POTENTIAL_WHALES: "whale"}
    is_made = results.params.lists.enabled
    missing = {
        "expected": Null(NOT_APPLICABLE),
        "realised": Null(_NO_HOLDOUT if is_made else NOT_APPLICABLE),
    }
    found: dict[str, MetricValue] = {
        f"{name}_{kind}_precision": missing[kind] for name in short.values() for kind in missing
    }
    for made in results.stage_lists:
        for one in made.lists:
            said, is_back_test = precision_of(one), made.given.stage == CALIBRATION
            kind = "realised" if is_back_test else "expected"
            value = said.realised if is_back_test else said.expected
            found[f"{short[one.name]}_{kind}_precision"] = _or_null(value, "empty_list")
    return found


def _drift_metrics(results: Results) -> dict[str, MetricValue]:
    settings = results.params.drift
    names = ("drift_cohorts_flagged", "drift_max_ratio", "drift_false_alarms")
    if not settings.enabled:
        return dict.fromkeys(names, Null(NOT_APPLICABLE))
    tested = [cohort for cohort in results.drift if cohort.verdict is not None]
    calm = results.params.is_synthetic and is_recoverable(results.params)
    if not tested:
        none: dict[str, MetricValue] = dict.fromkeys(names, Null("no_cohort_tested"))
        return none if calm else none | {"drift_false_alarms": Null(NOT_APPLICABLE)}
    p_values = [cohort.p_value(settings.trigger) for cohort in tested]
    flagged = sum(p is not None and p <= settings.false_alarm_rate for p in p_values)
    ratios = [r for cohort in tested if (r := cohort.ratio(settings.trigger)) is not None]
    return {
        "drift_cohorts_flagged": flagged,
        "drift_max_ratio": max(ratios) if ratios else Null("threshold_is_zero"),
        "drift_false_alarms": flagged if calm else Null(NOT_APPLICABLE),
    }


def _recovery_metrics(results: Results) -> dict[str, MetricValue]:
    stage, found = results.calibration, {}
    for name in PARAMETERS:
        fit = stage.spend if name in ("p", "q", "gamma") else results.chosen
        known = None if fit is None else recovery_of(fit, name, results.params)
        reason = NOT_APPLICABLE
        if fit is None and is_recoverable(results.params):
            reason = _NO_MONEY
        for kind in ("log_error", "z", "covered"):
            value = None if known is None else getattr(known, kind)
            missing = reason if known is None else "hessian_not_definite"
            found[f"recovery_{kind}.{name}"] = _or_null(value, missing)
    return found


def _truth_metrics(results: Results) -> Mapping[str, MetricValue]:
    outlook = results.outlook
    names = ("truth_value_pit_coverage", "truth_total_bias_pct", "truth_value_pit_coverage_90")
    if outlook is None or outlook.truth is None:
        return dict.fromkeys(names, Null(NOT_APPLICABLE))
    truth, pit, value = outlook.truth, outlook.future.value_pit, outlook.forecasts.value
    if pit is None or value is None:
        return dict.fromkeys(names, Null(_NO_MONEY))
    bias = scores.percent_off(float(value.sum()), float(truth.value.sum()))
    wide: MetricValue = Null(NOT_APPLICABLE)
    if results.choice.model == results.params.data.synthetic.process:
        is_enough = pit.size >= _ENOUGH
        wide = scores.pit_share(pit, _PIT_LEVEL) if is_enough else Null("too_few_customers")
    return {
        "truth_value_pit_coverage": scores.pit_share(pit, results.params.uncertainty.level),
        "truth_total_bias_pct": _or_null(bias, "nothing_bought"),
        "truth_value_pit_coverage_90": wide,
    }
