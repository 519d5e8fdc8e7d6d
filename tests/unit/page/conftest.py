"""Studies for the page's tests, run in a folder of each test; matplotlib is imported before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.backends.backend_svg  # noqa: F401 - changes the environment when first imported
import pytest

from runner import run_study
from runner.results import StudyResults

Make = Callable[..., StudyResults]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that runs a small study of `linear_null` and returns its results."""

    def run(**more: Any) -> StudyResults:
        base = {
            "engine": "linear_null",
            "params.entities": 20,
            "execution": "sequential",
            "paths.outputs": str(tmp_path / "outputs"),
        }
        return run_study({**base, **more})

    return run
