"""A study given as data may hold what notebooks hold: numpy, pandas, ranges, paths, dates."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from runner.config import Study, compose_study, request_from_mapping
from runner.contract import ConfigError


def study(**more: Any) -> Study:
    return compose_study(request_from_mapping({"engine": "linear_null", **more}))


SAME = {
    "a whole number": ({"horizon": np.int64(3)}, {"horizon": 3}),
    "a float32": ({"params.effect": np.float32(0.5)}, {"params.effect": 0.5}),
    "a float64": ({"params": {"effect": np.float64(0.1)}}, {"params": {"effect": 0.1}}),
    "a range": ({"design.grid": {"horizon": range(1, 4)}}, {"design.grid": {"horizon": [1, 2, 3]}}),
    "an array": (
        {"design": {"grid": {"params.effect": np.linspace(0, 1, 3)}}},
        {"design": {"grid": {"params.effect": [0.0, 0.5, 1.0]}}},
    ),
    "a column": (
        {"design.grid": {"horizon": pd.Series([2, 5])}},
        {"design.grid": {"horizon": [2, 5]}},
    ),
    "a tuple": ({"design.grid": {"horizon": (2, 5)}}, {"design.grid": {"horizon": [2, 5]}}),
    "a path": ({"paths.outputs": Path("mine")}, {"paths.outputs": "mine"}),
}


@pytest.mark.parametrize("case", list(SAME))
def test_values_of_numpy_and_python_count_as_what_a_file_would_hold(case: str) -> None:
    given, written = SAME[case]
    assert study(**given) == study(**written)
    assert json.dumps(study(**given).document) == json.dumps(study(**written).document)


def test_dates_are_written_as_text() -> None:
    day = datetime.date(2025, 1, 1)
    for value in (day, np.datetime64("2025-01-01"), pd.Timestamp("2025-01-01").date()):
        found = study(engine="lifecycle", **{"params.window.observation_date": value})
        assert found.document["params"]["window"]["observation_date"] == "2025-01-01"


@pytest.mark.parametrize("value", [["engine"], "engine=taps", 3, None])
def test_what_is_no_mapping_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match="must be a mapping shaped like a study file"):
        request_from_mapping(value)
