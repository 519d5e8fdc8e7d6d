"""From plain configuration to a checked parameter set, every fault named."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from runner.contract import (
    ConfigError,
    FrozenMapping,
    ParamGroup,
    Problem,
    build_params,
    leaf_values,
    param,
    plain_params,
    rule_problems,
)
from runner.contract.fields import field_specs
from tests.unit.contract.example_params import Everything, Offer


def built(data: Mapping[str, Any]) -> Everything:
    params, problems = build_params(Everything, data)
    assert problems == []
    assert params is not None
    return params


def texts(data: Any) -> list[str]:
    params, problems = build_params(Everything, data)
    assert (params is None) == bool(problems)
    return [str(problem) for problem in problems]


GOOD: list[tuple[str, Any, Any]] = [
    ("rate", 1, 1.0),
    ("rate", 0, 0.0),
    ("rate", -0.0, 0.0),
    ("rate", np.float64(0.25), 0.25),
    ("rate", np.int64(1), 1.0),
    ("seats", 4, 4),
    ("seats", 4.0, 4),
    ("seats", np.int32(4), 4),
    ("is_open", False, False),
    ("note", "12", "12"),
    ("tone", "loud", "loud"),
    ("best", "pro", "pro"),
    ("shown_offers", ["pro", "basic"], ("pro", "basic")),
    ("tones", ("loud",), ("loud",)),
    ("prices", [], ()),
    ("prices", [1, -0.0], (1.0, 0.0)),
    ("ages", [3, 4.0], (3, 4)),
    ("flags", [True], (True,)),
    ("whale", 0.25, 0.25),
    ("whale", 1, 1.0),
    ("whale", "auto", "auto"),
    ("limit", None, None),
    ("limit", 3, 3.0),
    ("colour", "red", "red"),
    ("colour", None, None),
    ("counts", {"a": 1}, {"a": 1}),
    ("counts", {}, {}),
    ("names", {"n": "x"}, {"n": "x"}),
]


@pytest.mark.parametrize(("name", "given", "kept"), GOOD)
def test_values_take_the_declared_type(name: str, given: Any, kept: Any) -> None:
    value = getattr(built({name: given}), name)
    assert value == kept
    if not isinstance(kept, dict):
        assert type(value) is type(kept)
        assert repr(value) == repr(kept)


BAD: list[tuple[str, Any, str]] = [
    ("rate", "0.5", "rate = '0.5': must be a number"),
    ("rate", "half", "rate = half: must be a number"),
    ("rate", True, "rate = true: must be a number"),
    ("rate", None, "rate = null: must not be null"),
    ("rate", [0.5], "rate = [0.5]: must be a number"),
    ("rate", {"a": 1}, "rate = {a: 1}: must be a number"),
    ("rate", 1.1, "rate = 1.1: must be <= 1"),
    ("rate", -1e-9, "rate = -1e-09: must be >= 0"),
    ("rate", math.nan, "rate = nan: must be a finite number"),
    ("rate", math.inf, "rate = inf: must be a finite number"),
    ("rate", 10**400, f"rate = {10**400}: must be a number below 1.8e308"),
    ("spread", np.bool_(True), "spread = True: must be a number"),
    ("seats", 1.5, "seats = 1.5: must be a whole number"),
    ("seats", True, "seats = true: must be a whole number"),
    ("seats", "4", "seats = '4': must be a whole number"),
    ("seats", math.nan, "seats = nan: must be a finite number"),
    ("seats", 0, "seats = 0: must be >= 1 seats"),
    ("seats", 10**400, f"seats = {10**400}: must be <= 1e+06 seats"),
    ("is_open", 1, "is_open = 1: must be true or false"),
    ("is_open", "true", "is_open = 'true': must be true or false"),
    ("note", 12, "note = 12: must be text"),
    ("note", False, "note = false: must be text"),
    ("note", None, "note = null: must not be null"),
    ("tone", "clam", "tone = clam: must be one of calm, loud; did you mean calm?"),
    ("tone", 3, "tone = 3: must be text"),
    ("best", "por", "best = por: must be one of basic, pro; did you mean pro?"),
    ("shown_offers", ["pro", "q"], "shown_offers = q: each item must be one of basic, pro"),
    ("tones", ["calm", "q"], "tones = q: each item must be one of calm, loud"),
    ("tones", "calm", "tones = calm: must be a list, such as [a, b]"),
    ("prices", [1, -2], "prices = -2: each item must be >= 0"),
    ("prices", ["1"], "prices = '1': each item must be a number"),
    ("prices", [None], "prices = null: each item must be a number"),
    ("ages", [1, 130], "ages = 130: each item must be <= 120"),
    ("ages", [1.5], "ages = 1.5: each item must be a whole number"),
    ("flags", [1], "flags = 1: each item must be true or false"),
    ("whale", "rest", "whale = rest: must be a number or auto"),
    ("whale", 1.5, "whale = 1.5: must be <= 1"),
    ("whale", True, "whale = true: must be a number or auto"),
    ("limit", -1, "limit = -1: must be >= 0"),
    ("colour", "rad", "colour = rad: must be one of red, blue; did you mean red?"),
    ("weights", {"a": -1}, "weights.a = -1: must be >= 0"),
    ("weights", {"a": "x"}, "weights.a = x: must be a number"),
    ("weights", None, "weights = null: must be a mapping by name"),
    ("weights", 3, "weights = 3: must be a mapping by name"),
    ("weights", {"a.b": 1}, "weights.a.b: names are letters, digits, _ and - (no dots)"),
    ("weights", {"": 1}, "weights.: names are letters, digits, _ and - (no dots)"),
    ("weights", {7: 1}, "weights.7: names are text: write '7' in quotes"),
    ("counts", {"a": 1.5}, "counts.a = 1.5: must be a whole number"),
    ("names", {"n": "z"}, "names.n = z: must be one of x, y"),
    ("tap", 3, "tap = 3: must be a mapping of parameters"),
    ("tap", None, "tap = null: must be a mapping of parameters"),
    ("tap", {"cac_eur": 0}, "tap.cac_eur = 0: must be > 0 EUR"),
    ("tap", {"cac": 1}, "tap.cac: unknown parameter; did you mean cac_eur?"),
    ("tap", {"offers": 3}, "tap.offers = 3: must be a mapping by name"),
    ("tap", {"offers": {"pro": 3}}, "tap.offers.pro = 3: must be a mapping of parameters"),
    ("tap", {"offers": {"new": {}}}, "tap.offers.new.price_eur: must be given"),
    (
        "tap",
        {"offers": {"pro": {"discount": 1}}},
        "tap.offers.pro.discount = 1: must be < 1",
    ),
    ("raet", 1, "raet: unknown parameter; did you mean rate?"),
]


@pytest.mark.parametrize(("name", "given", "text"), BAD)
def test_faults_are_named(name: str, given: Any, text: str) -> None:
    assert texts({name: given}) == [text]


def test_an_unknown_key_far_from_all_others_lists_them() -> None:
    (text,) = texts({"tap": {"zzz": 1}})
    assert text == "tap.zzz: unknown parameter; known here: cac_eur, cac_sd_eur, offers"
    assert texts(7) == ["7: must be a mapping of parameters"]


def test_all_faults_are_reported_together() -> None:
    data = {
        "rate": 2,
        "seats": "x",
        "nope": 1,
        "tap": {"cac_eur": -1, "offers": {"pro": {"price_eur": 0}, "new": {"label": 3}}},
        "prices": [1, "a"],
    }
    assert sorted(text.split(":")[0].split(" =")[0] for text in texts(data)) == [
        "nope",
        "prices",
        "rate",
        "seats",
        "tap.cac_eur",
        "tap.offers.new.label",
        "tap.offers.new.price_eur",
        "tap.offers.pro.price_eur",
    ]


def test_several_faults_make_one_readable_error() -> None:
    _, problems = build_params(Everything, {"rate": 2, "seats": 0})
    error = ConfigError([*problems, problems[0]])
    assert str(error) == (
        "2 problems, nothing has run:\n  rate = 2: must be <= 1\n  seats = 0: must be >= 1 seats"
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert again.problems == error.problems
    assert str(again) == str(error)
    assert str(ConfigError(problems[:1])).startswith("1 problem, nothing has run:")


def test_entries_are_merged_removed_and_added() -> None:
    params = built(
        {
            "tap": {"offers": {"basic": None, "pro": {"discount": 0.5}, "new": {"price_eur": 7}}},
            "weights": {"a": None, "c": 3},
            "best": "pro",
            "shown_offers": [],
        }
    )
    assert list(params.tap.offers) == ["pro", "new"]
    assert params.tap.offers["pro"] == Offer(price_eur=30.0, discount=0.5)
    assert params.tap.offers["new"] == Offer(price_eur=7.0)
    assert dict(params.weights) == {"b": 2.0, "c": 3.0}
    assert built({"weights": {"unknown": None}}) == built({})


def test_rules_between_fields_name_their_nested_path() -> None:
    assert texts({"tap": {"cac_eur": 4}}) == ["tap.cac_sd_eur = 5: must be <= cac_eur"]
    assert texts({"tap": {"offers": {"pro": {"label": "free"}}}}) == [
        "tap.offers.pro.price_eur = 30: must be 0 when label is free"
    ]
    assert build_params(Everything, {"tap": {"cac_eur": 4}}, with_rules=False)[1] == []


def test_rules_wait_until_each_value_is_right() -> None:
    assert texts({"rate": 2, "tap": {"cac_eur": 4}}) == ["rate = 2: must be <= 1"]
    assert texts({"best": "gone", "tap": {"cac_eur": 4}}) == [
        "best = gone: must be one of basic, pro"
    ]


def test_computed_choices_follow_the_entries() -> None:
    assert texts({"tap": {"offers": {"basic": None}}}) == [
        "best = basic: must be one of pro",
        "shown_offers = basic: each item must be one of pro",
    ]
    new = {"best": "new", "tap": {"offers": {"new": {"price_eur": 1}}}}
    assert built(new).best == "new"


def test_equal_values_make_equal_sets_however_written() -> None:
    spelled_out = {"rate": 0.5, "tap": {"cac_eur": 50}, "weights": {"a": 1}, "prices": [1, 2.5]}
    a, b = built({}), built(spelled_out)
    assert a == b
    assert hash(a) == hash(b)
    assert repr(list(leaf_values(a).items())) == repr(list(leaf_values(b).items()))
    offer = {"tap": {"offers": {"new": {"price_eur": 1}}}}
    with_discount = {"tap": {"offers": {"new": {"price_eur": 1.0, "discount": 0.0}}}}
    assert repr(built(offer)) == repr(built(with_discount))


def test_plain_data_reads_back() -> None:
    for data in (
        {},
        {"tap": {"offers": {"basic": None, "x": {"price_eur": 1}}}, "best": "x",
         "shown_offers": [], "weights": {"a": None}, "counts": {"k": 2}, "whale": 0.3},
    ):  # fmt: skip
        params = built(data)
        assert built(plain_params(params)) == params
        assert plain_params(built(plain_params(params))) == plain_params(params)


def test_parameter_sets_cannot_change() -> None:
    params = built({})
    with pytest.raises(dataclasses.FrozenInstanceError):
        params.rate = 0.1  # type: ignore[misc]
    with pytest.raises(TypeError, match="does not support item assignment"):
        params.tap.offers["pro"] = Offer(price_eur=1)  # type: ignore[index]
    with pytest.raises(AttributeError, match="cannot set '_items': the mapping is frozen"):
        params.tap.offers._items = {}  # type: ignore[attr-defined]
    with pytest.raises((AttributeError, TypeError)):
        params.other = 1  # type: ignore[attr-defined]


def test_parameter_sets_survive_pickling_and_copying() -> None:
    params = built({"counts": {"a": 1}, "tap": {"offers": {"new": {"price_eur": 1}}}})
    for again in (pickle.loads(pickle.dumps(params)), copy.deepcopy(params)):  # noqa: S301
        assert again == params
        assert hash(again) == hash(params)
        assert isinstance(again.tap.offers, FrozenMapping)
        assert rule_problems(again) == []


def test_a_frozen_mapping_is_a_copy() -> None:
    source = {"a": 1}
    frozen = FrozenMapping(source)
    source["a"] = 2
    assert frozen["a"] == 1
    assert frozen == {"a": 1}
    assert hash(FrozenMapping({"a": 1, "b": 2})) == hash(FrozenMapping({"b": 2, "a": 1}))
    assert repr(frozen) == "FrozenMapping({'a': 1})"
    assert copy.copy(frozen) == frozen


def test_problems_move_below_a_prefix() -> None:
    assert str(Problem("x", "1", "must be 2").under("a.b")) == "a.b.x = 1: must be 2"
    assert str(Problem("", "1", "must be 2").under("a")) == "a = 1: must be 2"
    assert str(Problem("x", "", "must be given").noting("here")) == "x: must be given (here)"


UNSUPPORTED: list[Any] = [
    int | str,
    float | int,
    list[float],
    tuple[float, float],
    tuple[float],
    dict,
    dict[int, float],
    Mapping[str, list[float]],
    Mapping[str, float | None],
    complex,
    Any,
]


@pytest.mark.parametrize("annotation", UNSUPPORTED, ids=str)
def test_unsupported_annotations_are_refused(annotation: Any) -> None:
    cls = dataclasses.make_dataclass(
        "Odd", [("x", annotation, param(None))], bases=(ParamGroup,), frozen=True
    )
    with pytest.raises(TypeError, match=r"parameter Odd\.x: annotation .* is not supported"):
        field_specs(cls)


def test_kinds_of_fields() -> None:
    kinds = {name: (spec.kind, spec.nullable) for name, spec in field_specs(Everything).items()}
    assert kinds["rate"] == ("float", False)
    assert kinds["seats"] == ("int", False)
    assert kinds["is_open"] == ("bool", False)
    assert kinds["note"] == ("text", False)
    assert kinds["tone"] == kinds["best"] == ("enum", False)
    assert kinds["prices"] == ("list", False)
    assert kinds["whale"] == ("share", False)
    assert kinds["limit"] == ("float", True)
    assert kinds["colour"] == ("enum", True)
    assert kinds["weights"] == ("values", False)
    assert kinds["counts"] == ("values", True)
    assert kinds["tap"] == ("group", False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spices(ParamGroup):
    noun: ClassVar[str] = "spice"

    pepper: float = param(0.0, doc="hot")
    salt: float = param(0.0, doc="not hot")


def test_group_with_a_noun_shows_its_whole_vocabulary() -> None:
    _, problems = build_params(Spices, {"peper": 1, "sugar": 2})
    assert [str(problem) for problem in problems] == [
        "peper: unknown spice; did you mean pepper?; known: pepper, salt",
        "sugar: unknown spice; known: pepper, salt",
    ]
