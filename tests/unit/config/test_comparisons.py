"""`comparisons` and `compare`: everything that is wrong with them, at once and by name."""

from __future__ import annotations

from typing import Any

import pytest

from runner.config import compose_study, request_from_mapping
from runner.config.saved import study_from_data, study_to_data
from runner.config.study import Study
from runner.contract import ConfigError

ARMS = {"short": {"params.effect": 0.5}, "long": {"params.effect": 0.7}}
M = "mean_outcome"


def compose(**sections: Any) -> Study:
    given = {"engine": "linear_null", "design": {"arms": ARMS}, **sections}
    return compose_study(request_from_mapping(given))


def problems(**sections: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        compose(**sections)
    return [str(problem) for problem in caught.value.problems]


def test_what_is_declared() -> None:
    study = compose(
        comparisons={
            "all": {"metric": M, "width": 1, "noninferior": 0.1},
            "some": {"metric": "trend_outcome", "arms": ["long"], "equivalent": 2,
                     "scale": "relative"},
            "off": None,
        },
        compare={"confidence": 0.9, "resamples": 500},
    )  # fmt: skip
    first, second = study.comparisons
    assert (first.name, first.arms, first.width, first.noninferior) == (
        "all", ("short", "long"), 1.0, 0.1,
    )  # fmt: skip
    assert (second.arms, second.equivalent, second.scale) == (("long",), 2.0, "relative")
    assert (study.compare.confidence, study.compare.resamples) == (0.9, 500)
    assert study_from_data(study_to_data(study)) == study


def test_it_is_written_down_and_changes_no_run() -> None:
    study = compose(comparisons={"all": {"metric": M}}, compare={"confidence": 0.9})
    assert study.document["comparisons"] == {"all": {"metric": M}}
    assert study.document["compare"]["confidence"] == 0.9


BAD: list[tuple[Any, str]] = [
    (5, "comparisons.c = 5: must be a mapping such as {metric: m, width: 1}"),
    ({}, "comparisons.c.metric: must be given; known: mean_outcome"),
    ({"metric": "mean_outcom"}, "is no metric of linear_null; did you mean mean_outcome?"),
    ({"metric": [M]}, "comparisons.c.metric = [mean_outcome]: is no metric"),
    ({"metric": M, "widht": 1}, "comparisons.c.widht: unknown field; did you mean width?"),
    ({"metric": M, "arms": ["shrt"]}, "comparisons.c.arms = shrt: is no arm besides the control; "
     "did you mean short?"),
    ({"metric": M, "arms": ["control"]}, "comparisons.c.arms = control: is no arm besides"),
    ({"metric": M, "arms": []}, "must be a list of arms: short, long"),
    ({"metric": M, "arms": "short"}, "must be a list of arms: short, long"),
    ({"metric": M, "width": 0}, "comparisons.c.width = 0: must be a number above 0"),
    ({"metric": M, "equivalent": -1}, "comparisons.c.equivalent = -1: must be a number above 0"),
    ({"metric": M, "noninferior": "x"}, "comparisons.c.noninferior = x: must be a number above 0"),
    ({"metric": "trend_outcome", "noninferior": 1}, "comparisons.c.noninferior: linear_null does "
     "not say whether more or less of trend_outcome is better; use equivalent"),
    ({"metric": M, "width": 1, "scale": "ratio"}, "must be one of difference, relative"),
    ({"metric": M, "scale": "relative"}, "would change nothing without one of width"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "text"), BAD)
def test_bad_comparisons(written: Any, text: str) -> None:
    found = problems(comparisons={"c": written})
    assert len(found) == 1
    assert text in found[0]


def test_all_problems_at_once() -> None:
    found = problems(
        comparisons={"a b": {"metric": "x", "width": 0}, "c": {"metric": M}, "d": {"metric": M}},
        compare={"confidence": 1.5},
    )
    told = "\n".join(found)
    for text in (
        "the name of a comparison must be", "comparisons.a b.metric = x", "comparisons.a b.width",
        "arm short is compared on mean_outcome by comparisons.c already; keep one",
        "compare.confidence = 1.5: must be",
    ):  # fmt: skip
        assert text in told
    assert problems(comparisons=[1]) == [
        "comparisons = [1]: must be a mapping from names to comparisons"
    ]


def test_a_study_without_arms_has_nothing_to_compare() -> None:
    found = problems(comparisons={"c": {"metric": M}}, design={})
    assert found == ["comparisons.c: needs arms to compare with the control: add design.arms"]


def test_too_few_resamples_are_refused() -> None:
    assert "must be 0 (no bootstrap) or >= 200" in problems(compare={"resamples": 5})[0]
    assert compose(compare={"resamples": 0}).compare.resamples == 0


VERSUS = {"metric": M, "versus": "control"}
BAD_RULES: list[tuple[Any, str]] = [
    ({**VERSUS}, "needs exactly one of between, at_least, at_most, noninferior, equivalent; has"),
    ({**VERSUS, "at_least": 0, "equivalent": 1}, "has at_least, equivalent"),
    ({**VERSUS, "at_least": 0, "pass_share": 0.9}, "acceptance.r.pass_share: goes with rules on "
     "runs, not with versus"),
    ({**VERSUS, "at_least": 0, "tolerance": 1}, "acceptance.r.tolerance: goes with rules on runs"),
    ({**VERSUS, "noninferior": 0}, "acceptance.r.noninferior = 0: must be a number above 0"),
    ({**VERSUS, "versus": "short", "at_least": 0}, "acceptance.r.versus = short: must be control"),
    ({**VERSUS, "at_least": 0, "scale": "log"}, "must be one of difference, relative"),
    ({"versus": "control", "at_least": 0}, "acceptance.r.metric: must be given"),
    ({"metric": "trend_outcome", "versus": "control", "noninferior": 1}, "does not say whether"),
    ({"metric": "mean_outcom", "versus": "control", "noninferior": 1}, "did you mean mean_outcome"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text"), BAD_RULES)
def test_bad_rules_versus_the_control(rule: Any, text: str) -> None:
    found = problems(acceptance={"r": rule})
    assert len(found) == 1, found
    assert text in found[0]


def test_margins_become_bands() -> None:
    study = compose(acceptance={
        "n": {**VERSUS, "noninferior": 0.2},
        "e": {**VERSUS, "equivalent": 0.3, "scale": "relative"},
        "b": {**VERSUS, "between": [-1, 2]},
    })  # fmt: skip
    bounds = {rule.rule_id: (rule.bounds, rule.scale) for rule in study.rules}
    assert bounds["n"] == ((-0.2, float("inf")), "difference")
    assert bounds["e"] == ((-0.3, 0.3), "relative")
    assert bounds["b"] == ((-1.0, 2.0), "difference")
