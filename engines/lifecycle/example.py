"""Name a small run in which every parameter can show its effect."""

from __future__ import annotations

from runner.contract import Example, FrozenMapping

_OFF = ("relationship_led_retention", "expansion_led_growth", "churner_dominated", "generic")

EXAMPLE = Example(
    params=FrozenMapping(
        {
            "population.n_customers": 60,
            "population.employee_bands.e2000_up.share": "auto",
            "population.revenue_bands.r200m_up.share": "auto",
            "population.maturity_bands.high": "auto",
            "population.term_months": {"m4": 1.0, "m12": "auto", "m24": None},
            "window.acquisition_window_weeks": 30,
            "motif_mix": {"product_led_retention": 0.5, "payment_fragile": "auto"},
            **{f"motifs.{name}": None for name in _OFF[:3]},
            "targets.windows_days": [30, 90],
            "targets.churn_window_days": 60,
            "targets.on_short_horizon": "blank",
            "snapshot.include_trap": True,
            "snapshot.early_cutoff_weeks": 3,
            "optional.usage_decline.enabled": True,
            "optional.downgrade.enabled": True,
            "optional.downgrade.base_per_week": 0.02,
            "optional.account_shock.enabled": True,
            "optional.account_shock.prob_per_account_week": 0.01,
            "motifs.payment_fragile.payment.fail_base_per_invoice": 0.1,
            "motifs.product_led_retention.payment.fail_base_per_invoice": 0.1,
            "motifs.payment_fragile.churn.base_per_week": 0.01,
            "motifs.product_led_retention.churn.base_per_week": 0.02,
            "motifs.payment_fragile.expansion.base_per_week": 0.02,
            "motifs.product_led_retention.expansion.base_per_week": 0.02,
        }
    ),
    horizons=(120, 220),
    population="population.n_customers",
    binding=FrozenMapping(
        {
            "hazard_cap": {"hazard_cap": 0.02},
            "optional.downgrade.min_mrr_usd": {"optional.downgrade.min_mrr_usd": 5000},
        }
    ),
)
