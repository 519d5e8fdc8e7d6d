"""The work as an engine, found by its entry point as an installed package's would be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runner.contract import (
    Draws,
    EngineSpec,
    Example,
    Horizon,
    Metric,
    Outcome,
    ParamGroup,
    TableSink,
    param,
)
from tests.benchmarks.peers.work import outcome

_SECONDS_PER_LOOP = 4e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerParams(ParamGroup):
    """What a run is given."""

    x: float = param(0.0, unit="none", doc="an axis")
    loops: int = param(0, unit="count", low=0, doc="additions in one run")


def simulate(
    params: PeerParams, prepared: None, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Run the model once."""
    return Outcome(metrics={"value": outcome(params.x, params.loops)})


PEER = EngineSpec(
    name="peer",
    version="1.0.0",
    params=PeerParams,
    simulate=simulate,
    tables=(),
    horizon=Horizon(unit="periods", default=1, low=1, high=1000),
    metrics=(Metric(name="value", unit="none"),),
    example=Example(params={}, horizons=(1, 2)),
    config_dir=Path(__file__).resolve().parent / "conf",
    cost=lambda params, horizon: _SECONDS_PER_LOOP * params.loops,
)
