"""Parameters by path: list them, replace them, check single values."""

from __future__ import annotations

from typing import Any

import pytest

from runner.contract import FieldInfo, bounds_text, coerce, leaves, nearest, replace_leaves, shown
from tests.unit.contract.example_params import Everything

PARAMS = Everything()


def test_leaves_stand_in_declaration_order_with_full_paths() -> None:
    assert list(leaves(PARAMS)) == [
        "rate", "spread", "seats", "is_open", "note", "tone", "best", "shown_offers", "tones",
        "prices", "ages", "flags", "whale", "limit", "colour", "weights.a", "weights.b", "counts",
        "tap.cac_eur", "tap.cac_sd_eur",
        "tap.offers.basic.price_eur", "tap.offers.basic.discount", "tap.offers.basic.label",
        "tap.offers.pro.price_eur", "tap.offers.pro.discount", "tap.offers.pro.label",
    ]  # fmt: skip


def test_the_sd_path_is_beside_its_parameter() -> None:
    known = leaves(PARAMS)
    assert known["rate"].sd_path == "spread"
    assert known["tap.cac_eur"].sd_path == "tap.cac_sd_eur"
    assert known["spread"].sd_path is None


def test_values_are_replaced_at_any_depth() -> None:
    values = {
        "rate": 0.1,
        "weights.b": 9.0,
        "tap.cac_eur": 7.0,
        "tap.offers.pro.price_eur": 3.0,
        "shown_offers": ("pro",),
        "counts": None,
    }
    replaced = replace_leaves(PARAMS, values)
    found = {path: leaf.value for path, leaf in leaves(replaced).items()}
    expected = {path: leaf.value for path, leaf in leaves(PARAMS).items()} | values
    assert found == expected
    assert Everything() == PARAMS
    assert replace_leaves(PARAMS, {}) is PARAMS


@pytest.mark.parametrize(
    "path",
    [
        "nope", "tap", "tap.offers", "tap.offers.pro", "tap.offers.new.price_eur", "weights",
        "weights.zz", "rate.x", "note.x", "prices.0", "", "tap.", ".rate",
    ],
)  # fmt: skip
def test_a_path_that_names_no_leaf_is_an_error(path: str) -> None:
    with pytest.raises(KeyError) as caught:
        replace_leaves(PARAMS, {path: 1})
    assert caught.value.args == (path,)


def test_single_values_are_checked_like_whole_sets() -> None:
    known = leaves(PARAMS)
    assert coerce(known["tap.cac_eur"], 5) == (5.0, None)
    value, problem = coerce(known["tap.cac_eur"], 0)
    assert value == 0
    assert str(problem) == "tap.cac_eur = 0: must be > 0 EUR"
    assert coerce(known["weights.a"], None)[1] is not None
    assert coerce(known["counts"], None) == (None, None)
    assert str(coerce(known["counts"], 3)[1]) == "counts = 3: must be a mapping by name"


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (FieldInfo(), ""),
        (FieldInfo(low=0, high=1), "[0, 1]"),
        (FieldInfo(low=0, low_open=True), "(0, inf]"),
        (FieldInfo(high=0.5, high_open=True), "[-inf, 0.5)"),
        (FieldInfo(low=-2_000_000), "[-2e+06, inf]"),
        (FieldInfo(choices=("a", "b")), "a | b"),
    ],
)
def test_bounds_as_text(info: FieldInfo, text: str) -> None:
    assert bounds_text(info) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"), (True, "true"), (False, "false"), (1, "1"), (1.5, "1.5"), ("a b", "a b"),
        ("", "''"), ("  ", "'  '"), ("12", "'12'"), ("-1.5", "'-1.5'"), ("nan", "'nan'"),
        ("1e3", "'1e3'"), ("true", "'true'"), ("null", "'null'"), ("12a", "12a"),
    ],
)  # fmt: skip
def test_values_are_shown_as_in_yaml(value: Any, text: str) -> None:
    assert shown(value) == text


def test_the_nearest_name() -> None:
    assert nearest("churm", ["churn", "visits"]) == "; did you mean churn?"
    assert nearest("zzz", ["churn"]) == ""
    assert nearest("zzz", []) == ""
