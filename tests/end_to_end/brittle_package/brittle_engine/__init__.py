"""A third-party engine that breaks in the way it is told to, and reads a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.contract import (
    Check,
    Column,
    Draws,
    EngineSpec,
    Example,
    Horizon,
    Metric,
    Null,
    Outcome,
    ParamGroup,
    PlanError,
    Problem,
    SimulationError,
    TableSchema,
    TableSink,
    param,
)

TROUBLES = (
    "none", "raise", "refuse", "check", "missing", "infinite", "undeclared", "table", "empty",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(ParamGroup):
    wear: float = param(0.5, unit="fraction", low=0, high=1, sd="wear_sd", doc="mean wear")
    wear_sd: float = param(0.1, unit="fraction", low=0, high=1, doc="for random variables alone")
    trouble: str = param("none", choices=TROUBLES, doc="how runs break")
    from_replicate: int = param(0, unit="count", low=0, high=1000, doc="first run that breaks")
    crowd: bool = param(False, doc="a switch")
    notes: str = param("", doc="free text")
    source: str | None = param(None, doc="file with one number, added to every total")


def files(params: Params) -> Mapping[str, str]:
    return {} if params.source is None else {"source": params.source}


def prepare(params: Params, opened: Mapping[str, Path], horizon: int) -> float:
    if "source" not in opened:
        return 0.0
    text = opened["source"].read_text()
    try:
        return float(text)
    except ValueError:
        raise PlanError([Problem("params.source", text, "must hold one number")]) from None


def simulate(
    params: Params, prepared: float, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    luck = draws.uniform("wear", step=0, entities=slice(0, horizon))
    worn = [params.wear * float(u) for u in luck]
    out.write("wear", {"period": list(range(horizon)), "wear": worn})
    metrics: dict[str, Any] = {"total": sum(worn) + prepared, "crowded": float(params.crowd)}
    checks: dict[str, str | None] = {"bounded": None}
    if draws.replicate >= params.from_replicate:
        _break(params.trouble, metrics, checks, out)
    return Outcome(metrics=metrics, checks=checks)


def _break(
    trouble: str, metrics: dict[str, Any], checks: dict[str, str | None], out: TableSink
) -> None:
    if trouble == "raise":
        raise ZeroDivisionError("the spring snapped")
    if trouble == "refuse":
        raise SimulationError("no spring fits")
    if trouble == "check":
        checks["bounded"] = "wear 2 in period 1"
    if trouble == "missing":
        del metrics["total"]
    if trouble == "infinite":
        metrics["total"] = float("inf")
    if trouble == "undeclared":
        metrics["extra"] = 1.0
    if trouble == "empty":
        metrics["total"] = Null("not_applicable")
    if trouble == "table":
        out.write("wear", {"period": ["one"], "wear": [1.0]})


ENGINE = EngineSpec(
    name="brittle",
    version="1.0.0",
    horizon=Horizon(unit="periods", default=3, low=1, high=100),
    params=Params,
    prepare=prepare,
    simulate=simulate,
    files=files,
    metrics=(
        Metric(name="total", unit="fraction", better="lower", doc="wear of all periods"),
        Metric(name="crowded", unit="count", doc="the switch"),
    ),
    tables=(
        TableSchema(
            name="wear",
            columns=(Column(name="period", kind="int64"), Column(name="wear", kind="float64")),
            key=("period",),
        ),
    ),
    checks=(Check(name="bounded", doc="wear stays below 1 per period"),),
    streams=("wear",),
    headline=("total",),
    inert_paths=lambda params: ["wear_sd", "notes"],
    example=Example(params={}, horizons=(2, 4)),
    config_dir=Path(__file__).parent / "conf",
)
