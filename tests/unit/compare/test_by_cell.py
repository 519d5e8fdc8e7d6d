"""Means over replicates with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from runner.compare import summarise_cells
from runner.registry import load_engine
from tests.unit.plan.planning import plan_of


def metrics(values: dict[int, list[float | None]]) -> pd.DataFrame:
    rows = [(cell, "m", v) for cell, listed in values.items() for v in listed]
    frame = pd.DataFrame(rows, columns=["grid_index", "metric", "value"])
    return frame.astype({"value": "float64"})


def summary(values: dict[int, list[float | None]]) -> pd.DataFrame:
    plan = plan_of(
        design={"grid": {"params.effect": [0, 1.5], "mix": ["heavy"]},
                "arms": {"b": {"params.baseline": 1}}}
    )  # fmt: skip
    return summarise_cells(plan, metrics(values), load_engine(plan.engine))


def test_means_and_t_intervals() -> None:
    row = summary({0: [1.0, 2.0, 3.0]}).iloc[0]
    assert (row["n"], row["mean"], row["sd"]) == (3, 2.0, 1.0)
    # t(0.975, 2) = 4.30265, times 1 / sqrt(3)
    assert row["ci_high"] - 2.0 == pytest.approx(4.302652730 / np.sqrt(3), rel=1e-9)
    assert row["ci_low"] == pytest.approx(4.0 - row["ci_high"])


def test_one_replicate_has_no_interval_and_none_has_no_mean() -> None:
    found = summary({0: [5.0], 1: [None, None], 2: [None, 4.0, 6.0]})
    assert found["n"].tolist() == [1, 0, 2]
    assert found["mean"].tolist()[0] == 5.0
    assert np.isnan(found["ci_low"][0])
    assert np.isnan(found["mean"][1])
    assert found["mean"][2] == 5.0


def test_cells_carry_their_levels() -> None:
    found = summary({0: [1.0], 1: [1.0], 2: [1.0], 3: [1.0]})
    assert found["params.effect"].tolist() == [0.0, 0.0, 1.5, 1.5]
    assert found["mix"].tolist() == ["heavy"] * 4
    assert found["arm"].tolist() == ["control", "b", "control", "b"]
    assert found["cell_id"].is_unique
    assert found["metric"].tolist() == ["m"] * 4
