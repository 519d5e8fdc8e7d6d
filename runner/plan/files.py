"""Open and hash the input files that a parameter set names."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from runner.contract import EngineSpec, ParamGroup, Problem


def input_files(
    spec: EngineSpec, params: ParamGroup, launch_dir: Path
) -> tuple[dict[str, str], dict[str, str], list[Problem]]:
    """Return absolute paths and SHA-256 digests by parameter path, and unreadable files."""
    paths, digests, problems = {}, {}, []
    for path, name in spec.files(params).items():
        file = launch_dir / name
        try:
            digests[path] = file_digest(file)
            paths[path] = str(file)
        except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
            reason = getattr(error, "strerror", None) or error
            allowed = f"must be a readable file ({reason}); looked at {file}"
            problems.append(Problem(f"params.{path}", name, allowed))
    return paths, digests, problems


def file_digest(file: Path) -> str:
    """Return the SHA-256 of a file's content, remembered while the file is unchanged.

    Raises:
        OSError: the file cannot be read.
    """
    status = os.stat(file)
    return _digest(str(file), status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _digest(file: str, size: int, changed_ns: int) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def as_paths(files: Mapping[str, str]) -> dict[str, Path]:
    """Return the files as paths, the form in which engines get them."""
    return {path: Path(file) for path, file in files.items()}
