"""Causes that are off by default do what their names say, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engines.lifecycle.motifs import MOTIFS
from engines.lifecycle.tests.support import (
    SHIPPED,
    assert_same_rows,
    frame,
    metrics_of,
    params_of,
    simulated,
)
from engines.lifecycle.weeks import VOLUNTARY

PEOPLE = 6000


def usage_before_churn(motif: str, *, enabled: bool) -> float:
    """Return mean users of the last 4 weeks over those of weeks 9 to 12 before voluntary churn."""
    given = {"motif": motif, "optional.usage_decline.enabled": enabled}
    wanted = ("health_signals", "subscriptions")
    tables = simulated(params_of(given, n=PEOPLE), collect=wanted)[0]
    final, health = frame(tables["subscriptions"]), tables["health_signals"]
    left = final[(final["churn_reason"] == VOLUNTARY) & (final["churn_week"] >= 30)]
    last = left.set_index("customer_id")["churn_week"].astype(float)
    before = pd.Series(health["customer_id"]).map(last) - health["tenure_week"]
    users = pd.Series(health["active_users"])
    return float(users[before.between(0, 3)].mean() / users[before.between(8, 11)].mean())


@pytest.mark.parametrize("motif", MOTIFS)
def test_usage_falls_before_churn_only_when_it_declines(motif):
    assert usage_before_churn(motif, enabled=True) <= 0.95
    assert 0.98 <= usage_before_churn(motif, enabled=False) <= 1.03


@pytest.mark.parametrize("motif", SHIPPED)
def test_declining_usage_leaves_first_year_churn_in_its_band(motif):
    low, high = {
        "product_led_retention": (0.13, 0.27),
        "relationship_led_retention": (0.18, 0.33),
        "expansion_led_growth": (0.09, 0.23),
        "payment_fragile": (0.29, 0.45),
        "churner_dominated": (0.34, 0.50),
    }[motif]
    given = {"motif": motif, "optional.usage_decline.enabled": True}
    assert low <= metrics_of(params_of(given, n=PEOPLE))["year1_churn"] <= high


@pytest.mark.parametrize("motif", MOTIFS)
def test_downgrades_lower_revenue_and_leave_churn_alone(motif):
    def run(*, enabled: bool):
        given = {"motif": motif, "optional.downgrade.enabled": enabled}
        return simulated(params_of(given, n=PEOPLE), collect=("subscriptions",))

    (off, without), (on, with_it) = run(enabled=False), run(enabled=True)
    for name in ("churn_at", "churn_reason", "renewal_count"):
        one, two = off["subscriptions"], on["subscriptions"]
        assert_same_rows({name: one[name]}, {name: two[name]})
    assert with_it.metrics["grr_12m"] < without.metrics["grr_12m"]
    assert on["subscriptions"]["downgrade_count"].sum() > 0


def test_no_downgrade_ends_below_the_least_mrr():
    given = {
        "optional.downgrade.enabled": True,
        "optional.downgrade.base_per_week": 0.3,
        "optional.downgrade.min_mrr_usd": 2000,
        "motifs.product_led_retention.expansion.base_per_week": 0.0,
    }
    tables = simulated(params_of(given, n=200), collect=("subscription_events", "customers"))[0]
    events = frame(tables["subscription_events"])
    lower = events[events["mrr_after_usd"].between(1, events["mrr_before_usd"] - 1)]
    assert len(lower) > 500
    assert lower["mrr_after_usd"].min() == 2000
    cut = 1 - lower["mrr_after_usd"] / lower["mrr_before_usd"]
    assert cut.max() <= 0.4


def intra_class_correlation(groups: np.ndarray, values: np.ndarray) -> float:
    """Return the one-way ANOVA estimate, with the mean size corrected for unequal groups.

    Source: R. Fisher, "Statistical Methods for Research Workers" (1925), chapter 7.
    """
    found = pd.DataFrame({"group": groups, "value": values}).groupby("group")["value"]
    size, mean = found.size().to_numpy(), found.mean().to_numpy()
    total, count = size.sum(), size.size
    between = (size * (mean - values.mean()) ** 2).sum() / (count - 1)
    within = ((values - pd.Series(mean, found.size().index)[groups].to_numpy()) ** 2).sum() / (
        total - count
    )
    usual = (total - (size**2).sum() / total) / (count - 1)
    return float((between - within) / (between + (usual - 1) * within))


def test_shocks_make_customers_of_an_account_leave_together():
    def correlation(seed: int, *, enabled: bool) -> float:
        given = {"optional.account_shock.enabled": enabled}
        wanted = ("subscriptions", "customers")
        tables = simulated(params_of(given, n=PEOPLE), seed=seed, collect=wanted)[0]
        in_year = np.ma.filled(tables["subscriptions"]["churn_week"], 999) <= 52
        return intra_class_correlation(tables["customers"]["account_id"], in_year.astype(float))

    rises = [correlation(s, enabled=True) - correlation(s, enabled=False) for s in range(5)]
    assert np.mean(rises) >= 0.02


def test_a_shock_raises_payment_failures():
    given = {"optional.account_shock.enabled": True, "optional.account_shock.churn_multiplier": 1.0}
    calm = {**given, "optional.account_shock.payment_fail_multiplier": 1.0}
    hot, same, off = (
        metrics_of(params_of(g, n=3000))["failed_invoice_share"] for g in (given, calm, {})
    )
    assert hot > off
    assert same == off


@pytest.mark.parametrize("mechanism", ["usage_decline", "downgrade", "account_shock"])
def test_a_mechanism_without_effect_changes_nothing(mechanism):
    neutral = {
        "usage_decline": {"onset_prob_per_week": 0.0, "churn_base_scale": 1.0},
        "downgrade": {"base_per_week": 0.0},
        "account_shock": {"prob_per_account_week": 0.0},
    }[mechanism]
    given = {f"optional.{mechanism}.{name}": value for name, value in neutral.items()}
    off = simulated(params_of(n=200))[0]
    on = simulated(params_of({**given, f"optional.{mechanism}.enabled": True}, n=200))[0]
    for name in off:
        assert_same_rows(off[name], on[name])
