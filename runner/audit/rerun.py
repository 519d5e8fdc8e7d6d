"""Compute any one run again: compare it with the ledger, and export its tables."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from runner.audit.export import export_tables, formats_of
from runner.contract import ConfigError, EngineSpec, Problem, StoreError, nearest, replace_leaves
from runner.execute import RunSpec, distinct_runs, recompute
from runner.registry import load_engine
from runner.resume import replanned
from runner.store import Ledger, RunRecord, StudyFolder
from runner.store.folder import METRICS, RUN_ID
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
    `<table>.parquet`, or by the engine's exporter of that name, ids spelled as text.

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
        files = {name: Path(scratch) / name / "again.parquet" for name in wanted}
        params = replace_leaves(run.cell.params, run.drawn)
        exported = export_tables(spec, params, files, export, file_format) if export else []
    return RerunResult(
        study=place.parent.parent.name,
        folder=place,
        record=result.records[0],
        metrics=metrics.drop(columns=RUN_ID),
        agrees=None if stored is None else same_content(stored.record, result.records[0]),
        exported=tuple(exported),
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
        raise StoreError(_not_found(outputs, run_id))
    if len(found) > 1:
        some = ", ".join(sorted(found)[:4])
        raise StoreError(f"run '{run_id}' is ambiguous ({some}, ...); give more of its digits")
    full_id, place = next(iter(found.items()))
    return place, full_id


def _not_found(outputs: Path, run_id: str) -> str:
    for file in sorted(outputs.glob("*/runs/ledger.jsonl")) if run_id else ():
        if any(known.startswith(run_id) for known in Ledger(file).read()):
            study = file.parent.parent.name
            return (
                f"run '{run_id}' of study {study} belongs to no plan that can be read: `resume` "
                "writes a damaged plan again; for a calibration's trial, `run` with its values "
                "from trials.csv makes a plan"
            )
    return f"no run '{run_id}' in the plans below {outputs.absolute()}; plan.parquet lists run ids"


def _wanted(spec: EngineSpec, run: RunSpec, tables: str, file_format: str) -> tuple[str, ...]:
    known = spec.table_schemas(run.cell.params)
    formats = formats_of(spec)
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
