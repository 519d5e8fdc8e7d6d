"""Estimate who is still a customer, how often each will buy, and what each is worth.

An online shop has no cancellations: customers just stop buying. Of 2,357 who first bought CDs in
early 1997, 684 came back in the second of two half-years; from the first half-year alone the engine
says which, how often and for how much, with intervals, and scores itself on the second.
"""

from engines.clv import model
from engines.clv.checks import CHECKS
from engines.clv.example import EXAMPLE
from engines.clv.metrics import METRICS
from engines.clv.params import ClvParams
from engines.clv.planning import cost, files, inert_paths, plan_notes, replicates
from engines.clv.streams import STREAMS
from engines.clv.tables import tables
from runner.contract import EngineSpec, Horizon, Trajectory

ENGINE = EngineSpec(
    name="clv",
    version="1.1.0",
    horizon=Horizon(unit="months", default=12, low=1, high=60),
    params=ClvParams,
    prepare=model.prepare,
    simulate=model.simulate,
    files=files,
    tables=tables,
    metrics=METRICS,
    checks=CHECKS,
    streams=STREAMS,
    trajectories=(
        Trajectory(
            table="revenue_forecast",
            period="month",
            values=("expected_revenue", "expected_purchases"),
        ),
    ),
    headline=(
        "value_total",
        "revenue_forecast_total",
        "value_at_risk_total",
        "holdout_total_bias_pct",
        "holdout_pit_coverage",
    ),
    cost=cost,
    inert_paths=inert_paths,
    plan_notes=plan_notes,
    replicates=replicates,
    example=EXAMPLE,
)

__all__ = ["ENGINE"]
