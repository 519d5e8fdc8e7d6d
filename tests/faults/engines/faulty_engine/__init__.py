"""An engine that misbehaves in every way an engine can, in the runs that are told to."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faulty_engine.faults import FAULTS, misbehave
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

EVERY = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(ParamGroup):
    number: int = param(0, low=0, high=1_000_000)
    guilty: int = param(-1, low=EVERY, high=1_000_000)
    fault: str = param("none", choices=FAULTS)
    rows: int = param(3, low=1, high=10_000_000)
    batch: int = param(0, low=0, high=10_000_000)
    seconds: float = param(0.0, low=0, high=3600)
    marker: str = param("")
    input: str = param("")


STEPS = TableSchema(
    name="steps",
    doc="One row per step.",
    columns=(
        Column(name="step", kind="int64"),
        Column(name="value", kind="float64", unit="ratio"),
        Column(name="word", kind="str", nullable=True),
    ),
    key=("step",),
)


def simulate(params: Params, prepared: Any, draws: Draws, horizon: int, out: TableSink) -> Outcome:
    note_begun()
    values = draws.uniform("luck", entities=slice(0, params.rows))
    if out.wants("steps"):
        write_steps(params, values, out)
    time.sleep(params.seconds)
    if is_guilty(params):
        odd = misbehave(params.fault)
        if odd is not None:
            return odd
    return Outcome(metrics={"total": math.fsum(values) + params.number + prepared})


def note_begun() -> None:
    """Add one byte to this process's file below the folder named by FAULTY_BEGUN."""
    folder = os.environ.get("FAULTY_BEGUN")
    if folder:
        with open(Path(folder) / str(os.getpid()), "ab", buffering=0) as stream:
            stream.write(b".")


def write_steps(params: Params, values: Any, out: TableSink) -> None:
    size = params.batch or params.rows
    for start in range(0, params.rows, size):
        steps = np.arange(start, min(start + size, params.rows))
        words = [None if step % 7 == 3 else f"w{step % 5}" for step in steps.tolist()]
        out.write("steps", {"step": steps, "value": values[steps], "word": words})


def is_guilty(params: Params) -> bool:
    if params.guilty not in (params.number, EVERY):
        return False
    if params.marker:
        if Path(params.marker).exists():
            return False
        Path(params.marker).touch()
    return True


def prepare(params: Params, files: Mapping[str, Path], horizon: int) -> float:
    if params.fault == "print":
        print("prepared on standard output", flush=True)
    return float(files["input"].read_text()) if files else 0.0


ENGINE = EngineSpec(
    name="faulty",
    version=os.environ.get("FAULTY_VERSION", "1.0.0"),
    horizon=Horizon(unit="periods", default=1, low=1, high=100),
    params=Params,
    simulate=simulate,
    prepare=prepare,
    files=lambda params: {"input": params.input} if params.input else {},
    metrics=(Metric(name="total", unit="count", doc="sum of the values and the number"),),
    tables=(STEPS,),
    streams=("luck",),
    trajectories=(Trajectory(table="steps", period="step", values=("value",)),),
    cost=lambda params, horizon: 1e-3,
    inert_paths=lambda params: ["batch", "seconds"],
    example=Example(params={}, horizons=(1, 2), population="rows"),
    config_dir=Path(__file__).parent / "conf",
)
