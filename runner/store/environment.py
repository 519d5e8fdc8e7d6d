"""Record the environment that can change the last bits of a number."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from runner.draws import are_compiled
from runner.store.folder import write_text
from runner.store.integrity import read_json

ENVIRONMENT = "environment.json"
_DECIDES = ("packages", "numpy_cpu_features", "machine", "python")
_PACKAGES = (
    "cohortsweep", "hydra-core", "joblib", "numpy", "omegaconf", "pandas", "pyarrow", "scipy",
)  # fmt: skip


@cache
def environment_record() -> dict[str, Any]:
    """Return what the runs are computed with: interpreter, packages, machine, commit."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "numpy_cpu_features": _cpu_features(),
        "compiled_draws": are_compiled(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count(),
        "git_commit": _git_commit(),
        "executable": sys.executable,
    }


def record_environment(place: Path) -> None:
    """Write down in a plan's folder where its runs are computed.

    The first environment stays; one that may give other last bits is added under `later`.
    """
    known, now = read_json(place / ENVIRONMENT), environment_record()
    seen = [known, *_later(known)]
    if known and any(_decisive(one) == _decisive(now) for one in seen):
        return
    document = {**known, "later": [*_later(known), now]} if known else now
    write_text(place / ENVIRONMENT, json.dumps(document, indent=2) + "\n")


def same_environment(place: Path) -> bool:
    """Tell whether all runs of a plan were computed in an environment such as this one."""
    known, now = read_json(place / ENVIRONMENT), environment_record()
    return all(_decisive(one) == _decisive(now) for one in (known, *_later(known)))


def _later(known: Mapping[str, Any]) -> list[Any]:
    later = known.get("later")
    return later if isinstance(later, list) else []


def _decisive(environment: Any) -> list[Any]:
    return [environment.get(key) for key in _DECIDES]


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_features() -> list[str]:
    found: Any = np.show_config(mode="dicts")
    extensions = found["SIMD Extensions"]
    return sorted([*extensions.get("baseline", []), *extensions.get("found", [])])


def _git_commit() -> str | None:
    """Return the commit of the folder the code lies in, with `+` when it has changes."""
    here = Path(__file__).resolve().parent
    try:
        commit = _git("rev-parse", "HEAD", folder=here)
        changed = _git("status", "--porcelain", "--untracked-files=no", folder=here)
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+" if changed else commit


def _git(*words: str, folder: Path) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
