"""Measure objects per CPU-second and memory: `python -m engines.crm.tests.benchmark [RECORDS ...]`.

One process, one thread, scenario b2b, 365 days, no budgets, all tables, metrics and checks; import
and composition are left out, `prepare` counts. Objects are processed contacts, companies, deals
and activities. Written batches are brought into their declared kinds and dropped.
"""

from __future__ import annotations

import resource
import sys
import time
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engines.crm import ENGINE
from engines.crm.params import CrmParams, Volume
from engines.crm.scenario import TouchLimits
from runner.contract import Draws, Outcome, TableSchema, table_data
from runner.draws import DrawSource

HORIZON = 365
REFERENCE = 250_000
_UNLIMITED = TouchLimits(note=None, call=None, task=None, ticket=None)
_OBJECTS = ("contacts", "companies", "deals", "notes", "calls", "tasks", "tickets")


class CountingSink:
    """Takes all tables, checks each batch against its schema, and keeps the number of rows."""

    def __init__(self, schemas: Mapping[str, TableSchema]) -> None:
        self._schemas = schemas
        self.rows = dict.fromkeys(schemas, 0)

    def wants(self, table: str) -> bool:
        """Ask for every table."""
        return True

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Bring a batch into its declared kinds and count its rows."""
        data = table_data(self._schemas[table], columns)
        self.rows[table] += len(next(iter(data.values())))


def reference_params(base_records: int, *, limited: bool = False) -> CrmParams:
    """Return the b2b scenario at a size; without budgets unless `limited`."""
    params = CrmParams(volume=Volume(base_records=base_records))
    if limited:
        return params
    touch = replace(params.scenario.touch, budget=_UNLIMITED)
    return replace(params, scenario=replace(params.scenario, touch=touch))


def run_once(params: CrmParams, draws: Draws) -> Outcome:
    """Return one run with all tables, prepared afresh."""
    sink = CountingSink(ENGINE.table_schemas(params))
    return ENGINE.simulate(params, ENGINE.prepare(params, {}, HORIZON), draws, HORIZON, sink)


def objects(outcome: Outcome) -> int:
    """Return the processed objects of a run."""
    return sum(int(np.asarray(outcome.metrics[name])) for name in _OBJECTS)


def measure(params: CrmParams, draws: Draws, repeats: int) -> tuple[int, float]:
    """Return the objects of one run and the CPU seconds of the fastest of some runs."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        outcome = run_once(params, draws)
        seconds.append(time.process_time() - start)
    return objects(outcome), min(seconds)


def traced_peak(params: CrmParams, draws: Draws) -> int:
    """Return the largest number of bytes that one run holds at once."""
    tracemalloc.start()
    run_once(params, draws)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    """Print speed and memory at the default size, and at the sizes given."""
    draws = DrawSource(seed=1).for_run(0, ENGINE.streams)
    _, seconds = measure(reference_params(2000, limited=True), draws, 30)
    sys.stdout.write(f"default run: {1000 * seconds:.1f} ms CPU (at most 50)\n")
    for size in [int(word) for word in sys.argv[1:]] or [REFERENCE]:
        params = reference_params(size)
        count, seconds = measure(params, draws, 3)
        peak = traced_peak(params, draws) / 1e6
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        sys.stdout.write(
            f"{size:,} base records: {count:,} objects in {seconds:.2f} CPU-s, "
            f"{count / seconds:,.0f} per CPU-second; {peak:,.0f} MB traced at once, "
            f"{peak * 1e6 / count:.0f} bytes per object, {resident:,.0f} MB resident at most\n"
        )


if __name__ == "__main__":
    main()
