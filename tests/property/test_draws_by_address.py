"""A draw depends on its address and on nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import broadcastable_shapes

from runner.draws import GENERATORS, DrawSource, RunDraws
from runner.draws.poisson import poisson_counts

STREAMS = ("churn", "visits")
WORD = st.one_of(st.integers(0, 40), st.integers(0, 2**64 - 1))
GENERATOR = st.sampled_from(GENERATORS)
few = settings(deadline=None, max_examples=60)


@st.composite
def run_draws(draw: Any) -> RunDraws:
    source = DrawSource(
        seed=draw(st.one_of(st.integers(0, 9), st.integers(0, 10**50))),
        generator=draw(GENERATOR),
        cell=draw(st.sampled_from(["", "c0ffee"])),
    )
    return source.for_run(draw(WORD), STREAMS)


@st.composite
def words(draw: Any, shape: tuple[int, ...]) -> np.ndarray:
    size = int(np.prod(shape))
    few_values = draw(st.lists(WORD, min_size=1, max_size=12))
    picks = [few_values[i % len(few_values)] for i in range(size)]
    return np.array(picks, dtype=np.uint64).reshape(shape)


@few
@given(data=st.data(), draws=run_draws())
def test_a_subset_equals_the_whole_in_any_shape(data: st.DataObject, draws: RunDraws) -> None:
    shapes = broadcastable_shapes(shape=(1,), max_dims=3, max_side=4)
    step = data.draw(shapes.flatmap(words))
    entities = data.draw(
        broadcastable_shapes(shape=step.shape, max_dims=3, max_side=4).flatmap(words)
    )
    whole = draws.uniform("churn", step=step, entities=entities)
    assert whole.shape == np.broadcast_shapes(step.shape, entities.shape)
    each_step, each_entity = (
        np.broadcast_to(array, whole.shape).reshape(-1) for array in (step, entities)
    )
    if whole.size:
        picked = data.draw(st.lists(st.integers(0, whole.size - 1), max_size=6))
        subset = draws.uniform(
            "churn",
            step=each_step[picked].astype(np.uint64),
            entities=each_entity[picked].astype(np.uint64),
        )
        assert np.array_equal(subset, whole.reshape(-1)[picked])
    assert np.all((whole >= 0) & (whole < 1))


@few
@given(
    draws=run_draws(),
    start=st.one_of(st.integers(0, 9), st.integers(0, 2**64 - 3000)),
    count=st.integers(0, 3000),
    steps=st.lists(WORD, min_size=1, max_size=3),
)
def test_a_slice_equals_the_array_of_its_entities(
    draws: RunDraws, start: int, count: int, steps: list[int]
) -> None:
    listed = np.array([start + i for i in range(count)], dtype=np.uint64)
    for step in (np.array(steps, dtype=np.uint64)[:, None], np.uint64(steps[0])):
        by_slice = draws.uniform("churn", step=step, entities=slice(start, start + count))
        assert np.array_equal(by_slice, draws.uniform("churn", step=step, entities=listed))


@few
@given(
    draws=run_draws(),
    small=st.integers(0, 1500),
    more=st.integers(1, 1500),
    steps=st.integers(1, 4),
)
def test_more_entities_or_steps_leave_earlier_draws_alone(
    draws: RunDraws, small: int, more: int, steps: int
) -> None:
    before = draws.uniform("churn", step=np.arange(steps)[:, None], entities=slice(0, small))
    after = draws.uniform(
        "churn", step=np.arange(steps + 3)[:, None], entities=slice(0, small + more)
    )
    assert np.array_equal(after[:steps, :small], before)


@few
@given(
    seed=st.integers(0, 10**30),
    generator=GENERATOR,
    few_=st.integers(1, 40),
    more=st.integers(1, 9),
)
def test_more_replicates_leave_earlier_ones_alone(
    seed: int, generator: str, few_: int, more: int
) -> None:
    source = DrawSource(seed=seed, generator=generator)
    before = source.variable_uniforms("taps.cac", np.arange(few_))
    after = source.variable_uniforms("taps.cac", np.arange(few_ + more))
    assert np.array_equal(after[:few_], before)
    assert float(source.variable_uniforms("taps.cac", few_ - 1)) == before[-1]


@few
@given(draws=run_draws(), order=st.permutations(range(6)))
def test_the_order_of_calls_does_not_matter(draws: RunDraws, order: list[int]) -> None:
    calls: list[Any] = [
        lambda: draws.uniform("churn", step=1, entities=slice(0, 20)),
        lambda: draws.uniform("visits", step=1, entities=slice(0, 20)),
        lambda: draws.normal("churn", step=np.arange(4)),
        lambda: draws.poisson("visits", 3.5, step=2, entities=slice(0, 20)),
        lambda: draws.choice("churn", np.array([1.0, 3.0]), entities=slice(4, 9)),
        lambda: draws.exponential("churn", step=9, entities=7),
    ]
    expected = [call() for call in calls]
    shuffled = {index: calls[index]() for index in order}
    assert all(np.array_equal(shuffled[index], expected[index]) for index in range(6))


@few
@given(
    mean=st.one_of(st.floats(0, 30), st.floats(0, 1e6)),
    uniforms=st.lists(st.integers(0, 2**53 - 1), min_size=2, max_size=40),
)
def test_poisson_counts_never_fall_as_u_rises(mean: float, uniforms: list[int]) -> None:
    u = np.sort(np.array(uniforms)) * 2.0**-53
    counts = poisson_counts(u, np.array(mean))
    assert np.all(np.diff(counts) >= 0)
    assert np.all(counts >= 0)
    if mean == 0:
        assert not counts.any()
