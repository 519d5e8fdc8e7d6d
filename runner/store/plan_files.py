"""Write down a plan before its first run: what will run, under what names, in which environment."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from runner.config import Study
from runner.contract import shown
from runner.plan import Plan
from runner.store.environment import environment_record
from runner.store.folder import StudyFolder, replacing, write_text

DRAWS_HEADER = (
    "scope", "variable_id", "path", "grid_index", "replicate_index", "draw_value",
)  # fmt: skip


def write_plan(folder: StudyFolder, study: Study, plan: Plan) -> Path:
    """Write the plan's folder and point `latest` at it; return the folder."""
    place = folder.plan(plan.plan_id)
    place.mkdir(parents=True, exist_ok=True)
    write_text(place / "study.yaml", _yaml(dict(study.document)))
    write_text(place / "invocation.yaml", _yaml(_invocation(study, folder)))
    write_text(place / "environment.json", json.dumps(environment_record(), indent=2) + "\n")
    write_text(place / "variable_draws.csv", _draws_csv(plan))
    with replacing(place / "plan.parquet") as temporary:
        pq.write_table(plan_table(plan), temporary, compression="zstd")
    folder.point_latest(plan.plan_id)
    return place


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _invocation(study: Study, folder: StudyFolder) -> dict[str, Any]:
    execution = study.execution
    return {
        "command": ["python", "-m", "runner", *sys.argv[1:]],
        "overrides": list(study.words),
        "working_directory": str(Path.cwd()),
        "execution": {
            "backend": execution.backend,
            "n_jobs": execution.n_jobs,
            "part_runs": execution.part_runs,
        },
        "paths": {"outputs": str(folder.root.parent)},
    }


def plan_table(plan: Plan) -> pa.Table:
    """Return one row per (cell, replicate), with its axes and drawn variables as columns."""
    replicates, cells = plan.replicates, plan.cells
    columns: dict[str, pa.Array] = {
        "run_id": pa.array(plan.run_ids, pa.string()),
        "grid_index": pa.array(_repeated([c.grid_index for c in cells], replicates), pa.int64()),
        "cell_id": _dictionary([c.cell_id for c in cells], replicates),
        "arm": _dictionary([c.arm for c in cells], replicates),
        "replicate_index": pa.array(list(range(replicates)) * len(cells), pa.int64()),
    }
    for key in plan.axes:
        columns[key] = _level_column([c.levels[key] for c in cells], replicates)
    for path in dict.fromkeys(v.path for c in cells for v in c.drawn):
        columns[f"params.{path}"] = _drawn_column(plan, path)
    return pa.table(columns).replace_schema_metadata({"plan_id": plan.plan_id})


def _repeated(values: list[Any], times: int) -> list[Any]:
    return [value for value in values for _ in range(times)]


def _dictionary(values: list[str | None], times: int) -> pa.Array:
    return pa.array(_repeated(values, times), pa.string()).dictionary_encode()


def _level_column(levels: list[Any], times: int) -> pa.Array:
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in levels):
        kind = pa.int64() if all(isinstance(v, int) for v in levels) else pa.float64()
        return pa.array(_repeated(levels, times), kind)
    return _dictionary([shown(level) for level in levels], times)


def _drawn_column(plan: Plan, path: str) -> pa.Array:
    values: list[Any] = []
    for cell in plan.cells:
        mine = next((v.values for v in cell.drawn if v.path == path), None)
        values += [None] * plan.replicates if mine is None else mine
    is_text = any(isinstance(value, str) for value in values)
    return pa.array(values, pa.string() if is_text else pa.float64())


def _draws_csv(plan: Plan) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(DRAWS_HEADER)
    for cell in plan.cells:
        for variable in cell.drawn:
            label = (variable.scope, variable.variable_id, variable.path, cell.grid_index)
            writer.writerows(
                (*label, replicate, value) for replicate, value in enumerate(variable.values)
            )
    return text.getvalue()
