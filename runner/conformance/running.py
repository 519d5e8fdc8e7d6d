"""Run an engine's example in this process, everything in memory."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from runner.conformance.memory import MemorySink, Table
from runner.contract import EngineError, EngineSpec, Outcome, ParamGroup, Problem, build_params
from runner.draws import DrawSource

SEED = 20240229


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one run returned and wrote."""

    outcome: Outcome
    tables: Mapping[str, Table]


def example_params(spec: EngineSpec, overrides: Mapping[str, Any] | None = None) -> ParamGroup:
    """Return the example's parameters, with further overrides by path.

    Raises:
        EngineError: the engine refuses them.
    """
    params, problems = try_params(spec, overrides)
    if params is None:
        found = "; ".join(str(problem) for problem in problems)
        raise EngineError(f"engine {spec.name} refuses its example: {found}")
    return params


def try_params(
    spec: EngineSpec, overrides: Mapping[str, Any] | None = None
) -> tuple[ParamGroup | None, list[Problem]]:
    """Return the example's parameters with overrides by path, and what is wrong with them."""
    return build_params(spec.params, _nested({**spec.example.params, **(overrides or {})}))


def _nested(by_path: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in by_path.items():
        *parents, last = path.split(".")
        node = tree
        for name in parents:
            below = node.get(name)
            node[name] = node = dict(below) if isinstance(below, Mapping) else {}
        node[last] = value
    return tree


def prepare_engine(spec: EngineSpec, params: ParamGroup, horizon: int) -> Any:
    """Return what the engine prepares, its input files found beside it or where they are."""
    files = {path: _found(spec, Path(name)) for path, name in spec.files(params).items()}
    return spec.prepare(params, files, horizon)


def _found(spec: EngineSpec, file: Path) -> Path:
    folder = None if file.exists() else module_folder(spec)
    return file if folder is None else folder / file


def run_engine(  # noqa: PLR0913 - one keyword per thing that may vary between two runs
    spec: EngineSpec,
    params: ParamGroup,
    horizon: int,
    *,
    replicate: int = 0,
    seed: int = SEED,
    collect: Collection[str] | None = None,
    prepared: Any = None,
) -> Ran:
    """Return one run; `collect` names the tables to keep, None = all; warnings are errors.

    `prepared` is what `prepare_engine` returned for these parameters; None prepares afresh.
    """
    sink = MemorySink(spec.table_schemas(params), collect)
    draws = DrawSource(seed=seed).for_run(replicate, spec.streams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ready = prepare_engine(spec, params, horizon) if prepared is None else prepared
        outcome = spec.simulate(params, ready, draws, horizon, sink)
    return Ran(outcome=outcome, tables=sink.tables())


def engine_module(spec: EngineSpec) -> tuple[str, str] | None:
    """Return the module and attribute under which the manifest can be imported again."""
    homes = [
        (name, attribute)
        for name, module in sorted(sys.modules.items())
        for attribute, value in list(getattr(module, "__dict__", {}).items())
        if value is spec and name != "__main__"
    ]
    declared = spec.params.__module__
    homes.sort(key=lambda home: (not f"{declared}.".startswith(f"{home[0]}."), home[1] != "ENGINE"))
    return homes[0] if homes else None


def engine_modules(spec: EngineSpec) -> list[ModuleType]:
    """Return the loaded modules of the engine's package, its tests left out."""
    home = engine_module(spec)
    package = home[0] if home else spec.params.__module__
    return [
        module
        for name, module in sorted(sys.modules.items())
        if (name == package or name.startswith(f"{package}."))
        and not name.startswith(f"{package}.tests")
    ]


def module_folder(spec: EngineSpec) -> Path | None:
    """Return the folder of the engine's package."""
    modules = engine_modules(spec)
    source = getattr(modules[0], "__file__", None) if modules else None
    return Path(source).parent if source else None
