"""Write the calibrated values as a configuration option, with where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from runner.calibrate.brief import Brief
from runner.calibrate.trial import Trial
from runner.config import Study
from runner.config.tree import Tree, set_path
from runner.contract import StoreError, shown
from runner.store.folder import write_text

GROUP = "calibrated"


def write_fragment(folder: Path, brief: Brief, text: str) -> Path:
    """Write `calibrated/<engine>/<name>.yaml` below a configuration folder; return the file.

    Raises:
        StoreError: the folder cannot be written, or the name is a path.
    """
    study = brief.study
    name = study.calibration.name
    if Path(name).name != name:  # it may come from a study folder of somebody else
        raise StoreError(f"'{name}' cannot be the name of a configuration file")
    file = folder / GROUP / study.engine / f"{name}.yaml"
    try:
        write_text(file, text)
    except OSError as error:
        raise StoreError(f"cannot write {file} ({error})") from error
    return file


def fragment_text(
    brief: Brief, best: Trial, tables: tuple[pd.DataFrame, pd.DataFrame],
    statements: Iterable[str], commit: str,
) -> str:  # fmt: skip
    """Return the option: a header of comments with its provenance, then the parameters alone.

    `tables` are the parameters and the fit. Variables that were declared fixed are part of it: the
    calibrated values hold beside these only.
    """
    parameters, fit = tables
    study, document = brief.study, brief.study.document
    score = "" if best.score is None else f"{best.score.objective:.4g}"
    lines = [
        "# @package _global_",
        f"# Calibrated parameters of engine {study.engine} {document['engine_version']}.",
        f"# calibration {brief.calibration_id}, study {study.name}, seed {brief.seed}, "
        f"horizon {document['horizon']}",
        f"# search {study.calibration.search}, {best.replicates} replicates at the end, "
        f"objective {score}",
        f"# commit {commit}",
        "#",
        "# parameter: value [95 % interval], finding",
        *(f"#   {_parameter_line(row)}" for row in parameters.to_dict("records")),
        *(f"#   {path}: {shown(value)}, fixed" for path, value in _fixed(study).items()),
        *(f"# {sentence}" for sentence in statements),
        "#",
        "# target (role): achieved for observed +- standard error, verdict; source",
        *(f"#   {_target_line(row)}" for row in fit.to_dict("records")),
    ]
    tree: Tree = {}
    for path, value in {**_fixed(study), **best.values}.items():
        set_path(tree, f"params.{path}", value)
    header = "\n".join(" ".join(line.splitlines()) for line in lines)
    return f"{header}\n{yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)}"


def _fixed(study: Study) -> dict[str, Any]:
    fixed = (v for v in study.variables if v.treatment == "fixed" and v.default is not None)
    return {variable.path: variable.default for variable in fixed}


def _parameter_line(row: Mapping[Any, Any]) -> str:
    has_interval = pd.notna(row["low"])
    interval = f" [{row['low']:.6g}, {row['high']:.6g}]" if has_interval else ""
    unit = f" {row['unit']}" if row["unit"] else ""
    return f"{row['path']}: {shown(row['value'])}{interval}{unit}, {row['finding']}"


def _target_line(row: Mapping[Any, Any]) -> str:
    return (
        f"{row['name']} ({row['role']}): {row['achieved']:.6g} for {row['target']:.6g} +- "
        f"{row['target_se']:.3g} {row['unit']}, {row['verdict']}; {row['source']}"
    )
