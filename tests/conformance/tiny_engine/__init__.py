"""The smallest engine in which every promise of the suite can be broken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

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
    TableSchema,
    TableSink,
    Trajectory,
    groups,
    param,
)

BLOCK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(ParamGroup):
    weight: float = param(1.0, unit="ratio", low=0, low_open=True, high=10, doc="spend multiple")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(ParamGroup):
    customers: int = param(20, unit="count", low=1, high=1000, doc="customers in a run")
    spend: float = param(5.0, unit="EUR", low=0, high=100, sd="spend_sd", doc="mean spend")
    spend_sd: float = param(1.0, unit="EUR", low=0, high=10, doc="for random variables alone")
    cap: float = param(1e6, unit="EUR", low=1, high=1e9, doc="largest spend in one period")
    late_from: int | None = param(None, unit="periods", low=1, high=100, doc="first late period")
    mode: str = param("plain", choices=("plain", "double"), doc="how spend is counted")
    segments: Mapping[str, Segment] = groups({"all": Segment()}, doc="customer segments")


BY_CUSTOMER = TableSchema(
    name="by_customer",
    doc="Spend of each customer in each period.",
    columns=(
        Column(name="customer", kind="int64"),
        Column(name="period", kind="int64"),
        Column(name="spend_eur", kind="float64", unit="EUR"),
    ),
    key=("customer", "period"),
    prefix_stable=frozenset({"population", "horizon"}),
)
BY_PERIOD = TableSchema(
    name="by_period",
    doc="Spend in each period.",
    columns=(
        Column(name="period", kind="int64"),
        Column(name="spend_eur", kind="float64", unit="EUR"),
    ),
    key=("period",),
    prefix_stable=frozenset({"horizon"}),
)


def simulate(params: Params, prepared: Any, draws: Draws, horizon: int, out: TableSink) -> Outcome:
    weight = math.fsum(segment.weight for segment in params.segments.values())
    factor = params.spend * weight * (2 if params.mode == "double" else 1)
    periods, rows = np.arange(1, horizon + 1), []
    for start in range(0, params.customers, BLOCK):
        people = slice(start, min(start + BLOCK, params.customers))
        luck = [draws.exponential("spend", step=t, entities=people) for t in range(1, horizon + 1)]
        spend = np.minimum(factor * np.stack(luck), params.cap)
        count = people.stop - people.start
        out.write("by_customer", {
            "customer": np.repeat(np.arange(people.start, people.stop), horizon),
            "period": np.tile(periods, count),
            "spend_eur": spend.T.reshape(-1),
        })  # fmt: skip
        rows.append(spend)
    by_period = np.array([math.fsum(row.tolist()) for row in np.concatenate(rows, axis=1)])
    out.write("by_period", {"period": periods, "spend_eur": by_period})
    late = by_period[(params.late_from or 1) - 1 :]
    applies = params.late_from is not None
    return Outcome(
        metrics={
            "spend": math.fsum(by_period),
            "late_spend": math.fsum(late) if applies else Null("not_applicable"),
        },
        checks={"spend_nonnegative": None if by_period.min() >= 0 else "spend below 0"},
    )


ENGINE = EngineSpec(
    name="tiny",
    version="1.0.0",
    horizon=Horizon(unit="periods", default=3, low=1, high=100),
    params=Params,
    simulate=simulate,
    metrics=(
        Metric(name="spend", unit="EUR", better="higher", doc="spend of all customers"),
        Metric(name="late_spend", unit="EUR", doc="spend from `late_from` on"),
    ),
    tables=(BY_CUSTOMER, BY_PERIOD),
    checks=(Check(name="spend_nonnegative", doc="nobody spends less than 0"),),
    streams=("spend",),
    trajectories=(Trajectory(table="by_period", period="period", values=("spend_eur",)),),
    headline=("spend",),
    inert_paths=lambda params: ["spend_sd"],
    example=Example(
        params={"customers": 20},
        horizons=(2, 5),
        population="customers",
        binding={"cap": {"cap": 3.0}},
    ),
)
