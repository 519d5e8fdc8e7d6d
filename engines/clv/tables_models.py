"""Declare the tables that describe models: parameters, fits, scores, tracking."""

from __future__ import annotations

from engines.clv.columns import PERCENT, PURCHASES, floats, ints, maybe, texts
from runner.contract import Column, TableSchema


def parameters() -> TableSchema:
    """Return `parameters`."""
    return TableSchema(
        name="parameters",
        doc="Estimates with standard errors and intervals.",
        columns=(
            *texts("stage", "model", "parameter"),
            *floats("as_in_unit", "estimate"),
            *maybe("as_in_unit", "se"),
            *floats("ln", "log_estimate"),
            *maybe("ln", "se_log"),
            *maybe("as_in_unit", "ci_low", "ci_high"),
            *texts("unit"),
            *maybe("as_in_unit", "true_value"),
            *maybe("sd", "z"),
        ),
        key=("stage", "model", "parameter"),
    )


def covariance() -> TableSchema:
    """Return `parameter_covariance`."""
    return TableSchema(
        name="parameter_covariance",
        doc="Covariance and correlation of the log-parameters.",
        columns=(
            *texts("stage", "model", "row", "column"),
            *floats("ln_squared", "covariance_log"),
            *floats("correlation", "correlation_log"),
        ),
        key=("stage", "model", "row", "column"),
    )


def fits() -> TableSchema:
    """Return `fits`."""
    return TableSchema(
        name="fits",
        doc="Every fitted model, and why it was chosen or not.",
        columns=(
            *texts("stage", "model", "status"),
            *ints("count", "n_customers", "n_distinct_rows", "n_parameters"),
            *floats("nats", "log_likelihood"),
            *texts("ll_convention"),
            *maybe("AIC_points", "aic", "delta_aic"),
            *maybe("share", "akaike_weight"),
            *floats("nats", "multistart_spread"),
            *maybe("share", "laplace_ess_fraction"),
            *maybe(PURCHASES, "crps"),
            Column(name="selected", kind="bool"),
            Column(name="chosen_on_holdout", kind="bool"),
            *texts("reason"),
        ),
        key=("stage", "model"),
    )


SUMMARY_UNITS = {
    "mae": PURCHASES, "rmse": PURCHASES, "bias": PURCHASES, "total_bias_pct": PERCENT,
    "correlation": "correlation", "mae_median": PURCHASES, "crps": PURCHASES,
    "brier_buy": "probability_squared", "auc_mean": "area", "auc_buy": "area",
    "interval_coverage": "share", "pit_coverage": "share", "interval_width": PURCHASES,
    "total_predicted": PURCHASES, "total_actual": PURCHASES, "total_low": PURCHASES,
    "total_high": PURCHASES, "spend_mae": "", "spend_rmse": "", "spend_total_bias_pct": PERCENT,
}  # fmt: skip
"""Columns of `holdout_summary` and their units; empty = money."""

_ALWAYS = ("mae", "rmse", "bias", "total_predicted", "total_actual")


def holdout_summary(money: str) -> TableSchema:
    """Return `holdout_summary`; money is a currency."""
    columns = [
        Column(name=name, kind="float64", unit=unit or money, nullable=name not in _ALWAYS)
        for name, unit in SUMMARY_UNITS.items()
    ]
    return TableSchema(
        name="holdout_summary",
        doc="Scores over all customers: models, and the naive zero, same_count, own_rate.",
        columns=(*texts("model"), *columns),
        key=("model",),
    )


def holdout_by_frequency() -> TableSchema:
    """Return `holdout_by_frequency`."""
    return TableSchema(
        name="holdout_by_frequency",
        doc="Holdout purchases by past frequency.",
        columns=(
            *texts("model", "bin"),
            *ints("customers", "n"),
            *floats(PURCHASES, "actual_mean", "predicted_mean"),
            *maybe(PURCHASES, "actual_se"),
        ),
        key=("model", "bin"),
    )


def tracking(time: str) -> TableSchema:
    """Return `tracking`; time is the unit of the models."""
    return TableSchema(
        name="tracking",
        doc="Cumulative repeat purchases of the calibration customers, expected and actual.",
        columns=(
            *texts("model"),
            *ints(time, "unit_index"),
            *floats(PURCHASES, "expected_cumulative", "actual_cumulative"),
            *floats(PURCHASES, "expected_increment", "actual_increment"),
            *maybe(PERCENT, "deviation_pct"),
            Column(name="in_holdout", kind="bool"),
        ),
        key=("model", "unit_index"),
    )
