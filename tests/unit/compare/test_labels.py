"""Labels tell paths apart, and levels read as in the study file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from runner.compare.labels import level_text, short_labels


def test_labels_are_the_shortest_endings_that_differ() -> None:
    """A shared last segment makes a label longer, for those paths alone."""
    paths = ["params.public_tap.price", "params.private_tap.price", "params.seats"]
    found = short_labels(paths)
    assert list(found.values()) == ["public_tap.price", "private_tap.price", "seats"]


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (np.float64(0.1), "0.1"),
        (12_500, "12500"),
        (0.123456789, "0.123456789"),
        (True, "true"),
        (np.bool_(False), "false"),
        (None, "null"),
        (pd.NA, "null"),
        ("short", "short"),
    ],
)
def test_levels_read_as_in_the_study_file(level: Any, text: str) -> None:
    """Numbers keep what tells them apart, switches are words."""
    assert level_text(level) == text
