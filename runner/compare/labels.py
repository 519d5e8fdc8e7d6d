"""Name axes by as little of their paths as tells them apart, and their levels as people do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from runner.contract import shown


def short_labels(paths: Sequence[str]) -> dict[str, str]:
    """Return for each dotted path its shortest ending that no other path shares."""
    return {path: _shortest_ending(path, paths) for path in paths}


def _shortest_ending(path: str, paths: Sequence[str]) -> str:
    segments = path.split(".")
    for count in range(1, len(segments)):
        ending = ".".join(segments[-count:])
        if not any(p != path and f".{p}".endswith(f".{ending}") for p in paths):
            return ending
    return path


def level_text(level: Any) -> str:
    """Return a level as people write it."""
    value = plain(level)
    is_number = isinstance(value, float | int) and not isinstance(value, bool)
    return f"{value:.12g}" if is_number else shown(value)


def plain(level: Any) -> Any:
    """Return a level read from a frame as a value of Python, None where there is none."""
    if level is pd.NA:
        return None
    return level.item() if isinstance(level, np.generic) else level
