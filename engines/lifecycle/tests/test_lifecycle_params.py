"""What is refused, and how it is said."""

from __future__ import annotations

import dataclasses

import pytest

from engines.lifecycle import ENGINE
from engines.lifecycle.params import LifecycleParams, inert_paths, motif_shares
from engines.lifecycle.tests.support import SHIPPED, params_of, problems_of, setup_of
from engines.lifecycle.traits import TRAITS
from runner.conformance import influence
from runner.contract import Example, PlanError

MOTIF = "motifs.generic"
ALL_MOTIFS = "product_led_retention, relationship_led_retention, expansion_led_growth"

REFUSED = [
    ({"hazard_kap": 0.5}, ["hazard_kap", "did you mean hazard_cap"]),
    ({"motif": "generik"}, ["motif = generik", ALL_MOTIFS, "did you mean generic"]),
    ({"motif_mix": {"generik": 1.0}}, ["motif_mix.generik", ALL_MOTIFS, "did you mean generic"]),
    ({"motif_mix": {"generic": 0.6, "payment_fragile": 0.5}}, ["motif_mix", "sum to 1.1"]),
    ({"motif_mix": {}}, ["motif_mix", "sum to 0"]),
    ({f"{MOTIF}.churn.weights": {"fit": -1}}, ["weights.fit = -1.0", *TRAITS]),
    ({f"{MOTIF}.latent_bias": {"fit": 0.1}}, ["latent_bias.fit", *TRAITS]),
    ({"latents.customer_override": {"fit": 0.1}}, ["customer_override.fit", *TRAITS]),
    (
        {"latents.account_override": {"product_fit": 0.1}},
        ["accounts have only budget_stability, organizational_stability", *TRAITS],
    ),
    ({"optional.downgrade.weights": {"x": 1}}, ["optional.downgrade.weights.x", *TRAITS]),
    ({"population.maturity_bands.low": 0.5}, ["population.maturity_bands", "sum to 1.2"]),
    ({"population.term_months": {"m12": 0.5}}, ["population.term_months", "sum to 0.85"]),
    ({"population.term_months": {"m121": 0.0}}, ["term_months.m121", "m120"]),
    ({"population.employee_bands.e2000_up.share": 0.2}, ["employee_bands", "sum to 1.1"]),
    ({"population.revenue_bands.r1m_10m.label": "$200M+"}, ["label", "no other band"]),
    ({"population.n_customers": True}, ["n_customers = true", "whole number"]),
    ({"population.n_customers": 1.5}, ["n_customers = 1.5", "whole number"]),
    ({"population.n_customers": 10**8}, ["n_customers", "<= 1e+07 customers"]),
    ({"hazard_cap": float("nan")}, ["hazard_cap = nan", "finite"]),
    ({"hazard_cap": 1.0}, ["hazard_cap = 1.0", "< 1"]),
    ({"window.observation_date": ""}, ["window.observation_date = ''", "YYYY-MM-DD"]),
    ({"window.observation_date": "27.1.2025"}, ["'27.1.2025'", "YYYY-MM-DD"]),
    ({"window.observation_date": "9999-01-01"}, ["9999-01-01", "must lie between 1000-01-01 and"]),
    ({"window.observation_date": "0001-01-01"}, ["0001-01-01", "must lie between 1000-01-01 and"]),
    ({"window.observation_date": "20250127"}, ["'20250127'", "YYYY-MM-DD"]),
    ({"window.account_lead_days": [9, 3]}, ["[9, 3]", "low <= high"]),
    (
        {"snapshot.calendar_cutoff": "2025-01-28"},
        ["snapshot.calendar_cutoff = 2025-01-28", "2025-01-27"],
    ),
    ({"snapshot.early_cutoff_weeks": 5}, ["early_cutoff_weeks = 5", "which is 4"]),
    ({"window.early_tenure_weeks": 0}, ["snapshot.regimes", "it is 0"]),
    ({"snapshot.regimes": ["calendar", "calendar"]}, ["snapshot.regimes", "each regime once"]),
    ({"population.plan_slots": {"e200_499": ["pro"]}}, ["plan_slots.e200_499", "plan pro"]),
    ({"population.plan_slots": {"e200_499": None}}, ["plan_slots.e200_499", "at least one"]),
    ({"population.plan_slots": {"e7": ["growth"]}}, ["plan_slots.e7", "no such employee band"]),
    ({"population.only_customers": [3, 3]}, ["only_customers = 3", "0..1499"]),
    ({"population.only_customers": [1500]}, ["only_customers = 1500", "0..1499"]),
    ({"population.only_customers": []}, ["only_customers", "at least one customer"]),
    ({"population.regions": ["US", "US"]}, ["population.regions", "only once"]),
    ({"population.plans.starter.mrr_range_usd": [9, 3]}, ["mrr_range_usd", "low <= high"]),
    ({"latents.mean_clamp": [0.5, 0.5]}, ["mean_clamp", "low < high"]),
    ({"billing.periods_per_year": 3}, ["periods_per_year = 3", "1, 2, 4 or 12"]),
    ({"targets.windows_days": [365, 90]}, ["windows_days", "strictly rising"]),
    ({f"{MOTIF}.expansion.mrr_fraction": [0.5, 0.5]}, ["mrr_fraction", "low < high"]),
    ({f"{MOTIF}.payment.dunning_weeks": 0}, ["dunning_weeks = 0", ">= 1"]),
    ({"optional.downgrade.mrr_fraction": [0.5, 0.1]}, ["mrr_fraction", "low <= high"]),
]


@pytest.mark.parametrize(("given", "texts"), REFUSED)
def test_what_is_wrong_is_said_with_path_value_and_what_is_allowed(given, texts):
    said = "\n".join(problems_of(given))
    for text in texts:
        assert text in said


def test_all_problems_are_reported_together():
    said = problems_of({"motif": "x", "billing.periods_per_year": 5, "latents.mean_clamp": [1, 0]})
    found = problems_of({"billing.periods_per_year": 5, "latents.mean_clamp": [1, 0]})
    assert any("motif" in text for text in said)
    assert len(found) == 2


def test_a_window_beyond_the_horizon_is_refused_before_the_first_run():
    with pytest.raises(PlanError) as caught:
        setup_of(params_of(), horizon=100)
    text = str(caught.value)
    for part in ("[90, 365, 730]", "churn_window_days = 180", "100 days", "blank"):
        assert part in text
    setup_of(params_of({"targets.on_short_horizon": "blank"}), horizon=100)


def test_a_motif_of_ones_own_starts_from_generic():
    params = params_of({"motif": "mine", "motifs.mine.churn.base_per_week": 0.01})
    assert params.motifs["mine"].payment == params.motifs["generic"].payment
    assert motif_shares(params)["mine"] == 1.0


def test_inert_paths_name_absent_motifs_and_mechanisms_that_are_off():
    off = inert_paths(params_of())
    assert "motifs.generic.churn.base_per_week" in off
    assert "optional.account_shock.duration_weeks" in off
    assert "optional.account_shock.enabled" not in off
    assert not any(path.startswith("motifs.product_led_retention") for path in off)
    mixed = inert_paths(params_of({"motif_mix": {"generic": "auto"}, "snapshot.regimes": []}))
    assert "motif" in mixed
    assert {"snapshot.lookback_weeks", "snapshot.calendar_cutoff"} <= set(mixed)


def test_parameters_are_read_only():
    params = params_of()
    with pytest.raises(dataclasses.FrozenInstanceError):
        params.hazard_cap = 0.5  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        params.motifs.generic = None  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        params.motifs["generic"] = None  # type: ignore[index]
    assert hash(params) == hash(params_of())
    assert isinstance(params, LifecycleParams)


def test_what_is_called_inert_when_mechanisms_are_off_moves_nothing():
    few = {
        "population.n_customers": 12,
        "window.acquisition_window_weeks": 10,
        "snapshot.regimes": [],
        "targets.on_short_horizon": "blank",
        **{f"motifs.{name}": None for name in SHIPPED[1:]},
    }
    quick = Example(params=few, horizons=(40, 90))
    assert influence.inert_faults(dataclasses.replace(ENGINE, example=quick)) == []
