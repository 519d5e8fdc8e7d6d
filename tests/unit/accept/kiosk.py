"""A third-party engine whose table, metrics and faults are written in its parameters."""

from __future__ import annotations

import datetime
import math
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
    TableSchema,
    TableSink,
    param,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(ParamGroup):
    items: str = param("1 2 3", doc="items of shop north, day by day; - = not counted")
    reason: str = param("", doc="why `counted` is null; empty = it is not")
    from_replicate: int = param(0, unit="count", low=0, high=1000, doc="first with trouble")
    broken: bool = param(False, doc="whether the check is broken")
    rent: float = param(0.0, unit="EUR", low=0, high=100, doc="what a day costs")


def simulate(params: Params, prepared: Any, draws: Draws, horizon: int, out: TableSink) -> Outcome:
    north = [math.nan if word == "-" else float(word) for word in params.items.split()]
    days = list(range(1, len(north) + 1))
    out.write("stock", {"shop": ["north"] * len(north), "day": days, "items": north})
    out.write("stock", {"shop": ["south"] * len(north), "day": days, "items": [0.5] * len(north)})
    out.write("closing", {"date": [datetime.date(2026, 1, 31)], "items": [1.0]})
    is_troubled = draws.replicate >= params.from_replicate
    counted: Any = Null(params.reason) if params.reason and is_troubled else north[-1]
    return Outcome(
        metrics={"counted": counted, "rent": params.rent * len(north)},
        checks={"honest": "a day is missing" if params.broken and is_troubled else None},
    )


def _table(name: str, *columns: tuple[str, Any], key: tuple[str, ...]) -> TableSchema:
    made = tuple(Column(name=c, kind=kind, nullable=c == "items") for c, kind in columns)
    return TableSchema(name=name, columns=made, key=key)


ENGINE = EngineSpec(
    name="kiosk",
    version="1.0.0",
    horizon=Horizon(unit="days", default=3, low=1, high=100),
    params=Params,
    simulate=simulate,
    metrics=(Metric(name="counted", unit="count"), Metric(name="rent", unit="EUR")),
    tables=(
        _table("stock", ("shop", "str"), ("day", "int64"), ("items", "float64"),
               key=("shop", "day")),
        _table("closing", ("date", "date"), ("items", "float64"), key=("date",)),
    ),
    checks=(Check(name="honest", doc="every day is counted"),),
    inert_paths=lambda params: ("from_replicate", "rent"),
    example=Example(params={}, horizons=(2, 4)),
    config_dir=Path(__file__).parent / "kiosk_conf",
)  # fmt: skip

METADATA: Mapping[str, str] = {
    "METADATA": "Metadata-Version: 2.1\nName: kiosk-engine\nVersion: 1\n",
    "entry_points.txt": "[cohortsweep.engines]\nkiosk = tests.unit.accept.kiosk:ENGINE\n",
}
