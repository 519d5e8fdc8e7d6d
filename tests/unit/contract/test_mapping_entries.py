"""Mappings by name hold numbers and texts, and also shares and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from runner.contract import (
    ParamGroup,
    Share,
    build_params,
    leaf_values,
    leaves,
    param,
    plain_params,
    replace_leaves,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop(ParamGroup):
    mix: Mapping[str, Share] | None = param(None, low=0, high=1)
    shares: Mapping[str, Share] = param({"new": 0.4, "old": "auto"}, low=0, high=1)
    slots: Mapping[str, tuple[str, ...]] = param({"small": ("starter",), "big": ("pro", "pro")})
    ages: Mapping[str, tuple[int, ...]] = param({}, low=0)


def built(data: Mapping[str, Any]) -> Shop:
    params, problems = build_params(Shop, data)
    assert problems == []
    assert params is not None
    return params


def test_shares_and_lists_are_leaves_of_their_own_kind() -> None:
    kinds = {path: leaf.kind for path, leaf in leaves(built({"ages": {"a": [1]}})).items()}
    assert kinds == {
        "mix": "values", "shares.new": "share", "shares.old": "share", "slots.small": "list",
        "slots.big": "list", "ages.a": "list",
    }  # fmt: skip


def test_entries_are_merged_checked_and_read_back() -> None:
    params = built({"mix": {"a": "auto", "b": 1}, "slots": {"big": ["pro"], "new": []}})
    assert params.mix is not None
    assert dict(params.mix) == {"a": "auto", "b": 1.0}
    assert dict(params.slots) == {"small": ("starter",), "big": ("pro",), "new": ()}
    assert plain_params(params)["slots"] == {"small": ["starter"], "big": ["pro"], "new": []}
    assert built(plain_params(params)) == params
    assert hash(built(plain_params(params))) == hash(params)


def test_a_list_under_a_name_can_be_replaced_by_its_path() -> None:
    params = replace_leaves(Shop(), {"slots.big": ("starter",), "shares.new": 0.1})
    assert leaf_values(params)["slots.big"] == ("starter",)
    assert leaf_values(params)["shares.new"] == 0.1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"mix": {"a": 2}}, "mix.a = 2: must be <= 1"),
        ({"mix": {"a": "all"}}, "mix.a = all: must be a number or auto"),
        ({"mix": 0.5}, "mix = 0.5: must be a mapping by name"),
        ({"slots": {"big": "pro"}}, "slots.big = pro: must be a list, such as [a, b]"),
        ({"slots": {"big": [3]}}, "slots.big = 3: each item must be text"),
        ({"ages": {"a": [-1]}}, "ages.a = -1: each item must be >= 0"),
    ],
)
def test_wrong_entries_are_refused_by_path(data: Any, text: str) -> None:
    params, problems = build_params(Shop, data)
    assert params is None
    assert [str(problem) for problem in problems] == [text]


def test_a_mapping_of_mappings_is_not_supported() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Deep(ParamGroup):
        tree: Mapping[str, dict[str, float]] = param({})

    with pytest.raises(TypeError, match=r"parameter Deep\.tree: annotation .* is not supported"):
        build_params(Deep, {})
