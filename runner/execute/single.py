"""Run one run: parameters and draws in, checked outcome out."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.contract import (
    EngineError,
    EngineSpec,
    Null,
    Outcome,
    ParamGroup,
    TableSink,
    replace_leaves,
)
from runner.draws import DrawSource
from runner.plan.files import as_paths, file_digest
from runner.registry import load_engine

_PREPARED_SETS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSpec:
    """What the runs of one cell have in common, as sent to a worker."""

    params: ParamGroup
    horizon: int
    source: DrawSource
    files: Mapping[str, str]
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One run as sent to a worker: its cell, its replicate and its drawn values by path.

    `mc` counts the draws of chance that the same drawn values meet.
    """

    run_id: str
    cell: CellSpec
    replicate: int
    prepare_key: str
    drawn: Mapping[str, Any]
    mc: int = 0


@functools.cache
def engine_spec(name: str) -> EngineSpec:
    """Return an engine's manifest, looked up once per process."""
    return load_engine(name)


def run_once(spec: EngineSpec, run: RunSpec, sink: TableSink) -> Outcome:
    """Simulate one run and check that the engine kept its contract.

    Raises:
        EngineError: a metric is missing, undeclared or not finite, or an input file has changed.
        Exception: whatever the engine itself raises.
    """
    params = replace_leaves(run.cell.params, run.drawn) if run.drawn else run.cell.params
    prepared = _prepared_set(spec, run, params)
    draws = run.cell.source.for_run(run.replicate, spec.streams, run.mc)
    outcome = spec.simulate(params, prepared, draws, run.cell.horizon, sink)
    _check_texts(spec, outcome)
    _check_metrics(spec, params, outcome)
    _check_checks(spec, outcome)
    return outcome


_PREPARED: dict[str, Any] = {}


def _prepared_set(spec: EngineSpec, run: RunSpec, params: ParamGroup) -> Any:
    """Return `prepare`'s result, remembered for the most recent parameter sets of this process."""
    if run.prepare_key not in _PREPARED:
        for path, file in run.cell.files.items():
            if file_digest(as_paths({path: file})[path]) != run.cell.digests[path]:
                raise EngineError(f"input file {file} has changed since the study was planned")
        while len(_PREPARED) >= _PREPARED_SETS:
            _PREPARED.pop(next(iter(_PREPARED)), None)
        made = spec.prepare(params, as_paths(run.cell.files), run.cell.horizon)
        _PREPARED[run.prepare_key] = made
        return made
    return _PREPARED[run.prepare_key]


def _check_texts(spec: EngineSpec, outcome: Any) -> None:
    if not isinstance(outcome, Outcome):
        raise EngineError(f"engine {spec.name} returns {type(outcome).__name__}, not an Outcome")
    for text in (*outcome.warnings, *outcome.checks.values()):
        if not isinstance(text, str | None):
            raise EngineError(
                f"engine {spec.name} gives {type(text).__name__} where a check or warning has text"
            )


def _check_metrics(spec: EngineSpec, params: ParamGroup, outcome: Outcome) -> None:
    declared, given = spec.metric_names(params), outcome.metrics
    if len(given) != len(declared) or any(name not in given for name in declared):
        missing = [name for name in declared if name not in given]
        extra = [name for name in given if name not in set(declared)]
        text = (
            f"misses {', '.join(missing)}" if missing else f"reports undeclared {', '.join(extra)}"
        )
        raise EngineError(f"engine {spec.name} {text} among its metrics")
    for name, value in given.items():
        if not isinstance(value, Null) and not math.isfinite(value):
            raise EngineError(f"metric {name} is {value}; it must be finite, or Null with a reason")


def _check_checks(spec: EngineSpec, outcome: Outcome) -> None:
    unknown = set(outcome.checks) - {check.name for check in spec.checks}
    if unknown:
        raise EngineError(f"engine {spec.name} reports undeclared checks: {', '.join(unknown)}")
