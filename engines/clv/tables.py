"""Declare the tables of a run; money is in `data.currency`, time in `time.unit`."""

from __future__ import annotations

from engines.clv.params import ClvParams
from runner.contract import Column, TableSchema

_PROBABILITY, _PURCHASES, _PERCENT = "probability", "purchases", "percent"


def tables(params: ClvParams) -> tuple[TableSchema, ...]:
    """Return the tables of a run; `feature_summary` exists where there are feature tables."""
    money, time = params.data.currency, params.time.unit
    found = (
        _data_report(),
        _rfm(money, time),
        _parameters(),
        _covariance(),
        _fits(),
        _predictions(money),
        _revenue_forecast(money),
        _holdout(money),
        _holdout_summary(money),
        _holdout_by_frequency(),
        _tracking(time),
        _lists(money),
        _list_summary(money),
        _cohort_drift(money),
    )
    return (*found, _feature_summary(money)) if params.data.feature_tables else found


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind="str") for name in names)


def _int(unit: str, *names: str, nullable: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name=n, kind="int64", unit=unit, nullable=nullable) for n in names)


def _float(unit: str, *names: str, nullable: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name=n, kind="float64", unit=unit, nullable=nullable) for n in names)


def _maybe(unit: str, *names: str) -> tuple[Column, ...]:
    return _float(unit, *names, nullable=True)


_COPY = Column(
    name="copy", kind="int64", unit="number", doc="0, 1, ...: copies of a resampled customer"
)


def _data_report() -> TableSchema:
    return TableSchema(
        name="data_report",
        doc="What reading and cleaning the purchases did.",
        columns=(*_text("item"), *_float("as_in_unit", "value"), *_text("unit")),
        key=("item",),
    )


def _rfm(money: str, time: str) -> TableSchema:
    return TableSchema(
        name="rfm",
        doc="Frequency, recency, age and monetary value of each customer, and the holdout.",
        columns=(
            *_text("stage", "customer_id"),
            _COPY,
            Column(name="cohort", kind="str", nullable=True),
            Column(name="archetype", kind="str", nullable=True),
            Column(name="first_date", kind="date", doc="day of the first purchase"),
            *_int(_PURCHASES, "frequency"),
            *_float(time, "recency", "age"),
            *_float(money, "monetary_value", "revenue_to_date"),
            *_int(_PURCHASES, "holdout_purchases", nullable=True),
            *_maybe(money, "holdout_revenue"),
        ),
        key=("stage", "customer_id", "copy"),
        prefix_stable=frozenset({"population"}),
    )


def _parameters() -> TableSchema:
    return TableSchema(
        name="parameters",
        doc="Estimates with standard errors and intervals.",
        columns=(
            *_text("stage", "model", "parameter"),
            *_float("as_in_unit", "estimate"),
            *_maybe("as_in_unit", "se"),
            *_float("ln", "log_estimate"),
            *_maybe("ln", "se_log"),
            *_maybe("as_in_unit", "ci_low", "ci_high"),
            *_text("unit"),
            *_maybe("as_in_unit", "true_value"),
            *_maybe("sd", "z"),
        ),
        key=("stage", "model", "parameter"),
    )


def _covariance() -> TableSchema:
    return TableSchema(
        name="parameter_covariance",
        doc="Covariance and correlation of the log-parameters.",
        columns=(
            *_text("stage", "model", "row", "column"),
            *_float("ln_squared", "covariance_log"),
            *_float("correlation", "correlation_log"),
        ),
        key=("stage", "model", "row", "column"),
    )


def _fits() -> TableSchema:
    return TableSchema(
        name="fits",
        doc="Every fitted model, and why it was chosen or not.",
        columns=(
            *_text("stage", "model", "status"),
            *_int("count", "n_customers", "n_distinct_rows", "n_parameters"),
            *_float("nats", "log_likelihood"),
            *_text("ll_convention"),
            *_maybe("AIC_points", "aic", "delta_aic"),
            *_maybe("share", "akaike_weight"),
            *_float("nats", "multistart_spread"),
            *_maybe("share", "laplace_ess_fraction"),
            *_maybe(_PURCHASES, "crps"),
            Column(name="selected", kind="bool"),
            Column(name="chosen_on_holdout", kind="bool"),
            *_text("reason"),
        ),
        key=("stage", "model"),
    )


def _predictions(money: str) -> TableSchema:
    return TableSchema(
        name="predictions",
        doc="Each customer's future by the chosen model, stage forecast.",
        columns=(
            *_text("customer_id"),
            _COPY,
            *_text("model"),
            *_float(_PROBABILITY, "p_alive", "churn_prob", "p_no_purchase_outcome"),
            *_float(_PURCHASES, "expected_purchases_outcome", "expected_purchases_horizon"),
            *_maybe(money, "expected_spend", "value", "value_given_alive", "value_at_risk"),
            *_maybe(money, "value_low", "value_median", "value_high"),
            *_maybe(_PURCHASES, "purchases_low", "purchases_high"),
            *_maybe(_PROBABILITY, "p_top"),
            *_maybe(_PURCHASES, "dert"),
            Column(name="true_alive", kind="bool", nullable=True),
            *_int(_PURCHASES, "true_purchases", nullable=True),
            *_maybe(money, "true_value"),
        ),
        key=("customer_id", "copy"),
    )


def _revenue_forecast(money: str) -> TableSchema:
    return TableSchema(
        name="revenue_forecast",
        doc="Existing customers' future, month by month.",
        columns=(
            *_int("months", "month"),
            *_float(_PURCHASES, "expected_purchases"),
            *_maybe(money, "expected_revenue", "revenue_low", "revenue_high", "expected_value"),
            *_maybe(money, "true_revenue"),
        ),
        key=("month",),
        prefix_stable=frozenset({"horizon"}),
    )


def _holdout(money: str) -> TableSchema:
    return TableSchema(
        name="holdout",
        doc="Forecast and truth of every calibration customer, also those who never return.",
        columns=(
            *_text("model", "customer_id"),
            _COPY,
            *_float(_PURCHASES, "predicted_mean"),
            *_int(_PURCHASES, "predicted_median", "predicted_low", "predicted_high"),
            *_float(_PROBABILITY, "p_buy"),
            *_float(_PURCHASES, "crps"),
            *_float(_PROBABILITY, "pit"),
            *_int(_PURCHASES, "actual"),
            *_maybe(money, "predicted_revenue"),
            *_float(money, "actual_revenue"),
        ),
        key=("model", "customer_id", "copy"),
    )


SUMMARY_UNITS = {
    "mae": _PURCHASES, "rmse": _PURCHASES, "bias": _PURCHASES, "total_bias_pct": _PERCENT,
    "correlation": "correlation", "mae_median": _PURCHASES, "crps": _PURCHASES,
    "brier_buy": "probability_squared", "auc_mean": "area", "auc_buy": "area",
    "interval_coverage": "share", "pit_coverage": "share", "interval_width": _PURCHASES,
    "total_predicted": _PURCHASES, "total_actual": _PURCHASES, "total_low": _PURCHASES,
    "total_high": _PURCHASES, "spend_mae": "", "spend_rmse": "", "spend_total_bias_pct": _PERCENT,
}  # fmt: skip
"""Columns of `holdout_summary` and their units; empty = money."""

_ALWAYS = ("mae", "rmse", "bias", "total_predicted", "total_actual")


def _holdout_summary(money: str) -> TableSchema:
    columns = [
        Column(name=name, kind="float64", unit=unit or money, nullable=name not in _ALWAYS)
        for name, unit in SUMMARY_UNITS.items()
    ]
    return TableSchema(
        name="holdout_summary",
        doc="Scores over all customers: models, and the naive zero, same_count, own_rate.",
        columns=(*_text("model"), *columns),
        key=("model",),
    )


def _holdout_by_frequency() -> TableSchema:
    return TableSchema(
        name="holdout_by_frequency",
        doc="Holdout purchases by past frequency.",
        columns=(
            *_text("model", "bin"),
            *_int("customers", "n"),
            *_float(_PURCHASES, "actual_mean", "predicted_mean"),
            *_maybe(_PURCHASES, "actual_se"),
        ),
        key=("model", "bin"),
    )


def _tracking(time: str) -> TableSchema:
    return TableSchema(
        name="tracking",
        doc="Cumulative repeat purchases of the calibration customers, expected and actual.",
        columns=(
            *_text("model"),
            *_int(time, "unit_index"),
            *_float(_PURCHASES, "expected_cumulative", "actual_cumulative"),
            *_float(_PURCHASES, "expected_increment", "actual_increment"),
            *_maybe(_PERCENT, "deviation_pct"),
            Column(name="in_holdout", kind="bool"),
        ),
        key=("model", "unit_index"),
    )


def _lists(money: str) -> TableSchema:
    return TableSchema(
        name="lists",
        doc="Customers worth a call: churn_radar, potential_whales, vip_at_risk.",
        columns=(
            *_text("stage", "list"),
            *_int("rank", "rank"),
            *_text("customer_id"),
            _COPY,
            *_text("model"),
            *_float(_PROBABILITY, "p_alive", "p_no_purchase_outcome"),
            *_maybe(money, "value_given_alive", "value_at_risk"),
            *_maybe(_PROBABILITY, "p_top"),
            *_float(_PROBABILITY, "event_probability"),
            Column(name="event_happened", kind="bool", nullable=True),
        ),
        key=("stage", "list", "rank"),
    )


def _list_summary(money: str) -> TableSchema:
    return TableSchema(
        name="list_summary",
        doc="How precise each list expects to be, and was in the back-test.",
        columns=(
            *_text("stage", "list"),
            *_int("rows", "n"),
            *_float("days", "window_days"),
            *_maybe("share", "expected_precision", "realised_precision"),
            *_maybe("share", "realised_low", "realised_high", "base_rate"),
            *_maybe("factor", "lift"),
            *_maybe(money, "value_at_risk_total", "cut_value"),
            Column(name="reason", kind="str", doc="why the list is empty, else empty"),
        ),
        key=("stage", "list"),
    )


def _cohort_drift(money: str) -> TableSchema:
    return TableSchema(
        name="cohort_drift",
        doc="Each cohort against those before it, at equal age.",
        columns=(
            *_text("cohort"),
            *_int("customers", "n", "pool_n"),
            *_int("bins", "bins_used", nullable=True),
            *_text("statistic"),
            *_maybe("nats", "kl", "js", "kl_threshold", "js_threshold"),
            *_maybe(_PROBABILITY, "p_kl", "p_js", "p_holm"),
            Column(name="flagged", kind="bool"),
            *_maybe(f"{money}_or_{_PURCHASES}", "mean_cohort", "mean_pool"),
            *_maybe(_PERCENT, "mean_shift_pct", "shift_low_pct", "shift_high_pct"),
            *_maybe("share", "outside_share"),
            *_text("direction", "reason"),
            *_maybe("nats", "lr_statistic"),
            *_maybe(_PROBABILITY, "lr_p"),
        ),
        key=("cohort",),
    )


def _feature_summary(money: str) -> TableSchema:
    return TableSchema(
        name="feature_summary",
        doc="Groups of customers by feature: what the chosen model says, what the holdout did.",
        columns=(
            *_text("feature", "group"),
            *_int("customers", "n"),
            *_maybe(_PROBABILITY, "mean_p_alive"),
            *_maybe(money, "value_mean", "value_at_risk_total"),
            *_int("customers", "holdout_n"),
            *_maybe(_PURCHASES, "holdout_actual_mean", "holdout_predicted_mean"),
            *_maybe(_PURCHASES, "holdout_actual_se"),
        ),
        key=("feature", "group"),
    )
