"""Groups that are given completely or not at all, and switches written as words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from runner.contract import REQUIRED, ParamGroup, build_params, group, param, plain_params


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner(ParamGroup):
    rate: float = param(REQUIRED, unit="fraction", doc="a rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(ParamGroup):
    size: int = param(REQUIRED, unit="count", doc="a size")
    inner: Inner = param(REQUIRED, doc="a group that must be given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(ParamGroup):
    enabled: bool = param(True, doc="a switch")
    scenario: Scenario = group(Scenario, whole=Scenario(size=3, inner=Inner(rate=0.5)))


def test_whole_group_not_given_is_its_default():
    built, problems = build_params(Params, {})
    assert problems == []
    assert built == Params()


def test_missing_values_of_a_given_group_are_named_and_not_filled_in():
    built, problems = build_params(Params, {"scenario": {"size": 4}})
    assert built is None
    assert [str(p) for p in problems] == ["scenario.inner: must be given"]
    nested = build_params(Params, {"scenario": {"size": 4, "inner": {}}})[1]
    assert [str(p) for p in nested] == ["scenario.inner.rate: must be given"]


def test_complete_group_is_built_and_survives_being_written_down():
    given = {"scenario": {"size": 4, "inner": {"rate": 0.25}}}
    built, problems = build_params(Params, given)
    assert problems == []
    assert built is not None
    assert build_params(Params, plain_params(built))[0] == built


@pytest.mark.parametrize(("word", "meant"), [("on", True), ("off", False), (True, True)])
def test_switch_is_read_from_words(word, meant):
    built, problems = build_params(Params, {"enabled": word})
    assert problems == []
    assert built is not None
    assert built.enabled is meant


def test_other_words_are_no_switch():
    problems = build_params(Params, {"enabled": "offf"})[1]
    assert [str(p) for p in problems] == ["enabled = offf: must be true or false"]
