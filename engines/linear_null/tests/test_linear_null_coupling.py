"""Who keeps an archetype when the mix changes, against one simulated race."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.linear_null.coupling import joint_assignment
from engines.linear_null.tests.support import assert_share_is
from runner.contract import assign
from runner.draws import DrawSource

FIRST = {"a": 0.5, "b": 0.3, "c": 0.2}
SECOND = {"a": 0.2, "b": 0.35, "d": 0.45}
MANY = 200_000

shares = st.lists(st.floats(0.01, 1.0), min_size=2, max_size=5).map(
    lambda weights: {f"n{i}": weight / math.fsum(weights) for i, weight in enumerate(weights)}
)


def test_joint_law_is_that_of_assign():
    draws = DrawSource(seed=3).for_run(0, ("mix.<name>",))
    first = assign(FIRST, draws, stream="mix", entities=slice(0, MANY))
    second = assign(SECOND, draws, stream="mix", entities=slice(0, MANY))
    joint = joint_assignment(FIRST, SECOND)
    for i, j in enumerate(FIRST):
        for k, name in enumerate(SECOND):
            hits = int(((first == i) & (second == k)).sum())
            assert_share_is(hits, MANY, joint.get((j, name), 0.0))


@given(shares, shares)
def test_margins_are_the_two_mixes(first, second):
    joint = joint_assignment(first, second)
    for name, share in first.items():
        assert math.fsum(p for (j, _), p in joint.items() if j == name) == pytest.approx(share)
    for name, share in second.items():
        assert math.fsum(p for (_, k), p in joint.items() if k == name) == pytest.approx(share)


@given(shares)
def test_an_unchanged_mix_changes_nobody(mix):
    joint = joint_assignment(mix, mix)
    assert {j for j, k in joint if j != k} == set()
    assert joint[("n0", "n0")] == pytest.approx(mix["n0"])


def test_raising_one_share_moves_entities_to_it_alone():
    joint = joint_assignment({"a": 0.6, "b": 0.4}, {"a": 0.5, "b": 0.5})
    assert ("b", "a") not in joint
    assert joint[("a", "b")] == pytest.approx(0.1)


def test_archetypes_without_share_meet_nobody():
    assert joint_assignment({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0}) == {("a", "b"): 1.0}
