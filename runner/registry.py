"""Find engines by name: folders in `engines/` and entry points `cohortsweep.engines`."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
from pathlib import Path

from runner.contract import EngineSpec, RunnerError, nearest

ENTRY_POINTS = "cohortsweep.engines"


class RegistryError(RunnerError):
    """An engine does not exist, or what stands behind its name is no engine."""


def engine_names() -> list[str]:
    """Return the names of all engines, sorted; nothing is imported."""
    return sorted({*_folders(), *_entry_points()})


def load_engine(name: str) -> EngineSpec:
    """Return the manifest of an engine.

    Raises:
        RegistryError: the name is unknown, or its module defines no matching `ENGINE`.
    """
    if name in _folders():
        found = getattr(importlib.import_module(f"engines.{name}"), "ENGINE", None)
        origin = f"engines/{name}/__init__.py"
    elif (entry := _entry_points().get(name)) is not None:
        found, origin = _loaded(entry), f"entry point {entry.value}"
    else:
        known = engine_names()
        hint = nearest(name, known) or f"; known: {', '.join(known)}"
        raise RegistryError(f"unknown engine '{name}'{hint}")
    if not isinstance(found, EngineSpec) or found.name != name:
        raise RegistryError(f"{origin} must define ENGINE, an EngineSpec named '{name}'")
    return found


def _loaded(entry: importlib.metadata.EntryPoint) -> object:
    try:
        return entry.load()
    except Exception as error:  # whatever goes wrong in somebody else's module
        text = f"{type(error).__name__}: {error}"
        raise RegistryError(
            f"engine '{entry.name}' cannot be loaded from {entry.value}: {text}; repair or "
            "uninstall its package"
        ) from error


def _folders() -> list[str]:
    spec = importlib.util.find_spec("engines")
    roots = list(spec.submodule_search_locations or []) if spec else []
    return [
        path.parent.name
        for root in roots
        for path in Path(root).glob("[a-z]*/__init__.py")
    ]  # fmt: skip


def _entry_points() -> dict[str, importlib.metadata.EntryPoint]:
    return {entry.name: entry for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}


def config_dirs() -> list[Path]:
    """Return the configuration folders that installed engine packages bring along.

    A package that cannot be loaded brings none, and does not stop studies of other engines.
    """
    found = []
    for name in sorted(_entry_points()):
        with contextlib.suppress(RegistryError):
            folder = load_engine(name).config_dir
            if folder is not None:
                found.append(folder)
    return found
