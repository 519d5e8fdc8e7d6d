"""What changes an id, and what must not."""

from __future__ import annotations

from typing import Any

import pytest

from runner.plan import Plan
from tests.unit.plan.planning import plan_of, variable

BASE: dict[str, Any] = {
    "params": {"effect": 1},
    "design": {
        "replicates": 2,
        "grid": {"params.baseline": [5, 6]},
        "arms": {"calm": {"params.noise_sd": 0.5}},
        "variables": {"params.entity_sd": variable(min=1, max=2)},
    },
}
SAME: dict[str, dict[str, Any]] = {
    "name and question": {"study": {"name": "other", "question": "Why?"}},
    "outputs": {"paths": {"outputs": "elsewhere"}},
    "execution": {"execution": {"backend": "threading", "n_jobs": 3, "part_runs": 7}},
    "tables": {"collect": "all"},
    "limit": {"design": {"max_cells": 10}},
    "the default written out": {"horizon": 6, "params": {"trend_per_period": 0.1}},
    "whole numbers as floats": {"params": {"effect": 1.0}, "horizon": 6.0, "seed": 1.0},
    "levels as floats": {"design": {"grid": {"params.baseline": [5.0, 6.0]}}},
    "the unit": {"design": {"variables": {"params.entity_sd": {"unit": "outcome"}}}},
}
OTHER_RUNS: dict[str, dict[str, Any]] = {
    "a parameter": {"params": {"effect": 2}},
    "the horizon": {"horizon": 7},
    "the seed": {"seed": 2},
    "the generator": {"draws": {"generator": "philox"}},
    "the seeding": {"seeding": {"mode": "per_cell"}},
    "the range": {"design": {"variables": {"params.entity_sd": {"max": 3}}}},
}


def merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for key, value in more.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = merged(found[key], value) if both else value
    return found


def plan(more: dict[str, Any]) -> Plan:
    return plan_of(**merged(BASE, more))


@pytest.mark.parametrize("case", SAME)
def test_what_changes_no_number_changes_no_id(case: str) -> None:
    before, after = plan({}), plan(SAME[case])
    assert after.plan_id == before.plan_id
    assert after.run_ids == before.run_ids
    assert [c.cell_id for c in after.cells] == [c.cell_id for c in before.cells]


@pytest.mark.parametrize("case", OTHER_RUNS)
def test_what_can_change_numbers_changes_every_run_id(case: str) -> None:
    before, after = plan({}), plan(OTHER_RUNS[case])
    assert not set(before.run_ids) & set(after.run_ids)
    assert after.plan_id != before.plan_id


def test_names_of_arms_are_in_the_plan_id_alone() -> None:
    renamed = merged(BASE, {})
    renamed["design"] = {**BASE["design"], "arms": {"quiet": {"params.noise_sd": 0.5}}}
    before, after = plan({}), plan_of(**renamed)
    assert after.run_ids == before.run_ids
    assert [c.cell_id for c in after.cells] == [c.cell_id for c in before.cells]
    assert after.plan_id != before.plan_id


def test_cells_of_equal_content_share_id_and_runs() -> None:
    found = plan({"design": {"arms": {"same": {"params.noise_sd": 1.0}, "none": {}}}})
    by_arm = {c.arm: c for c in found.cells[:4]}
    assert by_arm["same"].cell_id == by_arm["none"].cell_id == by_arm["control"].cell_id
    assert by_arm["same"].run_ids == by_arm["control"].run_ids
    assert by_arm["calm"].cell_id != by_arm["control"].cell_id


def test_an_axis_and_an_arm_that_mean_the_same_give_the_same_runs() -> None:
    by_axis = plan_of(design={"grid": {"params.effect": [0, 3]}})
    by_arm = plan_of(design={"arms": {"high": {"params.effect": 3}}})
    fixed = plan_of(design={"variables": {"params.effect": {"treatment": "fixed", "default": 3}}})
    plain = plan_of(params={"effect": 3})
    assert by_axis.run_ids == by_arm.run_ids
    assert fixed.run_ids == plain.run_ids == by_axis.run_ids[1:]


def test_seeds_of_any_size_are_told_apart() -> None:
    plans = [plan_of(seed=seed) for seed in (2**64, 2**64 + 1, 10**40, 0)]
    assert len({p.run_ids[0] for p in plans}) == 4


def test_many_cells_have_distinct_ids() -> None:
    found = plan_of(
        design={"replicates": 3, "grid": {"params.effect": list(range(200)), "seed": [1, 2]}}
    )
    assert len(set(found.run_ids)) == 1200
    assert len({c.cell_id for c in found.cells}) == 200  # the seed is no part of the content
