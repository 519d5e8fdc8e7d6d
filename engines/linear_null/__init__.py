"""Linear outcomes with a known answer: the simulator that tells whether the runner is right."""

from engines.linear_null.checks import CHECKS
from engines.linear_null.metrics import METRICS
from engines.linear_null.model import STREAMS, prepare, simulate
from engines.linear_null.params import Params, inert_paths, plan_notes
from engines.linear_null.tables import TABLES
from runner.contract import EngineSpec, Example, Horizon, Trajectory

ENGINE = EngineSpec(
    name="linear_null",
    version="1.0.0",
    horizon=Horizon(unit="periods", default=6, low=1, high=10_000),
    params=Params,
    prepare=prepare,
    simulate=simulate,
    metrics=METRICS,
    tables=TABLES,
    checks=CHECKS,
    streams=STREAMS,
    trajectories=(
        Trajectory(table="outcomes_by_period", period="period", values=("mean_outcome",)),
    ),
    headline=("mean_outcome", "total_outcome"),
    cost=lambda params, horizon: 2e-4 + 5e-8 * params.entities * horizon,
    inert_paths=inert_paths,
    plan_notes=plan_notes,
    example=Example(params={"entities": 60}, horizons=(3, 7), population="entities"),
)
