"""Execute one part: its runs in order, their tables to files, their records to the caller."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from pathlib import Path

from runner.contract import EngineSpec, Outcome, TableSchema, replace_leaves, table_data
from runner.execute.cut import Part
from runner.execute.single import RunSpec, engine_spec, run_once
from runner.execute.sink import PartSink
from runner.store import RunRecord
from runner.store.parts import METRICS, METRICS_SCHEMA, PartWriter, metric_columns, metrics_hash

_TRACEBACK_LINES = 40


def execute_part(part: Part, folder: Path) -> list[RunRecord]:
    """Run a part's runs and store their tables below `folder`; return one record per run.

    A run that raises becomes a failed record. Errors of storage are not caught: they lose the
    part, never a number.
    """
    spec = engine_spec(part.engine)
    schemas = _schemas(spec, part)
    wanted = {name: schema for name, schema in schemas.items() if name in part.tables}
    with PartWriter(folder, part.part_id, {**wanted, METRICS: METRICS_SCHEMA}) as writer:
        sink = PartSink(schemas, part.tables, writer)
        records = [_execute_run(spec, run, writer, sink) for run in part.runs]
        writer.close()
    return records


def _schemas(spec: EngineSpec, part: Part) -> Mapping[str, TableSchema]:
    """Return the tables of the part's parameter sets; later cells may add tables."""
    found: dict[str, TableSchema] = {}
    seen: set[int] = set()
    for run in part.runs:
        if id(run.cell) not in seen:
            seen.add(id(run.cell))
            found |= spec.table_schemas(replace_leaves(run.cell.params, run.drawn))
    return found


def _execute_run(spec: EngineSpec, run: RunSpec, writer: PartWriter, sink: PartSink) -> RunRecord:
    started = time.perf_counter()
    writer.begin(run.run_id)
    try:
        outcome = run_once(spec, run, sink)
        writer.write(METRICS, table_data(METRICS_SCHEMA, metric_columns(outcome.metrics)))
    except Exception as error:  # whatever an engine raises is that run's outcome
        writer.drop()
        return _failed(run, error, time.perf_counter() - started)
    hashes = writer.keep()
    return _done(run, outcome, hashes, time.perf_counter() - started)


def _done(run: RunSpec, outcome: Outcome, hashes: dict[str, str], seconds: float) -> RunRecord:
    return RunRecord(
        run_id=run.run_id,
        status="done",
        seconds=round(seconds, 6),
        metrics_hash=metrics_hash(outcome.metrics),
        tables={name: value for name, value in hashes.items() if name != METRICS},
        failed_checks={name: text for name, text in outcome.checks.items() if text is not None},
        warnings=list(outcome.warnings),
    )


def _failed(run: RunSpec, error: Exception, seconds: float) -> RunRecord:
    lines = "".join(traceback.format_exception(error)).splitlines()
    return RunRecord(
        run_id=run.run_id,
        status="failed",
        seconds=round(seconds, 6),
        error_type=type(error).__name__,
        error=str(error),
        traceback="\n".join(lines[-_TRACEBACK_LINES:]),
    )
