"""Record the environment that can change the last bits of a number."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_PACKAGES = (
    "cohortsweep", "hydra-core", "joblib", "numpy", "omegaconf", "pandas", "pyarrow", "scipy",
)  # fmt: skip


@cache
def environment_record() -> dict[str, Any]:
    """Return Python, packages, NumPy's CPU features, platform and the commit of the code."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "numpy_cpu_features": _cpu_features(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count(),
        "git_commit": _git_commit(),
        "executable": sys.executable,
    }


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
