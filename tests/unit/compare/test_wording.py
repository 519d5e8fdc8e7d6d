"""Sentences: what they say, and that nobody wins while zero is in the interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runner.compare.wording import amounts, finding_text, targets_text
from tests.unit.compare.support import planned, row

NAMED = ("better", "worse")


def told(**changes: Any) -> str:
    row = {
        "arm": "short", "metric": "d7_retention", "unit": "fraction", "method": "paired", "n": 40,
        "difference": 0.012, "ci_low": 0.0041, "ci_high": 0.0199, "finding": "better",
        "reason": pd.NA,
    }  # fmt: skip
    return finding_text({**row, **changes}, 0.95)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "short: d7_retention 0.012 higher (95 % 0.004 to 0.020), better"),
        ({"finding": "higher"}, "short: d7_retention 0.012 higher (95 % 0.004 to 0.020)"),
        (
            {"difference": -1234.5, "ci_low": -1500.0, "ci_high": -969.0, "finding": "worse",
             "unit": "EUR"},
            "short: d7_retention 1,234 EUR lower (95 % 969 to 1,500), worse",
        ),
        (
            {"ci_low": -0.002, "ci_high": 0.026, "finding": "no_difference_shown"},
            "short: d7_retention no difference shown "
            "(difference 0.012, 95 % -0.002 to 0.026)",
        ),
        (
            {"finding": "no_difference_shown"},
            "short: d7_retention no difference shown (difference 0.012, 95 % 0.004 to 0.020): "
            "not sure enough beside the other arms (Holm)",
        ),
        (
            {"finding": "no_difference_shown", "method": "percentile", "n": 38},
            "short: d7_retention no difference shown (difference 0.012, 95 % 0.004 to 0.020): "
            "38 resamples cannot make sure, 39 are needed",
        ),
        (
            {"finding": "no_difference_shown", "method": "exact", "n": 3, "ci_low": 0.012,
             "ci_high": 0.012},
            "short: d7_retention no difference shown (difference 0.01200, 95 % 0.01200 to "
            "0.01200): 3 equal differences may be luck, 6 are needed",
        ),
        ({"finding": "same"}, "short: d7_retention the same in every replicate"),
        (
            {"finding": "not_compared", "reason": "one replicate: no interval"},
            "short: d7_retention not compared: one replicate: no interval",
        ),
    ],
)  # fmt: skip
def test_sentences(changes: dict[str, Any], text: str) -> None:
    assert told(**changes) == text


def test_digits_follow_the_interval() -> None:
    assert amounts([0.012, 0.0041, 0.0199]) == ["0.012", "0.004", "0.020"]
    assert amounts([1234567.0, 1200000.0, 1270000.0]) == ["1,234,567", "1,200,000", "1,270,000"]
    assert amounts([0.0, -0.0001, 0.0]) == ["0.00000", "-0.00010", "0.00000"]
    assert amounts([0.0, 0.0, 0.0]) == ["0", "0", "0"]
    assert amounts([3e-15, 1e-15, 5e-15]) == ["3e-15", "1e-15", "5e-15"]


def test_targets() -> None:
    row = {"noninferior": "pass", "equivalent": pd.NA, "replicates_needed": 1234, "n": 40}
    assert targets_text(row) == (
        "not inferior: pass; 1,234 replicates for the wanted width, 40 so far"
    )
    assert targets_text({**row, "noninferior": pd.NA, "n": 1234}) == "as narrow as wanted"


STUDY = planned(design={"replicates": 7}, compare={"resamples": 0})
VALUES = st.lists(st.floats(-100, 100, allow_nan=False, width=32), min_size=21, max_size=21).map(
    np.array
)


@settings(max_examples=80, deadline=None)
@given(VALUES, st.sampled_from(["mean_outcome", "trend_outcome"]))
def test_no_winner_while_zero_is_in_the_interval(values: NDArray[np.float64], metric: str) -> None:
    cells = values.reshape(3, 7)
    found = STUDY.compare({(c, metric): cells[c] for c in range(3)})
    for arm in ("short", "long"):
        one = row(found, arm, metric)
        text = finding_text(one, 0.95)
        if one["ci_low"] <= 0 <= one["ci_high"] or not one["p_holm"] < 0.05:
            assert one["finding"] in ("no_difference_shown", "same")
            assert not any(word in text for word in (*NAMED, "higher", "lower"))
        else:
            assert ("higher" in text) == (one["difference"] > 0)
            assert (one["finding"] in NAMED) == (metric == "mean_outcome")
