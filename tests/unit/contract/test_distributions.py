"""Inverse distribution functions: the specification's vectors and the edges."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runner.contract import (
    Distribution,
    as_distribution_name,
    lattice,
    normal_cdf,
    quantise,
)

CAC = Distribution(name="normal", centre=50, sd=10, low=5, high=500, step=5)
TOKENS = Distribution(
    name="lognormal", centre=50_000, sd=5_000, low=1_000, high=200_000, step=1_000
)
CHURN = Distribution(name="normal", centre=0.03, sd=0.01, low=0, high=0.5, step=0.005)
NARROW = Distribution(name="normal", centre=50, sd=10, low=40, high=60, step=5)
FLAT = Distribution(name="uniform", low=5, high=500, step=5)

VECTORS: list[tuple[Distribution, float, float, float]] = [
    (CAC, 0.1, 37.184659, 35),
    (CAC, 0.9, 62.815535, 65),
    (NARROW, 0.0, 40.0, 40),
    (NARROW, 0.9, 57.490146, 55),
    (TOKENS, 0.1, 43_781.4997, 44_000),
    (TOKENS, 0.5, 49_751.8595, 50_000),
    (TOKENS, 0.9, 56_536.3804, 57_000),
    (CHURN, 0.25, 0.02328693, 0.025),
]


@pytest.mark.parametrize(("distribution", "u", "continuous", "tick"), VECTORS)
def test_vectors(distribution: Distribution, u: float, continuous: float, tick: float) -> None:
    assert distribution.continuous_at([u])[0] == pytest.approx(continuous, rel=2.2e-7)
    assert distribution.value(u) == tick


@pytest.mark.parametrize(("u", "tick"), [(0.004, 5), (0.006, 10), (0.5, 255), (0.999, 500)])
def test_uniform_vectors(u: float, tick: float) -> None:
    assert FLAT.value(u) == tick


@pytest.mark.parametrize("u", [0.001, 0.1, 0.25, 0.5, 0.9, 0.999])
def test_truncated_normals_invert_the_conditional_distribution_function(u: float) -> None:
    for d in (CAC, NARROW, CHURN):
        x = d.continuous_at([u])[0]
        low, high = normal_cdf((d.low - d.centre) / d.sd), normal_cdf((d.high - d.centre) / d.sd)
        back = (normal_cdf((x - d.centre) / d.sd) - low) / (high - low)
        assert back == pytest.approx(u, rel=1e-9)


QUANTISED = [
    ((0.35, 0.3, 0.9, 0.1), 0.4),
    ((52.5, 5, 500, 5), 55),
    ((52.49, 5, 500, 5), 50),
    ((0.95, 0, 1, 0.3), 0.9),
    ((2, 0, 1, 0.3), 0.9),
    ((-7, 0, 1, 0.3), 0),
    ((3, 0, 1, 5), 0),
    ((4, 4, 4, 1), 4),
]


@pytest.mark.parametrize(("arguments", "tick"), QUANTISED)
def test_quantise(arguments: tuple[float, float, float, float], tick: float) -> None:
    assert quantise(*arguments) == tick


def test_end_ticks_of_a_uniform_lattice_have_half_the_weight() -> None:
    d = Distribution(name="uniform", low=0, high=1, step=0.25)
    values = d.values_at([(i + 0.5) / 800 for i in range(800)])
    assert [values.count(tick) for tick in (0, 0.25, 0.5, 0.75, 1)] == [100, 200, 200, 200, 100]


EDGES: list[tuple[str, dict[str, Any]]] = [
    ("far above", {"name": "normal", "centre": 50, "sd": 1, "low": 80, "high": 90}),
    ("far below", {"name": "normal", "centre": 50, "sd": 1, "low": 1, "high": 9}),
    ("a point", {"name": "normal", "centre": 50, "sd": 1, "low": 60, "high": 60}),
    ("tiny sd", {"name": "normal", "centre": 50, "sd": 1e-320, "low": 0, "high": 90}),
    ("huge sd", {"name": "normal", "centre": 50, "sd": 1e300, "low": 0, "high": 90}),
    ("no sd", {"name": "normal", "centre": 50, "sd": 0, "low": 60, "high": 90}),
    ("lognormal from 0", {"name": "lognormal", "centre": 5, "sd": 2, "low": 0, "high": 9}),
    ("lognormal at 0", {"name": "lognormal", "centre": 5, "sd": 2, "low": 0, "high": 0}),
    ("lognormal far", {"name": "lognormal", "centre": 5, "sd": 0.01, "low": 80, "high": 90}),
    ("lognormal, no sd", {"name": "lognormal", "centre": 5, "sd": 0, "low": 0, "high": 9}),
    ("lognormal, tiny sd", {"name": "lognormal", "centre": 5, "sd": 1e-170, "low": 0, "high": 9}),
    ("lognormal, huge sd", {"name": "lognormal", "centre": 5, "sd": 1e200, "low": 0, "high": 9}),
    ("uniform point", {"name": "uniform", "low": 3, "high": 3}),
]


@pytest.mark.parametrize("fields", [e[1] for e in EDGES], ids=[e[0] for e in EDGES])
def test_values_at_the_edges_stay_inside_and_in_order(fields: dict[str, Any]) -> None:
    d = Distribution(**fields)
    values = d.values_at([0.0, 2.0**-53, 1e-9, 0.25, 0.5, 0.75, 1 - 1e-9, 1 - 2.0**-53])
    assert all(math.isfinite(x) and d.low <= x <= d.high for x in values)
    assert values == sorted(values)


def test_without_spread_the_centre_is_kept_inside_the_range() -> None:
    assert Distribution(name="normal", centre=50, sd=0, low=0, high=90).value(0.9) == 50
    assert Distribution(name="normal", centre=50, sd=0, low=60, high=90).value(0.1) == 60
    assert Distribution(name="lognormal", centre=5, sd=1e-170, low=0, high=9).value(0.1) == 5


def test_discrete_values_have_equal_probability() -> None:
    d = Distribution(name="discrete", values=("a", 2, None))
    found = d.values_at([i / 999 for i in range(999)])
    assert [found.count(value) for value in ("a", 2, None)] == [333, 333, 333]
    for n in (1, 3, 7, 10, 4097):
        many = Distribution(name="discrete", values=tuple(range(n)))
        assert many.values_at([0.0, 1 - 2.0**-53]) == [0, n - 1]


def test_lattice_has_both_ends() -> None:
    assert lattice(0, 1, 0.1) == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    assert lattice(5, 20, 5) == [5, 10, 15, 20]
    assert lattice(-0.3, 0.3, 0.3) == [-0.3, 0, 0.3]
    assert lattice(4, 4, 1) == [4]
    assert lattice(0, 100, 0.001)[-1] == 100


def test_a_step_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match=r"step 0\.3 does not divide the range 0 to 1"):
        lattice(0, 1, 0.3)


def test_names() -> None:
    assert as_distribution_name("lognormal") == "lognormal"
    assert as_distribution_name("gamma") is None
