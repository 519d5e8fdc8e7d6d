"""Compute any one run again: compare it with the ledger, and export its tables."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from runner.contract import ConfigError, EngineSpec, Problem, StoreError, nearest
from runner.execute import RunSpec, distinct_runs, recompute
from runner.registry import load_engine
from runner.resume import replanned
from runner.store import Ledger, RunRecord, StudyFolder
from runner.store.folder import METRICS
from runner.store.parts import RUN_ID
from runner.store.planned import planned_runs

_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunResult:
    """One run computed again.

    `agrees` tells whether metrics and stored tables are what the ledger holds, None when it holds
    nothing; `exported` lists the files written.
    """

    study: str
    folder: Path
    record: RunRecord
    metrics: pd.DataFrame
    agrees: bool | None
    exported: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the run as plain data."""
        rows = self.metrics.astype(object).where(self.metrics.notna(), None)
        return {
            "study": self.study,
            "folder": str(self.folder),
            "run_id": self.record.run_id,
            "status": self.record.status,
            "error": self.record.error,
            "metrics_hash": self.record.metrics_hash,
            "agrees": self.agrees,
            "metrics": {r["metric"]: r["value"] for r in rows.to_dict("records")},
            "exported": [str(file) for file in self.exported],
        }


def rerun(
    outputs: Path,
    run_id: str,
    *,
    tables: str = "",
    export: Path | None = None,
    file_format: str = "csv",
) -> RerunResult:
    """Compute a run again, named by its id or the beginning of it.

    `tables` lists tables by comma, or `all`; they are written to `export` as `<table>.csv`,
    `<table>.parquet`, or by the engine's exporter of that name.

    Raises:
        StoreError: no plan in `outputs` has such a run, or several have.
        ConfigError: a table or format is unknown.
        PlanError: the engine or an input file has changed since.
    """
    place, full_id = find_run(outputs, run_id)
    _, plan = replanned(place)
    spec = load_engine(plan.engine)
    run = next(r for r in distinct_runs(plan) if r.run_id == full_id)
    stored = Ledger(StudyFolder(root=place.parent.parent).ledger_file).read().get(full_id)
    wanted = _wanted(spec, run, tables or (_ALL if export else ""), file_format)
    known = tuple(stored.record.tables) if stored else ()
    with tempfile.TemporaryDirectory() as scratch:
        asked = tuple(dict.fromkeys((*wanted, *known)))
        result = recompute(plan.engine, [run], asked, Path(scratch))
        metrics = pd.read_parquet(Path(scratch) / METRICS / "again.parquet")
        files = _export(spec, Path(scratch), wanted, export, file_format) if export else ()
    return RerunResult(
        study=place.parent.parent.name,
        folder=place,
        record=result.records[0],
        metrics=metrics.drop(columns=RUN_ID),
        agrees=None if stored is None else same_content(stored.record, result.records[0]),
        exported=tuple(files),
    )


def same_content(stored: RunRecord, again: RunRecord) -> bool:
    """Tell whether a run computed again has the metrics and tables of the stored record."""
    tables = {name: again.tables.get(name) for name in stored.tables}
    return (stored.status, stored.metrics_hash, stored.tables) == (
        again.status, again.metrics_hash, tables,
    )  # fmt: skip


def find_run(outputs: Path, run_id: str) -> tuple[Path, str]:
    """Return the plan folder and full id of the run whose id begins with `run_id`.

    Raises:
        StoreError: there is none, or there are several.
    """
    found: dict[str, Path] = {}
    plans = sorted(outputs.glob("*/plans/*/plan.parquet"), key=lambda f: f.stat().st_mtime)
    for file in plans:
        try:
            _, ids = planned_runs(file.parent)
        except StoreError:  # that plan is damaged; the run may be in another
            continue
        found |= {i: file.parent for i in ids if i.startswith(run_id)}
    if not found or not run_id:
        raise StoreError(
            f"no run '{run_id}' in the plans below {outputs.absolute()}; plan.parquet lists run ids"
        )
    if len(found) > 1:
        some = ", ".join(sorted(found)[:4])
        raise StoreError(f"run '{run_id}' is ambiguous ({some}, ...); give more of its digits")
    full_id, place = next(iter(found.items()))
    return place, full_id


def _wanted(spec: EngineSpec, run: RunSpec, tables: str, file_format: str) -> tuple[str, ...]:
    known = spec.table_schemas(run.cell.params)
    formats = ("parquet", "csv", *spec.exports)
    problems = []
    if file_format not in formats:
        allowed = f"must be one of {', '.join(formats)}{nearest(file_format, formats)}"
        problems.append(Problem("--format", file_format, allowed))
    names = tuple(known) if tables == _ALL else tuple(t for t in tables.split(",") if t)
    problems += [
        Problem("--tables", name, f"is no table of {spec.name}: {', '.join(known)}")
        for name in names
        if name not in known
    ]
    if problems:
        raise ConfigError(problems)
    return names


def _export(
    spec: EngineSpec, scratch: Path, tables: Iterable[str], folder: Path, file_format: str
) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file_format in spec.exports:
            before = set(folder.rglob("*"))
            spec.exports[file_format](_columns(scratch, tables), folder)
            return sorted(f for f in set(folder.rglob("*")) - before if f.is_file())
        return [_export_table(scratch, name, folder, file_format) for name in tables]
    except OSError as error:
        raise StoreError(f"cannot export to {folder}: {error.strerror or error}") from error


def _columns(scratch: Path, tables: Iterable[str]) -> Mapping[str, Mapping[str, list[Any]]]:
    return {name: pa.Table.from_batches(_batches(scratch, name)).to_pydict() for name in tables}


def _export_table(scratch: Path, name: str, folder: Path, file_format: str) -> Path:
    """Write one table without the run's key, row group by row group."""
    target = folder / f"{name}.{file_format}"
    if file_format == "parquet":
        batches = _batches(scratch, name)
        first = next(batches)
        with pq.ParquetWriter(target, first.schema, compression="zstd") as writer:
            for batch in (first, *batches):
                writer.write_batch(batch)
        return target
    with open(target, "w", encoding="utf-8", newline="") as stream:
        for number, batch in enumerate(_batches(scratch, name)):
            frame = batch.to_pandas(integer_object_nulls=True)
            frame.to_csv(stream, index=False, header=number == 0, lineterminator="\n")
    return target


def _batches(scratch: Path, name: str) -> Iterator[pa.RecordBatch]:
    """Yield a recomputed table's rows in order, at least one batch, without the run's key."""
    with pq.ParquetFile(scratch / name / "again.parquet") as file:
        columns = [c for c in file.schema_arrow.names if c != RUN_ID]
        schema = pa.schema([file.schema_arrow.field(c) for c in columns])
        if not file.metadata.num_rows:
            yield pa.RecordBatch.from_pylist([], schema=schema)
        yield from file.iter_batches(columns=columns)
