"""Random variables, resolved per cell and drawn by address."""

from __future__ import annotations

from typing import Any

import pytest

from runner.contract import PlanError
from tests.unit.plan.planning import plan_of, variable

EFFECT = "params.effect"


def drawn(*, replicates: int = 6, **sections: Any) -> list[tuple[Any, ...]]:
    """Return the values of the first variable in each cell."""
    design = {"replicates": replicates, **sections.pop("design", {})}
    return [c.drawn[0].values for c in plan_of(design=design, **sections).cells]


def test_all_cells_and_arms_meet_the_same_draws() -> None:
    found = drawn(
        design={
            "grid": {"params.baseline": [1, 2], "horizon": [3, 4]},
            "arms": {"a": {"params.noise_sd": 2}},
            "variables": {EFFECT: variable(min=0, max=1)},
        }
    )
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(set(found[0])) == 6


def test_per_cell_gives_each_content_its_own() -> None:
    found = drawn(
        seeding="per_cell",
        design={
            "grid": {"params.baseline": [1, 2]},
            "arms": {"same": {}, "a": {"params.noise_sd": 2}},
            "variables": {EFFECT: variable(min=0, max=1)},
        },
    )
    assert found[0] == found[1]
    assert len(set(found)) == 4


def test_more_replicates_variables_or_arms_leave_draws_alone() -> None:
    one = {EFFECT: variable(min=0, max=1)}
    before = drawn(replicates=3, design={"variables": one})[0]
    assert drawn(replicates=9, design={"variables": one})[0][:3] == before
    two = {"params.baseline": variable(min=0, max=1), **one}
    plan = plan_of(design={"replicates": 3, "variables": two, "arms": {"a": {"horizon": 2}}})
    by_path = {v.path: v.values for v in plan.cells[1].drawn}
    assert by_path["effect"] == before
    assert by_path["baseline"] != before


def test_every_seed_draws_differently() -> None:
    declared = {"variables": {EFFECT: variable(min=0, max=1)}}
    found = [drawn(seed=seed, design=declared)[0] for seed in (0, 1, 2**80)]
    assert len(set(found)) == 3


def test_the_mean_defaults_to_the_cells_own_value() -> None:
    found = drawn(
        replicates=300,
        design={
            "grid": {EFFECT: [10, 20]},
            "arms": {"wide": {"params.effect_sd": 3}},
            "variables": {EFFECT: variable(distribution="normal", sd=None)},
        },
        params={"effect_sd": 1},
    )
    centres = [sum(values) / len(values) for values in found]
    assert centres == pytest.approx([10, 10, 20, 20], abs=1)
    spread = [max(values) - min(values) for values in found]
    assert spread[1] == pytest.approx(3 * spread[0], rel=1e-9)
    assert [b - a for a, b in zip(found[0], found[2], strict=True)] == pytest.approx([10.0] * 300)


def test_an_arm_moves_the_centre() -> None:
    declared = {EFFECT: variable(distribution="normal", sd=1, min=0, max=30)}
    control, moved = drawn(
        design={"arms": {"moved": {EFFECT: 20}}, "variables": declared}, params={"effect": 10}
    )
    assert all(b > a for a, b in zip(control, moved, strict=True))


def test_a_default_is_the_centre_when_given() -> None:
    with_mean = variable(distribution="normal", sd=1, mean=5)
    with_default = variable(distribution="normal", sd=1, default=5)
    values = [drawn(design={"variables": {EFFECT: v}})[0] for v in (with_mean, with_default)]
    assert values[0] == values[1]


def test_an_arm_can_change_a_variable() -> None:
    control, other = drawn(
        design={
            "variables": {EFFECT: variable(min=0, max=1)},
            "arms": {"far": {"design.variables.params.effect.max": 100}},
        }
    )
    assert [100 * a for a in control] == pytest.approx(list(other))


def test_an_arm_can_add_a_variable() -> None:
    plan = plan_of(
        design={"replicates": 2, "arms": {"noisy": {
            "design.variables.params.effect": variable(min=0, max=1)}}}
    )  # fmt: skip
    assert [len(c.drawn) for c in plan.cells] == [0, 1]


def test_integers_and_listed_values_keep_their_kind() -> None:
    (whole,) = drawn(
        replicates=40, design={"variables": {"params.entities": variable(min=1, max=4)}}
    )
    assert set(whole) == {1, 2, 3, 4}
    assert all(type(v) is int for v in whole)
    (stepped,) = drawn(
        replicates=40, design={"variables": {"params.entities": variable(min=1, max=9, step=4)}}
    )
    assert set(stepped) == {1, 5, 9}
    (listed,) = drawn(
        replicates=40, design={"variables": {EFFECT: {"treatment": "random", "values": [3, 1.5]}}}
    )
    assert set(listed) == {3.0, 1.5}


def test_steps_that_do_not_reach_the_end_stay_inside() -> None:
    (values,) = drawn(
        replicates=200, design={"variables": {EFFECT: variable(min=0, max=1, step=0.3)}}
    )
    assert set(values) == {0.0, 0.3, 0.6, 0.9}


def test_a_parameter_that_is_null_has_no_centre() -> None:
    declared = {"params.threshold": variable(distribution="normal", sd=1)}
    with pytest.raises(PlanError, match=r"threshold\.mean = null: must be given: the parameter is"):
        plan_of(params={"threshold": None}, design={"variables": declared})
    plan_of(params={"threshold": None}, design={"variables": {
        "params.threshold": variable(min=0, max=1)}})  # fmt: skip


def test_the_names_of_a_variable() -> None:
    plan = plan_of(
        "taps",
        design={"variables": {
            "params.public_tap.capacity.peak_factor": variable(min=1, max=2)}},
    )  # fmt: skip
    (found,) = plan.cells[0].drawn
    assert (found.scope, found.variable_id, found.path) == (
        "public_tap", "capacity_peak_factor", "public_tap.capacity.peak_factor",
    )  # fmt: skip
