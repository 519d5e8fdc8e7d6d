"""Planners' sheets from the command line to stored results."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from runner.cli import run_command_line
from tests.unit.config.sheet_support import CAC, CAC_SD, EXAMPLE, GPU, GROWTH, changed, write_sheet

USAGE = 2
CHURN = (
    "prv_churn,private_tap,private_tap.churn_rate_mom,numeric,fraction,0,0.1,0.005,0.03,random,"
    "dist=normal"
)
CHURN_SD = (
    "prv_churn_sd,private_tap,private_tap.churn_rate_sd,numeric,fraction,0,0.1,0.01,0.01,fixed,"
)
FX = "fx,general,pricing.fx_usd_per_eur,numeric,USD_per_EUR,1,1.2,0.1,1.1,random,"
SHORT = ("horizon=6", "design.replicates=4", "execution=sequential")

YAML = """\
# @package _global_
defaults:
  - override /engine: taps
params:
  public_tap:
    cac_sd_eur: 10
    monthly: {cac: {distribution: normal, min: 20, max: 80, step: 5}}
  private_tap: {churn_rate_sd: 0.01}
design:
  variables:
    params.public_tap.budget_growth_pct_mom:
      {treatment: low_to_high, min: 0, max: 12, step: 4, default: 8, unit: percent}
    params.private_tap.gpu_class: {treatment: low_to_high, values: [rtx_3090, rtx_4090, l4]}
    params.private_tap.churn_rate_mom:
      {treatment: random, distribution: normal, default: 0.03, min: 0, max: 0.1, step: 0.005}
    params.pricing.fx_usd_per_eur: {treatment: random, min: 1, max: 1.2, step: 0.1, default: 1.1}
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["python -m runner"])


def answer(capsys: pytest.CaptureFixture[str], command: str, *words: str) -> dict[str, Any]:
    assert run_command_line([command, "--json", *words]) in (0, 1), capsys.readouterr().err
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def sheets(*names: str) -> str:
    return f"design.variables_csv=[{','.join(names)}]"


def draws_in(folder: str) -> dict[tuple[str, ...], list[str]]:
    """Return the drawn values by scope, path and cell, in replicate order."""
    found: dict[tuple[str, ...], list[str]] = {}
    with (Path(folder) / "variable_draws.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            key = (row["scope"], row["path"], row["grid_index"])
            found.setdefault(key, []).append(row["draw_value"])
    return found


@pytest.mark.parametrize("seeding", ["common", "per_cell"])
def test_sheets_and_yaml_give_the_same_plan_and_the_same_draws(
    seeding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = *EXAMPLE[:3], GPU, CHURN, CHURN_SD, FX
    write_sheet(*rows[:3], name="public_tap.csv")
    write_sheet(*rows[3:], name="other.csv")
    file = Path("mine/sweeps/by_hand.yaml")
    file.parent.mkdir(parents=True)
    file.write_text(YAML, encoding="utf-8")
    words = (f"seeding={seeding}", *SHORT)
    from_csv = answer(capsys, "plan", "engine=taps", sheets("public_tap.csv", "other.csv"), *words)
    by_hand = answer(capsys, "plan", "--config-dir", "mine", "sweeps=by_hand", *words)
    assert from_csv["cells"] == by_hand["cells"] == 12
    assert from_csv["plan_id"] == by_hand["plan_id"]
    assert draws_in(from_csv["folder"]) == draws_in(by_hand["folder"])
    assert len(draws_in(from_csv["folder"])) == 2 * 12


def test_draws_carry_the_row_s_id(capsys: pytest.CaptureFixture[str]) -> None:
    name = write_sheet(FX, CHURN, CHURN_SD)
    found = answer(capsys, "plan", "engine=taps", sheets(name), "design.replicates=1")
    lines = (Path(found["folder"]) / "variable_draws.csv").read_text().splitlines()
    assert lines[0] == "scope,variable_id,path,grid_index,replicate_index,draw_value"
    assert [line.rpartition(",")[0] for line in lines[1:]] == [
        "pricing,fx,pricing.fx_usd_per_eur,0,0",
        "private_tap,prv_churn,private_tap.churn_rate_mom,0,0",
    ]


def results_by_levels(folder: str) -> dict[tuple[object, ...], tuple[str, ...]]:
    """Return run ids and metrics by growth, GPU class and replicate."""
    plan = pq.read_table(Path(folder) / "plan.parquet").to_pylist()
    metrics = pq.read_table(Path(folder) / "metrics.parquet").to_pandas()
    by_run = {run: str(rows["value"].tolist()) for run, rows in metrics.groupby("run_id")}
    return {
        (
            row["params.public_tap.budget_growth_pct_mom"],
            row["params.private_tap.gpu_class"],
            row["replicate_index"],
        ): (row["run_id"], by_run[row["run_id"]])
        for row in plan
    }


def test_permuted_rows_and_files_leave_every_run_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [*EXAMPLE, CHURN, CHURN_SD]
    one = write_sheet(*rows, name="one.csv")
    two = write_sheet(*rows[3:], name="two.csv"), write_sheet(*reversed(rows[:3]), name="three.csv")
    first = answer(capsys, "run", "engine=taps", sheets(one), "study.name=a", *SHORT)
    other = answer(capsys, "run", "engine=taps", sheets(*two), "study.name=b", *SHORT)
    assert first["plan_id"] != other["plan_id"]  # the order of the grid is part of a plan
    assert results_by_levels(first["folder"]) == results_by_levels(other["folder"])


def test_five_faults_are_five_lines_and_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    name = write_sheet(
        changed(CAC, unit="USD"),
        changed(CAC_SD, default="12"),
        changed(GROWTH, treatment="sometimes"),
        changed(GPU, notes="values=rtx_4090|rtx_5090"),
        changed(FX, path="pricing.fx_usd_per_euro"),
    )
    assert run_command_line(["run", "engine=taps", sheets(name)]) == USAGE
    lines = capsys.readouterr().err.splitlines()
    assert "5 problems, nothing has run:" in lines[0]
    assert [line.split()[0] for line in lines[1:6]] == [f"plan.csv:{n}:" for n in range(2, 7)]
    assert not Path("outputs").exists()


def test_a_finished_study_needs_its_sheets_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    name = write_sheet(*EXAMPLE, CHURN, CHURN_SD)
    first = answer(capsys, "run", "engine=taps", sheets(name), *SHORT)
    Path(name).unlink()
    again = answer(capsys, "resume")
    assert again["results_hash"] == first["results_hash"]
    assert again["runs"]["done"] == 48


def test_a_case_in_the_plan_table_has_every_axis_as_a_column(
    capsys: pytest.CaptureFixture[str],
) -> None:
    design = "design.cases=[{horizon: 9},{params.public_tap.cac_base_eur: 60}]"
    moving = "params.private_tap.markup_pct: [30,40], params.private_tap.cac_base_eur: [190,210]"
    zipped = f"design.zip.plans={{{moving}}}"
    found = answer(capsys, "run", "engine=taps", design, zipped, "execution=sequential")
    table = pq.read_table(Path(found["folder"]) / "plan.parquet").to_pandas()
    columns = [c for c in table.columns if c == "horizon" or c.startswith("params.")]
    assert table[columns].values.tolist() == [
        [30, 190, 18, 50], [40, 210, 18, 50], [40, 200, 9, 50], [40, 200, 18, 60],
    ]  # fmt: skip
