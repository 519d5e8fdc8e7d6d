"""Keep worker processes between studies only while they would import the same code."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from pathlib import Path

from runner.execute.single import engine_spec

_SEEN: dict[str, str] = {}


def leave_stale_workers(engine: str) -> None:
    """End idle workers when the import path or the engine's files have changed.

    Workers outlive a study so that the next one in a notebook starts at once; one that had
    imported an engine before it was edited would go on computing with the old code.
    """
    stamp = _stamp(engine)
    if _SEEN and _SEEN.get("stamp") != stamp:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)
    _SEEN["stamp"] = stamp


def _stamp(engine: str) -> str:
    files = [f"{f}:{f.stat().st_mtime_ns}:{f.stat().st_size}" for f in _engine_files(engine)]
    paths = [os.path.abspath(entry) for entry in sys.path]
    facts = [*paths, os.environ.get("PYTHONPATH", ""), *files]
    return hashlib.blake2b("\n".join(facts).encode(errors="replace")).hexdigest()


def _engine_files(engine: str) -> list[Path]:
    package = engine_spec(engine).params.__module__.rpartition(".")[0]
    found = importlib.util.find_spec(package) if package else None
    folders = found.submodule_search_locations if found else None
    return sorted(f for folder in folders or () for f in Path(folder).rglob("*.py"))
