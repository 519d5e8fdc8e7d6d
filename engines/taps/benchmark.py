"""Measure runs per CPU-second and memory: `python -m engines.taps.benchmark`.

One process, one thread, 18 months, both taps, all tables except `cohorts`, checks and metrics.
Time inside draws is left out: numbers are generated before the clock starts. `prepare` counts
whenever parameters change from run to run.
"""

from __future__ import annotations

import math
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.taps import ENGINE
from engines.taps.model import Prepared, prepare, simulate
from engines.taps.params import VARIABLES, TapsParams, monthly_block
from runner.contract import (
    Distribution,
    Entities,
    Floats,
    Outcome,
    Steps,
    as_distribution_name,
    replace_leaves,
)

HORIZON = 18
WARM_UP, MEASURED = 500, 5000
REPLAYED = 64
REFERENCE = (236, 275)  # jobs per CPU-second of the reference system, compute only
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0

Case = tuple[TapsParams, Prepared | None]


@dataclass(frozen=True, slots=True)
class ReplayedDraws:
    """Uniforms made beforehand, by stream: float64 (horizon,)."""

    replicate: int
    uniforms: Mapping[str, Floats]

    def uniform(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return the uniforms of a stream."""
        return self.uniforms[stream]

    def uniform_rows(
        self, streams: tuple[str, ...], *, steps: NDArray[np.integer], entities: Entities
    ) -> Floats:
        """Refuse: this engine asks for one stream at a time."""
        raise NotImplementedError

    def normal(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Refuse: this engine asks for uniforms only."""
        raise NotImplementedError

    def exponential(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Refuse: this engine asks for uniforms only."""
        raise NotImplementedError

    def poisson(
        self, stream: str, mean: float | Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Refuse: this engine asks for uniforms only."""
        raise NotImplementedError

    def choice(
        self, stream: str, weights: Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Refuse: this engine asks for uniforms only."""
        raise NotImplementedError


@dataclass(slots=True)
class Sink:
    """Holds the tables of one run, all but the cohorts."""

    written: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def wants(self, table: str) -> bool:
        """Ask for every table except `cohorts`."""
        return table != "cohorts"

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Keep what was written."""
        self.written.append((table, columns))


def replayed_draws() -> list[ReplayedDraws]:
    """Return the draws of 64 replicates, evenly spread over [0, 1)."""
    months = np.arange(1, HORIZON + 1)
    return [
        ReplayedDraws(
            replicate,
            {
                stream: _spread(months + HORIZON * (replicate + REPLAYED * place))
                for place, stream in enumerate(ENGINE.streams)
            },
        )
        for replicate in range(REPLAYED)
    ]


def _spread(places: NDArray[np.integer]) -> Floats:
    return np.asarray((_GOLDEN * places) % 1.0, dtype=np.float64)


def with_spreads(params: TapsParams) -> TapsParams:
    """Return the parameters with a spread for every variable, a fifth of its centre."""
    spreads = {
        f"{scope}.{variable.sd}": 0.2 * getattr(getattr(params, scope), variable.centre)
        for scope, variables in VARIABLES.items()
        for variable in variables
    }
    return replace_leaves(params, spreads)


def default_cases() -> Iterator[Case]:
    """Give the default configuration again and again, prepared once."""
    params = TapsParams()
    ready = prepare(params, {}, HORIZON)
    while True:
        yield params, ready


def random_cases() -> Iterator[Case]:
    """Give all seven variables redrawn per replicate, each run to be prepared anew."""
    params = with_spreads(TapsParams())
    drawn = [_redrawn(params, replicate) for replicate in range(WARM_UP)]
    while True:
        for replicate_params in drawn:
            yield replicate_params, None


def _redrawn(params: TapsParams, replicate: int) -> TapsParams:
    values: dict[str, float] = {}
    for scope, variables in VARIABLES.items():
        tap = getattr(params, scope)
        for variable in variables:
            block = monthly_block(tap, variable)
            rule = Distribution(
                name="normal",
                low=block.min,
                high=block.max,
                centre=getattr(tap, variable.centre),
                sd=getattr(tap, variable.sd),
                step=block.step,
            )
            uniform = _GOLDEN * (replicate * len(ENGINE.streams) + len(values) + 1) % 1.0
            values[f"{scope}.{variable.centre}"] = rule.value(uniform)
    return replace_leaves(params, values)


def monthly_cases(distribution: str) -> Iterator[Case]:
    """Give all seven monthly blocks switched on, prepared once."""
    assert as_distribution_name(distribution)  # noqa: S101 - a slip in this file
    on = {
        f"{s}.monthly.{v.name}.distribution": distribution for s in VARIABLES for v in VARIABLES[s]
    }
    params = replace_leaves(with_spreads(TapsParams()), on)
    ready = prepare(params, {}, HORIZON)
    while True:
        yield params, ready


def run_once(case: Case, draws: ReplayedDraws) -> tuple[Outcome, Sink]:
    """Return one run's outcome and tables."""
    params, ready = case
    sink = Sink()
    ready = ready or prepare(params, {}, HORIZON)
    return simulate(params, ready, draws, HORIZON, sink), sink


def runs_per_second(cases: Iterator[Case], draws: Sequence[ReplayedDraws]) -> float:
    """Return runs per CPU-second over 5,000 runs, after 500 to warm up."""
    for index in range(WARM_UP):
        run_once(next(cases), draws[index % REPLAYED])
    start = time.process_time()
    for index in range(MEASURED):
        run_once(next(cases), draws[index % REPLAYED])
    return MEASURED / (time.process_time() - start)


def traced_growth(cases: Iterator[Case], draws: Sequence[ReplayedDraws]) -> int:
    """Return bytes held after 10,000 runs beyond those held after 1,000."""
    tracemalloc.start()
    held = []
    for count in (1_000, 9_000):
        for index in range(count):
            run_once(next(cases), draws[index % REPLAYED])
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return held[1] - held[0]


def written_bytes(case: Case, draws: ReplayedDraws) -> int:
    """Return the size of one run's tables in columns of eight bytes, texts and flags included."""
    _, sink = run_once(case, draws)
    return sum(np.asarray(column).nbytes for _, table in sink.written for column in table.values())


CASES: Mapping[str, tuple[Callable[[], Iterator[Case]], int]] = {
    "default configuration": (default_cases, 3000),
    "seven variables per replicate": (random_cases, 3000),
    "seven monthly blocks, uniform": (lambda: monthly_cases("uniform"), 2000),
    "seven monthly blocks, lognormal": (lambda: monthly_cases("lognormal"), 2000),
}


def main() -> None:
    """Print speed and memory of each case."""
    draws = replayed_draws()
    for name, (cases, target) in CASES.items():
        rate = runs_per_second(cases(), draws)
        ratio = f"{rate / REFERENCE[1]:.0f} to {rate / REFERENCE[0]:.0f} times the reference"
        sys.stdout.write(f"{name:34} {rate:7.0f} runs/CPU-s (at least {target}; {ratio})\n")
    growth = traced_growth(monthly_cases("uniform"), draws)
    size = written_bytes(next(monthly_cases("uniform")), draws[0])
    sys.stdout.write(f"memory from 1,000 to 10,000 runs: {growth:+,} bytes (at most 1,000,000)\n")
    sys.stdout.write(f"written per run: {size:,} bytes (at most 64,000)\n")


if __name__ == "__main__":
    main()
