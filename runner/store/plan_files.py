"""Write down a plan before its first run: what will run, under what names, in which environment."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from runner.config import Study
from runner.config.saved import study_from_data, study_to_data
from runner.contract import StoreError, UnstoredError, shown
from runner.plan import Plan
from runner.store.arrow import categories, floats, integers, texts
from runner.store.environment import ENVIRONMENT, record_environment
from runner.store.folder import MC_INDEX, StudyFolder, replacing, write_text
from runner.store.integrity import CHANGED, SUMS, UNLISTED, read_json, wrong_checksums
from runner.store.spreadsheet import as_cell

DRAWS_HEADER = (
    "scope", "variable_id", "path", "grid_index", "replicate_index", "draw_value",
)  # fmt: skip


_DERIVED = ("study.yaml", "variable_draws.csv", "plan.parquet")
_PROVENANCE = ("invocation.yaml", ENVIRONMENT)


def write_plan(folder: StudyFolder, study: Study, plan: Plan, *, preview: bool = False) -> Path:
    """Write the plan's folder and point `latest` at it; return the folder.

    A preview leaves `latest` at a finished plan: results stay where the study's name finds them.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    place = folder.plan(plan.plan_id)
    stays = preview and (folder.latest / SUMS).is_file()
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / SUMS).unlink(missing_ok=True)  # from here on the plan is not finished
        for name, write in _writers(folder, study, plan).items():
            write(place / name)
    except (OSError, UnstoredError) as error:
        raise StoreError(f"{error}; nothing has run: make room or give access") from error
    if not stays:
        folder.point_latest(plan.plan_id)
    return place


def restore_plan(folder: StudyFolder, study: Study, plan: Plan) -> tuple[str, ...]:
    """Write a plan's files anew where they are damaged or missing; return remarks on them.

    Raises:
        UnstoredError: the disk is full, or the folder cannot be written.
    """
    place = folder.plan(plan.plan_id)
    wrong = wrong_checksums(place)
    damaged = sorted(name for name, what in wrong.items() if name != SUMS and what != UNLISTED)
    for name, write in _writers(folder, study, plan).items():
        is_doubtful = SUMS in wrong and name in _DERIVED
        if name in damaged or is_doubtful or not (place / name).is_file():
            (place / name).unlink(missing_ok=True)
            write(place / name)
    if not damaged:
        return ()
    lost = [name for name in damaged if name in _PROVENANCE]
    note = f" ({', '.join(lost)}: as of now)" if lost else ""
    return (f"damaged files of the plan, written anew: {', '.join(damaged)}{note}",)


def _writers(folder: StudyFolder, study: Study, plan: Plan) -> dict[str, Callable[[Path], None]]:
    """Return what writes each file of a plan."""
    return {
        "study.yaml": lambda f: write_text(f, _yaml({**study.document, **_inputs(plan)})),
        "study.json": lambda f: write_text(f, json.dumps(study_to_data(study), indent=1) + "\n"),
        "invocation.yaml": lambda f: write_text(f, _yaml(_invocation(study, folder))),
        ENVIRONMENT: lambda f: _first_environment(f),
        "variable_draws.csv": lambda f: write_text(f, _draws_csv(plan)),
        "plan.parquet": lambda f: _write_plan_table(plan, f),
    }


def _first_environment(file: Path) -> None:
    if not read_json(file):
        record_environment(file.parent)


def _write_plan_table(plan: Plan, file: Path) -> None:
    with replacing(file) as temporary:
        pq.write_table(plan_table(plan), temporary, compression="zstd", write_page_checksum=True)


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _invocation(study: Study, folder: StudyFolder) -> dict[str, Any]:
    return {
        "command": ["python", "-m", "runner", *sys.argv[1:]],
        "overrides": list(study.words),
        "working_directory": str(Path.cwd()),
        "execution": asdict(study.execution),
        "paths": {"outputs": str(folder.root.parent)},
    }


def _inputs(plan: Plan) -> dict[str, Any]:
    """Return the input files of the plan's cells with their hashes, if there are any."""
    found = {
        file: {"parameter": f"params.{path}", "sha256": cell.digests[path]}
        for cell in plan.cells
        for path, file in cell.files.items()
    }
    return {"inputs": found} if found else {}


def saved_study(place: Path) -> Study:
    """Return the study of a plan that was written down, with its folder where it now lies.

    Raises:
        StoreError: the plan's folder is incomplete or damaged.
    """
    file = place / "study.json"
    again = "run the study again with its run command (invocation.yaml): results are kept"
    try:
        study = study_from_data(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{file} cannot be read ({error}); {again}") from error
    if wrong_checksums(place).get(file.name) == CHANGED:
        raise StoreError(f"{file} is damaged: {CHANGED}; {again}")
    return replace(study, name=place.parent.parent.name, outputs=place.parent.parent.parent)


def plan_table(plan: Plan) -> pa.Table:
    """Return one row per planned run, with its axes and drawn variables as columns."""
    each, cells = plan.replicates * plan.mc, plan.cells
    columns: dict[str, pa.Array] = {
        "run_id": texts(plan.run_ids),
        "grid_index": integers(_repeated([c.grid_index for c in cells], each)),
        "cell_id": _dictionary([c.cell_id for c in cells], each),
        "arm": _dictionary([c.arm for c in cells], each),
        "replicate_index": integers([r for r, _ in plan.repeats] * len(cells)),
    }
    if plan.mc > 1:
        columns[MC_INDEX] = integers([mc for _, mc in plan.repeats] * len(cells))
    for key in plan.axes:
        columns[key] = _level_column([c.levels[key] for c in cells], each)
    for path in dict.fromkeys(v.path for c in cells for v in c.drawn):
        name = f"params.{path}"  # an axis over the centre of a draw keeps its own column
        columns[f"{name}.drawn" if name in columns else name] = _drawn_column(plan, path)
    return pa.table(columns).replace_schema_metadata({"plan_id": plan.plan_id})


def _repeated(values: list[Any], times: int) -> list[Any]:
    return [value for value in values for _ in range(times)]


def _dictionary(values: list[str | None], times: int) -> pa.Array:
    return categories(_repeated(values, times))


def _level_column(levels: list[Any], times: int) -> pa.Array:
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in levels):
        column = integers if all(isinstance(v, int) for v in levels) else floats
        return column(_repeated(levels, times))
    return _dictionary([shown(level) for level in levels], times)


def _drawn_column(plan: Plan, path: str) -> pa.Array:
    values: list[Any] = []
    for cell in plan.cells:
        mine = next((v.values for v in cell.drawn if v.path == path), None)
        values += _repeated([None] * plan.replicates if mine is None else list(mine), plan.mc)
    is_text = any(isinstance(value, str) for value in values)
    return texts(values) if is_text else floats(values)


def _draws_csv(plan: Plan) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(DRAWS_HEADER)
    for cell in plan.cells:
        for variable in cell.drawn:
            label = (variable.scope, variable.variable_id, variable.path, cell.grid_index)
            values = enumerate(map(as_cell, variable.values))
            writer.writerows((*label, replicate, value) for replicate, value in values)
    return text.getvalue()
