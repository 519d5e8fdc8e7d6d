"""What is known at the end of a day, and that nothing later shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engines.lifecycle.asof import as_of
from engines.lifecycle.events import CHURN, DOWNGRADE, EXPANSION, FAILURE, RENEWAL
from engines.lifecycle.invoices import FAILED, RECOVERED, WRITTEN_OFF
from engines.lifecycle.snapshots import cutoffs, feature_columns
from engines.lifecycle.tests.support import (
    Rows,
    assert_same_rows,
    chosen,
    frame,
    params_of,
    simulated,
)

BUSY = {
    "motif": "payment_fragile",
    "motifs.payment_fragile.payment.fail_base_per_invoice": 0.15,
    "motifs.payment_fragile.payment.dunning_weeks": 7,
    "optional.downgrade.enabled": True,
    "optional.downgrade.base_per_week": 0.02,
    "window.early_tenure_weeks": 20,
}
DATED = {
    "subscription_events": "event_date",
    "health_signals": "period_start",
    "invoices": "invoice_date",
}


def censored(tables: Mapping[str, Rows], cutoff: np.ndarray) -> dict[str, Any]:
    """Return a world that ended at each customer's cutoff: no later row, date or state exists."""
    world: dict[str, Any] = {"customers": tables["customers"]}
    for name, date in DATED.items():
        rows = tables[name]
        world[name] = chosen(rows, rows[date] <= cutoff[rows["customer_id"]])
    invoices = dict(world["invoices"])
    limit = cutoff[invoices["customer_id"]]
    unknown = np.ma.getmaskarray(invoices["resolved_at"]) | (
        np.ma.getdata(invoices["resolved_at"]) > limit
    )
    invoices["payment_status"] = np.where(unknown, FAILED, invoices["payment_status"])
    invoices["resolved_at"] = np.ma.masked_array(
        np.where(unknown, -9, np.ma.getdata(invoices["resolved_at"])), mask=unknown
    )
    world["invoices"] = invoices
    final = dict(tables["subscriptions"])
    gone = np.ma.filled(final["churn_at"], 10**9) <= cutoff
    for name in ("churn_at", "subscription_end_at", "churn_week", "mrr_at_churn_usd"):
        final[name] = np.ma.masked_array(np.where(gone, np.ma.getdata(final[name]), -9), mask=~gone)
    final["churn_reason"] = np.where(gone, final["churn_reason"], -1)
    for name in ("current_mrr_usd", "renewal_count", "expansion_count", "downgrade_count"):
        final[name] = np.full(cutoff.size, -9)  # not to be read
    world["subscriptions"] = final
    return world


def features(params, tables: Mapping[str, Any], cutoff: np.ndarray, lookback: int) -> Rows:
    return feature_columns(as_of(tables, cutoff), cutoff, lookback)


@pytest.mark.parametrize("regime", ["calendar", "early"])
@pytest.mark.parametrize("lookback", [1, 12, 104])
def test_features_are_the_same_in_a_world_that_ended_at_the_cutoff(regime, lookback):
    params = params_of(BUSY, n=400)
    tables, _ = simulated(params)
    cutoff = cutoffs(params, regime, tables["customers"]["customer_start_at"])
    whole = features(params, tables, cutoff, lookback)
    ended = features(params, censored(tables, cutoff), cutoff, lookback)
    assert_same_rows(whole, ended)


def test_the_final_status_of_an_invoice_would_give_the_future_away():
    params = params_of(BUSY, n=400)
    tables, _ = simulated(params)
    cutoff = cutoffs(params, "calendar", tables["customers"]["customer_start_at"])
    seen = as_of(tables, cutoff)
    known = seen["invoices"]
    final = tables["invoices"]["payment_status"][tables["invoices"]["invoice_date"] <= cutoff[0]]
    assert np.isin(final[final != known["payment_status"]], (RECOVERED, WRITTEN_OFF)).all()
    leaky = {**seen, "invoices": {**known, "payment_status": final}}
    honest = feature_columns(seen, cutoff, 12)["open_failed_invoice_count"]
    leaked = feature_columns(leaky, cutoff, 12)["open_failed_invoice_count"]
    assert (leaked < honest).sum() > 10


@pytest.mark.parametrize("regime", ["calendar", "early"])
def test_features_agree_with_a_slow_count_by_customer(regime):
    params = params_of({**BUSY, "snapshot.calendar_cutoff": "2024-11-15"}, n=120)
    tables, _ = simulated(params)
    rows = {name: frame(t) for name, t in tables.items()}
    snapshot = rows[f"snapshot_{regime}"]
    people = (
        rows["customers"].merge(rows["subscriptions"], on="customer_id").set_index("customer_id")
    )
    cutoff = cutoffs(params, regime, tables["customers"]["customer_start_at"])
    starts, churn = people["customer_start_at"], people["churn_at"]
    there = (starts <= cutoff) & ~(churn <= cutoff).fillna(False)
    assert snapshot["customer_id"].tolist() == people.index[there].tolist()
    assert not there.all()
    for row in snapshot.to_dict("records"):
        expected = slow_features(row["customer_id"], row["cutoff_date"], rows, people)
        for name, value in expected.items():
            if value is None:
                assert pd.isna(row[name]), name
            else:
                assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def slow_features(
    customer: int, cutoff: int, rows: Mapping[str, Any], people: Any
) -> dict[str, Any]:
    def own(name: str, date: str) -> pd.DataFrame:
        mine = rows[name][rows[name]["customer_id"] == customer]
        return mine[mine[date] <= cutoff]

    events, health, invoices = (own(name, date) for name, date in DATED.items())
    person = people.loc[customer]
    kind = events["event_type"]
    moved = events[kind.isin([EXPANSION, DOWNGRADE])]
    change = (moved["mrr_after_usd"] - moved["mrr_before_usd"]).sum()
    recent = health[health["period_start"] > cutoff - 7 * 12]
    failures = events.loc[kind == FAILURE, "event_date"]
    unsettled = (invoices["payment_status"] == FAILED) | (invoices["resolved_at"] > cutoff).fillna(
        False
    )
    trend = None
    if len(recent) > 1:
        trend = np.polyfit(recent["tenure_week"].astype(float), recent["active_users"], 1)[0]
    scores = health["nps_score"].dropna()
    return {
        "tenure_weeks": (cutoff - person["customer_start_at"]) // 7,
        "current_mrr_usd": person["initial_mrr_usd"] + change,
        "mrr_change_usd": change,
        "renewal_count": (kind == RENEWAL).sum(),
        "expansion_count": (kind == EXPANSION).sum(),
        "downgrade_count": (kind == DOWNGRADE).sum(),
        "avg_active_users_lookback": recent["active_users"].mean(),
        "avg_feature_depth_lookback": recent["feature_depth_score"].mean(),
        "active_user_trend_lookback": trend,
        "support_ticket_count_lookback": recent["support_tickets"].sum(),
        "last_nps_score": None if scores.empty else scores.iloc[-1],
        "payment_failure_count": len(failures),
        "open_failed_invoice_count": unsettled.sum(),
        "weeks_since_last_payment_failure": (
            None if failures.empty else (cutoff - failures.iloc[-1]) // 7
        ),
    }


@pytest.mark.parametrize("basis", ["issue_date", "cash_date"])
def test_targets_agree_with_a_slow_count(basis):
    params = params_of({**BUSY, "targets.revenue_basis": basis}, n=200)
    rows = {name: frame(t) for name, t in simulated(params)[0].items()}
    invoices = rows["invoices"]
    paid = invoices[invoices["payment_status"].isin([0, RECOVERED])]
    date = "invoice_date" if basis == "issue_date" else "resolved_at"
    for regime in ("calendar", "early"):
        snapshot = rows[f"snapshot_{regime}"].set_index("customer_id")
        since = paid[date] - paid["customer_id"].map(snapshot["cutoff_date"])
        for days in (90, 365, 730):
            counted = paid[((since >= 1) & (since <= days)).fillna(False)]
            sums = counted.groupby("customer_id")["amount_usd"].sum()
            expected = sums.reindex(snapshot.index, fill_value=0)
            assert (snapshot[f"ltv_revenue_{days}d"] == expected).all()
        churn = rows["subscriptions"].set_index("customer_id")["churn_at"].reindex(snapshot.index)
        gap = churn - snapshot["cutoff_date"]
        assert (snapshot["churned_within_180d"] == ((gap >= 1) & (gap <= 180)).fillna(False)).all()


def test_money_that_arrives_after_the_window_counts_only_by_issue_date():
    sums = []
    for basis in ("issue_date", "cash_date"):
        params = params_of({**BUSY, "targets.revenue_basis": basis}, n=400)
        snapshot = simulated(params, collect=("snapshot_calendar",))[0]["snapshot_calendar"]
        sums.append(snapshot["ltv_revenue_90d"].sum())
    assert sums[0] != sums[1]


def test_windows_beyond_the_horizon_are_blank_when_asked():
    params = params_of({"targets.on_short_horizon": "blank"}, n=100)
    tables, outcome = simulated(params, horizon=100)
    snapshot = frame(tables["snapshot_calendar"])
    assert snapshot["ltv_revenue_90d"].notna().all()
    assert snapshot[["ltv_revenue_365d", "churned_within_180d"]].isna().all(axis=None)
    assert outcome.metrics["mean_ltv_revenue_365d"].reason == "window_beyond_horizon"
    assert outcome.metrics["year1_churn.generic"].reason == "not_applicable"


def test_a_shorter_horizon_is_the_same_world_seen_earlier():
    params = params_of(
        {**BUSY, "targets.windows_days": [90], "targets.churn_window_days": 90}, n=300
    )
    short, long = (simulated(params, horizon=days)[0] for days in (365, 730))
    seen = as_of(long, short["customers"]["sim_end_at"])
    for name in ("subscriptions", "subscription_events", "health_signals", "invoices"):
        one, two = frame(short[name]), frame(seen[name])
        assert len(one) == len(two)
        assert one.equals(two.astype(one.dtypes.to_dict())), name
    assert (long["subscription_events"]["event_type"] == CHURN).sum() > (
        short["subscription_events"]["event_type"] == CHURN
    ).sum()


def test_the_trap_knows_the_end():
    rows = simulated(params_of({"snapshot.include_trap": True}, n=200))[0]
    snapshot, final = frame(rows["snapshot_early"]), frame(rows["subscriptions"])
    last = final["mrr_at_churn_usd"].fillna(final["current_mrr_usd"])
    trap = snapshot["initial_mrr_usd"] + snapshot["mrr_change_full_period_usd"]
    assert (trap.to_numpy() == last[snapshot["customer_id"]].to_numpy()).all()
    assert (snapshot["mrr_change_full_period_usd"] != snapshot["mrr_change_usd"]).any()


def test_an_early_snapshot_may_lie_after_the_observation_date():
    rows = simulated(params_of(n=300))[0]
    snapshot = frame(rows["snapshot_early"])
    assert (snapshot["tenure_weeks"] == 4).all()
    assert (snapshot["cutoff_date"] > rows["snapshot_calendar"]["cutoff_date"][0]).any()
    assert (snapshot["weeks_to_next_renewal"] >= 1).all()
