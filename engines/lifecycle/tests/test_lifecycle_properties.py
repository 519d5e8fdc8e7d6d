"""Whatever the parameters, every invariant holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.lifecycle.checks import CHECKS
from engines.lifecycle.tests.support import params_of, simulated
from runner.contract import Null

EDGES = st.sampled_from([0.0, 1.0])
CHANCE = st.one_of(EDGES, st.floats(0, 1))
RATE = st.one_of(EDGES, st.floats(0, 0.2))
MOTIF = "motifs.generic"


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    """Give parameter sets with probabilities of 0 and 1, one customer, one account."""
    expansion_low = draw(st.floats(0.01, 0.2))
    return {
        "motif": "generic",
        "hazard_cap": draw(st.sampled_from([0.01, 0.5, 0.95, 0.999])),
        "population.n_customers": draw(st.sampled_from([1, 2, 7, 40])),
        "population.customers_per_account_mean": draw(st.sampled_from([0.1, 1.0, 3.0, 100.0])),
        "window.acquisition_window_weeks": draw(st.integers(1, 60)),
        "window.early_tenure_weeks": draw(st.integers(1, 52)),
        "snapshot.lookback_weeks": draw(st.integers(1, 104)),
        "snapshot.include_trap": draw(st.booleans()),
        "targets.on_short_horizon": "blank",
        "targets.revenue_basis": draw(st.sampled_from(["issue_date", "cash_date"])),
        "billing.periods_per_year": draw(st.sampled_from([1, 2, 4, 12])),
        "billing.bill_on_churn_date": draw(st.booleans()),
        "latents.mean": draw(CHANCE),
        "latents.sd": draw(CHANCE),
        "latents.account_blend_weight": draw(CHANCE),
        "health.depth_decimals": draw(st.integers(1, 8)),
        "health.depth_noise_sd": draw(CHANCE),
        "health.users_noise_sd": draw(CHANCE),
        "health.nps_every_weeks": draw(st.integers(1, 20)),
        f"{MOTIF}.churn.base_per_week": draw(RATE),
        f"{MOTIF}.renewal.churn_multiplier": draw(st.sampled_from([0.0, 1.0, 100.0])),
        f"{MOTIF}.expansion.base_per_week": draw(RATE),
        f"{MOTIF}.expansion.mrr_fraction": [expansion_low, expansion_low + 0.01],
        f"{MOTIF}.payment.fail_base_per_invoice": draw(CHANCE),
        f"{MOTIF}.payment.dunning_weeks": draw(st.integers(1, 60)),
        f"{MOTIF}.payment.recovery_prob": draw(CHANCE),
        "optional.usage_decline.enabled": draw(st.booleans()),
        "optional.usage_decline.onset_prob_per_week": draw(CHANCE),
        "optional.usage_decline.recovery_prob_per_week": draw(CHANCE),
        "optional.downgrade.enabled": draw(st.booleans()),
        "optional.downgrade.base_per_week": draw(CHANCE),
        "optional.account_shock.enabled": draw(st.booleans()),
        "optional.account_shock.prob_per_account_week": draw(RATE),
        "optional.account_shock.duration_weeks": draw(st.integers(1, 60)),
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values=parameters(), horizon=st.integers(1, 500), seed=st.integers(0, 2**40))
def test_every_invariant_holds(values: dict[str, Any], horizon: int, seed: int) -> None:
    tables, outcome = simulated(params_of(values), horizon=horizon, seed=seed)
    assert set(outcome.checks) == {check.name for check in CHECKS}
    assert tables["customers"]["customer_id"].size == values["population.n_customers"]
    for name, value in outcome.metrics.items():
        assert value.reason if isinstance(value, Null) else np.isfinite(value), name
    grr = outcome.metrics["grr_12m"]
    assert isinstance(grr, Null) or grr <= 1
