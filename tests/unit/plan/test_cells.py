"""Cells in order, with what each consists of."""

from __future__ import annotations

from typing import Any, cast

import pytest

from engines.linear_null.params import Params
from runner.contract import PlanError
from runner.plan import Cell
from tests.unit.plan.planning import plan_of, variable


def params(cell: Cell) -> Params:
    return cast(Params, cell.params)


def test_the_last_axis_and_then_the_arm_go_fastest() -> None:
    plan = plan_of(
        design={
            "replicates": 2,
            "grid": {"params.effect": [2, 1], "horizon": [3, 4]},
            "arms": {"b": {"params.baseline": 1}, "a": {"params.baseline": 2}},
        }
    )
    found = [(c.levels["params.effect"], c.horizon, c.arm) for c in plan.cells]
    assert found == [
        (e, h, a) for e in (2, 1) for h in (3, 4) for a in ("control", "b", "a")
    ]  # fmt: skip
    assert plan.run_ids == [r for c in plan.cells for r in c.run_ids]
    assert plan.n_runs == 24
    assert plan.arms == ("control", "b", "a")


def test_excluded_cells_are_dropped() -> None:
    plan = plan_of(
        design={
            "grid": {"params.effect": [1, 2], "horizon": [3, 4]},
            "arms": {"a": {"params.baseline": 2}},
            "exclude": [{"horizon": 3, "params.effect": 2.0}, {"arm": "a", "horizon": 4}],
        }
    )
    found = [(c.levels["params.effect"], c.horizon, c.arm) for c in plan.cells]
    assert found == [(1, 3, "control"), (1, 3, "a"), (1, 4, "control"), (2, 4, "control")]
    assert [c.grid_index for c in plan.cells] == [0, 1, 2, 3]


def test_groups_are_axes_and_arms() -> None:
    plan = plan_of(
        design={"grid": {"mix": ["light", "heavy"]}, "arms": {"own": {"seeding": "per_cell"}}}
    )
    shares = [params(c).archetypes["heavy"].share for c in plan.cells]
    assert shares == [0.2, 0.2, 0.8, 0.8]
    assert [bool(c.source.cell) for c in plan.cells] == [False, True, False, True]


def test_values_of_a_cell_beat_its_group() -> None:
    plan = plan_of(
        design={
            "grid": {"mix": ["light", "heavy"]},
            "arms": {"even": {"params.archetypes.heavy.share": 0.4}},
        }
    )
    assert [params(c).archetypes["heavy"].share for c in plan.cells] == [0.2, 0.4, 0.8, 0.4]


def test_interpolations_are_resolved_per_cell() -> None:
    plan = plan_of(
        params={"effect": "${params.baseline}", "threshold": "${horizon}"},
        design={"grid": {"params.baseline": [5, 6], "horizon": [3, 4]}},
    )
    found = [(params(c).effect, params(c).threshold) for c in plan.cells]
    assert found == [(5.0, 3.0), (5.0, 4.0), (6.0, 3.0), (6.0, 4.0)]


def test_low_to_high_has_both_ends() -> None:
    plan = plan_of(
        design={
            "variables": {
                "params.effect": {"treatment": "low_to_high", "min": 0.1, "max": 0.7, "step": 0.2},
                "params.entities": {"treatment": "low_to_high", "values": [30, 10]},
            }
        }
    )
    assert plan.axes == {"params.effect": (0.1, 0.3, 0.5, 0.7), "params.entities": (30, 10)}
    assert [params(c).entities for c in plan.cells[:2]] == [30, 10]


def test_a_fixed_variable_replaces_the_value() -> None:
    declared = {"params.effect": {"treatment": "fixed", "default": 4, "min": 0, "max": 9}}
    plan = plan_of(design={"variables": declared, "grid": {"params.baseline": [1, 2]}})
    assert [params(c).effect for c in plan.cells] == [4.0, 4.0]
    assert plan.cells[0].drawn == ()


def test_rules_hold_for_fixed_values_of_cells_with_interpolations() -> None:
    fixed = {"params.archetypes.heavy.share": {"treatment": "fixed", "default": 0.6}}
    study: dict[str, Any] = {
        "params": {"effect": "${params.baseline}", "archetypes": {"light": {"share": 0.4}}},
        "design": {"variables": fixed},
    }
    assert params(plan_of(**study).cells[0]).archetypes["heavy"].share == 0.6
    study["params"]["archetypes"]["light"]["share"] = 0.5
    with pytest.raises(PlanError, match=r"shares must sum to 1, they sum to 1\.1"):
        plan_of(**study)


def test_null_and_mixed_levels_are_levels() -> None:
    plan = plan_of(design={"grid": {"params.threshold": [None, 3, 4.5], "horizon": [None, 3]}})
    assert [params(c).threshold for c in plan.cells[::2]] == [None, 3.0, 4.5]
    assert [c.horizon for c in plan.cells[:2]] == [6, 3]


def test_the_seed_and_the_generator_can_be_axes() -> None:
    plan = plan_of(design={"grid": {"seed": [3, 1000.0], "draws.generator": ["mixer", "philox"]}})
    assert [(c.source.seed, c.source.generator) for c in plan.cells] == [
        (3, "mixer"), (3, "philox"), (1000, "mixer"), (1000, "philox"),
    ]  # fmt: skip


def test_the_limit_names_the_sizes() -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(
            design={"grid": {"params.effect": [1, 2, 3], "horizon": [2, 3]}, "max_cells": 11,
                    "arms": {"a": {"params.baseline": 2}}}
        )  # fmt: skip
    assert "12 cells (params.effect 3 x horizon 2 x arm 2): must be at most" in str(caught.value)


def test_all_cells_are_judged_before_any_is_refused() -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(
            design={
                "grid": {"params.archetypes.light.share": [0.5, 0.6, 0.7]},
                "variables": {"params.effect": variable(distribution="normal", min=1, max=2)},
            }
        )
    text = str(caught.value)
    assert "they sum to 1.1 (in cell 1: params.archetypes.light.share=0.6)" in text
    assert "they sum to 1.2 (in cell 2: params.archetypes.light.share=0.7)" in text
    assert "design.variables.params.effect.mean = 0: must lie between min 1 and max 2" in text


def test_notes_tell_where_a_treatment_changes_nothing() -> None:
    plan = plan_of(
        "taps",
        design={"grid": {"params.public_tap.monthly.cac.distribution": ["none", "uniform"],
                         "params.public_tap.monthly.cac.min": [5, 10]}},
    )  # fmt: skip
    told = "design.grid.params.public_tap.monthly.cac.min changes nothing in 2 of 4 cells"
    assert told in plan.notes


def test_an_sd_can_be_swept_as_the_spread_of_a_variable() -> None:
    spread = variable(distribution="normal", min=20, max=90)
    plan = plan_of(
        "taps",
        design={"replicates": 30, "grid": {"params.public_tap.cac_sd_eur": [1, 15]},
                "variables": {"params.public_tap.cac_base_eur": spread}},
    )  # fmt: skip
    widths = [max(c.drawn[0].values) - min(c.drawn[0].values) for c in plan.cells]
    assert widths[1] > 5 * widths[0]
