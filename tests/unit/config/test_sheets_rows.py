"""Each check of a sheet's row has a row that fails it, with the whole line of the message."""

from __future__ import annotations

import pytest

from tests.unit.config.sheet_support import (
    CAC,
    CAC_SD,
    EXAMPLE,
    GPU,
    GROWTH,
    changed,
    faults,
    faults_of,
    write_sheet,
)

FX = "fx,general,pricing.fx_usd_per_eur,numeric,USD_per_EUR,1,1.2,0.1,1.1,low_to_high,"
INSTANCES = "most,public_tap,public_tap.capacity.max_instances,numeric,count,1,9,2,5,low_to_high,"
MARKUPS = "mk,private_tap,private_tap.markup_pct,discrete,percent,,,,40,random,values=25|40|60"


def test_the_specification_s_example_is_right() -> None:
    assert faults_of(*EXAMPLE) == []
    assert faults_of(FX, INSTANCES, MARKUPS) == []


ONE_FAULT = {
    "1 fields": (CAC + ",more", "row: has the wrong number of fields (12; 11, as in the header)"),
    "1 too few": ("pub_cac,public_tap", "row: has the wrong number of fields (2; 11, as in the"),
    "2 id": (
        changed(CAC, variable_id="Pub CAC"),
        "variable_id: is no identifier (Pub CAC; a small letter, then small letters, digits and _)",
    ),
    "2 no id": (changed(CAC, variable_id=""), "variable_id: is no identifier (''; "),
    "3 scope": (
        changed(CAC, scope="publik_tap"),
        "scope: is not known (publik_tap; must be one of public_tap, private_tap, general; "
        "did you mean public_tap?)",
    ),
    "4 other scope": (
        changed(CAC, scope="private_tap"),
        "path: is outside the scope private_tap (public_tap.cac_base_eur; a row of this path has "
        "the scope public_tap)",
    ),
    "4 general": (
        changed(FX, scope="public_tap"),
        "path: is outside the scope public_tap (pricing.fx_usd_per_eur; a row of this path has "
        "the scope general)",
    ),
    "4 acquisition": (
        changed(CAC, path="acquisition.cac_base_eur"),
        "path: names no parameter (acquisition.cac_base_eur; did you mean public_tap.cac_base_eur "
        "in EUR?)",
    ),
    "4 acquisition, private": (
        changed(CAC, path="acquisition.cac_base_eur", scope="private_tap"),
        "path: names no parameter (acquisition.cac_base_eur; did you mean private_tap.cac_base_eur "
        "in EUR?)",
    ),
    "4 churn": (
        changed(CAC, path="public_tap.churn_pct_mom"),
        "path: names no parameter (public_tap.churn_pct_mom; did you mean "
        "public_tap.churn_rate_mom in fraction?)",
    ),
    "4 full path": (
        changed(CAC, path="params.public_tap.cac_base_eur"),
        "did you mean public_tap.cac_base_eur in EUR?)",
    ),
    "4 nothing near": (
        changed(CAC, path="zzzzzz"),
        "path: names no parameter (zzzzzz; python -m runner engines taps lists the paths)",
    ),
    "4 text": (
        "x,general,pricing.offers.provider_d_l4.provider,discrete,enum,,,,a,fixed,values=a|b",
        "path: is no number and no enum (pricing.offers.provider_d_l4.provider; only these can be "
        "variables)",
    ),
    "4 block": (
        changed(CAC, path="public_tap.monthly.cac.min"),
        "path: belongs to a monthly block (public_tap.monthly.cac.min; per_month=true on a row of "
        "public_tap.cac_base_eur fills it)",
    ),
    "5 type": (
        changed(CAC, type="number"),
        "type: is not known (number; must be one of numeric, discrete",
    ),
    "5 enum": (
        changed(GPU, type="numeric", notes=""),
        "type: does not fit an enum (numeric; must be discrete)",
    ),
    "6 unit": (
        changed(CAC, unit="USD"),
        "unit: is not the unit of public_tap.cac_base_eur (USD; must be EUR)",
    ),
    "6 enum": (
        changed(GPU, unit=""),
        "unit: is not the unit of private_tap.gpu_class (''; must be enum)",
    ),
    "6 fraction": (
        changed(GROWTH, min="0", max="0.12", step="0.04", default="0.08"),
        "max: looks like a fraction (0.12; 8 percent is 8, not 0.08; write small_percent=yes in "
        "notes if it is meant)",
    ),
    "7 missing": (changed(CAC, step=""), "step: is missing (''; must be a number)"),
    "7 text": (
        changed(CAC, default="fifty"),
        "default: is not a number (fifty; digits with a decimal point, no thousands separators)",
    ),
    "7 thousands": (changed(CAC, max='"1,000"'), "max: is not a number (1,000; digits with"),
    "7 underscore": (changed(CAC, max="1_000"), "max: is not a number (1_000; digits with"),
    "7 nan": (changed(CAC, max="nan"), "max: is not a number (nan; digits with"),
    "7 inf": (changed(CAC, max="inf"), "max: is not a number (inf; digits with"),
    "7 beyond": (changed(CAC, max="1e999"), "max: is not a number (1e999; below 1.8e308)"),
    "7 decimal comma": (changed(CAC, max='"80,5"'), "max: is not a number (80,5; digits with"),
    "7 other digits": (changed(CAC, max="8\u0660"), "max: is not a number (8\u0660; digits with"),
    "7 space": (changed(CAC, max="80 "), "max: is not a number ('80 '; digits with"),
    "7 step": (changed(CAC, step="0"), "step: is too small (0; must be > 0)"),
    "7 tiny step": (changed(CAC, step="1e-300"), "step: is too small (1e-300; must leave at most"),
    "7 order": (changed(CAC, min="90"), "min: is above max (90; must be <= 80)"),
    "7 outside": (
        changed(CAC, default="85"),
        "default: is outside min and max (85; must be from 20 to 80)",
    ),
    "7 lattice": (
        changed(CAC, default="52"),
        "default: is no tick of min + k*step (52; the nearest tick is 50)",
    ),
    "7 whole": (
        changed(INSTANCES, min="1.5", default="5.5"),
        "min: is not whole (1.5; whole numbers only: the path is an integer)",
    ),
    "8 empty": (changed(GPU, min="1"), "min: is not empty (1; must be empty for type discrete)"),
    "8 values": (
        changed(GPU, notes="three classes"),
        "notes: values is missing (three classes; values=a|b|c, at least one)",
    ),
    "8 no value": (changed(GPU, notes="values="), "notes: values is missing (values=; values=a|b"),
    "8 repeats": (
        changed(MARKUPS, notes="values=40|60|40.0"),
        "notes: values repeats (40|60|40.0; each value once)",
    ),
    "8 default": (
        changed(GPU, default="a10"),
        "default: is not among values (a10; must be one of rtx_3090, rtx_4090, l4)",
    ),
    "8 no default": (changed(GPU, default=""), "default: is missing (''; must be one of values)"),
    "8 enum": (
        changed(GPU, notes="values=rtx_4090|rtx_5090"),
        "notes: values holds an unknown value (rtx_5090; must be one of rtx_4090, rtx_3090, l40s, "
        "l4, a10",
    ),
    "8 hole": (
        changed(GPU, notes="values=rtx_4090||l4"),
        "notes: values holds an empty value (values=rtx_4090||l4; values=a|b|c)",
    ),
    "8 number": (
        changed(MARKUPS, notes="values=40|sixty"),
        "notes: is not a number (sixty; digits with a decimal point, no thousands separators)",
    ),
    "9 treatment": (
        changed(CAC, treatment="randm"),
        "treatment: is not known (randm; must be one of fixed, low_to_high, random; did you mean "
        "random?)",
    ),
    "9 treatment beside dist": (
        changed(CAC, treatment="randm", notes="dist=normal"),
        "treatment: is not known (randm; ",
    ),
    "9 divides": (
        changed(GROWTH, step="5", default="5"),
        "step: does not divide the range (5; must divide the range from 0 to 12: both ends are "
        "levels)",
    ),
    "10 fixed": (
        changed(GROWTH, min="-300", max="0", step="100", default="-200", treatment="fixed"),
        "default: is out of bounds (-200; must be >= -100 percent)",
    ),
    "10 axis": (
        changed(GROWTH, min="-104", default="4"),
        "min: is out of bounds (-104; must be >= -100 percent)",
    ),
    "10 random": (changed(CAC, min="0"), "min: is out of bounds (0; must be >= 0.01 EUR)"),
    "10 listed": (
        changed(MARKUPS, notes="values=40|-3"),
        "notes: is out of bounds (-3.0; must be >= 0 percent)",
    ),
    "10 monthly": (
        changed(CAC, min="0", notes="per_month=true"),
        "min: is out of bounds (0; must be >= 0.01 EUR)",
    ),
    "11 dist": (
        changed(CAC, notes="dist=gaussian"),
        "notes: dist is not known (gaussian; must be one of uniform, normal, lognormal)",
    ),
    "11 per_month": (
        changed(CAC, notes="per_month=yes"),
        "notes: per_month is not known (yes; must be one of true, false)",
    ),
    "11 small_percent": (
        changed(GROWTH, notes="small_percent=no"),
        "notes: small_percent is not known (no; must be one of yes)",
    ),
    "11 twice": (
        changed(CAC, notes="dist=normal;dist=uniform"),
        "notes: dist is given twice (dist=normal;dist=uniform; give dist once)",
    ),
    "11 dist of a fixed row": (
        changed(CAC, treatment="fixed", notes="dist=normal"),
        "notes: dist=normal does not fit (public_tap.cac_base_eur; numeric random rows of a path "
        "with an sd path)",
    ),
    "11 dist without sd": (
        changed(GROWTH, treatment="random", notes="dist=normal"),
        "notes: dist=normal does not fit (public_tap.budget_growth_pct_mom; numeric random rows of "
        "a path with an sd path)",
    ),
    "11 per_month without block": (
        changed(GROWTH, treatment="random", notes="per_month=true"),
        "notes: per_month=true does not fit (public_tap.budget_growth_pct_mom; numeric random rows "
        "of a path with a monthly block)",
    ),
    "11 per_month of an axis": (
        changed(CAC, treatment="low_to_high", notes="per_month=false"),
        "notes: per_month=false does not fit (public_tap.cac_base_eur; ",
    ),
    "11 values of a number": (
        changed(CAC, notes="values=40|50"),
        "notes: values does not fit type numeric (values=40|50; type discrete)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("row", "line"), ONE_FAULT.values(), ids=list(ONE_FAULT))
def test_one_fault_is_one_line(row: str, line: str) -> None:
    found = faults_of(row)
    if "whole" in line:  # min and default
        assert len(found) == 2
    else:
        assert len(found) == 1, found
    assert line in found[0]
    assert found[0].startswith("plan.csv:2: ")


def test_an_axis_is_never_longer_than_the_grid_may_be() -> None:
    row = changed(GROWTH, min="0", max="12", step="0.5", default="8")
    assert faults_of(row, design={"max_cells": 24}) == [
        "plan.csv:2: step: makes 25 levels (0.5; at most design.max_cells = 24)"
    ]
    assert faults_of(row, design={"max_cells": 25}) == []


def test_a_small_percentage_may_be_meant() -> None:
    row = changed(GROWTH, min="0", max="0.12", step="0.04", default="0.08")
    assert faults_of(changed(row, notes="small_percent=yes; cautious")) == []


def test_an_id_is_used_once_in_a_file() -> None:
    assert faults_of(GROWTH, changed(GPU, variable_id="pub_growth")) == [
        "plan.csv:3: variable_id: is used twice (pub_growth; must be unique in its file; first "
        "used at plan.csv:2)"
    ]


def test_an_id_is_used_once_in_a_scope_over_all_files() -> None:
    names = [
        write_sheet(GROWTH, name="a.csv"),
        write_sheet(changed(CAC, variable_id="pub_growth"), name="b.csv"),
    ]
    assert faults(*names) == [
        "b.csv:2: variable_id: is used twice (pub_growth; must be unique in scope public_tap; "
        "first used at a.csv:2)"
    ]


def test_a_path_has_one_row_over_all_files() -> None:
    names = [
        write_sheet(CAC, name="a.csv"),
        write_sheet(changed(CAC, variable_id="other", treatment="fixed"), name="b.csv"),
    ]
    assert faults(*names) == [
        "b.csv:2: path: has two treatments (public_tap.cac_base_eur; one row for each path; first "
        "used at a.csv:2)"
    ]


def test_a_file_named_after_a_scope_holds_that_scope_alone() -> None:
    assert faults_of(GROWTH, name="sheets/public_tap.csv") == []
    assert faults_of(CAC, GPU, FX, name="sheets/public_tap.csv") == [
        f"sheets/public_tap.csv:{line}: scope: does not fit the file's name ({scope}; every row of "
        "public_tap.csv has the scope public_tap)"
        for line, scope in ((3, "private_tap"), (4, "general"))
    ]
    assert faults_of(FX, name="general.csv") == []
    assert faults_of(GROWTH, name="pricing.csv") == []


def test_five_different_faults_are_five_lines_of_one_error() -> None:
    found = faults_of(
        changed(CAC, unit="USD"),
        changed(CAC_SD, default="12"),
        changed(GROWTH, treatment="sometimes"),
        changed(GPU, notes="values=rtx_4090|rtx_5090"),
        changed(FX, path="pricing.fx_usd_per_euro"),
    )
    assert [line.split(" ", 2)[:2] for line in found] == [
        ["plan.csv:2:", "unit:"],
        ["plan.csv:3:", "default:"],
        ["plan.csv:4:", "treatment:"],
        ["plan.csv:5:", "notes:"],
        ["plan.csv:6:", "path:"],
    ]


def test_one_row_may_have_several_faults() -> None:
    row = changed(CAC, variable_id="9", unit="USD", step="-5", treatment="x", notes="dist=x")
    assert [line.split(" ", 2)[1] for line in faults_of(row)] == [
        "variable_id:", "unit:", "treatment:", "notes:", "step:",
    ]  # fmt: skip


def test_faults_of_all_files_and_of_the_rest_come_together() -> None:
    names = [
        write_sheet(changed(CAC, unit="USD"), name="a.csv"),
        write_sheet(changed(GPU, unit="class"), name="b.csv"),
    ]
    found = faults(*names, "c.csv", design={"replicates": 0, "variables_csv": [*names, "c.csv"]})
    assert [line.split(" ")[0] for line in found] == [
        "design.replicates", "c.csv:", "a.csv:2:", "b.csv:2:",
    ]  # fmt: skip


def test_text_that_breaks_lines_is_shown_on_one() -> None:
    (line,) = faults_of(changed(CAC, unit='"EUR\nor USD"'))
    assert "('EUR\\nor USD'; must be EUR)" in line
