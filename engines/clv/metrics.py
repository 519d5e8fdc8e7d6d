"""Reduce a run to named numbers; every metric is finite, or null with a reason."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from engines.clv import scores
from engines.clv.fit import log_count_sum
from engines.clv.lists import CHURN_RADAR, POTENTIAL_WHALES, VIP_AT_RISK, precision_of
from engines.clv.params import ClvParams, is_recoverable
from engines.clv.recovery import recovery_of
from engines.clv.results import CALIBRATION, Results
from runner.contract import NOT_APPLICABLE, Metric, MetricValue, Null

_NO_HOLDOUT, _NO_MONEY = "no_holdout", "money_not_modelled"
_ENOUGH = 1000  # customers whose PIT is stable enough for a band
_PIT_LEVEL = 0.90
PARAMETERS = ("r", "alpha", "a", "b", "s", "beta", "p", "q", "gamma")


def _parameters(params: ClvParams) -> tuple[str, ...]:
    return PARAMETERS


METRICS = (
    Metric(name="log_likelihood", unit="nats", better="higher", doc="of the chosen model"),
    Metric(name="aic", unit="AIC_points", better="lower", doc="of the chosen model"),
    Metric(name="gg_log_likelihood_mean", unit="nats", better="higher", doc="density of m"),
    Metric(
        name="gg_log_likelihood_total", unit="nats", better="higher", doc="density of total spend"
    ),
    Metric(
        name="fit_converged", unit="0_or_1", better="higher", doc="all candidates and Gamma-Gamma"
    ),
    Metric(name="multistart_spread", unit="nats", better="lower", doc="best minus second best"),
    Metric(
        name="laplace_ess_fraction", unit="share", better="higher",
        doc="effective share of the plain parameter samples",
    ),
    Metric(name="gg_population_mean", unit="currency", doc="mean spend, p gamma/(q-1)"),
    Metric(name="gg_q_low", unit="shape", better="higher", doc="lower limit of q"),
    Metric(name="corr_spend_frequency", unit="correlation", doc="Pearson, m and x, repeat buyers"),
    Metric(name="holdout_mae", unit="purchases", better="lower", doc="of the mean forecast"),
    Metric(name="holdout_rmse", unit="purchases", better="lower", doc="of the mean forecast"),
    Metric(name="holdout_mae_median", unit="purchases", better="lower", doc="of the median"),
    Metric(name="holdout_crps", unit="purchases", better="lower", doc="of the samples, unbiased"),
    Metric(name="holdout_bias", unit="purchases", doc="mean of forecast minus truth"),
    Metric(name="holdout_total_bias_pct", unit="percent", doc="of all purchases together"),
    Metric(
        name="abs_holdout_total_bias_pct", unit="percent", better="lower", doc="its absolute value"
    ),
    Metric(
        name="holdout_correlation", unit="correlation", better="higher", doc="forecast and truth"
    ),
    Metric(name="holdout_auc_mean", unit="area", better="higher", doc="who buys, by the mean"),
    Metric(name="holdout_auc_buy", unit="area", better="higher", doc="who buys, by P(buy)"),
    Metric(
        name="holdout_brier_buy", unit="probability_squared", better="lower", doc="error of P(buy)"
    ),
    Metric(name="holdout_interval_coverage", unit="share", doc="over-covers: counts are discrete"),
    Metric(name="holdout_pit_coverage", unit="share", doc="randomised PIT at uncertainty.level"),
    Metric(
        name="holdout_total_in_interval", unit="0_or_1", better="higher", doc="truth within limits"
    ),
    Metric(
        name="holdout_pit_coverage_90", unit="share", doc="at level 0.90; from 1,000 customers on"
    ),
    Metric(name="rmse_skill_vs_zero", unit="fraction", better="higher", doc="1 - RMSE ratio"),
    Metric(name="rmse_skill_vs_same_count", unit="fraction", better="higher", doc="1 - RMSE ratio"),
    Metric(
        name="crps_skill_vs_nbd", unit="fraction", better="higher", doc="when nbd is a candidate"
    ),
    Metric(name="tracking_calibration_pct", unit="percent", doc="cumulative curve at its end"),
    Metric(name="tracking_observation_pct", unit="percent", doc="cumulative curve at its end"),
    Metric(name="value_total", unit="currency", better="higher", doc="of all customers"),
    Metric(name="value_mean", unit="currency", better="higher", doc="per customer"),
    Metric(name="value_at_risk_total", unit="currency", better="lower", doc="of all customers"),
    Metric(name="revenue_forecast_total", unit="currency", better="higher", doc="all months"),
    Metric(name="revenue_forecast_low", unit="currency", better="higher", doc="lower limit"),
    Metric(name="revenue_forecast_high", unit="currency", better="higher", doc="upper limit"),
    Metric(name="radar_expected_precision", unit="share", better="higher", doc="stage forecast"),
    Metric(name="vip_expected_precision", unit="share", better="higher", doc="stage forecast"),
    Metric(name="whale_expected_precision", unit="share", better="higher", doc="stage forecast"),
    Metric(name="radar_realised_precision", unit="share", better="higher", doc="back-test"),
    Metric(name="vip_realised_precision", unit="share", better="higher", doc="back-test"),
    Metric(name="whale_realised_precision", unit="share", better="higher", doc="back-test"),
    Metric(name="drift_cohorts_flagged", unit="cohorts", better="lower", doc="of those tested"),
    Metric(
        name="drift_max_ratio", unit="ratio", better="lower", doc="largest divergence / threshold"
    ),
    Metric(
        name="drift_false_alarms", unit="cohorts", better="lower",
        doc="flagged in a simulation without drift",
    ),
    Metric(
        name="recovery_log_error.<parameter>", unit="ln", doc="log estimate minus log true value",
        over=_parameters,
    ),
    Metric(
        name="recovery_z.<parameter>", unit="sd", doc="log error in standard errors",
        over=_parameters,
    ),
    Metric(
        name="recovery_covered.<parameter>", unit="0_or_1", better="higher",
        doc="true value in the interval", over=_parameters,
    ),
    Metric(
        name="truth_value_pit_coverage", unit="share",
        doc="PIT of the true value at uncertainty.level, simulation only",
    ),
    Metric(name="truth_total_bias_pct", unit="percent", doc="of the total value, simulation only"),
    Metric(
        name="truth_value_pit_coverage_90", unit="share",
        doc="at level 0.90; process = model, from 1,000 customers on",
    ),
)  # fmt: skip


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


def _holdout_metrics(results: Results) -> dict[str, MetricValue]:
    scored = results.chosen_scores
    more = ("abs_holdout_total_bias_pct", "holdout_total_in_interval", "holdout_pit_coverage_90")
    if scored is None or results.holdout is None:
        return dict.fromkeys((*_SUMMARY_METRICS, *more), Null(_NO_HOLDOUT))
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
            found[key] = Null(_NO_HOLDOUT)
            continue
        own, base = said[scored.model]["rmse"], said[name]["rmse"]
        found[key] = 1.0 - own / base if own is not None and base else Null("baseline_is_exact")
    nbd = results.scored.get("nbd")
    if "nbd" not in results.calibration.fits:
        found["crps_skill_vs_nbd"] = Null(NOT_APPLICABLE)
    elif scored is None or nbd is None:
        found["crps_skill_vs_nbd"] = Null(_NO_HOLDOUT)
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
    if results.holdout is None:
        return found | {"tracking_observation_pct": Null(_NO_HOLDOUT)}
    end = float(deviation[-1]) if deviation.size and np.isfinite(deviation[-1]) else None
    return found | {"tracking_observation_pct": _or_null(end, "no_whole_unit")}


def _value_metrics(results: Results) -> dict[str, MetricValue]:
    found, total = results.forecasts, results.future.total
    names = ("value_total", "value_mean", "value_at_risk_total", "revenue_forecast_total",
             "revenue_forecast_low", "revenue_forecast_high")  # fmt: skip
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
    found: dict[str, MetricValue] = {
        f"{name}_{kind}_precision": Null(_NO_HOLDOUT)
        for name in short.values()
        for kind in ("expected", "realised")
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
    truth, pit, value = results.truth, results.future.value_pit, results.forecasts.value
    names = ("truth_value_pit_coverage", "truth_total_bias_pct", "truth_value_pit_coverage_90")
    if truth is None:
        return dict.fromkeys(names, Null(NOT_APPLICABLE))
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
