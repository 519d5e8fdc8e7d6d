"""The main job, from one command to files that can be checked."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from runner.registry import load_engine
from tests.commands import Command, Ran

FILES = {
    "study.yaml", "invocation.yaml", "plan.parquet", "environment.json", "variable_draws.csv",
    "metrics.parquet", "runs.parquet", "metrics_by_cell.parquet", "metrics_by_cell.csv",
    "run_summary.json", "SHA256SUMS",
}  # fmt: skip
KEYS = {"study", "plan_id", "folder", "runs", "verdict", "results_hash"}
DRAWS = ["scope", "variable_id", "path", "grid_index", "replicate_index", "draw_value"]
BASE = ["run_id", "grid_index", "cell_id", "arm", "replicate_index"]
SEQUENTIAL = "execution=sequential"

STUDIES = {
    "plan": (["sweeps=taps_plan", "design.replicates=4"], 24, 4),
    "grid": (["sweeps=taps_grid", "design.replicates=3"], 24, 3),
    "line": (
        ["engine=taps", "params.public_tap.cac_base_eur=40,50,60", "horizon=12,18",
         "design.replicates=3"], 6, 3,
    ),
}  # fmt: skip
AXES = {
    "plan": ["params.public_tap.budget_month0_eur", "params.private_tap.budget_month0_eur",
             "horizon"],
    "grid": ["params.public_tap.budget_growth_pct_mom", "params.private_tap.budget_growth_pct_mom",
             "params.public_tap.cac_base_eur"],
    "line": ["params.public_tap.cac_base_eur", "horizon"],
}  # fmt: skip
DRAWN = {
    "plan": {
        "public_tap.cac_base_eur": (20, 90, 5),
        "public_tap.churn_rate_mom": (0, 0.1, None),
        "private_tap.cac_base_eur": (100, 330, 10),
        "private_tap.churn_rate_mom": (0, 0.1, None),
    },
    "grid": {"private_tap.churn_rate_mom": (0.01, 0.06, 0.005), "private_tap.gpu_class": None},
    "line": {},
}


@pytest.fixture(params=STUDIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ran(command: Command, name: str) -> Ran:
    return command("run", *STUDIES[name][0], SEQUENTIAL, "--json")


def verify_checksums(folder: Path) -> int:
    """Check SHA256SUMS as `sha256sum -c` does; return the number of files."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    for line in lines:
        digest, _, file = line.partition("  ")
        assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == digest, file
    return len(lines)


def test_the_study_is_whole(ran: Ran, name: str, here: Path) -> None:
    _, cells, replicates = STUDIES[name]
    assert ran.code == 0, ran.err
    assert ran.document.keys() >= KEYS
    runs = ran.document["runs"]
    assert runs["planned"] == runs["done"] == cells * replicates
    assert runs["failed"] == runs["timeout"] == 0
    folder = ran.folder
    assert folder.is_relative_to(here / "outputs")
    assert folder.name == ran.document["plan_id"][:12]
    assert {f.name for f in folder.iterdir()} >= FILES
    assert verify_checksums(folder) >= len(FILES) - 1
    assert (folder.parents[1] / "latest").resolve() == folder


def test_the_plan_lists_every_run(ran: Ran, name: str) -> None:
    _, cells, replicates = STUDIES[name]
    plan = pd.read_parquet(ran.folder / "plan.parquet")
    drawn = [f"params.{path}" for path in DRAWN[name]]
    assert list(plan.columns) == [*BASE, *AXES[name], *drawn]
    assert plan["grid_index"].tolist() == [c for c in range(cells) for _ in range(replicates)]
    assert plan["replicate_index"].tolist() == list(range(replicates)) * cells
    assert plan["run_id"].is_unique
    levels = plan.drop_duplicates("grid_index")[[*AXES[name], "arm"]]
    assert not levels.duplicated().any()
    assert plan["arm"].isna().all() == (name != "plan")


def test_metrics_are_complete(ran: Ran, name: str) -> None:
    metrics = pd.read_parquet(ran.folder / "metrics.parquet")
    assert list(metrics.columns) == [
        "run_id", "grid_index", "arm", "replicate_index", "metric", "value", "reason",
    ]  # fmt: skip
    plan = pd.read_parquet(ran.folder / "plan.parquet")
    spec = load_engine("taps")
    declared = spec.metric_names(spec.params())
    keys = list(metrics[["run_id", "metric"]].itertuples(index=False, name=None))
    assert keys == [(r, m) for r in plan["run_id"] for m in declared]
    assert (metrics["value"].isna() == metrics["reason"].notna()).all()
    assert all(math.isfinite(v) for v in metrics["value"].dropna())


def test_runs_are_listed_with_their_hashes(ran: Ran) -> None:
    runs = pd.read_parquet(ran.folder / "runs.parquet")
    plan = pd.read_parquet(ran.folder / "plan.parquet")
    assert runs["run_id"].tolist() == plan["run_id"].tolist()
    assert (runs["status"] == "done").all()
    assert runs["metrics_hash"].str.fullmatch("[0-9a-f]{32}").all()
    assert runs["error"].isna().all()


def test_draws_are_on_record(ran: Ran, name: str) -> None:
    _, cells, replicates = STUDIES[name]
    draws = pd.read_csv(ran.folder / "variable_draws.csv")
    assert list(draws.columns) == DRAWS
    declared = DRAWN[name]
    assert len(draws) == len(declared) * cells * replicates
    assert not draws.duplicated(DRAWS[:-1]).any()
    assert set(draws["path"]) == set(declared)
    plan = pd.read_parquet(ran.folder / "plan.parquet").set_index(["grid_index", "replicate_index"])
    for row in draws.itertuples():
        assert row.scope == row.path.split(".")[0]
        used = plan.loc[(row.grid_index, row.replicate_index), f"params.{row.path}"]
        bounds = declared[row.path]
        if bounds is None:
            assert row.draw_value == used
            assert row.draw_value in ("rtx_3090", "rtx_4090", "l4")
        else:
            assert_on_lattice(float(row.draw_value), *bounds)
            assert float(row.draw_value) == used


def assert_on_lattice(value: float, low: float, high: float, step: float | None) -> None:
    assert low <= value <= high
    if step is not None:
        assert value == round(low + round((value - low) / step) * step, 12)


def test_the_same_command_again_has_nothing_to_do(ran: Ran, name: str, command: Command) -> None:
    before = (ran.folder / "metrics.parquet").read_bytes()
    again = command("run", *STUDIES[name][0], SEQUENTIAL, "--json")
    assert again.code == 0
    assert again.document["runs"]["executed"] == 0
    assert again.document["results_hash"] == ran.document["results_hash"]
    assert again.document["plan_id"] == ran.document["plan_id"]
    assert (again.folder / "metrics.parquet").read_bytes() == before


def test_the_terminal_tells_the_answer(command: Command) -> None:
    ran = command("run", *STUDIES["line"][0], SEQUENTIAL)
    assert ran.code == 0
    for text in (
        "study taps: 18 of 18 runs done (18 new)",
        "mean over replicates, with its 95 % interval",
        "total_contribution_eur",
        "results hash  ",
        "results in    ",
    ):
        assert text in ran.out
    again = command("run", *STUDIES["line"][0], SEQUENTIAL)
    assert "18 of 18 runs done (nothing to do, all are done)" in again.out


def test_json_is_one_object_and_nothing_else(command: Command) -> None:
    ran = command("run", "-m", *STUDIES["line"][0], SEQUENTIAL, "--json")
    assert ran.out.startswith("{")
    json.loads(ran.out)  # would fail on anything before or after it


def test_summary_means_are_those_of_the_metrics(ran: Ran) -> None:
    metrics = pd.read_parquet(ran.folder / "metrics.parquet")
    summary = pd.read_csv(ran.folder / "metrics_by_cell.csv")
    one = summary[summary["metric"] == "total_revenue_eur"].set_index("grid_index")
    mine = metrics[metrics["metric"] == "total_revenue_eur"].groupby("grid_index")["value"]
    pd.testing.assert_series_equal(one["mean"], mine.mean(), check_names=False)
    assert (one["n"] == mine.count()).all()


def test_collected_tables_hold_every_run(here: Path) -> None:
    from runner import run_study

    study = {
        "engine": "taps",
        "horizon": 6,
        "execution": "sequential",
        "design": {"replicates": 2, "grid": {"params.public_tap.cac_base_eur": [40, 50]}},
    }
    results = run_study({**study, "collect": ["cohorts"]})
    table = results.table("cohorts")
    assert table["run_id"].drop_duplicates().tolist() == results.plan["run_id"].tolist()
    assert results.exit_code == 0
    metrics_only = run_study({**study, "collect": "metrics"})
    assert metrics_only.results_hash == results.results_hash
    assert metrics_only.counts["executed"] == 0
