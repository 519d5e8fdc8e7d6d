"""Generate a whole simulated CRM from a go-to-market scenario.

A revenue team asks what five points less MQL-to-SQL drop bring before spending money on them: the
engine gives companies, contacts, lifecycle, deals and activities of both worlds, with known truth.
"""

from engines.crm.example import EXAMPLE
from engines.crm.hubspot import export_hubspot
from engines.crm.metrics import METRICS
from engines.crm.model import STREAMS, simulate
from engines.crm.params import CrmParams
from engines.crm.planning import cost, inert_paths, plan_notes
from engines.crm.preparation import prepare
from engines.crm.run_checks import CHECKS
from engines.crm.tables import tables
from runner.contract import EngineSpec, FrozenMapping, Horizon, Trajectory

ENGINE = EngineSpec(
    name="crm",
    version="1.0.0",
    horizon=Horizon(unit="days", default=365, low=1, high=3660),
    params=CrmParams,
    scopes=("scenario",),
    prepare=prepare,
    simulate=simulate,
    tables=tables,
    metrics=METRICS,
    checks=CHECKS,
    streams=STREAMS,
    trajectories=(
        Trajectory(
            table="daily_summary",
            period="day",
            values=(
                "contacts_created",
                "deals_created",
                "deals_won",
                "activities",
                "revenue_won",
                "pipeline_value_open",
            ),
        ),
    ),
    headline=("contacts", "deals", "win_rate", "revenue_won", "pipeline_value_open"),
    cost=cost,
    inert_paths=inert_paths,
    plan_notes=plan_notes,
    exports=FrozenMapping({"hubspot": export_hubspot}),
    example=EXAMPLE,
)

__all__ = ["ENGINE"]
