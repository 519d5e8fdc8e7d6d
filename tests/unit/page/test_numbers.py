from __future__ import annotations

import math

import pandas as pd
import pytest

from runner.page.numbers import interval, number, percent, with_unit
from runner.page.source import spread


@pytest.mark.parametrize(
    ("value", "near", "text"),
    [
        (11859.4, 2165.0, "11,859"),
        (0.123456, 0.0123, "0.123"),
        (-3.0, None, "−3"),
        (-0.001, 12.0, "0"),
        (10.7612345, None, "10.76"),
        (12911.4, 1e-13, "12,911"),
        (0.3, None, "0.3"),
        (1e-14, 1e-15, "1e−14"),
        (math.nan, None, "–"),
        (pd.NA, None, "–"),
        (None, None, "–"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(
    value: object, near: float | None, text: str
) -> None:
    assert number(value, near) == text


def test_intervals_shares_and_units() -> None:
    assert interval(-0.0123, 0.0456) == "−0.012 to 0.046"
    assert interval(2.0, 2.0) == "no spread"
    assert interval(math.nan, 1.0) == "–"
    assert percent(-0.305, 1) == "−30.5 %"
    assert with_unit("3", "EUR") == "3 EUR"
    assert with_unit("–", "EUR") == "–"


def test_what_is_left_out_is_spread_over_the_plan() -> None:
    assert spread(3, 6) == [0, 1, 2]
    assert spread(100, 3) == [0, 50, 99]
