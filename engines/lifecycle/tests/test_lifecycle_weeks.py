"""What happens in a week, and in which order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engines.lifecycle.events import CHURN, EXPANSION, FAILURE, RENEWAL
from engines.lifecycle.hazards import multiplier, weight_row
from engines.lifecycle.invoices import FAILED, PAID, RECOVERED, WRITTEN_OFF
from engines.lifecycle.motifs import MOTIFS
from engines.lifecycle.tests.support import (
    SHIPPED,
    assert_same_rows,
    draws_of,
    frame,
    metrics_of,
    params_of,
    simulated,
)
from engines.lifecycle.traits import TRAITS
from engines.lifecycle.weeks import UNPAID
from runner.contract import SimulationError

FRAGILE = {"motif": "payment_fragile"}
NO_CHURN = {"motifs.generic.churn.base_per_week": 0.0, "motif": "generic"}
NO_FAILURE = {"motifs.generic.payment.fail_base_per_invoice": 0.0}


def frames(params, **how) -> dict[str, pd.DataFrame]:
    return {name: frame(rows) for name, rows in simulated(params, **how)[0].items()}


@pytest.mark.parametrize("weeks", [1, 3, 4, 5, 9, 20, 200])
def test_no_failed_invoice_is_orphaned_whatever_the_dunning(weeks):
    params = params_of(
        {
            **FRAGILE,
            "motifs.payment_fragile.payment.dunning_weeks": weeks,
            "motifs.payment_fragile.payment.fail_base_per_invoice": 0.2,
        },
        n=300,
    )
    found = frames(
        params, collect=("invoices", "customers", "subscriptions", "subscription_events")
    )
    people = found["customers"].merge(found["subscriptions"], on="customer_id")
    rows = found["invoices"].merge(people, on="customer_id")
    failed = rows[rows["payment_status"] == FAILED]
    due = failed["invoice_date"] + 7 * weeks
    assert ((failed["churn_at"] < due).fillna(False) | (due > failed["sim_end_at"])).all()
    events = found["subscription_events"]
    assert (events["event_type"] == FAILURE).sum() == (rows["payment_status"] != PAID).sum() > 100
    lost = rows[rows["payment_status"] == WRITTEN_OFF]
    assert (lost["resolved_at"] == lost["churn_at"]).all()
    assert set(lost["customer_id"]) == set(
        people.loc[people["churn_reason"] == UNPAID, "customer_id"]
    )
    if weeks > 9:
        open_at_once = failed.groupby("customer_id").size().max()
        assert open_at_once > 1


def test_another_dunning_length_keeps_each_invoices_outcome():
    def outcomes(weeks: int) -> pd.Series:
        path = "motifs.payment_fragile.payment.dunning_weeks"
        rows = frames(params_of({**FRAGILE, path: weeks}, n=600), collect=("invoices",))["invoices"]
        settled = rows[rows["payment_status"].isin([RECOVERED, WRITTEN_OFF])]
        return settled.set_index(["customer_id", "tenure_week"])["payment_status"]

    three, five = outcomes(3), outcomes(5)
    both = pd.concat([three, five], axis=1, keys=["three", "five"], join="inner")
    assert len(both) > 100
    assert (both["three"] == both["five"]).all()


def test_billing_before_churn_adds_invoices_on_churn_dates_and_nothing_else():
    after, before = (
        simulated(params_of({**FRAGILE, "billing.bill_on_churn_date": flag}, n=800))[0]
        for flag in (False, True)
    )
    for name in set(after) - {
        "invoices", "subscription_events", "weekly_summary", "snapshot_calendar", "snapshot_early",
    }:  # fmt: skip
        assert_same_rows(after[name], before[name])
    churn = frame(after["subscriptions"]).set_index("customer_id")
    more, less = frame(before["invoices"]), frame(after["invoices"])
    key = ["customer_id", "tenure_week"]
    added = more.merge(less[key], on=key, how="left", indicator=True).query("_merge == 'left_only'")
    at = churn.loc[added["customer_id"]]
    assert len(added) > 10
    assert (added["invoice_date"].to_numpy() == at["churn_at"].to_numpy()).all()
    assert (at["churn_reason"] != UNPAID).all()
    date = less.merge(churn["churn_at"], left_on="customer_id", right_index=True)
    assert not (date["invoice_date"] == date["churn_at"]).fillna(False).any()
    events = frame(before["subscription_events"]), frame(after["subscription_events"])
    assert len(events[0]) - len(events[1]) == (added["payment_status"] != PAID).sum()


@pytest.mark.parametrize("motif", SHIPPED)
def test_expansions_can_be_replayed_from_the_tables(motif):
    params = params_of({"motif": motif}, n=60)
    tables = {name: frame(rows) for name, rows in simulated(params)[0].items()}
    health, events = tables["health_signals"], tables["subscription_events"]
    traits = tables["latents"][[f"effective_{trait}" for trait in TRAITS]].to_numpy()
    mechanism = MOTIFS[motif].expansion
    level = mechanism.base_per_week * multiplier(weight_row(mechanism.weights), traits)
    who = health["customer_id"].to_numpy()
    chance = np.minimum(0.95, level[who] * (0.5 + health["feature_depth_score"].to_numpy()))
    uniform = draws_of().uniform(
        "expansion", step=health["tenure_week"].to_numpy().astype(np.int64), entities=who
    )
    drawn = health.loc[uniform < chance, ["customer_id", "tenure_week"]]
    gone = events[events["event_type"] == CHURN].set_index("customer_id")["tenure_week"]
    drawn = drawn[drawn["tenure_week"] != drawn["customer_id"].map(gone)]
    expanded = events.loc[events["event_type"] == EXPANSION, ["customer_id", "tenure_week"]]
    assert len(expanded) > 0
    assert expanded.to_numpy().tolist() == drawn.to_numpy().tolist()


def test_an_increase_lies_in_the_motifs_range():
    events = frames(params_of({"motif": "expansion_led_growth"}, n=300))["subscription_events"]
    grown = events[events["event_type"] == EXPANSION]
    share = (grown["mrr_after_usd"] - grown["mrr_before_usd"]) / grown["mrr_before_usd"]
    assert share.min() >= 0.299
    assert share.max() <= 1.0
    assert share.mean() == pytest.approx(0.65, abs=0.05)


def test_more_tickets_move_nothing_but_tickets():
    one, two = (
        simulated(params_of({"health.ticket_base": base}, n=300))[0] for base in (0.30, 0.31)
    )
    tickets = ("support_tickets", "support_ticket_count_lookback")
    for name in one:
        assert_same_rows(one[name], two[name], without=tickets)
    column = "support_tickets"
    assert (two["health_signals"][column] >= one["health_signals"][column]).all()
    assert (two["health_signals"][column] > one["health_signals"][column]).any()


def test_expansion_has_no_part_in_churn():
    none = {"motifs.product_led_retention.expansion.base_per_week": 0.0}
    with_it, without = (
        simulated(params_of(given, n=300), collect=("subscriptions",))[0]["subscriptions"]
        for given in ({}, none)
    )
    for name in ("churn_at", "churn_week", "churn_reason"):
        assert_same_rows({name: with_it[name]}, {name: without[name]})
    assert without["expansion_count"].sum() == 0


def test_a_higher_hazard_lets_nobody_leave_later():
    def weeks(base: float) -> np.ndarray:
        path = "motifs.churner_dominated.churn.base_per_week"
        rows = simulated(params_of({"motif": "churner_dominated", path: base}, n=800))[0]
        return np.ma.filled(rows["subscriptions"]["churn_week"], 10_000)

    low, high = weeks(0.0046), weeks(0.0046 * 1.1)
    assert (high <= low).all()
    assert (high < low).any()


def test_better_collection_recovers_a_superset_of_first_failures():
    def first(chance: float) -> pd.Series:
        path = "motifs.payment_fragile.payment.recovery_prob"
        rows = frames(params_of({**FRAGILE, path: chance}, n=800), collect=("invoices",))[
            "invoices"
        ]
        failed = rows[rows["payment_status"] != PAID].groupby("customer_id").first()
        return failed["payment_status"] == RECOVERED

    some, more = first(0.5), first(0.7)
    assert (~some | more.reindex(some.index)).all()
    assert more.sum() > some.sum()


def test_switched_off_nobody_leaves_and_revenue_is_kept():
    metrics = metrics_of(params_of({**NO_CHURN, **NO_FAILURE}, n=200))
    assert metrics["churned_share"] == 0
    assert metrics["grr_12m"] == 1
    assert metrics["nrr_12m"] >= 1
    assert metrics["recovered_share"].reason == "no_resolved_invoices"
    assert metrics["failed_invoice_share"] == 0


def test_renewals_stand_on_every_anniversary_survived():
    found = frames(params_of({**NO_CHURN, **NO_FAILURE}, n=200))
    events = found["subscription_events"]
    renewed = events[events["event_type"] == RENEWAL]
    assert set(renewed["tenure_week"]) == {52, 104, 156} & set(renewed["tenure_week"]) != set()
    assert set(renewed["contract_term_months_new"]) == {12, 24}
    two_years = renewed[renewed["contract_term_months_new"] == 24]
    assert set(two_years["tenure_week"]) == {104}
    rows = found["customers"]
    stays = (rows["sim_end_at"] - rows["customer_start_at"]) // 7
    assert (stays.min(), stays.max()) == (109 - 1, 157 - 1)


def test_who_leaves_in_week_0_is_never_billed():
    params = params_of({"motif": "generic", "motifs.generic.churn.base_per_week": 0.9}, n=300)
    found = frames(params)
    gone = found["subscriptions"].query("churn_week == 0")["customer_id"]
    assert len(gone) > 100
    assert not found["invoices"]["customer_id"].isin(gone).any()
    assert found["health_signals"].groupby("customer_id").size()[gone].eq(1).all()


def test_growth_without_end_is_refused_by_name():
    path = "motifs.generic.expansion"
    given = {f"{path}.base_per_week": 1.0, f"{path}.mrr_fraction": [1.0, 2.0]}
    with pytest.raises(SimulationError, match=r"customer \d+, week \d+: MRR = .* reaches 10\^12"):
        simulated(params_of({**NO_CHURN, **given}, n=20))


def test_expansion_led_growth_expands_more_than_twice_as_often():
    counts = [
        metrics_of(params_of({"motif": motif}, n=400))["expansion_rate_per_customer_year"]
        for motif in ("expansion_led_growth", "churner_dominated")
    ]
    assert counts[0] > 2 * counts[1]


@pytest.mark.parametrize(
    ("motif", "low", "high"),
    [
        ("product_led_retention", 0.13, 0.27),
        ("relationship_led_retention", 0.18, 0.33),
        ("expansion_led_growth", 0.09, 0.23),
        ("payment_fragile", 0.29, 0.45),
        ("churner_dominated", 0.34, 0.50),
    ],
)
def test_year_1_churn_lies_in_its_band(motif, low, high):
    params = params_of({"motif": motif}, n=600)
    for seed in range(10):
        metrics = metrics_of(params, seed=seed)
        assert low <= metrics[f"year1_churn.{motif}"] <= high
        assert metrics[f"active_share_at_observation.{motif}"] >= 0.6
        assert abs(metrics["recovered_share_z"]) <= 4


def test_metrics_agree_with_the_tables():
    tables, outcome = simulated(params_of({"motif": "payment_fragile"}, n=800))
    rows, metrics = {name: frame(t) for name, t in tables.items()}, outcome.metrics
    gone, invoices = rows["subscriptions"], rows["invoices"]
    status = invoices["payment_status"]
    assert metrics["year1_churn"] == (gone["churn_week"] <= 52).fillna(False).mean()
    assert metrics["churned_share"] == gone["churn_at"].notna().mean()
    assert metrics["recovered_share"] == (status == RECOVERED).sum() / (
        status.isin([RECOVERED, WRITTEN_OFF]).sum()
    )
    for days in (90, 365, 730):
        target = rows["snapshot_calendar"][f"ltv_revenue_{days}d"]
        assert metrics[f"mean_ltv_revenue_{days}d"] == target.sum() / len(target)
    by_reason = [
        metrics[f"year1_churn_reason.{r}"] for r in ("payment_failure", "non_renewal", "voluntary")
    ]
    assert sum(by_reason) == pytest.approx(metrics["year1_churn"], rel=1e-12)
    here = rows["snapshot_calendar"]
    assert metrics["mrr_at_observation_usd"] == here["current_mrr_usd"].sum()
    assert metrics["arpa_usd_per_month"] == here["current_mrr_usd"].sum() / (
        here["account_id"].nunique()
    )
    assert metrics["active_share_at_observation"] == len(here) / 800
    assert metrics["customer_weeks"] == len(rows["health_signals"])


def test_a_year_later_is_compared_with_observation():
    params = params_of({"motif": "expansion_led_growth"}, n=500)
    short = params_of({"motif": "expansion_led_growth", "targets.on_short_horizon": "blank"}, n=500)
    tables, outcome = simulated(params)
    events, gone = frame(tables["subscription_events"]), frame(tables["subscriptions"])
    here = frame(tables["snapshot_calendar"]).set_index("customer_id")
    date = int(here["cutoff_date"].iloc[0]) + 365
    change = events[(events["event_date"] <= date) & (events["event_type"] != CHURN)]
    change = (
        (change["mrr_after_usd"] - change["mrr_before_usd"]).groupby(change["customer_id"]).sum()
    )
    mrr = here["initial_mrr_usd"] + change.reindex(here.index, fill_value=0)
    left = gone.set_index("customer_id")["churn_at"].reindex(here.index) <= date
    mrr = mrr.mask(left.fillna(False), 0)
    now = here["current_mrr_usd"]
    assert outcome.metrics["nrr_12m"] == mrr.sum() / now.sum()
    assert outcome.metrics["grr_12m"] == np.minimum(mrr, now).sum() / now.sum() < 1
    assert metrics_of(short, horizon=364)["nrr_12m"].reason == "horizon_below_365_days"


def test_a_metric_without_a_value_says_why():
    mixed = metrics_of(params_of({"motif_mix": {"generic": 0.5, "payment_fragile": "auto"}}, n=50))
    assert mixed["recovered_share_z"].reason == "not_applicable"
    assert mixed["year1_churn.payment_fragile"].reason == "fewer_than_600_customers"
    assert mixed["year1_churn.churner_dominated"].reason == "not_applicable"
    few = params_of(
        {"targets.on_short_horizon": "blank", "window.acquisition_window_weeks": 8}, n=9
    )
    short = metrics_of(few, horizon=100)
    assert short["recovered_share_z"].reason == "fewer_than_30_resolved_invoices"
    assert short["year1_churn"].reason == "no_customer_reaches_week_52"
    assert short["year1_churn_reason.voluntary"].reason == "no_customer_reaches_week_52"
    sure = {"motif": "generic", "motifs.generic.payment.recovery_prob": 1.0}
    assert metrics_of(params_of(sure, n=50))["recovered_share_z"].reason == "not_applicable"
