"""Archetype shares: complete a mix, assign entities, move few when a share moves."""

from __future__ import annotations

import numpy as np
import pytest

from runner.contract import Share, assign, complete_shares
from runner.draws import GENERATORS, DrawSource, RunDraws

ENTITIES = slice(0, 40_000)
SHARES = {"whale": 0.05, "dolphin": 0.25, "minnow": 0.7}


@pytest.fixture(params=GENERATORS)
def draws(request: pytest.FixtureRequest) -> RunDraws:
    return DrawSource(seed=2026, generator=request.param).for_run(0, ("archetype.<name>",))


def names_of(shares: dict[str, float], draws: RunDraws) -> np.ndarray:
    return np.array(list(shares))[assign(shares, draws, stream="archetype", entities=ENTITIES)]


def test_shares_are_met_within_their_error(draws: RunDraws) -> None:
    names = names_of(SHARES, draws)
    for name, share in SHARES.items():
        error = np.sqrt(share * (1 - share) / names.size)
        assert abs(np.mean(names == name) - share) < 5 * error


def test_the_order_of_archetypes_does_not_matter(draws: RunDraws) -> None:
    turned = dict(reversed(SHARES.items()))
    assert np.array_equal(names_of(SHARES, draws), names_of(turned, draws))


def test_raising_one_share_moves_entities_to_it_only(draws: RunDraws) -> None:
    before = names_of(SHARES, draws)
    after = names_of({**SHARES, "whale": 0.10}, draws)
    moved = before != after
    assert moved.any()
    assert set(after[moved]) == {"whale"}
    assert np.mean(moved) < 0.06


def test_lowering_one_share_moves_entities_from_it_only(draws: RunDraws) -> None:
    before = names_of(SHARES, draws)
    after = names_of({**SHARES, "dolphin": 0.20}, draws)
    moved = before != after
    assert moved.any()
    assert set(before[moved]) == {"dolphin"}


def test_a_completed_mix_moves_few_entities(draws: RunDraws) -> None:
    before = names_of(SHARES, draws)
    after = names_of({"whale": 0.10, "dolphin": 0.25, "minnow": 0.65}, draws)
    assert 0.04 < np.mean(before != after) < 0.10


def test_shares_are_relative(draws: RunDraws) -> None:
    doubled = {name: 4 * share for name, share in SHARES.items()}
    assert np.array_equal(names_of(SHARES, draws), names_of(doubled, draws))


def test_an_archetype_with_no_share_is_absent(draws: RunDraws) -> None:
    with_none = {"ghost": 0.0, **SHARES}
    found = assign(with_none, draws, stream="archetype", entities=ENTITIES)
    assert found.min() == 1
    assert np.array_equal(names_of(with_none, draws), names_of(SHARES, draws))


def test_one_archetype_takes_all(draws: RunDraws) -> None:
    found = assign({"a": 0.0, "b": 1.0}, draws, stream="archetype", entities=slice(0, 5))
    assert found.tolist() == [1, 1, 1, 1, 1]
    assert found.dtype == np.int64


def test_a_subset_of_entities_keeps_its_archetypes(draws: RunDraws) -> None:
    whole = assign(SHARES, draws, stream="archetype", entities=slice(0, 500))
    some = np.array([499, 3, 77])
    assert np.array_equal(assign(SHARES, draws, stream="archetype", entities=some), whole[some])
    assert int(assign(SHARES, draws, stream="archetype", entities=77)) == whole[77]


def test_no_positive_share_is_refused(draws: RunDraws) -> None:
    with pytest.raises(ValueError, match="at least one share must be positive"):
        assign({"a": 0.0}, draws, stream="archetype", entities=ENTITIES)


def test_auto_is_the_rest() -> None:
    assert complete_shares({"a": 0.25, "b": "auto", "c": 0.5}) == {"a": 0.25, "b": 0.25, "c": 0.5}
    assert list(complete_shares({"b": "auto", "a": 0.25})) == ["b", "a"]
    assert complete_shares({"a": 1.0, "b": "auto"})["b"] == 0.0
    assert complete_shares({"a": "auto"}) == {"a": 1.0}
    assert complete_shares({"a": 0.1, "b": 0.2, "c": 0.7}) == {"a": 0.1, "b": 0.2, "c": 0.7}


BAD_SHARES: list[tuple[dict[str, Share], str]] = [
    ({"a": 0.5, "b": 0.4}, "shares must sum to 1, they sum to 0.9"),
    ({"a": 0.9, "b": 0.4, "c": "auto"}, "shares must sum to 1, they sum to 1.3"),
    ({"a": -0.1, "b": 1.1}, r"each share must lie in \[0, 1\]: a -0.1, b 1.1"),
    ({"a": float("nan"), "b": "auto"}, r"each share must lie in \[0, 1\]: a nan"),
    ({"a": "auto", "b": "auto"}, "only one share may be auto: a, b"),
    ({}, "shares must sum to 1, they sum to 0"),
]


@pytest.mark.parametrize(("shares", "text"), BAD_SHARES)
def test_bad_mixes_are_refused(shares: dict[str, Share], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        complete_shares(shares)
