"""Several draws of chance can meet the same drawn variables."""

from __future__ import annotations

import sqlite3

import pandas as pd
import pytest

from tests.commands import Command

REPLICATES, MC = 5, 3
STUDY = (
    "engine=linear_null", "execution=sequential", "params.entities=20", "horizon=3",
    f"design.replicates={REPLICATES}", f"design.mc={MC}",
    "params.trend_per_period=interval(0,0.2)", "params.effect=0,1",
)  # fmt: skip


def test_runs_of_a_replicate_share_variables_and_differ_by_chance(command: Command) -> None:
    ran = command("run", *STUDY, "--json")
    assert ran.code == 0, ran.err
    plan = pd.read_parquet(ran.folder / "plan.parquet")
    assert len(plan) == 2 * REPLICATES * MC
    assert plan["mc_index"].tolist() == list(range(MC)) * (2 * REPLICATES)
    grouped = plan.groupby(["grid_index", "replicate_index"])
    assert (grouped["params.trend_per_period"].nunique() == 1).all()
    assert plan["params.trend_per_period"].nunique() == REPLICATES
    draws = pd.read_csv(ran.folder / "variable_draws.csv")
    assert len(draws) == 2 * REPLICATES
    metrics = pd.read_parquet(ran.folder / "metrics.parquet")
    means = metrics[metrics["metric"] == "mean_outcome"]
    assert means["value"].nunique() == len(plan)


def test_the_first_draw_of_chance_is_the_study_without_more(command: Command) -> None:
    more = pd.read_parquet(command("run", *STUDY, "--json").folder / "metrics.parquet")
    plain = command("run", *STUDY, "design.mc=1", "--json")
    assert plain.document["runs"]["executed"] == 0
    one = pd.read_parquet(plain.folder / "metrics.parquet")
    first = more[more["mc_index"] == 0].drop(columns="mc_index").reset_index(drop=True)
    pd.testing.assert_frame_equal(first, one)


@pytest.mark.parametrize(("pass_share", "evaluated"), [(0.9, REPLICATES), (1.0, REPLICATES * MC)])
def test_a_pass_share_counts_replicates(
    command: Command, pass_share: float, evaluated: int
) -> None:
    rule = f"acceptance.always={{metric: mean_outcome, at_least: -1000, pass_share: {pass_share}}}"
    ran = command("run", *STUDY, rule, "--json")
    cells = pd.read_parquet(ran.folder / "acceptance.parquet")
    assert cells.loc[cells["rule"] == "always", "evaluated"].tolist() == [evaluated] * 2


def test_workers_change_nothing(command: Command) -> None:
    pool = ["execution=local", "execution.n_jobs=2", "paths.outputs=a"]
    parts = ["execution.part_runs=4", "paths.outputs=b"]
    hashes = [
        command("run", *STUDY, *how, "--json").document["results_hash"] for how in (pool, parts)
    ]
    assert hashes[0] == hashes[1]


def test_mlflow_gets_one_step_per_replicate(command: Command) -> None:
    ran = command("run", *STUDY, "tracking=local", "--json")
    assert ran.code == 0, ran.err
    assert not [note for note in ran.document["notes"] if "MLflow" in note]
    database = next(ran.folder.parents[2].glob("mlflow.db"))
    with sqlite3.connect(database) as connection:
        steps = connection.execute(
            "select step from metrics where key = 'replicates/mean_outcome' order by step"
        ).fetchall()
    assert [step for (step,) in steps] == sorted(list(range(REPLICATES)) * 2)
