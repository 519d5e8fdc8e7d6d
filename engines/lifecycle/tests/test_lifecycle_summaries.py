"""Sums by calendar week and by tenure week, against the rows they sum up."""

from __future__ import annotations

import numpy as np
import pytest

from engines.lifecycle.events import CHURN, DOWNGRADE, EXPANSION
from engines.lifecycle.tests.support import assert_same_rows, frame, params_of, simulated

GIVEN = {"motif": "payment_fragile", "optional.downgrade.enabled": True}


def test_the_bridge_leads_from_one_mrr_to_the_next():
    weekly = frame(simulated(params_of(GIVEN, n=500))[0]["weekly_summary"])
    change = (
        weekly["new_mrr_usd"]
        + weekly["expansion_mrr_usd"]
        - weekly["contraction_mrr_usd"]
        - weekly["churned_mrr_usd"]
    )
    assert (weekly["mrr_usd"].diff().fillna(weekly["mrr_usd"].iloc[0]) == change).all()
    assert len(weekly) == 52 + 730 // 7
    assert weekly["new_customers"].iloc[52:].sum() == 0
    assert (weekly[["contraction_mrr_usd", "churned_mrr_usd"]].sum() > 0).all()


def test_weeks_agree_with_the_events():
    tables = {name: frame(rows) for name, rows in simulated(params_of(GIVEN, n=500))[0].items()}
    weekly, events, invoices = (
        tables[name] for name in ("weekly_summary", "subscription_events", "invoices")
    )
    first = weekly["week_start"].iloc[0]
    week = (events["event_date"] - first) // 7
    for name, kind in (("churned_customers", CHURN), ("expansions", EXPANSION)):
        counts = week[events["event_type"] == kind].value_counts()
        assert (weekly[name] == counts.reindex(weekly.index, fill_value=0)).all()
    lower = events[events["event_type"] == DOWNGRADE]
    assert (
        weekly["contraction_mrr_usd"].sum()
        <= (lower["mrr_before_usd"] - lower["mrr_after_usd"]).sum()
    )
    paid = invoices[invoices["payment_status"].isin([0, 2])]
    sums = paid.groupby((paid["resolved_at"].astype(int) - first) // 7)["amount_usd"].sum()
    assert (weekly["collected_usd"] == sums.reindex(weekly.index, fill_value=0)).all()
    issued = invoices.groupby((invoices["invoice_date"] - first) // 7)["amount_usd"]
    assert (weekly["invoiced_usd"] == issued.sum().reindex(weekly.index, fill_value=0)).all()


def test_survival_is_the_product_of_weekly_shares():
    tables = {name: frame(rows) for name, rows in simulated(params_of(GIVEN, n=400))[0].items()}
    tenure, health = tables["tenure_summary"], tables["health_signals"]
    lived = health["tenure_week"].value_counts().reindex(tenure["tenure_week"], fill_value=0)
    assert (tenure["at_risk"].to_numpy() == lived.to_numpy()).all()
    churned = tenure.filter(like="churned_").sum(axis=1)
    gone = tables["subscriptions"]["churn_week"].dropna().astype(int).value_counts()
    assert (churned == gone.reindex(churned.index, fill_value=0)).all()
    survival = 1.0
    for week in range(100):
        survival *= 1 - churned[week] / tenure["at_risk"][week]
        assert tenure["survival"][week] == pytest.approx(survival, rel=1e-12)
    assert np.isnan(tenure["survival"].iloc[-1]) == (tenure["at_risk"].iloc[-1] == 0)


def test_a_longer_horizon_changes_no_week_that_is_there():
    params = params_of({**GIVEN, "targets.windows_days": [90]}, n=200)
    short, long = (simulated(params, horizon=days)[0]["weekly_summary"] for days in (183, 400))
    weeks = len(short["calendar_week"])
    assert_same_rows(short, {name: column[:weeks] for name, column in long.items()})


def test_a_window_of_one_week_and_no_week_after_it_still_adds_up():
    given = {
        **GIVEN,
        "window.acquisition_window_weeks": 1,
        "targets.on_short_horizon": "blank",
        "window.early_tenure_weeks": 30,
        "snapshot.regimes": [],
    }
    tables = simulated(params_of(given, n=50), horizon=3)[0]
    assert tables["weekly_summary"]["new_customers"].tolist() == [50]
    assert len(tables["tenure_summary"]["tenure_week"]) == (7 * 30 + 3) // 7 + 1
