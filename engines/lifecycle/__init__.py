"""Simulate business subscriptions week by week: usage, invoices, churn, renewal, expansion.

An analyst asks whether a renewal desk or a longer dunning keeps more revenue, and trains models on
customers whose hidden traits are known. Of 1,000 customers of a product-led business about 200
leave in their first year, a fifth of them because an invoice was never paid.
"""

from engines.lifecycle.checks import CHECKS
from engines.lifecycle.example import EXAMPLE
from engines.lifecycle.metrics import METRICS
from engines.lifecycle.model import simulate
from engines.lifecycle.params import LifecycleParams, inert_paths
from engines.lifecycle.planning import cost, plan_notes
from engines.lifecycle.setup import prepare
from engines.lifecycle.streams import STREAMS
from engines.lifecycle.tables import TENURE_SUMMARY, WEEKLY_SUMMARY, tables
from runner.contract import EngineSpec, Horizon, Trajectory

ENGINE = EngineSpec(
    name="lifecycle",
    version="1.0.0",
    horizon=Horizon(unit="days", default=730, low=1, high=3650),
    params=LifecycleParams,
    prepare=prepare,
    simulate=simulate,
    tables=tables,
    metrics=METRICS,
    checks=CHECKS,
    streams=STREAMS,
    trajectories=(
        Trajectory(
            table=WEEKLY_SUMMARY.name,
            period="calendar_week",
            values=(
                "active_customers",
                "mrr_usd",
                "new_mrr_usd",
                "expansion_mrr_usd",
                "contraction_mrr_usd",
                "churned_mrr_usd",
                "collected_usd",
            ),
        ),
        Trajectory(table=TENURE_SUMMARY.name, period="tenure_week", values=("survival", "at_risk")),
    ),
    headline=(
        "year1_churn",
        "nrr_12m",
        "grr_12m",
        "arpa_usd_per_month",
        "recovered_share",
        "active_share_at_observation",
    ),
    cost=cost,
    inert_paths=inert_paths,
    plan_notes=plan_notes,
    example=EXAMPLE,
)

__all__ = ["ENGINE"]
