"""The smallest complete engine: copy the folder, change the name below, and go on from there."""

from runner.contract import EngineSpec, Example, Horizon, Trajectory

from .checks import CHECKS
from .metrics import METRICS
from .model import STREAMS, simulate
from .params import Params
from .tables import TABLES

ENGINE = EngineSpec(
    name="template",  # the folder's name
    version="1.0.0",  # goes up whenever numbers move
    horizon=Horizon(unit="periods", default=12, low=1, high=1000),
    params=Params,
    simulate=simulate,
    metrics=METRICS,
    tables=TABLES,
    checks=CHECKS,
    streams=STREAMS,
    trajectories=(Trajectory(table="orders_by_period", period="period", values=("orders",)),),
    headline=("revenue_eur",),
    example=Example(params={"customers": 25}, horizons=(3, 6), population="customers"),
)
