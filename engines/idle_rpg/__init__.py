"""Simulate players of a free-to-play idle RPG with summoning, day by day.

A game economist asks what a shorter tutorial does: at a day-7 retention of 15 percent it costs 8
percent of that day's players, and the engine says what remains of them, of revenue and of progress.
"""

from engines.idle_rpg.checks import CHECKS
from engines.idle_rpg.events.jsonl import export_jsonl
from engines.idle_rpg.example import EXAMPLE
from engines.idle_rpg.metrics import METRICS
from engines.idle_rpg.model import STREAMS, simulate
from engines.idle_rpg.params import Params
from engines.idle_rpg.planning import cost, inert_paths, plan_notes
from engines.idle_rpg.rules import prepare
from engines.idle_rpg.tables import tables
from runner.contract import EngineSpec, FrozenMapping, Horizon, Trajectory

ENGINE = EngineSpec(
    name="idle_rpg",
    version="1.0.0",
    horizon=Horizon(unit="days", default=90, low=1, high=365),
    params=Params,
    prepare=prepare,
    simulate=simulate,
    metrics=METRICS,
    tables=tables,
    checks=CHECKS,
    streams=STREAMS,
    trajectories=(
        Trajectory(
            table="daily_summary",
            period="sim_day",
            values=("dau", "mau", "installs", "sessions", "purchases", "revenue_usd", "pulls"),
        ),
    ),
    headline=(
        "d1_retention",
        "d7_retention",
        "d30_retention",
        "arpu_usd",
        "payer_conversion",
        "sessions_per_active_day",
    ),
    cost=cost,
    inert_paths=inert_paths,
    plan_notes=plan_notes,
    exports=FrozenMapping({"jsonl": export_jsonl}),
    example=EXAMPLE,
)

__all__ = ["ENGINE"]
