"""Who the accounts and customers are, whoever else is simulated with them."""

from __future__ import annotations

import numpy as np
import pytest

from engines.lifecycle import model
from engines.lifecycle.accounts import AccountWalk
from engines.lifecycle.motifs import MOTIFS
from engines.lifecycle.tests.support import (
    assert_same_rows,
    chosen,
    draws_of,
    frame,
    metrics_of,
    params_of,
    simulated,
)

SUMMARIES = ("weekly_summary", "tenure_summary")
EVERYTHING_ON = {
    "optional.usage_decline.enabled": True,
    "optional.downgrade.enabled": True,
    "optional.account_shock.enabled": True,
    "motif_mix": {"product_led_retention": 0.5, "payment_fragile": "auto"},
    "snapshot.include_trap": True,
}


@pytest.mark.parametrize("index", [0, 17, 299])
def test_a_customer_alone_lives_the_same_life(index):
    whole = simulated(params_of(EVERYTHING_ON, n=300))[0]
    alone = simulated(params_of({**EVERYTHING_ON, "population.only_customers": [index]}, n=300))[0]
    account = int(whole["customers"]["account_id"][index])
    for name in set(whole) - set(SUMMARIES):
        key, own = ("account_id", account) if name == "accounts" else ("customer_id", index)
        assert_same_rows(chosen(whole[name], whole[name][key] == own), alone[name])


def test_chosen_customers_are_measured_as_in_the_whole_run():
    params = {"population.only_customers": [40, 3, 260, 41]}
    tables, outcome = simulated(params_of(params, n=300))
    assert tables["customers"]["customer_id"].tolist() == [3, 40, 41, 260]
    assert outcome.metrics["customer_weeks"] == tables["health_signals"]["tenure_week"].size
    assert tables["weekly_summary"]["new_customers"].sum() == 4


@pytest.mark.parametrize("n", [301, 400, 3000])
def test_more_customers_change_no_row_of_the_first(n):
    few = simulated(params_of(EVERYTHING_ON, n=300))[0]
    many = simulated(params_of(EVERYTHING_ON, n=n))[0]
    last = int(few["customers"]["account_id"][-1])
    for name in set(few) - set(SUMMARIES):
        key, limit = ("account_id", last + 1) if name == "accounts" else ("customer_id", 300)
        assert_same_rows(few[name], chosen(many[name], many[name][key] < limit))


@pytest.mark.parametrize("block", [9, 64, 1000])
def test_any_batch_size_gives_the_same_bits(block, monkeypatch):
    params = params_of(EVERYTHING_ON, n=150)
    tables, outcome = simulated(params)
    monkeypatch.setattr(model, "BLOCK", block)
    others, again = simulated(params)
    for name in tables:
        assert_same_rows(tables[name], others[name])
    assert repr(outcome.metrics) == repr(again.metrics)
    assert repr(simulated(params, collect=())[1].metrics) == repr(outcome.metrics)


def test_equal_seeds_give_equal_runs_and_others_do_not():
    params = params_of(n=300)
    one, two, other = (simulated(params, seed=seed)[0] for seed in (1, 1, 2))
    for name in one:
        assert_same_rows(one[name], two[name])
    status = "subscription_status"
    assert (one["subscriptions"][status] != other["subscriptions"][status]).any()


def test_another_observation_date_moves_all_dates_and_nothing_else():
    here = simulated(params_of({"snapshot.calendar_cutoff": "2025-01-01"}, n=200))[0]
    there = simulated(
        params_of(
            {"window.observation_date": "2024-12-20", "snapshot.calendar_cutoff": "2024-11-24"},
            n=200,
        )
    )[0]
    dates = ("_at", "_date", "week_start", "period_start")
    for name, rows in here.items():
        moved = {c: v - 38 if c.endswith(dates) else v for c, v in rows.items()}
        assert_same_rows(moved, there[name])


def test_accounts_are_filled_without_gaps_by_poisson_sizes():
    draws = draws_of()
    sizes = draws.poisson("account_size", 3.0, entities=slice(0, 1000))
    expected = np.repeat(np.arange(1000), sizes)[:2500]
    whole = AccountWalk(3.0, draws).accounts_of(np.arange(2500))
    assert whole.tolist() == expected.tolist()
    walk = AccountWalk(3.0, draws)
    bits = [walk.accounts_of(np.arange(a, a + 50)) for a in range(0, 2500, 50)]
    assert np.concatenate(bits).tolist() == expected.tolist()
    assert (sizes == 0).mean() == pytest.approx(0.0498, abs=0.03)


@pytest.mark.parametrize("mean", [0.1, 60.0])
def test_accounts_far_apart_or_crowded_are_found_as_in_order(mean):
    draws = draws_of()
    far = np.array([5, 30_000, 70_001])
    everyone = AccountWalk(mean, draws).accounts_of(np.arange(70_002))
    assert AccountWalk(mean, draws).accounts_of(far).tolist() == everyone[far].tolist()


def test_the_table_of_accounts_ends_with_that_of_the_last_customer():
    tables = simulated(params_of({"population.customers_per_account_mean": 0.5}, n=400))[0]
    accounts = tables["accounts"]["account_id"]
    assert accounts.tolist() == list(range(int(tables["customers"]["account_id"][-1]) + 1))
    assert np.setdiff1d(accounts, tables["customers"]["account_id"]).size > 100


def test_people_have_the_declared_distributions():
    tables = simulated(params_of(n=20_000), collect=("customers", "accounts", "latents"))[0]
    customers, latents = frame(tables["customers"]), frame(tables["latents"])
    assert (customers["contract_term_months"] == 12).mean() == pytest.approx(0.65, abs=0.02)
    starter = customers.loc[customers["initial_plan"] == 0, "initial_mrr_usd"]
    assert (starter.min(), starter.max()) == (1000, 3500)
    assert customers["csm_rep_id"].between(1, 8).all()
    assert latents["customer_product_fit"].mean() == pytest.approx(0.62, abs=0.01)
    assert latents["customer_champion_strength"].std() == pytest.approx(0.2, abs=0.01)
    accounts = frame(tables["accounts"])
    assert accounts["process_maturity_band"].value_counts(normalize=True)[1] == pytest.approx(
        0.45, abs=0.03
    )


def test_traits_on_both_levels_are_blended_and_the_others_pass_through():
    rows = frame(simulated(params_of({"latents.account_blend_weight": 0.25}, n=300))[0]["latents"])
    for trait in ("budget_stability", "organizational_stability"):
        blend = 0.25 * rows[f"account_{trait}"] + 0.75 * rows[f"customer_{trait}"]
        assert np.allclose(rows[f"effective_{trait}"], blend, rtol=1e-15)
    for trait in ("product_fit", "adoption_velocity", "champion_strength"):
        assert rows[f"effective_{trait}"].equals(rows[f"customer_{trait}"].rename(None))


@pytest.mark.parametrize("motif", MOTIFS)
def test_the_accounts_budget_reaches_its_customers_invoices(motif):
    def failed(value: float, weight: float = 0.5) -> float:
        override = {"latents.account_override": {"budget_stability": value}}
        blend = {"motif": motif, "latents.account_blend_weight": weight}
        return metrics_of(params_of({**override, **blend}, n=2000))["failed_invoice_share"]

    assert failed(0.0) > failed(1.0)
    assert failed(0.0, weight=0.0) == failed(1.0, weight=0.0)


def test_a_mix_of_motifs_is_assigned_by_account_and_moves_few():
    def motifs(share: float) -> np.ndarray:
        mix = {"product_led_retention": share, "payment_fragile": "auto"}
        return simulated(params_of({"motif_mix": mix}, n=6000), collect=("accounts",))[0][
            "accounts"
        ]["motif"]

    one, two = motifs(0.5), motifs(0.6)
    assert (one == 0).mean() == pytest.approx(0.5, abs=0.04)
    assert (one != two).mean() == pytest.approx(0.1, abs=0.03)
    assert not ((one == 0) & (two != 0)).any()


def test_a_single_motif_of_a_mix_is_that_motif():
    mixed = simulated(params_of({"motif_mix": {"generic": 1.0, "payment_fragile": 0.0}}, n=100))[0]
    alone = simulated(params_of({"motif": "generic"}, n=100))[0]
    for name in mixed:
        assert_same_rows(mixed[name], alone[name])
