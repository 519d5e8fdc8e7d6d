"""Derive observation snapshots: features from the as-of view, targets from what came after."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.asof import as_of, is_by, is_null
from engines.lifecycle.events import FAILURE
from engines.lifecycle.hazards import next_anniversary
from engines.lifecycle.invoices import FAILED, PAID, RECOVERED
from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.ranges import days_since_epoch
from engines.lifecycle.rows import Rows, Tables, places_of, sums_by_place
from engines.lifecycle.snapshot_tables import churn_target_name, target_name

Ints = NDArray[np.int64]

_NEVER = -1
_FEWEST_FOR_A_TREND = 2


def cutoffs(params: LifecycleParams, regime: str, start: Ints) -> Ints:
    """Return the cutoff of each customer in a regime, int64 (n,), days since 1970-01-01."""
    snapshot, window = params.snapshot, params.window
    if regime == "calendar":
        date = days_since_epoch(snapshot.calendar_cutoff or window.observation_date)
        return np.full(start.size, date, dtype=np.int64)
    return start + 7 * (snapshot.early_cutoff_weeks or window.early_tenure_weeks)


def snapshot_rows(
    params: LifecycleParams, tables: Tables, profile: Rows, cutoff: Ints, horizon: int
) -> Rows:
    """Return the rows of a snapshot: customers that have started and not churned by the cutoff.

    Args:
        tables: a batch's whole history, as written.
        profile: columns that describe each customer and its account, (n,).
        cutoff: int64 (n,), days since 1970-01-01.
    """
    customers, subscriptions = tables["customers"], tables["subscriptions"]
    is_there = customers["customer_start_at"] <= cutoff
    chosen = is_there & ~is_by(subscriptions["churn_at"], cutoff)
    columns: dict[str, NDArray[Any]] = {
        "customer_id": customers["customer_id"],
        "account_id": customers["account_id"],
        "cutoff_date": cutoff,
        **profile,
        "initial_plan": customers["initial_plan"],
        **feature_columns(as_of(tables, cutoff), cutoff, params.snapshot.lookback_weeks),
        **(_trap(tables) if params.snapshot.include_trap else {}),
        **target_columns(params, tables, cutoff, horizon),
    }
    return {name: column[chosen] for name, column in columns.items()}


def feature_columns(seen: Tables, cutoff: Ints, lookback_weeks: int) -> Rows:
    """Return the features of all customers, (n,), from an as-of view and nothing else.

    Args:
        seen: what `as_of` returned.
        cutoff: int64 (n,), days since 1970-01-01, by row of `customers`.
    """
    customers = seen["customers"]
    tenure = (cutoff - customers["customer_start_at"]) // 7
    return {
        "tenure_weeks": tenure,
        **_contract_features(seen, tenure),
        **_usage_features(seen, cutoff, lookback_weeks),
        **_payment_features(seen, tenure),
    }


def _contract_features(seen: Tables, tenure: Ints) -> Rows:
    customers, known = seen["customers"], seen["subscriptions"]
    at = places_of(customers, known["customer_id"])
    initial, term = customers["initial_mrr_usd"], customers["contract_term_months"]
    current = initial.copy()
    current[at] = known["current_mrr_usd"]
    counts = {}
    for name in ("renewal_count", "expansion_count", "downgrade_count"):
        counts[name] = np.zeros(tenure.size, dtype=np.int64)
        counts[name][at] = known[name]
    since = np.maximum(tenure, 0)  # customers that have not started are left out later
    return {
        "initial_mrr_usd": initial,
        "current_mrr_usd": current,
        "mrr_change_usd": current - initial,
        **counts,
        "contract_term_months": term,
        "weeks_to_next_renewal": next_anniversary(term, since) - since,
    }


def _usage_features(seen: Tables, cutoff: Ints, lookback_weeks: int) -> Rows:
    customers, health, count = seen["customers"], seen["health_signals"], cutoff.size
    place = places_of(customers, health["customer_id"])
    score = health["nps_score"]
    scored = ~is_null(score)
    last_score = np.full(count, _NEVER, dtype=np.int64)
    last_score[place[scored]] = np.ma.getdata(score)[scored]  # the last one wins: rows are in order
    recent = health["period_start"] > cutoff[place] - 7 * lookback_weeks
    place, users = place[recent], health["active_users"][recent].astype(np.int64)
    rows = np.bincount(place, minlength=count)
    at_least_one = np.maximum(rows, 1)
    depth = np.bincount(place, weights=health["feature_depth_score"][recent], minlength=count)
    tickets = health["support_tickets"][recent].astype(np.int64)
    return {
        "avg_active_users_lookback": sums_by_place(place, users, count) / at_least_one,
        "avg_feature_depth_lookback": depth / at_least_one,
        "active_user_trend_lookback": _slopes(
            place, health["tenure_week"][recent].astype(np.int64), users, count
        ),
        "support_ticket_count_lookback": sums_by_place(place, tickets, count),
        "last_nps_score": np.ma.masked_array(last_score, mask=last_score == _NEVER),
    }


def _slopes(place: Ints, week: Ints, users: Ints, count: int) -> NDArray[np.float64]:
    """Return the least-squares slope of users over weeks, float64 (n,), NaN below two rows.

    All sums are of whole numbers, so no order of rows changes a bit.
    """
    rows = np.bincount(place, minlength=count)
    x, y = sums_by_place(place, week, count), sums_by_place(place, users, count)
    xy, xx = sums_by_place(place, week * users, count), sums_by_place(place, week * week, count)
    enough = rows >= _FEWEST_FOR_A_TREND
    spread = np.where(enough, rows * xx - x * x, 1)
    return np.where(enough, (rows * xy - x * y) / spread, np.nan)


def _payment_features(seen: Tables, tenure: Ints) -> Rows:
    customers, count = seen["customers"], tenure.size
    events, invoices = seen["subscription_events"], seen["invoices"]
    failures = events["event_type"] == FAILURE
    place = places_of(customers, events["customer_id"])[failures]
    last = np.full(count, _NEVER, dtype=np.int64)
    last[place] = events["tenure_week"][failures]
    is_open = invoices["payment_status"] == FAILED
    at = places_of(customers, invoices["customer_id"])[is_open]
    return {
        "payment_failure_count": np.bincount(place, minlength=count),
        "open_failed_invoice_count": np.bincount(at, minlength=count),
        "weeks_since_last_payment_failure": np.ma.masked_array(tenure - last, mask=last == _NEVER),
    }


def _trap(tables: Tables) -> Rows:
    final, initial = tables["subscriptions"], tables["customers"]["initial_mrr_usd"]
    at_churn = final["mrr_at_churn_usd"]
    last = np.where(is_null(at_churn), final["current_mrr_usd"], np.ma.getdata(at_churn))
    return {"mrr_change_full_period_usd": last - initial}


def target_columns(
    params: LifecycleParams, tables: Tables, cutoff: Ints, horizon: int
) -> dict[str, NDArray[Any]]:
    """Return what came after the cutoff, (n,); null where a window exceeds the horizon."""
    targets, count = params.targets, cutoff.size
    invoices = tables["invoices"]
    place = places_of(tables["customers"], invoices["customer_id"])
    found: dict[str, NDArray[Any]] = {}
    for window in targets.windows_days:
        within = revenue_within(params, invoices, cutoff[place], window)
        sums = sums_by_place(place[within], invoices["amount_usd"][within], count)
        found[target_name(window)] = np.where(window > horizon, np.nan, sums.astype(np.float64))
    window = targets.churn_window_days
    churn_at = tables["subscriptions"]["churn_at"]
    churned = is_by(churn_at, cutoff + window) & ~is_by(churn_at, cutoff)
    found[churn_target_name(params)] = np.ma.masked_array(
        churned, mask=np.full(count, window > horizon)
    )
    return found


def revenue_within(
    params: LifecycleParams, invoices: Rows, cutoff: Ints | int, window_days: int
) -> NDArray[np.bool_]:
    """Tell which invoices count as revenue of a window after the cutoff, bool (n_invoices,)."""
    status = invoices["payment_status"]
    is_paid = (status == PAID) | (status == RECOVERED)
    by_issue = params.targets.revenue_basis == "issue_date"
    date = np.ma.getdata(invoices["invoice_date" if by_issue else "resolved_at"])
    return np.asarray(is_paid & (date > cutoff) & (date <= cutoff + window_days))
