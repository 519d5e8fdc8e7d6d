"""Measure speed and memory: `python -m engines.idle_rpg.tests.benchmark`.

One process, one thread, default parameters, 90 days, draws included.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from typing import Any

from engines.idle_rpg import ENGINE
from engines.idle_rpg.params import Params
from engines.idle_rpg.tests.support import params
from runner.contract import TableSchema, table_data
from runner.draws import DrawSource

HORIZON = 90
WANTED_RATE = 300_000  # active agent-days per CPU-second
WANTED_SMALL = 0.8  # CPU-seconds for 5,000 agents
WANTED_GIB = 1.5
REFERENCE_RATE = 1_089  # agent-days per CPU-second of the reference system
_KIB_PER_GIB = 2**20


class CountingSink:
    """Checks and counts what is written, and keeps nothing."""

    def __init__(self, schemas: Mapping[str, TableSchema], *, wants_all: bool) -> None:
        self._schemas, self._wants_all = schemas, wants_all
        self.rows = dict.fromkeys(schemas, 0)

    def wants(self, table: str) -> bool:
        """Ask for everything or nothing."""
        return self._wants_all

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Convert the columns as the runner does, and forget them."""
        data = table_data(self._schemas[table], columns)
        self.rows[table] += len(next(iter(data.values())))


def measured(given: Params, *, wants_all: bool, replicate: int = 0) -> tuple[float, float, int]:
    """Return CPU seconds, active agent-days and rows written of one run."""
    sink = CountingSink(ENGINE.table_schemas(given), wants_all=wants_all)
    draws = DrawSource(seed=1).for_run(replicate, ENGINE.streams)
    start = time.process_time()
    rules = ENGINE.prepare(given, {}, HORIZON)
    outcome = ENGINE.simulate(given, rules, draws, HORIZON, sink)
    spent = time.process_time() - start
    days = outcome.metrics["active_agent_days"]
    return spent, float(days) if isinstance(days, int) else 0.0, sum(sink.rows.values())


def sized(agents: int) -> Params:
    """Return default parameters with another number of agents."""
    return params({"population.n_agents": agents})


def best(agents: int, repeats: int) -> tuple[float, float]:
    """Return CPU seconds and active agent-days of the quickest of some runs, metrics only."""
    runs = [measured(sized(agents), wants_all=False, replicate=r) for r in range(repeats)]
    seconds, days, _ = min(runs)
    return seconds, days


def main() -> None:
    """Print the measurements beside what is wanted."""
    best(500, 1)
    seconds, days = best(5_000, 5)
    print(f"5,000 agents, metrics only: {seconds:.2f} CPU s (wanted <= {WANTED_SMALL})")
    seconds, days = best(100_000, 3)
    rate = days / seconds
    print(
        f"100,000 agents, metrics only: {seconds:.2f} CPU s, {rate:,.0f} active agent-days per "
        f"CPU s (wanted >= {WANTED_RATE:,}; reference system {REFERENCE_RATE:,})"
    )
    seconds, days, rows = measured(sized(50_000), wants_all=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_GIB
    print(
        f"50,000 agents, all tables: {seconds:.2f} CPU s, {rows:,} rows, peak {peak:.2f} GiB in "
        f"the process so far (wanted < {WANTED_GIB})"
    )


if __name__ == "__main__":
    main()
