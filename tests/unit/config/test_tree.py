"""Nested plain data by dotted path."""

from __future__ import annotations

from typing import Any

import pytest

from runner.config.tree import copied, delete_path, flat, get_path, nested, set_path


def test_setting_makes_mappings_on_the_way_and_merges() -> None:
    tree: dict[str, Any] = {"a": {"b": 1}}
    set_path(tree, "a.c.d", 2)
    set_path(tree, "a", {"b": 3, "c.e": 4})
    assert tree == {"a": {"b": 3, "c": {"d": 2, "e": 4}}}


def test_a_new_mapping_is_nested_too() -> None:
    tree: dict[str, Any] = {}
    set_path(tree, "arms", {"x": {"params.a.b": 1, "params.a.c": 2}})
    assert tree == {"arms": {"x": {"params": {"a": {"b": 1, "c": 2}}}}}


def test_a_value_replaces_a_mapping_and_lists_are_replaced() -> None:
    tree: dict[str, Any] = {"a": {"b": 1}, "c": [1, 2]}
    set_path(tree, "a", None)
    set_path(tree, "c", [3])
    assert tree == {"a": None, "c": [3]}


def test_nothing_can_lie_below_a_value() -> None:
    with pytest.raises(TypeError, match=r"a\.b\.c"):
        set_path({"a": {"b": 1}}, "a.b.c", 2)


def test_reading_and_deleting() -> None:
    tree = {"a": {"b": {"c": None}}}
    assert get_path(tree, "a.b.c") is None
    for missing in ("a.x", "a.b.c.d", "x"):
        with pytest.raises(KeyError):
            get_path(tree, missing)
        with pytest.raises(KeyError):
            delete_path(tree, missing)
    delete_path(tree, "a.b.c")
    assert tree == {"a": {"b": {}}}


def test_nested_and_flat_are_inverse() -> None:
    paths = {"a.b": 1, "a.c.d": [2], "e": None, "f": {}}
    assert dict(flat(nested(paths))) == paths


def test_copies_share_nothing() -> None:
    tree = {"a": [{"b": [1]}], "t": (1, 2)}
    copy = copied(tree)
    copy["a"][0]["b"].append(2)
    assert tree["a"] == [{"b": [1]}]
    assert copy["t"] == [1, 2]
