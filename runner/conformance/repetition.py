"""Find runs that do not give the same bytes twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from runner.conformance.digest import differing, run_digest
from runner.conformance.running import (
    engine_module,
    example_params,
    prepare_engine,
    run_engine,
)
from runner.contract import EngineError, EngineSpec, build_params, plain_params

_OTHER_HASH_SEEDS = ("101", "202")


def repetition_faults(spec: EngineSpec) -> list[str]:
    """Return what differs between equal runs in this process, other runs in between.

    All runs share one prepared value, as they do in a study.
    """
    params, (short, horizon) = example_params(spec), spec.example.horizons
    prepared = prepare_engine(spec, params, horizon)
    first = run_engine(spec, params, horizon, prepared=prepared)
    run_engine(spec, params, horizon, replicate=1, prepared=prepared)
    run_engine(spec, params, short)
    again = run_engine(spec, params, horizon, prepared=prepared)
    afresh = run_engine(spec, params, horizon)
    return [
        *(f"{what} differs when the run is repeated" for what in differing(first, again)),
        *(f"{what} differs when prepared afresh" for what in differing(again, afresh)),
    ]


def no_op_faults(spec: EngineSpec) -> list[str]:
    """Return what differs between the control and an arm that changes nothing."""
    params, horizon = example_params(spec), spec.example.horizons[1]
    arm, problems = build_params(spec.params, plain_params(params))
    if arm is None:
        return [f"its own values are refused: {problem}" for problem in problems]
    control, changed = run_engine(spec, params, horizon), run_engine(spec, arm, horizon)
    return [f"{what} differs in an arm without changes" for what in differing(control, changed)]


def replicate_faults(spec: EngineSpec) -> list[str]:
    """Return a fault when an engine that draws gives the same numbers in every replicate."""
    if not spec.streams:
        return []
    params, horizon = example_params(spec), spec.example.horizons[1]
    first = run_engine(spec, params, horizon)
    faults = []
    if not differing(first, run_engine(spec, params, horizon, replicate=1)):
        faults.append("replicates 0 and 1 give the same numbers, though streams are declared")
    if not differing(first, run_engine(spec, params, horizon, seed=7)):
        faults.append("two seeds give the same numbers, though streams are declared")
    return faults


def fresh_process_faults(spec: EngineSpec, folder: Path) -> list[str]:
    """Return a fault when another process, hash seed or working directory changes the numbers.

    Raises:
        EngineError: the manifest is no attribute of an importable module, or the process fails.
    """
    home = engine_module(spec)
    if home is None:
        raise EngineError(f"engine {spec.name}: the manifest must be a module's attribute")
    here = run_digest(run_engine(spec, example_params(spec), spec.example.horizons[1]))
    there = _digest_elsewhere(home, folder)
    return [] if here == there else ["another process and PYTHONHASHSEED give other numbers"]


def _digest_elsewhere(home: tuple[str, str], folder: Path) -> str:
    seeds = [seed for seed in _OTHER_HASH_SEEDS if seed != os.environ.get("PYTHONHASHSEED")]
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    done = subprocess.run(
        [sys.executable, "-m", "runner.conformance.elsewhere", *home],
        capture_output=True, text=True, check=False, cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": seeds[0], "PYTHONPATH": path},
    )  # fmt: skip
    if done.returncode != 0:
        raise EngineError(f"a fresh process cannot run {home[0]}:\n{done.stderr}")
    return done.stdout.strip()
