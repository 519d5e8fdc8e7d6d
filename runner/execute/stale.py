"""Keep worker processes between studies only while they would import the same code."""

from __future__ import annotations

import hashlib
import os
import sys

from runner.execute.alike import engine_files

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
    found = [file for _, file in engine_files(engine, only_python=True)]
    files = [f"{f}:{f.stat().st_mtime_ns}:{f.stat().st_size}" for f in found]
    paths = [os.path.abspath(entry) for entry in sys.path]
    facts = [*paths, os.environ.get("PYTHONPATH", ""), *files]
    return hashlib.blake2b("\n".join(facts).encode(errors="replace")).hexdigest()
