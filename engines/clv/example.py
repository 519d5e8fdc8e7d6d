"""Give the conformance suite a small run in which every parameter matters."""

from __future__ import annotations

from runner.contract import Example

_LEAVING_SELDOM = {
    "data.synthetic.process": "bg_nbd",
    "data.synthetic.bg.a": 1e-4,
    "model.name": "bg_nbd",
}

EXAMPLE = Example(
    params={
        "data.source": "synthetic",
        "data.synthetic.n_customers": 400,
        "data.synthetic.archetypes": {
            "standard": {"share": "auto"},
            "late": {"share": 0.2, "rate_scale": 1.2},
        },
        "model.name": "pareto_nbd",
        "uncertainty.n_samples": 30,
        "drift.bins": 4,
        "drift.null_samples": 200,
        "drift.false_alarm_rate": 0.1,
        "drift.min_baseline": 40,
    },
    horizons=(3, 6),
    population="data.synthetic.n_customers",
    binding={
        "fit.max_iterations": {"fit.max_iterations": 10},
        "fit.log_bound": {"fit.log_bound": 5.0, **_LEAVING_SELDOM},
        "gamma_gamma.min_customers": {"gamma_gamma.min_customers": 400},
        "drift.min_cohort": {"drift.min_cohort": 390},
        "drift.min_baseline": {"drift.min_baseline": 390},
    },
)
