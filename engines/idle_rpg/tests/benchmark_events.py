"""Measure the event log: `python -m engines.idle_rpg.tests.benchmark_events`.

All tables, default parameters, 90 days, written as a part of a study is: checked, hashed, Parquet
with zstd. One process for each size, so that peaks of memory can be compared.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engines.idle_rpg import ENGINE
from engines.idle_rpg.tests.support import params
from runner.draws import DrawSource
from runner.execute.memory import keep_freed_memory
from runner.execute.sink import PartSink
from runner.store.parts import PartWriter

HORIZON = 90
SIZES = (25_000, 50_000, 100_000)
WANTED_RATE = 1_500_000  # events per CPU-second
WANTED_GIB = 1.5
REFERENCE_RATE = 45_200  # of the reference system
_KIB_PER_GIB = 2**20


class EventCounter(PartSink):
    """Writes tables as a part does, and counts events."""

    events = 0

    def write(self, table: str, columns: object) -> None:
        """Write rows."""
        super().write(table, columns)  # type: ignore[arg-type]
        if table.startswith("event_"):
            self.events += len(columns["event_id"])  # type: ignore[index]


def measure(agents: int, folder: Path) -> tuple[float, int]:
    """Return CPU seconds and events of one run, written into a folder."""
    given = params({"population.n_agents": agents})
    schemas = ENGINE.table_schemas(given)
    draws = DrawSource(seed=1).for_run(0, ENGINE.streams)
    start = time.process_time()
    with PartWriter(folder, "benchmark", schemas) as writer:
        writer.begin("benchmark")
        sink = EventCounter(schemas, schemas, writer)
        ENGINE.simulate(given, ENGINE.prepare(given, {}, HORIZON), draws, HORIZON, sink)
        writer.keep()
        writer.close()
    return time.process_time() - start, sink.events


def report(agents: int) -> None:
    """Print the measurements of one run in this process."""
    keep_freed_memory()  # as every process does that computes runs
    with tempfile.TemporaryDirectory() as folder:
        measure(100, Path(folder) / "first")
        seconds, events = measure(agents, Path(folder) / "then")
        size = sum(file.stat().st_size for file in Path(folder).rglob("event_*/*.parquet"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_GIB
    print(
        f"{agents:,} agents, all tables: {events:,} events, {seconds:.1f} CPU s, "
        f"{events / seconds:,.0f} events per CPU s (wanted >= {WANTED_RATE:,}; reference system "
        f"{REFERENCE_RATE:,}), {size / events:.0f} bytes each, peak {peak:.2f} GiB (wanted < "
        f"{WANTED_GIB})"
    )


def main() -> None:
    """Measure each size in a process of its own, or the size given."""
    if len(sys.argv) > 1:
        report(int(sys.argv[1]))
        return
    for agents in SIZES:
        subprocess.run([sys.executable, "-m", __spec__.name, str(agents)], check=True)


if __name__ == "__main__":
    main()
