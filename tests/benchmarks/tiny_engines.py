"""Engines to measure the runner with: one does nothing, one only computes, one only writes.

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
    Trajectory,
    param,
)
from tests.benchmarks.peers.work import add_up

HERE = Path(__file__).resolve().parent
METRICS = ("first", "second", "third")
MONTHS = TableSchema(
    name="months",
    doc="Twelve rows of nothing.",
    columns=(Column(name="month", kind="int64"), Column(name="value", kind="float64")),
    key=("month",),
)
_MONTHS = {"month": np.arange(1, 13), "value": np.linspace(0.0, 1.0, 12)}
STEPS = TableSchema(
    name="steps",
    doc="One row per step.",
    columns=(Column(name="step", kind="int64"), Column(name="value", kind="float64")),
    key=("step",),
)
_BATCH = 100_000
_SECONDS_PER_LOOP = 4e-8
_SECONDS_PER_ROW = 2e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class NoopParams(ParamGroup):
    """One number that nobody reads."""

    x: float = param(0.0, unit="none", doc="an axis")


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyParams(ParamGroup):
    """How long to compute."""

    x: float = param(0.0, unit="none", doc="an axis")
    loops: int = param(1000, unit="count", low=1, doc="additions in one run")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsParams(ParamGroup):
    """How long a table to write."""

    x: float = param(0.0, unit="none", doc="an axis")
    rows: int = param(1000, unit="count", low=1, doc="rows of the table of one run")


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


def fill(params: RowsParams, prepared: None, draws: Draws, horizon: int, out: TableSink) -> Outcome:
    """Write a table as long as asked for, in batches; numbers that repeat, so disks bear them."""
    total = 0.0
    for start in range(0, params.rows, _BATCH):
        steps = np.arange(start, min(start + _BATCH, params.rows))
        values = np.round((steps % 997) * 0.001 + params.x, 3)
        total += float(values.sum())
        if out.wants(STEPS.name):
            out.write(STEPS.name, {"step": steps, "value": values})
    return Outcome(metrics=dict.fromkeys(METRICS, total))


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
ROWS = _spec(
    "rows",
    params=RowsParams,
    simulate=fill,
    tables=(STEPS,),
    trajectories=(Trajectory(table=STEPS.name, period="step", values=("value",)),),
    cost=lambda params, horizon: _SECONDS_PER_ROW * params.rows,
)


def installed(folder: Path) -> Path:
    """Write what makes the engines an installed package; return the folder for the path."""
    info = folder / "cohortsweep_bench-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cohortsweep-bench\nVersion: 1.0\n")
    names = "".join(f"{name.lower()} = {__name__}:{name}\n" for name in ("NOOP", "BUSY", "ROWS"))
    (info / "entry_points.txt").write_text(f"[cohortsweep.engines]\n{names}")
    return folder
