"""A study that grows keeps what it has: draws, run ids, results."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.commands import Command, Ran

SMALL = (
    "engine=taps", "execution=sequential", "horizon=6", "design.replicates=2",
    "params.public_tap.budget_month0_eur=1000,2000",
    "design.arms={dear:{params.public_tap.cac_base_eur:70}}",
    "params.public_tap.churn_rate_mom=interval(0.01,0.06)",
)  # fmt: skip
GROWN = {
    "replicates": ("design.replicates=5", 4 * 3),
    "levels": ("params.public_tap.budget_month0_eur=500,1000,2000", 2 * 2),
    "chance": ("design.mc=4", 4 * 2 * 3),
    "axis": ("horizon=6,9", 4 * 2),
    "arms": ("design.arms.cheap={params.public_tap.cac_base_eur:40}", 2 * 2),
    "variable": ("params.private_tap.churn_rate_mom=interval(0.01,0.06)", 4 * 2),
    "order of levels": ("params.public_tap.budget_month0_eur=2000,1000", 0),
    "arm without effect": ("design.arms.same={params.public_tap.cac_base_eur:50}", 0),
    "another name of an arm": ("design.arms.pricey={params.public_tap.cac_base_eur:70}", 0),
}


def run(command: Command, *more: str) -> Ran:
    ran = command("run", *SMALL, *more, "--json")
    assert ran.code == 0, ran.err
    return ran


def draws(ran: Ran) -> pd.DataFrame:
    table = pd.read_csv(ran.folder / "variable_draws.csv")
    return table[table["path"] == "public_tap.churn_rate_mom"]


@pytest.mark.parametrize("how", GROWN)
def test_growth_runs_only_what_is_new(command: Command, how: str) -> None:
    word, new = GROWN[how]
    first = run(command)
    grown = run(command, word)
    assert grown.document["runs"]["executed"] == new
    whole = run(command, word, "paths.outputs=fresh")
    assert whole.document["runs"]["executed"] >= new
    assert grown.document["results_hash"] == whole.document["results_hash"]
    assert grown.document["plan_id"] == whole.document["plan_id"]
    by_replicate = [dict(zip(d["replicate_index"], d["draw_value"], strict=True))
                    for d in (draws(first), draws(grown))]  # fmt: skip
    assert by_replicate[0].items() <= by_replicate[1].items()
    if how != "variable":
        ids = [set(pd.read_parquet(r.folder / "plan.parquet")["run_id"]) for r in (first, grown)]
        assert len(ids[0] - ids[1]) == 0


def test_common_draws_are_the_same_in_every_cell(command: Command) -> None:
    table = draws(run(command))
    assert (table.groupby("replicate_index")["draw_value"].nunique() == 1).all()
    assert table["draw_value"].nunique() == 2


def test_per_cell_draws_are_the_cells_own(command: Command) -> None:
    table = draws(run(command, "seeding=per_cell"))
    assert table["draw_value"].nunique() == len(table) == 8
    grown = draws(run(command, "seeding=per_cell", "design.replicates=3"))
    kept = grown[grown["replicate_index"] < 2]
    pd.testing.assert_frame_equal(kept.reset_index(drop=True), table.reset_index(drop=True))


def test_an_arm_without_effect_shares_runs_and_numbers(command: Command) -> None:
    ran = run(command, "design.arms={same:{params.public_tap.cac_base_eur:50},none:{}}")
    plan = pd.read_parquet(ran.folder / "plan.parquet")
    assert plan["arm"].unique().tolist() == ["control", "dear", "same", "none"]
    by_arm = {arm: rows["run_id"].tolist() for arm, rows in plan.groupby("arm", observed=True)}
    assert by_arm["same"] == by_arm["none"] == by_arm["control"]
    assert ran.document["runs"]["executed"] == len(set(plan["run_id"])) == 8
    metrics = pd.read_parquet(ran.folder / "metrics.parquet")
    by_key = metrics.assign(cell=metrics["grid_index"] // 4).pivot(
        index=["metric", "cell", "replicate_index"], columns="arm", values="value"
    )
    assert by_key["same"].equals(by_key["control"])
    assert by_key["none"].equals(by_key["control"])
