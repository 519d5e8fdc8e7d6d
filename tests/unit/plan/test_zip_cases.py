"""Axes that move together, and cells that stand alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.config import compose_study, request_from_mapping
from runner.config.saved import study_from_data, study_to_data
from runner.contract import ConfigError, PlanError
from runner.plan import Plan, make_plan

EFFECT, TREND, NOISE = "params.effect", "params.trend_per_period", "params.noise_sd"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def plan_of(design: dict[str, Any], **more: Any) -> Plan:
    request = request_from_mapping({"engine": "linear_null", "design": design, **more})
    return make_plan(compose_study(request))


def levels_of(plan: Plan) -> list[tuple[Any, ...]]:
    return [tuple(cell.levels[key] for key in plan.axes) for cell in plan.cells]


def faults_of(design: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        plan_of(design, **more)
    return [str(problem) for problem in refused.value.problems]


def test_keys_of_a_zip_move_together_and_each_shows_its_level() -> None:
    plan = plan_of({"zip": {"plans": {EFFECT: [0, 0.5, 1], TREND: [0.3, 0.2, 0.1]}}})
    assert levels_of(plan) == [(0, 0.3), (0.5, 0.2), (1, 0.1)]
    assert plan.axes == {EFFECT: (0, 0.5, 1), TREND: (0.3, 0.2, 0.1)}
    assert f"design.zip.plans: {EFFECT}, {TREND} move together, 3 levels" in plan.notes
    assert [cell.params.effect for cell in plan.cells] == [0.0, 0.5, 1.0]  # type: ignore[attr-defined]


def test_a_zip_is_one_dimension_of_the_grid() -> None:
    plan = plan_of({"grid": {"horizon": [3, 6]}, "zip": {"z": {EFFECT: [0, 1], TREND: [0, 1]}}})
    assert levels_of(plan) == [(3, 0, 0), (3, 1, 1), (6, 0, 0), (6, 1, 1)]


def test_a_level_may_repeat_within_a_zip() -> None:
    plan = plan_of({"zip": {"z": {EFFECT: [0, 1, 1], TREND: [0, 0, 1]}}})
    assert len(plan.cells) == 3
    assert plan.axes == {EFFECT: (0, 1), TREND: (0, 1)}


def test_a_zip_takes_groups_and_levels_in_the_grammar_of_the_command_line() -> None:
    plan = plan_of({"zip": {"z": {"mix": "light,heavy", "horizon": "range(3,7,3)"}}})
    assert levels_of(plan) == [("light", 3), ("heavy", 6)]
    same = plan_of({"grid": {"mix": ["light"], "horizon": [3]}})
    assert plan.cells[0].run_ids == same.cells[0].run_ids


def test_two_zips_are_multiplied() -> None:
    zips = {
        "a": {EFFECT: [0, 1], TREND: [0, 1]},
        "b": {NOISE: [1, 2], "horizon": [3, 6]},
    }
    assert levels_of(plan_of({"zip": zips})) == [
        (0, 0, 1, 3), (0, 0, 2, 6), (1, 1, 1, 3), (1, 1, 2, 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("design", "line"),
    [
        (
            {"zip": {"z": {EFFECT: [0, 1], TREND: [0, 1, 2]}}},
            f"design.zip.z: needs equally many levels for each key; has {EFFECT} 2, {TREND} 3",
        ),
        (
            {"zip": {"z": {EFFECT: [0, 1]}}},
            "design.zip.z: needs two keys or more; one key alone belongs in design.grid",
        ),
        (
            {"zip": {"z": {EFFECT: [0, 1, 0], TREND: [2, 3, 2]}}},
            "design.zip.z: has the same levels twice: 0, 2; list each set once",
        ),
        (
            {"zip": {"z": {"params.efect": [0, 1], TREND: [0, 1]}}},
            "design.zip.z.params.efect: unknown parameter; did you mean effect?",
        ),
        (
            {"zip": {"z": {"params.noise_sd": [-1, 1], TREND: [0, 1]}}},
            "design.zip.z.params.noise_sd = -1: must be >= 0 outcome",
        ),
        (
            {"zip": {"z": {EFFECT: [0, 1], TREND: [0, 1]}}, "grid": {EFFECT: [0, 1]}},
            f"design.zip.z.{EFFECT}: is also the axis design.grid.{EFFECT}; keep one",
        ),
        (
            {"zip": {"y": {EFFECT: [0], NOISE: [1]}, "z": {EFFECT: [0, 1], TREND: [0, 1]}}},
            f"design.zip.z.{EFFECT}: is also the axis design.zip.y.{EFFECT}; keep one",
        ),
        (
            {"zip": {"z": {EFFECT: [0], "mix": ["a"]}}},
            "design.zip.z.mix = a: is no option of mix/linear_null: balanced, heavy, "
            "light, uniform",
        ),
        (
            {
                "zip": {"z": {EFFECT: [0, 1], TREND: [0, 1]}},
                "variables": {EFFECT: {"treatment": "fixed", "default": 1}},
            },
            f"design.zip.z.{EFFECT}: would change nothing: design.variables.{EFFECT} (treatment "
            f"fixed) sets the value; remove one, as in ~design.variables.{EFFECT}",
        ),
        (
            {"zip": {"z": {EFFECT: [0, 1], TREND: [0, 1]}}, "arms": {"b": {TREND: 2}}},
            f"design.arms.b.{TREND}: {TREND} is also an axis of the grid; keep one",
        ),
    ],
)  # fmt: skip
def test_what_a_zip_cannot_be(design: dict[str, Any], line: str) -> None:
    assert line in faults_of(design)


@pytest.mark.parametrize(
    "written", [{EFFECT: [0, 1], TREND: [1, 2]}, {"z": [1, 2]}, [1], {"a b": {EFFECT: [0]}}]
)
def test_a_zip_without_a_name_is_answered_with_an_example(written: Any) -> None:
    (line,) = faults_of({"zip": written})
    assert "must map a name to keys with levels, as in {plans: {horizon: [6, 12]" in line


def test_cases_are_cells_besides_the_grid_and_repeats_appear_once() -> None:
    cases = [{"horizon": 9}, {"horizon": 6}, {"horizon": 9.0}]
    plan = plan_of({"grid": {"horizon": [3, 6]}, "cases": cases})
    assert levels_of(plan) == [(3,), (6,), (9,)]
    assert plan.axes == {"horizon": (3, 6, 9)}
    assert plan.notes[:2] == tuple(
        f"design.cases[{index}] adds no cell: the study has it already, or excludes it"
        for index in (1, 2)
    )


def test_without_a_grid_the_cases_are_the_cells() -> None:
    plan = plan_of({"cases": [{EFFECT: 1}, {"horizon": 3, "mix": "heavy"}]})
    assert list(plan.axes) == [EFFECT, "horizon", "mix"]
    assert levels_of(plan) == [(1, 6, "balanced"), (0.0, 3, "heavy")]


def test_keys_that_a_cell_does_not_name_have_their_configured_value() -> None:
    design = {"grid": {"horizon": [3, 6]}, "cases": [{EFFECT: 2}, {EFFECT: 0.25, "horizon": 6}]}
    plan = plan_of(design, **{EFFECT: 0.25}, horizon=5)
    assert levels_of(plan) == [(3, 0.25), (6, 0.25), (5, 2)]


def test_an_axis_of_variables_has_its_default_in_a_case_that_leaves_it_out() -> None:
    axis = {"treatment": "low_to_high", "min": 0, "max": 1, "step": 0.5, "default": 0.5}
    plan = plan_of({"variables": {EFFECT: axis}, "cases": [{"horizon": 3}, {EFFECT: 3}]})
    assert levels_of(plan)[3:] == [(0.5, 3), (3, 6)]
    assert plan.cells[3].params.effect == 0.5  # type: ignore[attr-defined]


def test_each_case_is_run_in_every_arm() -> None:
    design = {"grid": {"horizon": [3]}, "cases": [{"horizon": 9}], "arms": {"b": {EFFECT: 1}}}
    plan = plan_of(design)
    assert [(cell.arm, cell.levels["horizon"]) for cell in plan.cells] == [
        ("control", 3), ("b", 3), ("control", 9), ("b", 9),
    ]  # fmt: skip


def test_arms_show_the_same_levels_so_that_they_stay_paired() -> None:
    design = {"cases": [{"horizon": 3}, {TREND: 0}], "arms": {"b": {"mix": "heavy"}}}
    plan = plan_of(design)
    assert plan.cells[0].levels == plan.cells[1].levels


def test_exclusions_drop_cases_too() -> None:
    design = {
        "grid": {"horizon": [3, 6]},
        "cases": [{"horizon": 9}, {EFFECT: 1}],
        "exclude": [{"horizon": 9}, {EFFECT: 0.0, "horizon": 3}],
    }
    assert levels_of(plan_of(design)) == [(6, 0.0), (6, 1)]


def test_a_case_has_the_runs_of_an_equal_cell_of_another_study() -> None:
    case = plan_of({"cases": [{"mix": "heavy", EFFECT: 1, "horizon": 3}]})
    grid = plan_of({"grid": {"mix": ["heavy"], EFFECT: [1], "horizon": [3]}})
    assert case.cells[0].run_ids == grid.cells[0].run_ids


@pytest.mark.parametrize(
    ("design", "line"),
    [
        ({"cases": {"horizon": 3}}, "must be a list such as [{horizon: 24}]"),
        ({"cases": [3]}, "design.cases[0] = 3: must map keys to values"),
        ({"cases": [{"horizn": 3}]}, "design.cases[0].horizn: horizn cannot differ between cells"),
        (
            {"cases": [{"horizon": [3, 6]}]},
            "design.cases[0].horizon = [3, 6]: must be a whole number of",
        ),
        ({"cases": [{"params.efect": 1}]}, "design.cases[0].params.efect: unknown parameter; did"),
        ({"cases": [{"arm": "b"}]}, "design.cases[0].arm: each case is run in every arm"),
        ({"cases": [{"engine": "taps"}]}, "design.cases[0].engine: engine cannot differ between"),
        ({"cases": [{"mix": "heavi"}]}, "design.cases[0].mix = heavi: is no option of mix/linear"),
        (
            {"cases": [{EFFECT: 1}], "arms": {"b": {EFFECT: 2}}},
            f"design.cases[0].{EFFECT}: is also set by design.arms.b.{EFFECT}; keep one",
        ),
        (
            {
                "cases": [{EFFECT: 1}],
                "variables": {EFFECT: {"treatment": "random", "min": 0, "max": 1}},
            },
            f"design.cases[0].{EFFECT}: would change nothing: design.variables.{EFFECT} (treatment "
            "random) sets the value; remove one",
        ),
        (
            {"cases": [{"mix/linear_null": "heavy"}], "grid": {"mix": ["light", "heavy"]}},
            "design.cases[0].mix/linear_null: is the group of the axis mix; write that",
        ),
        ({"cases": [{"horizon": 3}], "exclude": [{"horizon": 4}]}, "is not a level"),
    ],
)
def test_what_a_case_cannot_be(design: dict[str, Any], line: str) -> None:
    found = faults_of(design)
    assert any(line in told for told in found), found


def test_cases_count_towards_the_largest_plan() -> None:
    design = {"grid": {"horizon": [3, 6]}, "cases": [{"horizon": 9}], "max_cells": 2}
    with pytest.raises(
        PlanError, match=r"3 cells \(horizon 2; 1 cases\): must be at most design\."
    ):
        plan_of(design)


def test_a_zip_counts_once_towards_the_largest_plan() -> None:
    design = {"zip": {"z": {EFFECT: [0, 1, 2], TREND: [0, 1, 2]}}, "max_cells": 3}
    assert len(plan_of(design).cells) == 3
    with pytest.raises(PlanError, match=r"3 cells \(zip z 3\)"):
        plan_of({**design, "max_cells": 2})


def test_a_study_with_zips_and_cases_survives_being_written_down() -> None:
    design = {
        "zip": {"z": {EFFECT: [0, 1], "mix": ["light", "heavy"]}},
        "cases": [{"horizon": 3, "seed": 5}],
        "arms": {"b": {NOISE: 2}},
    }
    request = request_from_mapping({"engine": "linear_null", "design": design})
    study = compose_study(request)
    again = study_from_data(study_to_data(study))
    assert make_plan(again).plan_id == make_plan(study).plan_id
