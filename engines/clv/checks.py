"""Verify in every run what must hold whatever the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.clv.lists import CHURN_RADAR, POTENTIAL_WHALES, VIP_AT_RISK
from engines.clv.results import Outlook, Results, StageLists
from runner.contract import Check

_TOLERANCE = 1e-9

CHECKS = (
    Check(name="recency_within_age", doc="0 <= t_x <= T, and t_x = 0 when x = 0"),
    Check(name="probabilities_in_range", doc="probabilities lie in [0, 1]"),
    Check(name="bg_nbd_keeps_one_time_buyers", doc="BG/NBD gives P(alive) = 1 at x = 0"),
    Check(name="predictions_are_sound", doc="no prediction is NaN or negative"),
    Check(name="feature_groups_are_complete", doc="groups of a feature sum to all customers"),
    Check(name="value_below_value_given_alive", doc="value <= value_given_alive"),
    Check(name="months_sum_to_customers", doc="sums over months = sums over customers"),
    Check(name="holdout_is_complete", doc="actual totals equal the cleaned purchases"),
    Check(name="copies_sum_to_customers", doc="a resample has as many customers as the table"),
    Check(name="limits_are_ordered", doc="lower limits lie at or below upper ones"),
    Check(name="lists_obey_their_rules", doc="every listed customer meets the list's condition"),
)


def run_checks(results: Results) -> dict[str, str | None]:
    """Return for each check None, or where it is broken; checks that do not apply are left out."""
    found = {name: check(results) for name, check in _ALWAYS.items()}
    outlook = results.outlook
    if outlook is not None:
        found |= {name: check(outlook) for name, check in _OF_FORECAST.items()}
        if results.features:
            found["feature_groups_are_complete"] = _feature_groups(results, outlook)
    if "bg_nbd" in results.calibration.fits:
        found["bg_nbd_keeps_one_time_buyers"] = _bg_nbd(results)
    if outlook is not None and outlook.forecasts.value is not None:
        found["value_below_value_given_alive"] = _value_order(outlook)
    if results.holdout is not None:
        found["holdout_is_complete"] = _holdout(results)
    return found


def _first(broken: NDArray[np.bool_], ids: NDArray[Any], text: str) -> str | None:
    rows = np.flatnonzero(broken)
    return f"customer {ids[rows[0]]}: {text}" if rows.size else None


def _recency(results: Results) -> str | None:
    for stage in results.stages:
        data = stage.data
        broken = (data.t_x < 0) | (data.t_x > data.age) | ((data.x == 0) & (data.t_x != 0))
        fault = _first(broken, data.customers.ids, f"t_x at stage {data.stage}")
        if fault:
            return fault
    return None


def _probabilities(outlook: Outlook) -> str | None:
    ids, p_top = outlook.stage.data.customers.ids, outlook.future.p_top
    for name, values in (
        ("p_alive", outlook.forecasts.p_alive), ("p_no_purchase", outlook.p_no_purchase),
        ("p_top", p_top if p_top is not None else np.zeros(0)),
    ):  # fmt: skip
        fault = _first(~((values >= 0) & (values <= 1)), ids, f"{name} outside [0, 1]")
        if fault:
            return fault
    return None


def _bg_nbd(results: Results) -> str | None:
    rows, fit = results.calibration.data.rows, results.calibration.fits["bg_nbd"]
    once = rows.x == 0
    alive = fit.purchase_model.p_alive(fit.theta, rows.x[once], rows.t_x[once], rows.age[once])
    return None if (alive == 1.0).all() else "a one-time buyer has P(alive) below 1"


def _predictions(outlook: Outlook) -> str | None:
    ids, found = outlook.stage.data.customers.ids, outlook.forecasts
    for name, values in (
        ("expected purchases", found.purchases), ("expected spend", found.spend),
        ("value", found.value), ("value given alive", found.value_given_alive),
        ("value at risk", found.value_at_risk), ("outcome purchases", outlook.expected_outcome),
    ):  # fmt: skip
        if values is not None:
            fault = _first(~(np.isfinite(values) & (values >= 0)), ids, f"{name} NaN or negative")
            if fault:
                return fault
    return None


def _feature_groups(results: Results, outlook: Outlook) -> str | None:
    n, before = len(outlook.stage.data), len(results.calibration.data)
    for groups in results.features:
        if groups.forecast.size != n or groups.calibration.size != before:
            return f"feature {groups.feature}: groups do not cover all customers"
    return None


def _value_order(outlook: Outlook) -> str | None:
    found, ids = outlook.forecasts, outlook.stage.data.customers.ids
    assert found.value is not None  # noqa: S101 - asked for only when money is modelled
    assert found.value_given_alive is not None  # noqa: S101 - as above
    most = found.value_given_alive * (1 + _TOLERANCE)
    return _first(found.value > most, ids, "value above value given alive")


def _months(outlook: Outlook) -> str | None:
    found = outlook.forecasts
    pairs = [("purchases", found.purchases, found.monthly_purchases)]
    if found.value is not None and found.monthly_value is not None:
        pairs.append(("value", found.value, found.monthly_value))
    for name, by_customer, by_month in pairs:
        one, two = float(by_customer.sum()), float(by_month.sum())
        if abs(one - two) > _TOLERANCE * max(one, two):
            return f"{name}: {one!r} over customers, {two!r} over months"
    return None


def _holdout(results: Results) -> str | None:
    data, holdout, observed = results.calibration.data, results.holdout, results.observed
    assert holdout is not None  # noqa: S101 - asked for only with a holdout
    mine = observed.first[observed.owner] <= data.end
    bought = int((mine & (observed.tick <= results.windows.observation_end)).sum())
    counted = int(data.x.sum()) + len(data) + int(holdout.purchases.sum())
    return None if bought == counted else f"{bought} purchase days, {counted} counted"


def _copies(results: Results) -> str | None:
    wanted, there = results.report["customers"], len(results.observed)
    return None if wanted == there else f"{there} customers instead of {wanted:.0f}"


def _future_limits(outlook: Outlook) -> str | None:
    future, ids = outlook.future, outlook.stage.data.customers.ids
    for name, limits in (("value", future.value), ("purchases", future.purchases)):
        if limits is not None:
            broken = np.asarray(np.any(np.diff(limits, axis=0) < 0, axis=0))
            fault = _first(broken, ids, f"limits of {name}")
            if fault:
                return fault
    if future.monthly is not None and (future.monthly[0] > future.monthly[1]).any():
        return "limits of monthly revenue"
    return None


def _limits(results: Results) -> str | None:
    for name, scored in results.scored.items():
        ordered = (scored.low <= scored.median) & (scored.median <= scored.high)
        fault = _first(~ordered, results.calibration.data.customers.ids, f"limits of {name}")
        if fault:
            return fault
    return None if results.outlook is None else _future_limits(results.outlook)


def _lists(results: Results) -> str | None:
    for made in results.stage_lists:
        fault = _list_fault(made, results)
        if fault:
            return f"stage {made.given.stage}, {fault}"
    return None


def _list_fault(made: StageLists, results: Results) -> str | None:
    settings, given = results.params.lists, made.given
    at_risk = given.forecasts.value_at_risk
    for found in made.lists:
        rows = found.rows
        if rows.size > settings.top_n:
            return f"{found.name}: more than {settings.top_n} rows"
        if not rows.size or at_risk is None or given.p_top is None or given.cut is None:
            continue
        rule = {
            CHURN_RADAR: at_risk[rows] > 0,
            VIP_AT_RISK: given.forecasts.p_alive[rows] <= settings.vip_max_p_alive,
            POTENTIAL_WHALES: (given.x[rows] <= settings.whale_max_frequency)
            & (given.revenue[rows] < given.cut),
        }[found.name]
        order = given.p_top[rows] if found.name == POTENTIAL_WHALES else at_risk[rows]
        if not rule.all() or (np.diff(order) > 0).any():
            return f"{found.name}: a row breaks the rule or the order"
    return None


_ALWAYS: dict[str, Callable[[Results], str | None]] = {
    "recency_within_age": _recency,
    "copies_sum_to_customers": _copies,
    "limits_are_ordered": _limits,
    "lists_obey_their_rules": _lists,
}
_OF_FORECAST: dict[str, Callable[[Outlook], str | None]] = {
    "probabilities_in_range": _probabilities,
    "predictions_are_sound": _predictions,
    "months_sum_to_customers": _months,
}
