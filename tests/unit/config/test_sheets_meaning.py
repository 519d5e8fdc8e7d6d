"""What rows mean: values, axes, random variables, monthly blocks; and what they must not meet."""

from __future__ import annotations

from typing import Any

import pytest

from runner.contract import PlanError
from runner.plan import Plan, make_plan
from tests.unit.config.sheet_support import (
    CAC,
    CAC_SD,
    EXAMPLE,
    GPU,
    GROWTH,
    MONTHLY_CAC,
    changed,
    composed,
    faults_of,
    write_sheet,
)

CHURN = "churn,private_tap,private_tap.churn_rate_mom,numeric,fraction,0,0.1,0.005,0.03,random,"
FX = "fx,general,pricing.fx_usd_per_eur,numeric,USD_per_EUR,1,1.2,0.1,1.1,random,"
CAC_PATH = "params.public_tap.cac_base_eur"


def plan_of(*rows: str, **more: Any) -> Plan:
    return make_plan(composed(write_sheet(*rows), **more))


def value_in(plan: Plan, path: str, cell: int = 0) -> Any:
    found: Any = plan.cells[cell].params
    for name in path.split("."):
        found = getattr(found, name)
    return found


def test_the_specification_s_example_gives_twelve_cells() -> None:
    plan = plan_of(*EXAMPLE)
    assert plan.axes == {
        "params.public_tap.budget_growth_pct_mom": (0.0, 4.0, 8.0, 12.0),
        "params.private_tap.gpu_class": ("rtx_3090", "rtx_4090", "l4"),
    }
    assert [tuple(cell.levels.values()) for cell in plan.cells[:4]] == [
        (0.0, "rtx_3090"), (0.0, "rtx_4090"), (0.0, "l4"), (4.0, "rtx_3090"),
    ]  # fmt: skip
    assert len(plan.cells) == 12
    assert all(not cell.drawn for cell in plan.cells)
    block = value_in(plan, "public_tap.monthly.cac")
    assert (block.distribution, block.min, block.max, block.step) == ("normal", 20.0, 80.0, 5.0)
    assert value_in(plan, "public_tap.cac_base_eur") == 50.0
    assert value_in(plan, "public_tap.cac_sd_eur") == 10.0


def test_axes_follow_those_of_the_study_in_file_and_row_order() -> None:
    names = [write_sheet(GPU, GROWTH, name="a.csv"), write_sheet(
        changed(CAC, treatment="low_to_high", step="30"), name="b.csv")]  # fmt: skip
    study = composed(*names, horizon=6, design={"grid": {"seed": [1, 2]}})
    assert [axis.key for axis in study.axes] == [
        "seed",
        "params.private_tap.gpu_class",
        "params.public_tap.budget_growth_pct_mom",
        CAC_PATH,
    ]


def test_a_fixed_row_replaces_the_configured_value() -> None:
    plan = plan_of(changed(CAC, treatment="fixed", default="65"), params={})
    assert value_in(plan, "public_tap.cac_base_eur") == 65.0
    assert plan.cells[0].drawn == ()


def test_a_random_row_is_a_variable_with_the_row_s_id_and_the_path_s_scope() -> None:
    plan = plan_of(CHURN, FX, design={"replicates": 3})
    assert [(v.scope, v.variable_id, v.path) for v in plan.cells[0].drawn] == [
        ("private_tap", "churn", "private_tap.churn_rate_mom"),
        ("pricing", "fx", "pricing.fx_usd_per_eur"),
    ]
    ticks = {round(k * 0.005, 12) for k in range(21)}
    assert set(plan.cells[0].drawn[0].values) <= ticks


def test_dist_takes_the_default_as_mean_and_the_sd_path_as_spread() -> None:
    rows = changed(CAC, notes="dist=normal", step="1", default="40"), changed(CAC_SD, default="5")
    values = plan_of(*rows, design={"replicates": 400}).cells[0].drawn[0].values
    mean = sum(values) / len(values)
    spread = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5
    assert abs(mean - 40) < 1.5
    assert abs(spread - 5) < 1


def test_a_listed_number_and_a_listed_name_are_drawn_with_equal_probability() -> None:
    markup = "mk,private_tap,private_tap.markup_pct,discrete,percent,,,,40,random,values=25|40|60"
    plan = plan_of(markup, changed(GPU, treatment="random"), design={"replicates": 60})
    numbers, names = (variable.values for variable in plan.cells[0].drawn)
    assert set(numbers) == {25.0, 40.0, 60.0}
    assert set(names) == {"rtx_3090", "rtx_4090", "l4"}


def test_whole_number_parameters_get_whole_numbers() -> None:
    row = "most,public_tap,public_tap.capacity.max_instances,numeric,count,1,9,2,5,random,"
    values = plan_of(row, design={"replicates": 20}).cells[0].drawn[0].values
    assert all(isinstance(value, int) for value in values)
    assert set(values) <= {1, 3, 5, 7, 9}
    fixed = plan_of(changed(row, treatment="fixed"))
    assert repr(value_in(fixed, "public_tap.capacity.max_instances")) == "5"


def test_per_month_is_uniform_unless_told_and_is_no_variable_of_the_runner() -> None:
    plan = plan_of(changed(CAC, notes="per_month=true"), design={"replicates": 2})
    assert value_in(plan, "public_tap.monthly.cac").distribution == "uniform"
    assert plan.cells[0].drawn == ()


@pytest.mark.parametrize("treatment", ["fixed", "low_to_high", "random"])
def test_any_other_row_on_a_centre_ends_its_monthly_redraws(treatment: str) -> None:
    on = {"params.public_tap.monthly.cac.distribution": "uniform"}
    study = composed(write_sheet(changed(CAC, treatment=treatment)), **on)
    assert value_in(make_plan(study), "public_tap.monthly.cac").distribution == "none"
    assert study.document["sheets"]["replaced"][-1] == {
        "path": "params.public_tap.monthly.cac.distribution", "old": "uniform", "new": "none",
        "file": "plan.csv", "line": 2,
    }  # fmt: skip


def test_every_replacement_is_on_record() -> None:
    rows = changed(CAC, treatment="fixed", default="65"), GROWTH, CHURN
    replaced = composed(write_sheet(*rows), **{CAC_PATH: 45}).document["sheets"]["replaced"]
    assert replaced == [
        {"path": CAC_PATH, "old": 45.0, "new": 65.0, "file": "plan.csv", "line": 2},
        {
            "path": "params.public_tap.budget_growth_pct_mom", "old": 8.0,
            "new": [0.0, 4.0, 8.0, 12.0], "file": "plan.csv", "line": 3,
        },
        {
            "path": "params.private_tap.churn_rate_mom", "old": 0.03,
            "new": {"uniform": {"min": 0.0, "max": 0.1, "step": 0.005}},
            "file": "plan.csv", "line": 4,
        },
    ]  # fmt: skip


def test_warnings_are_notes_of_the_plan() -> None:
    names = [
        write_sheet(changed(CHURN, notes="owner=ann; seen"), name="a.csv"),
        write_sheet(changed(CAC, variable_id="churn"), name="b.csv"),
    ]
    notes = make_plan(composed(*names)).notes
    assert notes[:2] == (
        "a.csv:2: notes: owner=ann is no directive; known: values, dist, per_month, small_percent",
        "variable_id_collision: churn stands for different variables, in private_tap at a.csv:2, "
        "in public_tap at b.csv:2",
    )


def test_a_mistyped_directive_is_a_note_with_the_nearest_one() -> None:
    notes = make_plan(composed(write_sheet(changed(CAC, notes="dists=normal")))).notes
    assert notes[0].endswith("dists=normal is no directive; did you mean dist?")


@pytest.mark.parametrize(
    ("design", "place"),
    [
        (
            {"variables": {CAC_PATH: {"treatment": "random", "min": 1, "max": 2}}},
            f"design.variables.{CAC_PATH}",
        ),
        ({"grid": {CAC_PATH: [40, 60]}}, f"design.grid.{CAC_PATH}"),
        ({"zip": {"z": {CAC_PATH: [40, 60], "horizon": [6, 12]}}}, f"design.zip.z.{CAC_PATH}"),
        ({"arms": {"b": {CAC_PATH: 40}}}, f"design.arms.b.{CAC_PATH}"),
        (
            {"arms": {"b": {f"design.variables.{CAC_PATH}.min": 30}}},
            f"design.arms.b.design.variables.{CAC_PATH}.min",
        ),
    ],
)
def test_a_path_with_another_treatment_is_refused_naming_both_places(
    design: dict[str, Any], place: str
) -> None:
    wanted = (
        f"plan.csv:2: path: has two treatments (public_tap.cac_base_eur; keep this row or {place})"
    )
    assert wanted in faults_of(CAC, design=design)


def test_a_block_that_a_row_fills_is_treated_by_that_row() -> None:
    (line,) = faults_of(
        MONTHLY_CAC, CAC_SD, design={"grid": {"params.public_tap.monthly.cac.max": [90, 100]}}
    )
    assert line == (
        "plan.csv:2: path: has two treatments (public_tap.monthly.cac.max; keep this row or "
        "design.grid.params.public_tap.monthly.cac.max)"
    )


def test_arms_may_change_what_a_row_fixes() -> None:
    arms = {"cheap": {CAC_PATH: 40}}
    plan = plan_of(changed(CAC, treatment="fixed"), design={"arms": arms})
    assert [value_in(plan, "public_tap.cac_base_eur", cell) for cell in (0, 1)] == [50.0, 40.0]


def test_a_row_that_nothing_reads_is_refused_by_file_and_line() -> None:
    with pytest.raises(PlanError, match=r"plan\.csv:2: public_tap\.cac_sd_eur: would change noth"):
        plan_of(CAC_SD)


def test_a_spread_is_read_by_a_normal_row() -> None:
    assert plan_of(CAC_SD, changed(CAC, notes="dist=normal")).n_runs == 1


def test_a_normal_row_without_any_spread_is_refused_by_file_and_line() -> None:
    with pytest.raises(PlanError, match=r"plan\.csv:2: sd = null: must be given"):
        plan_of(changed(CAC, notes="dist=normal"))


def test_the_product_of_axes_is_bounded_with_its_sizes() -> None:
    with pytest.raises(
        PlanError, match=r"12 cells \(params\.public_tap\.budget_growth_pct_mom 4 x"
    ):
        plan_of(*EXAMPLE, design={"max_cells": 11})


def test_sheets_serve_engines_without_scopes() -> None:
    rows = (
        "effect,general,effect,numeric,outcome,0,1,0.5,0.5,low_to_high,",
        "people,general,entities,numeric,count,50,150,50,100,random,",
    )
    plan = make_plan(composed(write_sheet(*rows), engine="linear_null"))
    assert plan.axes == {"params.effect": (0.0, 0.5, 1.0)}
    assert [(v.scope, v.variable_id) for v in plan.cells[0].drawn] == [("entities", "people")]
    (line,) = faults_of(changed(rows[0], scope="effect"), engine="linear_null")
    assert line == "plan.csv:2: scope: is not known (effect; must be one of general)"


def test_a_sheet_s_values_hold_under_every_option_of_a_group() -> None:
    row = "shift,general,archetypes.heavy.shift,numeric,outcome,0,9,1,7,fixed,"
    study = composed(
        write_sheet(row), engine="linear_null", design={"grid": {"mix": "light,heavy"}}
    )
    shifts = [cell.params.archetypes["heavy"].shift for cell in make_plan(study).cells]  # type: ignore[attr-defined]
    assert shifts == [7.0, 7.0]


def test_a_parameter_that_a_cell_lacks_is_refused_there() -> None:
    row = (
        "usd,general,pricing.offers.provider_d_l4.usd_hr,numeric,USD_per_hour,0.5,1,0.1,0.8,random,"
    )
    arms = {"without": {"params.pricing.offers.provider_d_l4": None}}
    with pytest.raises(
        PlanError, match=r"plan\.csv:2: path = pricing\.offers\.provider_d_l4\.usd_hr"
    ):
        plan_of(row, design={"arms": arms})


@pytest.mark.parametrize("params", [5, {"public_tap": 5}])
def test_sheets_over_broken_parameters_do_not_hide_them(params: Any) -> None:
    assert any("params" in line for line in faults_of(CAC, MONTHLY_CAC, params=params))
