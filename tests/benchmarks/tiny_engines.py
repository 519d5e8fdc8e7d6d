"""Two engines to measure the runner with: one that does nothing, one that only computes.

They are found as an installed package's would be, by entry points: `installed` writes those into
a folder, which has to be on the path of the process that measures and of its workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runner.contract import (
    Column,
    Draws,
    EngineSpec,
    Example,
    Horizon,
    Metric,
    Outcome,
    ParamGroup,
    TableSchema,
    TableSink,
    param,
)

HERE = Path(__file__).resolve().parent
METRICS = ("first", "second", "third")
MONTHS = TableSchema(
    name="months",
    doc="Twelve rows of nothing.",
    columns=(Column(name="month", kind="int64"), Column(name="value", kind="float64")),
    key=("month",),
)
_MONTHS = {"month": np.arange(1, 13), "value": np.linspace(0.0, 1.0, 12)}
_SECONDS_PER_LOOP = 4e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class NoopParams(ParamGroup):
    """One number that nobody reads."""

    x: float = param(0.0, unit="none", doc="an axis")


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyParams(ParamGroup):
    """How long to compute."""

    x: float = param(0.0, unit="none", doc="an axis")
    loops: int = param(1000, unit="count", low=1, doc="additions in one run")


def do_nothing(
    params: NoopParams, prepared: None, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Report three constants, and twelve rows when these are asked for."""
    if out.wants(MONTHS.name):
        out.write(MONTHS.name, _MONTHS)
    return Outcome(metrics=dict.fromkeys(METRICS, 1.0))


def compute(
    params: BusyParams, prepared: None, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Add numbers, one by one."""
    return Outcome(metrics=dict.fromkeys(METRICS, float(add_up(params.loops))))


def add_up(loops: int) -> int:
    """Return the sum of the first numbers, found the long way."""
    total = 0
    for number in range(loops):
        total += number
    return total


def _spec(name: str, **rest: Any) -> EngineSpec:
    return EngineSpec(
        name=name,
        version="1.0.0",
        horizon=Horizon(unit="periods", default=1, low=1, high=1000),
        metrics=tuple(Metric(name=metric, unit="none") for metric in METRICS),
        example=Example(params={}, horizons=(1, 2)),
        config_dir=HERE / "conf",
        **rest,
    )


NOOP = _spec("noop", params=NoopParams, simulate=do_nothing, tables=(MONTHS,))
BUSY = _spec(
    "busy",
    params=BusyParams,
    simulate=compute,
    tables=(),
    cost=lambda params, horizon: _SECONDS_PER_LOOP * params.loops,
)


def installed(folder: Path) -> Path:
    """Write what makes the two engines an installed package; return the folder for the path."""
    info = folder / "cohortsweep_bench-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cohortsweep-bench\nVersion: 1.0\n")
    names = "".join(f"{name.lower()} = {__name__}:{name}\n" for name in ("NOOP", "BUSY"))
    (info / "entry_points.txt").write_text(f"[cohortsweep.engines]\n{names}")
    return folder
