"""Declare the metrics: name, unit, which way is better."""

from __future__ import annotations

from engines.clv.params import ClvParams
from runner.contract import Metric

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
