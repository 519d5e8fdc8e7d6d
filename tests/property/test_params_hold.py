"""Any accepted configuration reads back; any refused one says where and why."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.contract import build_params, coerce, leaf_values, leaves, plain_params, replace_leaves
from tests.unit.contract.example_params import Everything

few = settings(deadline=None, max_examples=100)
NAMES = st.sampled_from(["basic", "pro", "new", "x-1"])
OFFERS = st.fixed_dictionaries(
    {"price_eur": st.floats(0.01, 1e6) | st.integers(1, 10**9)},
    optional={"discount": st.floats(0, 0.99), "label": st.sampled_from(["plain", "gold"])},
)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "rate": st.floats(0, 1) | st.integers(0, 1),
    "seats": st.integers(1, 1_000_000),
    "is_open": st.booleans(),
    "note": st.text(),
    "tones": st.lists(st.sampled_from(["calm", "loud"])),
    "prices": st.lists(st.floats(0, 1e300)),
    "whale": st.just("auto") | st.floats(0, 1),
    "limit": st.none() | st.floats(0, 1e9),
    "weights": st.dictionaries(NAMES, st.none() | st.floats(0, 1e9)),
    "counts": st.none() | st.dictionaries(NAMES, st.integers(-(10**20), 10**20)),
    "tap": st.fixed_dictionaries({}, optional={"offers": st.dictionaries(NAMES, OFFERS)}),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@few
@given(st.fixed_dictionaries({}, optional=GOOD))
def test_accepted_parameters_read_back(data: dict[str, Any]) -> None:
    params, problems = build_params(Everything, data)
    assert problems == []
    assert params is not None
    again, problems = build_params(Everything, plain_params(params))
    assert problems == []
    assert again == params
    assert repr(again) == repr(params)


@few
@given(st.dictionaries(st.sampled_from([*GOOD, "tone", "best", "colour", "typo"]), ANYTHING))
def test_anything_else_is_refused_in_words(data: dict[str, Any]) -> None:
    params, problems = build_params(Everything, data)
    assert (params is None) == bool(problems)
    for problem in problems:
        assert problem.where.split(".")[0] in data
        assert problem.allowed


@few
@given(data=st.fixed_dictionaries({}, optional=GOOD), pick=st.data())
def test_a_checked_leaf_put_in_place_is_the_set_built_with_it(
    data: dict[str, Any], pick: st.DataObject
) -> None:
    params, _ = build_params(Everything, data)
    assert params is not None
    known = leaves(params)
    numeric = [p for p, leaf in known.items() if leaf.kind == "float" and leaf.info.high is None]
    path = pick.draw(st.sampled_from(numeric))
    value, problem = coerce(known[path], pick.draw(st.integers(1000, 2000)))
    assert problem is None
    replaced = replace_leaves(params, {path: value})
    assert leaf_values(replaced) == {**leaf_values(params), path: value}
    assert replace_leaves(replaced, {path: known[path].value}) == params
