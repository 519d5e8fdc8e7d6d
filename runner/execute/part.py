"""Execute one part: its runs in order, their tables to files, their records to the caller."""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.contract import (
    EngineSpec,
    Outcome,
    StoreError,
    TableSchema,
    replace_leaves,
    table_data,
)
from runner.execute.cut import Part
from runner.execute.limits import RunTimeout, time_limit
from runner.execute.single import RunSpec, engine_spec, run_once
from runner.execute.sink import PartSink
from runner.store import PartFile, RunRecord
from runner.store.folder import METRICS
from runner.store.metrics_table import METRICS_SCHEMA, metric_columns, metrics_hash
from runner.store.parts import PartWriter

_TRACEBACK_LINES = 40
_LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to give up on a run, or on the part: seconds per run, failed runs in the part."""

    timeout_s: float | None = None
    most_failures: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartResult:
    """What a part came to: one record per run that ended, and the files written, by table."""

    part_id: str
    records: list[RunRecord]
    files: Mapping[str, PartFile]


def execute_part(
    part: Part, folder: Path, limits: Limits, *, before_run: Callable[[], None]
) -> PartResult:
    """Run a part's runs and store their tables below `folder`.

    A run that raises or takes too long becomes a record; `before_run` is called ahead of each run
    and of the final write. Errors of storage are not caught: they lose the part, never a number.
    """
    spec = engine_spec(part.engine)
    schemas = _schemas(spec, part)
    wanted = {name: schema for name, schema in schemas.items() if name in part.tables}
    records: list[RunRecord] = []
    with PartWriter(folder, part.part_id, {**wanted, METRICS: METRICS_SCHEMA}) as writer:
        sink = PartSink(schemas, part.tables, writer)
        for run in part.runs:
            before_run()
            records.append(_execute_run(spec, run, writer, sink, limits.timeout_s))
            failures = sum(record.status != "done" for record in records)
            if limits.most_failures is not None and failures >= limits.most_failures:
                break
        before_run()
        files = writer.close()
    return PartResult(part_id=part.part_id, records=records, files=files)


def _schemas(spec: EngineSpec, part: Part) -> Mapping[str, TableSchema]:
    """Return the tables of the part's parameter sets; later cells may add tables."""
    found: dict[str, TableSchema] = {}
    seen: set[int] = set()
    for run in part.runs:
        if id(run.cell) not in seen:
            seen.add(id(run.cell))
            found |= spec.table_schemas(replace_leaves(run.cell.params, run.drawn))
    return found


def _execute_run(
    spec: EngineSpec, run: RunSpec, writer: PartWriter, sink: PartSink, timeout_s: float | None
) -> RunRecord:
    taken = _Stopwatch()
    writer.begin(run.run_id)
    try:
        with time_limit(timeout_s):
            outcome = run_once(spec, run, sink)
        writer.write(METRICS, table_data(METRICS_SCHEMA, metric_columns(outcome.metrics)))
    except StoreError:
        raise
    except BaseException as error:  # whatever an engine raises is its outcome
        if _is_from_the_keyboard(error):
            raise
        writer.drop()
        return _failed(run, error, taken)
    hashes = writer.keep()
    return _done(run, outcome, hashes, taken)


class _Stopwatch:
    """Seconds since it was made: on the clock, and of work in this thread, to the microsecond."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.thread_time()

    @property
    def seconds(self) -> float:
        return round(time.perf_counter() - self._began[0], 6)

    @property
    def cpu_seconds(self) -> float:
        return round(time.thread_time() - self._began[1], 6)


def _done(run: RunSpec, outcome: Outcome, hashes: dict[str, str], taken: _Stopwatch) -> RunRecord:
    return RunRecord(
        run_id=run.run_id,
        status="done",
        seconds=taken.seconds,
        cpu_seconds=taken.cpu_seconds,
        metrics_hash=metrics_hash(outcome.metrics),
        tables={name: value for name, value in hashes.items() if name != METRICS},
        failed_checks={
            name: _stored_text(text) for name, text in outcome.checks.items() if text is not None
        },
        warnings=[_stored_text(text) for text in outcome.warnings],
    )


def _failed(run: RunSpec, error: BaseException, taken: _Stopwatch) -> RunRecord:
    lines = "".join(traceback.format_exception(error)).splitlines()[-_TRACEBACK_LINES:]
    return RunRecord(
        run_id=run.run_id,
        status="timeout" if isinstance(error, RunTimeout) else "failed",
        seconds=taken.seconds,
        cpu_seconds=taken.cpu_seconds,
        error_type=type(error).__name__,
        error=_stored_text(_message(error)),
        traceback="\n".join(_stored_text(line) for line in lines),
    )


def _is_from_the_keyboard(error: BaseException) -> bool:
    """Tell Ctrl-C from an engine's own KeyboardInterrupt: only this process's user may stop it."""
    is_main = threading.current_thread() is threading.main_thread()
    is_open = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    return isinstance(error, KeyboardInterrupt) and is_main and is_open


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an engine's exception may be broken itself
        return "(the exception has no text: its __str__ fails)"


def _stored_text(text: str) -> str:
    """Return a text that every file format takes, its middle left out when it is huge."""
    if len(text) > _LONGEST_TEXT:
        half = _LONGEST_TEXT // 2
        text = f"{text[:half]} [...] {text[-half:]}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
