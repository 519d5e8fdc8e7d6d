"""A space maps coordinates to allowed values and back, whatever the coordinates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.calibrate.space import Dimension, Space

UNIT = st.floats(0, 1)
KINDS = [
    Dimension(path="a", low=-3, high=7),
    Dimension(path="a", low=0.01, high=100, scale="log"),
    Dimension(path="a", low=2, high=5, step=0.25),
    Dimension(path="a", low=1, high=9, step=2, is_whole=True),
    Dimension(path="a", low=1, high=64, step=1, is_whole=True, scale="log"),
]


@pytest.mark.parametrize("dimension", KINDS, ids=lambda d: f"{d.scale} {d.step}")
@given(x=UNIT, y=UNIT)
def test_values_lie_in_their_range_and_never_fall(dimension: Dimension, x: float, y: float) -> None:
    low, high = sorted((x, y))
    first, last = dimension.value(low), dimension.value(high)
    assert dimension.low <= first <= last <= dimension.high
    if dimension.step is not None:
        ticks = (first - dimension.low) / dimension.step
        assert ticks == pytest.approx(round(ticks), abs=1e-9)


@pytest.mark.parametrize("dimension", KINDS, ids=lambda d: f"{d.scale} {d.step}")
@given(x=UNIT)
def test_a_value_has_a_coordinate_that_gives_it_back(dimension: Dimension, x: float) -> None:
    value = dimension.value(x)
    again = dimension.value(dimension.coordinate(value))
    assert again == pytest.approx(value, rel=1e-10, abs=1e-10)


def test_both_ends_of_every_range_can_be_reached() -> None:
    assert [(d.value(0.0), d.value(1.0)) for d in KINDS] == [(d.low, d.high) for d in KINDS]


def test_the_middle_of_a_log_range_is_the_geometric_mean() -> None:
    assert Dimension(path="a", low=1, high=100, scale="log").value(0.5) == pytest.approx(10)


def test_listed_values_have_equal_pieces_of_the_coordinate() -> None:
    listed = Dimension(path="a", values=("x", "y", "z"))
    assert [listed.value(x) for x in (0.0, 0.3, 0.34, 0.66, 0.67, 1.0)] == list("xxyyzz")
    assert [listed.value(listed.coordinate(v)) for v in "xyz"] == list("xyz")


MIX = Space(
    dimensions=(
        Dimension(path="m.a.share", low=0.1, high=0.9, mix="m"),
        Dimension(path="m.b.share", low=0.05, high=1.0, mix="m"),
        Dimension(path="m.c.share", low=0.0, high=0.5, mix="m", step=0.05),
    )
)


@given(u=st.tuples(UNIT, UNIT, UNIT))
def test_every_point_of_the_box_is_a_mix(u: tuple[float, float, float]) -> None:
    for values in (MIX.values(u), MIX.local_values(np.array(u))):
        assert all(d.low <= values[d.path] <= d.high for d in MIX.dimensions)
        assert math.fsum(values.values()) <= 1 + 1e-9


def test_even_coordinates_give_even_mixes() -> None:
    space = Space(dimensions=tuple(Dimension(path=f"m.{name}.share", mix="m") for name in "abc"))
    grid = (np.arange(20) + 0.5) / 20
    shares = [
        list(space.values(u).values())
        for u in np.stack(np.meshgrid(grid, grid, grid), -1).reshape(-1, 3)
    ]
    assert np.mean(shares, axis=0) == pytest.approx([0.25] * 3, abs=0.005)  # Dirichlet(1, 1, 1, 1)


def test_a_mix_has_no_coordinates_of_the_search_to_start_from() -> None:
    assert MIX.search_coordinates({d.path: 0.1 for d in MIX.dimensions}) is None
