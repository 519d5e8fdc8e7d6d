"""Addresses, shapes and refusals of the draws that an engine sees."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from runner.contract import EngineError
from runner.draws import GENERATORS, DrawSource, RunDraws

STREAMS = ("churn", "visits", "assign.<archetype>")
LAST = 2**64 - 1


@pytest.fixture(params=GENERATORS)
def draws(request: pytest.FixtureRequest) -> RunDraws:
    return DrawSource(seed=2026, generator=request.param).for_run(3, STREAMS)


SHAPES: list[tuple[Any, Any, tuple[int, ...]]] = [
    (0, 0, ()),
    (np.uint64(4), np.int8(3), ()),
    (4, slice(0, 5), (5,)),
    (4, slice(5, 5), (0,)),
    (4, slice(None, 3), (3,)),
    ([4], slice(0, 5), (5,)),
    (np.arange(6), 3, (6,)),
    (np.arange(6), np.arange(6), (6,)),
    (np.arange(6)[:, None], slice(0, 5), (6, 5)),
    (np.arange(6)[:, None], np.arange(5), (6, 5)),
    (np.arange(6), np.arange(5)[:, None], (5, 6)),
    (np.zeros((2, 3, 1), dtype=np.int16), np.arange(5), (2, 3, 5)),
    (np.array([[7]]), slice(0, 5), (1, 5)),
    (4, np.arange(12).reshape(3, 4), (3, 4)),
    (np.array([], dtype=np.int64), 3, (0,)),
    (np.arange(4)[:, None], np.arange(2000), (4, 2000)),
    (np.arange(4)[:, None], np.arange(8000).reshape(4, 2000), (4, 2000)),
]


ROW_ENTITIES: list[Any] = [
    np.array([3, 9, 1000, LAST], dtype=np.uint64),
    np.arange(0, 60_000, 3),
    np.arange(5000),
    slice(4, 3000),
    slice(5, 5),
]


@pytest.mark.parametrize("entities", ROW_ENTITIES)
def test_rows_of_several_streams_are_those_of_each(draws: RunDraws, entities: Any) -> None:
    streams = ("visits", "assign.a", "churn", "visits")
    steps = np.array([5, 0, 2**40, 6])
    found = draws.uniform_rows(streams, steps=steps, entities=entities)
    alone = [
        draws.uniform(stream, step=int(step), entities=entities)
        for stream, step in zip(streams, steps, strict=True)
    ]
    np.testing.assert_array_equal(found, np.stack(alone))


def test_rows_of_an_undeclared_stream_are_refused(draws: RunDraws) -> None:
    with pytest.raises(EngineError, match="random stream 'luck' is not declared"):
        draws.uniform_rows(
            ("churn", "luck"), steps=np.zeros(2, dtype=np.int64), entities=slice(0, 3)
        )


@pytest.mark.parametrize(("step", "entities", "shape"), SHAPES)
def test_shape_is_the_broadcast_of_steps_and_entities(
    draws: RunDraws, step: Any, entities: Any, shape: tuple[int, ...]
) -> None:
    for values in (
        draws.uniform("churn", step=step, entities=entities),
        draws.normal("churn", step=step, entities=entities),
        draws.exponential("churn", step=step, entities=entities),
    ):
        assert isinstance(values, np.ndarray)
        assert (values.shape, values.dtype) == (shape, np.float64)
    for counts in (
        draws.poisson("churn", 2.5, step=step, entities=entities),
        draws.choice("churn", np.array([1.0, 2.0]), step=step, entities=entities),
    ):
        assert isinstance(counts, np.ndarray)
        assert (counts.shape, counts.dtype) == (shape, np.int64)


@pytest.mark.parametrize(("step", "entities", "shape"), SHAPES)
def test_each_value_is_the_one_at_its_address(
    draws: RunDraws, step: Any, entities: Any, shape: tuple[int, ...]
) -> None:
    if isinstance(entities, slice):
        entities_listed = np.arange(entities.start or 0, entities.stop)
    else:
        entities_listed = np.asarray(entities)
    steps = np.broadcast_to(np.asarray(step), shape).reshape(-1)
    persons = np.broadcast_to(entities_listed, shape).reshape(-1)
    found = draws.uniform("churn", step=step, entities=entities).reshape(-1)
    for place in range(0, found.size, 1 + found.size // 20):
        alone = draws.uniform("churn", step=int(steps[place]), entities=int(persons[place]))
        assert float(alone) == found[place]


@pytest.mark.parametrize("dtype", ["uint64", "int64", "int32", "uint8", "int8"])
def test_integer_types_do_not_matter(draws: RunDraws, dtype: str) -> None:
    expected = draws.uniform("churn", step=5, entities=slice(0, 100))
    found = draws.uniform(
        "churn", step=np.array(5, dtype=dtype), entities=np.arange(100, dtype=dtype)
    )
    assert np.array_equal(found, expected)


def test_memory_layout_does_not_matter(draws: RunDraws) -> None:
    every_third = np.arange(0, 600)[::-3]
    expected = draws.uniform("churn", entities=every_third.copy())
    assert np.array_equal(draws.uniform("churn", entities=every_third), expected)
    table = np.arange(12).reshape(3, 4)
    turned = draws.uniform("churn", entities=table.T)
    assert np.array_equal(turned, draws.uniform("churn", entities=table).T)


def test_inputs_are_left_alone(draws: RunDraws) -> None:
    steps, entities = np.arange(3, dtype=np.uint64)[:, None], np.arange(5, dtype=np.uint64)
    draws.uniform("churn", step=steps, entities=entities)
    draws.uniform("churn", step=7, entities=entities)
    assert steps.reshape(-1).tolist() == [0, 1, 2]
    assert entities.tolist() == [0, 1, 2, 3, 4]


def test_entities_reach_to_the_last_word(draws: RunDraws) -> None:
    by_slice = draws.uniform("churn", step=1, entities=slice(LAST - 2, LAST + 1))
    by_array = draws.uniform(
        "churn", step=1, entities=np.array([LAST - 2, LAST - 1, LAST], dtype=np.uint64)
    )
    assert by_slice.shape == (3,)
    assert np.array_equal(by_slice, by_array)
    grid = draws.uniform("churn", step=np.array([[1], [2]]), entities=slice(LAST - 2, LAST + 1))
    assert np.array_equal(grid[0], by_array)


def test_scope_stream_replicate_step_entity_seed_and_cell_all_matter() -> None:
    source = DrawSource(seed=1)
    base = source.for_run(3, STREAMS)
    values = [
        base.uniform("churn", step=1, entities=2),
        base.uniform("churn", step=2, entities=1),
        base.uniform("churn", step=2, entities=2),
        base.uniform("visits", step=1, entities=2),
        source.for_run(4, STREAMS).uniform("churn", step=1, entities=2),
        DrawSource(seed=2).for_run(3, STREAMS).uniform("churn", step=1, entities=2),
        DrawSource(seed=1, cell="ab").for_run(3, STREAMS).uniform("churn", step=1, entities=2),
        source.variable_uniforms("churn", 3),
        base.uniform("churn", step=0, entities=0),
    ]
    assert len({float(value) for value in values}) == len(values)


def test_declared_streams_may_hold_a_placeholder(draws: RunDraws) -> None:
    assert draws.uniform("assign.whale").shape == ()
    assert draws.uniform("assign.whale") != draws.uniform("assign.minnow")


@pytest.mark.parametrize("stream", ["chrn", "assign", "assign.", "assign.a.b", "churn.x", ""])
def test_undeclared_streams_are_refused(draws: RunDraws, stream: str) -> None:
    with pytest.raises(
        EngineError,
        match=rf"random stream '{stream}' is not declared; "
        r"declared: churn, visits, assign.<archetype>",
    ):
        draws.uniform(stream)


def test_without_streams_none_are_named() -> None:
    with pytest.raises(EngineError, match="'churn' is not declared; declared: none"):
        DrawSource(seed=1).for_run(0, ()).uniform("churn")


@pytest.mark.parametrize(
    "bad", [-1, np.array([3, -1]), 1.5, np.array([1.0]), True, "3", LAST + 1, None]
)
@pytest.mark.parametrize("where", ["step", "entities"])
def test_steps_and_entities_are_whole_numbers(draws: RunDraws, bad: Any, where: str) -> None:
    with pytest.raises(EngineError, match="must be whole numbers from 0 to 2\\^64 - 1"):
        draws.uniform("churn", **{where: bad})


@pytest.mark.parametrize(
    "bad",
    [
        slice(3, 2),
        slice(-1, 2),
        slice(0, 4, 2),
        slice(2, None),
        slice(0, 2.5),
        slice(0, LAST + 2),
        slice(LAST + 1, LAST + 2),
    ],
)
def test_bad_slices_are_refused(draws: RunDraws, bad: slice) -> None:
    with pytest.raises(EngineError, match=r"slice\(start, stop\) with 0 <= start <= stop"):
        draws.uniform("churn", entities=bad)


@pytest.mark.parametrize(
    "weights", [[], [0.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf], [[1.0, 2.0]], 1.0]
)
def test_bad_weights_are_refused(draws: RunDraws, weights: Any) -> None:
    with pytest.raises(
        EngineError, match="'churn': weights must be a list of numbers >= 0 with a positive sum"
    ):
        draws.choice("churn", np.array(weights))


@pytest.mark.parametrize("mean", [-0.1, np.nan, np.inf, 1e16])
def test_bad_poisson_means_are_refused(draws: RunDraws, mean: float) -> None:
    with pytest.raises(EngineError, match="Poisson means must be numbers from 0 to 1e15"):
        draws.poisson("churn", mean)


def test_transforms_follow_their_uniform(draws: RunDraws) -> None:
    at: Any = {"step": 2, "entities": slice(0, 2000)}
    u = draws.uniform("churn", **at)
    order = np.argsort(u)
    assert np.allclose(draws.exponential("churn", **at), -np.log1p(-u), rtol=1e-15)
    assert np.all(np.diff(draws.normal("churn", **at)[order]) >= 0)
    assert np.all(np.diff(draws.poisson("churn", 7.0, **at)[order]) >= 0)
    chosen = draws.choice("churn", np.array([0.0, 2.0, 0.0, 6.0, 0.0]), **at)
    assert np.array_equal(chosen, np.where(u < 0.25, 1, 3))


def test_draws_survive_pickling(draws: RunDraws) -> None:
    again = pickle.loads(pickle.dumps(draws))  # noqa: S301
    at: Any = {"step": 2, "entities": slice(0, 9)}
    assert np.array_equal(again.uniform("churn", **at), draws.uniform("churn", **at))
    assert again == draws


def test_the_replicate_is_readable(draws: RunDraws) -> None:
    assert draws.replicate == 3
