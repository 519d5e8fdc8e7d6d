"""A calibration is one run in MLflow, with its convergence as series and its best trial below."""

from __future__ import annotations

from pathlib import Path

from tests.calibrate_support import WORDS
from tests.mlflow_support import answer, database, dump, forked, with_tables

RECORDED = ("tracking=local",)


def test_one_parent_with_its_convergence_and_the_trials_asked_for(tmp_path: Path) -> None:
    done = answer(forked("calibrate", *WORDS, *RECORDED, "--json", folder=with_tables(tmp_path)))
    experiment = dump(database(tmp_path))["linear_null"]
    [parent] = experiment.calibrations
    count = done["trials"]["planned"]
    assert parent.tags["plan_id"] == done["calibration_id"]
    assert parent.history["trials/objective"] == count
    assert parent.history["trials/lowest_objective"] == count
    assert parent.params["calibrate.search"] == "tpe"
    [best] = experiment.trials
    values = {row["path"]: row["value"] for row in done["parameters"]}
    assert float(best.params["params.baseline"]) == values["baseline"]
    assert best.tags["is_best"] == "true"
    again = forked("sync", "linear_null", "--outputs", "outputs", "--json", folder=tmp_path)
    recorded = {plan["plan_id"]: plan for plan in answer(again)["plans"]}
    assert recorded[done["calibration_id"]]["unchanged"] == 1
    assert recorded[done["calibration_id"]]["written"] == 0
    every = answer(
        forked("calibrate", *WORDS, *RECORDED, "tracking.trials=all", "--json", folder=tmp_path)
    )
    assert every["trials_hash"] == done["trials_hash"]
    experiment = dump(database(tmp_path))["linear_null"]
    assert len(experiment.trials) == count
