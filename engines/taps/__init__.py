"""Simulate monthly customer cohorts for two sales pipelines.

A planner asks what an acquisition budget buys: 1,000 EUR growing 8 percent a month at a CAC of
50 EUR brings 742 customers in 18 months, and 616 of them are still there at a churn of 3 percent.
The public tap sells prepaid tokens to new customers; the private tap rents GPU hours to active
clients.
"""

from engines.taps.checks import CHECKS
from engines.taps.example import EXAMPLE
from engines.taps.metrics import METRICS
from engines.taps.model import prepare, simulate
from engines.taps.params import SCOPES, TapsParams
from engines.taps.planning import cost, inert_paths, plan_notes
from engines.taps.sampling import STREAMS
from engines.taps.tables import PRIVATE_MONTHS, PUBLIC_MONTHS, TABLES
from runner.contract import EngineSpec, Horizon, Trajectory

ENGINE = EngineSpec(
    name="taps",
    version="1.0.0",
    horizon=Horizon(unit="months", default=18, low=1, high=600),
    params=TapsParams,
    scopes=SCOPES,
    prepare=prepare,
    simulate=simulate,
    tables=TABLES,
    metrics=METRICS,
    checks=CHECKS,
    streams=STREAMS,
    trajectories=(
        Trajectory(
            table=PUBLIC_MONTHS.name,
            period="month",
            values=(
                "active_customers",
                "expected_new_customers",
                "budget_eur",
                "tokens",
                "revenue_eur",
                "gross_margin_eur",
            ),
        ),
        Trajectory(
            table=PRIVATE_MONTHS.name,
            period="month",
            values=(
                "active_clients",
                "expected_new_clients",
                "private_budget_eur",
                "hours",
                "revenue_eur",
                "gross_margin_eur",
            ),
        ),
    ),
    headline=(
        "total_contribution_eur",
        "total_revenue_eur",
        "public_active_end",
        "private_active_end",
        "public_blended_cac_eur",
        "private_price_margin_pct",
    ),
    cost=cost,
    inert_paths=inert_paths,
    plan_notes=plan_notes,
    example=EXAMPLE,
)

__all__ = ["ENGINE"]
