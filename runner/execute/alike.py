"""Tell whether another process would compute the same numbers: versions, processor, code."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runner.execute.single import engine_spec
from runner.store.environment import environment_record

_MOST_NAMED = 4
_NO_CODE = frozenset({"tests", "__pycache__"})


@functools.cache
def facts_of_this_process(engine: str) -> dict[str, Any]:
    """Return what decides the bits of this engine's numbers here.

    Remembered from the first call on, which is when the engine is loaded: files that change later
    are not what this process computes with.
    """
    spec, record = engine_spec(engine), environment_record()
    return {
        "python": f"{record['implementation']} {record['python']}",
        "machine": record["machine"],
        "packages": record["packages"],
        "features": record["numpy_cpu_features"],
        "engine version": spec.version,
        "files of the runner": _digest(_files("runner", only_python=True)),
        f"files of engine {engine}": _digest(engine_files(engine)),
    }


def differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between the facts of this process and those of another."""
    found = []
    for name, mine in here.items():
        other = there.get(name)
        if mine == other:
            continue
        if name == "packages":
            found += _of_packages(mine, other or {})
        elif name == "features":
            found.append(_of_features(mine, other or ()))
        elif name.startswith("files"):
            found.append(f"other {name}")
        else:
            found.append(f"{name} {other} instead of {mine}")
    return found


def _of_packages(mine: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    names = sorted({*mine, *other})
    return [
        f"{name} {other.get(name) or 'missing'} instead of {mine.get(name) or 'none'}"
        for name in names
        if mine.get(name) != other.get(name)
    ]


def _of_features(mine: Iterable[str], other: Iterable[str]) -> str:
    mine, other = set(mine), set(other)
    less, more = sorted(mine - other), sorted(other - mine)
    told = [f"without {_some(less)}"] if less else []
    told += [f"with {_some(more)}"] if more else []
    return f"NumPy's CPU features: {', '.join(told)}"


def _some(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return " ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def engine_files(engine: str, *, only_python: bool = False) -> list[tuple[str, Path]]:
    """Return the files of the package an engine's parameters are defined in, with their places.

    A module that belongs to no package stands alone. Tests, pages and compiled code are left out.
    """
    module = engine_spec(engine).params.__module__
    spec = importlib.util.find_spec(module)
    if spec is not None and spec.submodule_search_locations is None:
        parent = module.rpartition(".")[0]
        if not parent:
            return [(module, Path(spec.origin))] if spec.origin else []
        module = parent
    return _files(module, only_python=only_python)


def _files(package: str, *, only_python: bool) -> list[tuple[str, Path]]:
    spec = importlib.util.find_spec(package)
    found = {}
    for folder in (spec.submodule_search_locations if spec else None) or ():
        for file in Path(folder).rglob("*.py" if only_python else "*"):
            place = file.relative_to(folder)
            is_other = file.suffix in {".pyc", ".md"} or not _NO_CODE.isdisjoint(place.parts)
            if file.is_file() and not is_other:
                found[place.as_posix()] = file
    return sorted(found.items())


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    hasher = hashlib.blake2b(digest_size=16)
    for place, file in files:
        content = file.read_bytes()
        hasher.update(f"{place} {len(content)}\n".encode())
        hasher.update(content)
    return hasher.hexdigest()
