"""Every draw lies in its range, on its lattice, and never falls as u rises."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.contract import Distribution, complete_shares, lattice, quantise

few = settings(deadline=None, max_examples=150)
UNIFORMS = st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=30).map(
    lambda numbers: [n * 2.0**-53 for n in sorted(numbers)]
)


@st.composite
def distributions(draw: Any) -> Distribution:
    name = draw(st.sampled_from(["uniform", "normal", "lognormal"]))
    low = draw(st.floats(0 if name == "lognormal" else -1e6, 1e6))
    high = low + draw(st.floats(0, 1e6))
    step = draw(st.one_of(st.none(), st.floats(0.001, 100)))
    centre = draw(st.floats(1e-3, 1e6)) if name == "lognormal" else draw(st.floats(-1e6, 1e6))
    sd = draw(st.one_of(st.just(0.0), st.floats(0, 1e6), st.floats(0, 1e-3)))
    return Distribution(name=name, low=low, high=high, centre=centre, sd=sd, step=step)


@few
@given(distribution=distributions(), uniforms=UNIFORMS)
def test_draws_are_inside_on_the_lattice_and_in_order(
    distribution: Distribution, uniforms: list[float]
) -> None:
    values = distribution.values_at(uniforms)
    assert values == sorted(values)
    slack = 1e-9 * max(1.0, abs(distribution.low), abs(distribution.high))
    for value in values:
        assert math.isfinite(value)
        assert distribution.low - slack <= value <= distribution.high + slack
        if distribution.step is None:
            assert distribution.low <= value <= distribution.high
        else:
            ticks = (value - distribution.low) / distribution.step
            assert abs(ticks - round(ticks)) <= 1e-6 + 2 * slack / distribution.step


@few
@given(distribution=distributions(), u=st.integers(0, 2**53 - 1), rise=st.floats(0, 1e5))
def test_a_higher_centre_never_gives_a_lower_normal_draw(
    distribution: Distribution, u: int, rise: float
) -> None:
    def drawn(centre: float) -> float:
        d = Distribution(name="normal", low=-1e4, high=1e4, centre=centre, sd=100.0)
        return d.continuous_at([u * 2.0**-53])[0]

    centre = distribution.centre
    assert drawn(centre + rise) >= drawn(centre) - 1e-6


@few
@given(k=st.integers(0, 500), first=st.integers(-50, 50), tenths=st.integers(1, 50))
def test_quantise_gives_back_each_tick_of_the_lattice(k: int, first: int, tenths: int) -> None:
    low, step = first / 10, tenths / 10
    high = round(low + 500 * step, 12)
    ticks = lattice(low, high, step)
    assert len(ticks) == 501
    assert quantise(ticks[k], low, high, step) == ticks[k]
    assert quantise(ticks[k] + 0.49 * step, low, high, step) == ticks[k]


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_completed_shares_sum_to_one(parts: list[float]) -> None:
    total = math.fsum(parts) or 1.0
    given_shares = {f"a{i}": part / total * 0.9 for i, part in enumerate(parts)}
    completed = complete_shares({**given_shares, "rest": "auto"})
    assert math.isclose(math.fsum(completed.values()), 1.0, abs_tol=1e-12)
