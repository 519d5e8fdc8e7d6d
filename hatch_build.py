"""Compile the loops of the random numbers while the package is built, where there is a compiler.

Without one the package works as well, with NumPy's loops instead (`runner/draws/loops.py`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("runner/draws/mixing.c")
MODULE = "runner.draws.mixing"


class CompileLoops(BuildHookInterface):
    """Build the extension into the wheel, or beside its source for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what to pack."""
        self.folder = Path(tempfile.mkdtemp())
        built = compiled(Path(self.root) / SOURCE, self.folder)
        if built is None:
            self.app.display_warning("no C compiler: random numbers are drawn with NumPy alone")
        elif version == "editable":
            place(built, Path(self.root) / SOURCE.parent)
        else:
            build_data["force_include"][str(built)] = f"{SOURCE.parent}/{built.name}"
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what is packed by now."""
        shutil.rmtree(self.folder, ignore_errors=True)


def compiled(source: Path, folder: Path) -> Path | None:
    """Return the compiled extension in a folder, or None without a compiler that works."""
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext
    from setuptools.errors import BaseError, CCompilerError

    flags = ["-O3"] if os.name == "posix" else []
    extension = Extension(MODULE, [str(source)], extra_compile_args=flags)
    command = build_ext(Distribution({"name": "cohortsweep", "ext_modules": [extension]}))
    command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "temp")
    command.ensure_finalized()
    try:
        command.run()
    except (BaseError, CCompilerError, OSError):
        return None
    return Path(command.get_ext_fullpath(MODULE))


def place(built: Path, folder: Path) -> None:
    """Put the extension into a folder at once: processes may have an older one loaded."""
    fresh = folder / f".{built.name}.{os.getpid()}"
    shutil.copyfile(built, fresh)
    fresh.replace(folder / built.name)
