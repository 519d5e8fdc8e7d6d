"""Find what a run leaves changed behind it."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import random  # noqa: TID251 - its global state is watched, never used
import tempfile
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from runner.conformance.digest import differing
from runner.conformance.running import Ran, engine_modules, example_params, run_engine
from runner.contract import EngineSpec, ParamGroup, plain_params

_BY_IDENTITY = (type, ModuleType)


def purity_faults(spec: EngineSpec) -> list[str]:
    """Return changed parameters, process state and module state, printed text, written files."""
    params, horizon = example_params(spec), spec.example.horizons[1]
    given, before = repr(plain_params(params)), {**process_state(), **module_state(spec)}
    with _empty_folder() as folder, _captured() as printed:
        run_engine(spec, params, horizon)
        after = {**process_state(), **module_state(spec)}
        written = sorted(os.listdir(folder))
        moved = os.path.realpath(".") != os.path.realpath(folder)
    faults = [f"a run changes {name}" for name in after if after[name] != before.get(name)]
    faults += ["a run changes its parameters"] if repr(plain_params(params)) != given else []
    faults += ["a run changes the working directory"] if moved else []
    faults += [f"a run writes {name} into the working directory" for name in written]
    return faults + (["a run prints to standard output or error"] if printed() else [])


def collection_faults(spec: EngineSpec) -> list[str]:
    """Return metrics that depend on which tables are collected, and tables that do.

    Each table is collected alone in the short run; in the long one none, and every other one.
    """
    params, (short, long) = example_params(spec), spec.example.horizons
    names = list(spec.table_schemas(params))
    alone, some = [[name] for name in names], [[], names[::2], names[1::2]]
    return [
        *_collection_faults(spec, params, short, alone),
        *_collection_faults(spec, params, long, some),
    ]


def _collection_faults(
    spec: EngineSpec, params: ParamGroup, horizon: int, choices: list[list[str]]
) -> list[str]:
    whole, faults = run_engine(spec, params, horizon), []
    for chosen in choices:
        part = run_engine(spec, params, horizon, collect=chosen)
        expected = Ran(outcome=whole.outcome, tables={name: whole.tables[name] for name in chosen})
        label = f"only {', '.join(chosen)} is" if chosen else "no table is"
        faults += [f"{what} differs when {label} collected" for what in differing(expected, part)]
        faults += [
            f"check {name} differs when {label} collected"
            for name, text in part.outcome.checks.items()
            if text != whole.outcome.checks.get(name, text)
        ]
    return faults


def process_state() -> dict[str, object]:
    """Return what a run could change for the rest of the process."""
    return {
        "numpy's global random state": repr(np.random.get_state()),  # noqa: TID251
        "Python's global random state": random.getstate(),
        "os.environ": dict(os.environ),
        "numpy's error settings": np.geterr(),
        "warning filters": list(warnings.filters),
    }


def module_state(spec: EngineSpec) -> dict[str, object]:
    """Return the data held by the engine's modules and their classes."""
    found: dict[str, object] = {}
    for module in engine_modules(spec):
        for name, value in _data(module):
            found[f"{module.__name__}.{name}"] = _fingerprint(value)
            if isinstance(value, type) and value.__module__ == module.__name__:
                inside = {f"{module.__name__}.{name}.{n}": _fingerprint(v) for n, v in _data(value)}
                found.update(inside)
    return found


def _data(holder: Any) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in list(vars(holder).items()) if name[:2] != "__")


def _fingerprint(value: Any) -> object:
    if isinstance(value, _BY_IDENTITY) or callable(value):
        return id(value)
    try:
        return pickle.dumps(value)
    except Exception:
        return id(value)


@contextlib.contextmanager
def _empty_folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield folder


@contextlib.contextmanager
def _captured() -> Iterator[Any]:
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        yield text.getvalue
