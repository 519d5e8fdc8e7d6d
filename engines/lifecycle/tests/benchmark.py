"""Measure speed and memory: `python -m engines.lifecycle.tests.benchmark [--stream CUSTOMERS]`.

One process, one thread, default horizon, draws and population included, checks too; CPU time of the
process, best of three after a warm-up. With `--stream` a population is written to Parquet, all
tables, through the runner, and the highest resident memory is told.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engines.lifecycle.motifs import MOTIFS
from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.tests.support import draws_of, params_of, setup_of

PEOPLE, FEW = 10_000, 600
HORIZON = 730
TARGETS = "at least 5.0 and 1.5 million; at most 60 ms; at most 60 bytes"


class Discard:
    """Asks for all tables or none, and keeps nothing."""

    def __init__(self, *, wanted: bool) -> None:
        self.wanted, self.bytes = wanted, 0

    def wants(self, table: str) -> bool:
        return self.wanted

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        self.bytes += sum(column.nbytes for column in columns.values())


def run_once(params: LifecycleParams, *, tables: bool) -> int:
    """Return the customer-weeks of one run, all tables written or none."""
    from engines.lifecycle import ENGINE

    sink = Discard(wanted=tables)
    outcome = ENGINE.simulate(params, setup_of(params, HORIZON), draws_of(), HORIZON, sink)
    weeks = outcome.metrics["customer_weeks"]
    assert isinstance(weeks, int)
    return weeks


def cpu_seconds(params: LifecycleParams, *, tables: bool) -> tuple[float, int]:
    """Return the CPU seconds of the fastest of three runs, and its customer-weeks."""
    weeks, seconds = run_once(params, tables=tables), []
    for _ in range(3):
        start = time.process_time()
        run_once(params, tables=tables)
        seconds.append(time.process_time() - start)
    return min(seconds), weeks


def peak_bytes_per_week(params: LifecycleParams) -> float:
    """Return the peak of traced memory per customer-week while all tables are written."""
    run_once(params_of(n=10), tables=True)
    tracemalloc.start()
    weeks = run_once(params, tables=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / weeks


def stream(customers: int) -> None:
    """Write all tables of a large population to Parquet and print time and memory."""
    from runner.study import run_study  # late: the other measurements need none of it

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        results = run_study(
            {
                "engine": "lifecycle",
                "collect": "all",
                "tracking": "none",
                "execution": "sequential",
                "paths": {"outputs": folder},
                "params": {"population": {"n_customers": customers}},
            }
        )
        seconds = time.process_time() - start
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet"))
        weeks = results.metrics.query("metric == 'customer_weeks'")["value"].iloc[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(
        f"{customers:,} customers, {weeks:,.0f} customer-weeks: {seconds:.0f} CPU-s, "
        f"{weeks / seconds / 1e6:.2f} million/CPU-s, {size / 1e6:,.0f} MB of Parquet, "
        f"{peak / 1024:.0f} MiB at most ({before / 1024:.0f} MiB before)\n"
    )


def main(words: list[str]) -> None:
    """Print a line for each motif, or stream one population."""
    if words[:1] == ["--stream"]:
        stream(int(words[1]))
        return
    sys.stdout.write(f"million customer-weeks per CPU-second, n = {PEOPLE:,} ({TARGETS})\n")
    for motif in MOTIFS:
        params = params_of({"motif": motif}, n=PEOPLE)
        (bare, weeks), (full, _) = (cpu_seconds(params, tables=t) for t in (False, True))
        small, _ = cpu_seconds(params_of({"motif": motif}, n=FEW), tables=False)
        memory = peak_bytes_per_week(params)
        sys.stdout.write(
            f"{motif:28} metrics only {weeks / bare / 1e6:5.2f}   all tables "
            f"{weeks / full / 1e6:5.2f}   n = {FEW}: {1000 * small:.0f} ms   "
            f"memory {memory:.0f} bytes per customer-week\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
