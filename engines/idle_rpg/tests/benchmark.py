"""Measure speed without tables: `python -m engines.idle_rpg.tests.benchmark`.

One process, one thread, default parameters, 90 days, draws included; `benchmark_events` has the
event log.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from engines.idle_rpg import ENGINE
from engines.idle_rpg.params import Params
from engines.idle_rpg.tests.support import params
from runner.draws import DrawSource
from runner.execute.memory import keep_freed_memory

HORIZON = 90
WANTED_RATE = 300_000  # active agent-days per CPU-second
WANTED_SMALL = 0.8  # CPU-seconds for 5,000 agents
REFERENCE_RATE = 1_089  # agent-days per CPU-second of the reference system


class NoTables:
    """Asks for no table."""

    def wants(self, table: str) -> bool:
        """Ask for nothing."""
        return False

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Take nothing."""


def measured(given: Params, replicate: int = 0) -> tuple[float, float]:
    """Return CPU seconds and active agent-days of one run, metrics only."""
    draws = DrawSource(seed=1).for_run(replicate, ENGINE.streams)
    start = time.process_time()
    rules = ENGINE.prepare(given, {}, HORIZON)
    outcome = ENGINE.simulate(given, rules, draws, HORIZON, NoTables())
    spent = time.process_time() - start
    days = outcome.metrics["active_agent_days"]
    return spent, float(days) if isinstance(days, int) else 0.0


def sized(agents: int) -> Params:
    """Return default parameters with another number of agents."""
    return params({"population.n_agents": agents})


def best(agents: int, repeats: int) -> tuple[float, float]:
    """Return CPU seconds and active agent-days of the quickest of some runs, metrics only."""
    return min(measured(sized(agents), replicate) for replicate in range(repeats))


def main() -> None:
    """Print the measurements beside what is wanted."""
    keep_freed_memory()  # as every process does that computes runs
    best(500, 1)
    seconds, days = best(5_000, 5)
    print(f"5,000 agents, metrics only: {seconds:.2f} CPU s (wanted <= {WANTED_SMALL})")
    seconds, days = best(100_000, 3)
    rate = days / seconds
    print(
        f"100,000 agents, metrics only: {seconds:.2f} CPU s, {rate:,.0f} active agent-days per "
        f"CPU s (wanted >= {WANTED_RATE:,}; reference system {REFERENCE_RATE:,})"
    )


if __name__ == "__main__":
    main()
