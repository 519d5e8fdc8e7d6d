"""Declare the tables of a run; money is in `data.currency`, time in `time.unit`."""

from __future__ import annotations

from engines.clv import tables_models
from engines.clv.columns import COPY, PERCENT, PROBABILITY, PURCHASES, floats, ints, maybe, texts
from engines.clv.params import ClvParams
from runner.contract import Column, TableSchema


def tables(params: ClvParams) -> tuple[TableSchema, ...]:
    """Return the tables of a run; `feature_summary` exists where there are feature tables."""
    money, time = params.data.currency, params.time.unit
    found = (
        _data_report(),
        _rfm(money, time),
        tables_models.parameters(),
        tables_models.covariance(),
        tables_models.fits(),
        _predictions(money),
        _revenue_forecast(money),
        _holdout(money),
        tables_models.holdout_summary(money),
        tables_models.holdout_by_frequency(),
        tables_models.tracking(time),
        _lists(money),
        _list_summary(money),
        _cohort_drift(money),
    )
    return (*found, _feature_summary(money)) if params.data.feature_tables else found


def _data_report() -> TableSchema:
    return TableSchema(
        name="data_report",
        doc="What reading and cleaning the purchases did.",
        columns=(*texts("item"), *floats("as_in_unit", "value"), *texts("unit")),
        key=("item",),
    )


def _rfm(money: str, time: str) -> TableSchema:
    return TableSchema(
        name="rfm",
        doc="Frequency, recency, age and monetary value of each customer, and the holdout.",
        columns=(
            *texts("stage", "customer_id"),
            COPY,
            Column(name="cohort", kind="str", nullable=True),
            Column(name="archetype", kind="str", nullable=True),
            Column(name="first_date", kind="date", doc="day of the first purchase"),
            *ints(PURCHASES, "frequency"),
            *floats(time, "recency", "age"),
            *floats(money, "monetary_value", "revenue_to_date"),
            *ints(PURCHASES, "holdout_purchases", nullable=True),
            *maybe(money, "holdout_revenue"),
        ),
        key=("stage", "customer_id", "copy"),
        prefix_stable=frozenset({"population"}),
    )


def _predictions(money: str) -> TableSchema:
    return TableSchema(
        name="predictions",
        doc="Each customer's future by the chosen model, stage forecast.",
        columns=(
            *texts("customer_id"),
            COPY,
            *texts("model"),
            *floats(PROBABILITY, "p_alive", "churn_prob", "p_no_purchase_outcome"),
            *floats(PURCHASES, "expected_purchases_outcome", "expected_purchases_horizon"),
            *maybe(money, "expected_spend", "value", "value_given_alive", "value_at_risk"),
            *maybe(money, "value_low", "value_median", "value_high"),
            *maybe(PURCHASES, "purchases_low", "purchases_high"),
            *maybe(PROBABILITY, "p_top"),
            *maybe(PURCHASES, "dert"),
            Column(name="true_alive", kind="bool", nullable=True),
            *ints(PURCHASES, "true_purchases", nullable=True),
            *maybe(money, "true_value"),
        ),
        key=("customer_id", "copy"),
    )


def _revenue_forecast(money: str) -> TableSchema:
    return TableSchema(
        name="revenue_forecast",
        doc="Existing customers' future, month by month.",
        columns=(
            *ints("months", "month"),
            *floats(PURCHASES, "expected_purchases"),
            *maybe(money, "expected_revenue", "revenue_low", "revenue_high", "expected_value"),
            *maybe(money, "true_revenue"),
        ),
        key=("month",),
        prefix_stable=frozenset({"horizon"}),
    )


def _holdout(money: str) -> TableSchema:
    return TableSchema(
        name="holdout",
        doc="Forecast and truth of every calibration customer, also those who never return.",
        columns=(
            *texts("model", "customer_id"),
            COPY,
            *floats(PURCHASES, "predicted_mean"),
            *ints(PURCHASES, "predicted_median", "predicted_low", "predicted_high"),
            *floats(PROBABILITY, "p_buy"),
            *floats(PURCHASES, "crps"),
            *floats(PROBABILITY, "pit"),
            *ints(PURCHASES, "actual"),
            *maybe(money, "predicted_revenue"),
            *floats(money, "actual_revenue"),
        ),
        key=("model", "customer_id", "copy"),
    )


def _lists(money: str) -> TableSchema:
    return TableSchema(
        name="lists",
        doc="Customers worth a call: churn_radar, potential_whales, vip_at_risk.",
        columns=(
            *texts("stage", "list"),
            *ints("rank", "rank"),
            *texts("customer_id"),
            COPY,
            *texts("model"),
            *floats(PROBABILITY, "p_alive", "p_no_purchase_outcome"),
            *maybe(money, "value_given_alive", "value_at_risk"),
            *maybe(PROBABILITY, "p_top"),
            *floats(PROBABILITY, "event_probability"),
            Column(name="event_happened", kind="bool", nullable=True),
        ),
        key=("stage", "list", "rank"),
    )


def _list_summary(money: str) -> TableSchema:
    return TableSchema(
        name="list_summary",
        doc="How precise each list expects to be, and was in the back-test.",
        columns=(
            *texts("stage", "list"),
            *ints("rows", "n"),
            *floats("days", "window_days"),
            *maybe("share", "expected_precision", "realised_precision"),
            *maybe("share", "realised_low", "realised_high", "base_rate"),
            *maybe("factor", "lift"),
            *maybe(money, "value_at_risk_total", "cut_value"),
            Column(name="reason", kind="str", doc="why the list is empty, else empty"),
        ),
        key=("stage", "list"),
    )


def _cohort_drift(money: str) -> TableSchema:
    return TableSchema(
        name="cohort_drift",
        doc="Each cohort against those before it, at equal age.",
        columns=(
            *texts("cohort"),
            *ints("customers", "n", "pool_n"),
            *ints("bins", "bins_used", nullable=True),
            *texts("statistic"),
            *maybe("nats", "kl", "js", "kl_threshold", "js_threshold"),
            *maybe(PROBABILITY, "p_kl", "p_js", "p_holm"),
            Column(name="flagged", kind="bool"),
            *maybe(f"{money}_or_{PURCHASES}", "mean_cohort", "mean_pool"),
            *maybe(PERCENT, "mean_shift_pct", "shift_low_pct", "shift_high_pct"),
            *maybe("share", "outside_share"),
            *texts("direction", "reason"),
            *maybe("nats", "lr_statistic"),
            *maybe(PROBABILITY, "lr_p"),
        ),
        key=("cohort",),
    )


def _feature_summary(money: str) -> TableSchema:
    return TableSchema(
        name="feature_summary",
        doc="Groups of customers by feature: what the chosen model says, what the holdout did.",
        columns=(
            *texts("feature", "group"),
            *ints("customers", "n"),
            *maybe(PROBABILITY, "mean_p_alive"),
            *maybe(money, "value_mean", "value_at_risk_total"),
            *ints("customers", "holdout_n"),
            *maybe(PURCHASES, "holdout_actual_mean", "holdout_predicted_mean"),
            *maybe(PURCHASES, "holdout_actual_se"),
        ),
        key=("feature", "group"),
    )
