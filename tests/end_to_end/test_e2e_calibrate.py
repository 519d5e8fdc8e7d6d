"""Calibrations from the command line: same end however they are run, and usable at once."""

from __future__ import annotations

import io
import json
import shutil
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from runner.cli import run_command_line
from tests.calibrate_support import HELD, MEAN, SMALL, TREND, WORDS, flow, target
from tests.commands import Command, Ran
from tests.mlflow_support import forked_start

USAGE = 2
FAILED_RUNS = 3


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the calibration of WORDS, and what the command said as JSON."""
    folder = tmp_path_factory.mktemp("calibrated")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
        patch.chdir(folder)
        assert run_command_line(["calibrate", *WORDS, "--json"]) == 0
    return folder, out.getvalue()


@pytest.fixture
def known(calibrated: tuple[Path, str], here: Path) -> Ran:
    """The same, here, as if it had just been run."""
    folder, said = calibrated
    shutil.copytree(folder / "outputs", here / "outputs", symlinks=True)
    return Ran(0, said.replace(str(folder), str(here)), "")


def outcome(ran: Ran) -> dict[str, Any]:
    """Return all of an outcome that no way of computing it may change."""
    assert ran.code == 0, ran.err
    changing = ("cpu_seconds", "fragment", "config_dir", "folder", "calibration_folder", "runs")
    return {key: value for key, value in ran.document.items() if key not in changing}


def files_of(ran: Ran) -> dict[str, str]:
    place = Path(ran.document["calibration_folder"])
    names = ("trials.csv", "fit.csv", "parameters.csv")
    return {name: (place / name).read_text() for name in names}


def test_same_end_for_one_worker_and_two_and_in_another_folder(
    command: Command, known: Ran
) -> None:
    pool = [word for word in WORDS if word != "execution=sequential"]
    two = command(
        "calibrate", *pool, "paths.outputs=two", "execution.n_jobs=2", "execution.part_runs=3",
        "--json",
    )  # fmt: skip
    assert outcome(known) == outcome(two)
    assert files_of(known) == files_of(two)
    again = command("calibrate", *WORDS, "--json")
    assert outcome(again) == outcome(known)
    assert again.document["runs"]["executed"] == 0


def test_what_it_finds_and_what_it_says(command: Command, known: Ran) -> None:
    ran = command("calibrate", *WORDS)
    assert ran.code == 0, ran.err
    for text in ("baseline", "determined", "targets held out", "above", "use it with"):
        assert text in ran.out
    found = known.document
    by_path = {row["path"]: row for row in found["parameters"]}
    assert by_path["trend_per_period"]["value"] == pytest.approx(0.25, abs=0.03)
    assert by_path["baseline"]["low"] < by_path["baseline"]["value"] < by_path["baseline"]["high"]
    fitted = [row for row in found["fit"] if row["role"] == "fit"]
    assert all(abs(row["standardised_error"]) < 0.5 for row in fitted)
    assert {"study", "plan_id", "folder", "runs", "verdict", "results_hash"} <= set(found)


def test_the_search_never_sees_what_is_held_out(command: Command, known: Ran) -> None:
    other = HELD.replace("0.55", "0.15")
    words = [other if word == HELD else word for word in WORDS]
    one, two = known.document, command("calibrate", *words, "paths.outputs=two", "--json").document
    assert one["parameters"] == two["parameters"]
    assert (one["hold_out_verdict"], two["hold_out_verdict"]) == ("pass", "fail")
    assert two["verdict"] == "pass"
    assert two["exit_code"] == 1


@pytest.mark.usefixtures("known")
def test_the_configuration_is_usable_at_once(command: Command) -> None:
    found = command("calibrate", *WORDS, "calibrate.name=fitted", "--save", "mine", "--json")
    file = Path("mine/calibrated/linear_null/fitted.yaml")
    text = file.read_text()
    assert found.document["calibration_id"] in text
    assert "made up" in text
    study = ("run", "engine=linear_null", "params.entities=40", "design.replicates=6", "seed=1")
    used = command(*study, "--config-dir", "mine", "calibrated=fitted", "collect=metrics", "--json")
    assert used.document["results_hash"] == found.document["results_hash"]
    shown = command("config", "engine=linear_null", "--config-dir", "mine", "calibrated=fitted")
    best = {row["path"]: row["value"] for row in found.document["parameters"]}
    assert f"baseline: {best['baseline']}" in shown.out


def test_what_was_declared_fixed_is_part_of_the_configuration(command: Command) -> None:
    fixed = "design.variables.params.noise_sd={treatment:fixed,default:0.7}"
    found = command("calibrate", *WORDS, fixed, "calibrate.polish=0", "--save", "mine", "--json")
    text = Path(found.document["fragment"]).read_text()
    assert "#   noise_sd: 0.7, fixed" in text
    words = ("engine=linear_null", "--config-dir", "mine", f"calibrated={found.document['name']}")
    assert "noise_sd: 0.7" in command("config", *words).out
    assert [row["path"] for row in found.document["parameters"]] == ["baseline", "trend_per_period"]


def test_killed_and_resumed_it_ends_the_same(command: Command, known: Ran, here: Path) -> None:
    words = [*WORDS, "paths.outputs=killed"]
    for _ in range(2):  # killed by force once in the search, once later
        begun = forked_start(
            "calibrate", *words, "tracking=none", folder=here, is_recorder_forked=False
        )
        rows = _trials_so_far(here)
        while begun.poll() is None and _trials_so_far(here) < rows + 4:
            time.sleep(0.01)
        begun.end()
    resumed = command("resume", "linear_null", "--outputs", "killed", "--json")
    assert outcome(resumed) == outcome(known)
    assert files_of(resumed) == files_of(known)
    kept = known.document["runs"]["executed"] - resumed.document["runs"]["executed"]
    assert kept > 0


def _trials_so_far(here: Path) -> int:
    files = list((here / "killed").glob("*/calibrations/*/trials.csv"))
    return len(files[0].read_text().splitlines()) if files else 0


TROUBLED = (
    "targets.total={metric: total, value: 0.9, se: 0.05, unit: fraction, source: made up}",
    "params.wear=interval(0,1)", "execution=sequential", *SMALL[:5], "calibrate.polish=1",
)  # fmt: skip
TROUBLE = "design.variables.params.trouble={treatment:random,values:[none,raise,empty]}"


def test_runs_that_fail_are_told_and_never_chosen(command: Command, brittle: str) -> None:
    ran = command("calibrate", f"engine={brittle}", *TROUBLED, TROUBLE, "--json")
    assert ran.code == 3, ran.err
    assert ran.document["runs"]["failed"] > 0
    told = " ".join(ran.document["trials"]["unusable"])
    assert "failed: 3 of 3 runs failed: ZeroDivisionError: the spring snapped" in told
    assert "no value for total in 3 of 3 runs (not_applicable)" in told
    trials = pd.read_csv(Path(ran.document["calibration_folder"]) / "trials.csv")
    assert set(trials["status"]) == {"done", "failed", "no_value"}
    assert trials.loc[trials["status"] != "done", "objective"].isna().all()
    assert trials.loc[ran.document["best_trial"], "params.trouble"] == "none"
    shown = command("calibrate", f"engine={brittle}", *TROUBLED, TROUBLE)
    assert "trials without a result" in shown.out


def test_stops_at_the_first_failure_where_told_to(command: Command, brittle: str) -> None:
    words = (f"engine={brittle}", *TROUBLED, TROUBLE, "execution.fail_fast=true")
    ran = command("calibrate", *words)
    assert ran.code == FAILED_RUNS
    assert "stopped at 1 failed runs, as configured" in ran.err


def test_when_no_set_gives_a_number_it_says_why(command: Command, brittle: str) -> None:
    ran = command("calibrate", f"engine={brittle}", *TROUBLED, "params.trouble=raise")
    assert ran.code == FAILED_RUNS
    assert "no parameter set gave a number for every target; the first: 3 of 3 runs" in ran.err
    empty = command("calibrate", f"engine={brittle}", *TROUBLED, "params.trouble=empty")
    assert empty.code == USAGE
    assert "the first: no value for total in 3 of 3 runs" in empty.err


def test_the_other_commands_know_what_a_calibration_left(
    command: Command, known: Ran, here: Path
) -> None:
    found = known.document
    told = command("status", "linear_null")
    assert "6 of 6 runs done" in told.out
    assert "1 calibration finished; runs of trials but the best one's are in no plan" in told.out
    assert command("verify", "linear_null", "--sample", "100%").code == 0
    place = Path(found["calibration_folder"])
    planned = set(pd.read_parquet(Path(found["folder"]) / "plan.parquet")["run_id"])
    ledger = (here / "outputs/linear_null/runs/ledger.jsonl").read_text().splitlines()
    every = [run["run_id"] for line in ledger for run in json.loads(line)["runs"]]
    other = next(run_id for run_id in every if run_id not in planned)
    refused = command("rerun", other)
    assert refused.code == USAGE
    assert "belongs to no plan that can be read" in refused.err
    assert "for a calibration's trial, `run` with its values" in refused.err
    assert command("rerun", min(planned)).code == 0
    (place / "SHA256SUMS").unlink()
    assert "1 calibration not finished; a resume goes on" in command("status", "linear_null").out
    first = pd.read_csv(place / "trials.csv").iloc[0]
    values = [f"{path}={first[path]}" for path in first.index if path.startswith("params.")]
    words = (
        "engine=linear_null",
        "params.entities=40",
        "design.replicates=3",
        *values,
        "collect=metrics",
    )
    assert "nothing to do, all are done" in command("run", *words).out
    assert command("rerun", every[0]).code == 0


def test_verify_covers_the_trials_of_calibrations(command: Command, known: Ran, here: Path) -> None:
    found = known.document
    ran = command("verify", "linear_null", "--sample", "100%", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["calibrations"] == 1
    assert ran.document["recomputed"] == found["runs"]["planned"] > found["trials"]["planned"]
    alone = command("verify", found["plan_id"], "--sample", "100%", "--json").document
    assert (alone["calibrations"], alone["recomputed"]) == (0, 6)
    assert "and all trials of 1 calibration" in command("verify", "linear_null").out

    place = Path(found["calibration_folder"])
    trials = pd.read_parquet(place / "trials.parquet")
    trials.loc[3, "objective"] += 1.0
    trials.to_parquet(place / "trials.parquet")
    told = command("verify", "linear_null")
    assert told.code == 1
    assert f"calibration {place.name} file trials.parquet: its content has changed" in told.out
    assert f"calibration {place.name} trial 3: its runs have objective" in told.out
    planned = set(pd.read_parquet(Path(found["folder"]) / "plan.parquet")["run_id"])
    for part in (here / "outputs/linear_null/runs/parts/metrics").glob("*.parquet"):
        if not planned & set(pd.read_parquet(part)["run_id"].astype(str)):
            part.unlink()
            break
    told = command("verify", "linear_null")
    assert "is missing" in told.out
    assert "runs of it are missing" in told.out


def test_verify_says_which_calibration_it_cannot_check(command: Command, known: Ran) -> None:
    found = known.document
    document = Path(found["calibration_folder"]) / "calibration.json"
    document.write_text(document.read_text().replace(found["calibration_id"], "0" * 32))
    ran = command("verify", "linear_null")
    assert ran.code == 0
    assert "cannot be checked" in ran.out
    assert "engine or code has changed since" in ran.out


@pytest.mark.usefixtures("known")
def test_before_there_is_a_plan_every_command_names_the_calibration(
    command: Command, here: Path
) -> None:
    shutil.rmtree(here / "outputs/linear_null/plans")
    (here / "outputs/linear_null/latest").unlink()
    next((here / "outputs/linear_null/calibrations").glob("*/SHA256SUMS")).unlink()
    for words in (("status", "linear_null"), ("verify", "linear_null"), ("status",)):
        ran = command(*words)
        assert ran.code == USAGE
        assert "which was not finished: `python -m runner resume" in ran.err


def test_mixes_lists_and_lattices_are_searched(command: Command) -> None:
    heavy = f"targets.heavy={flow(target('mean_outcome.heavy', 14.0, 0.3))}"
    share = "design.variables.params.archetypes.heavy.share={treatment:random,min:0.2,max:1}"
    lattice = "design.variables.params.baseline={treatment:low_to_high,min:8,max:14,step:0.5}"
    listed = "design.variables.params.trend_per_period={treatment:random,values:[0.0,0.2,0.4]}"
    words = ("engine=linear_null", MEAN, TREND, heavy, share, lattice, listed, *SMALL)
    ran = command("calibrate", *words, "execution=sequential", "--json")
    assert ran.code in (0, 1), ran.err
    best = {row["path"]: row["value"] for row in ran.document["parameters"]}
    assert best["trend_per_period"] in (0.2, 0.4)
    assert (best["baseline"] * 2).is_integer()
    assert 0.2 <= best["archetypes.heavy.share"] <= 1
    trials = pd.read_csv(Path(ran.document["calibration_folder"]) / "trials.csv")
    assert trials["status"].eq("done").all()
    assert trials["params.trend_per_period"].isin([0.0, 0.2, 0.4]).all()


@pytest.mark.parametrize("search", ["cmaes", "random"])
def test_other_searches(command: Command, search: str) -> None:
    ran = command("calibrate", *WORDS, f"calibrate.search={search}", "--json")
    assert outcome(ran)["verdict"] == "pass"


def test_the_example_of_taps_finds_the_truth_that_made_it(command: Command) -> None:
    ran = command("calibrate", "engine=taps", "targets=active_customers", "execution=sequential",
                  "calibrate.trials=48", "--json")  # fmt: skip
    assert ran.code == 0, ran.err
    rows = {row["path"]: row for row in ran.document["parameters"]}
    cost, churn = rows["public_tap.cac_base_eur"], rows["public_tap.churn_rate_mom"]
    assert cost["low"] < 42 < cost["high"]
    assert churn["low"] < 0.045 < churn["high"]
    assert {row["finding"] for row in rows.values()} == {"determined"}
    assert ran.document["hold_out_verdict"] == "pass"
    assert Path(ran.document["fragment"]).name == "active_customers.yaml"


def test_all_that_is_wrong_is_told_at_once_and_nothing_runs(command: Command, here: Path) -> None:
    wrong_unit = f"targets.a={flow(target('mean_outcome', 1, 1, 'percent'))}"
    unknown = f"targets.b={flow(target('meen_outcome', 1, 1))}"
    exact = f"targets.c={flow(target('mean_outcome', 1, 0))}"
    unbounded = "design.variables.params.noise_sd={treatment:random,distribution:normal,sd:1}"
    absent = "params.archetypes.heavy.share=0.0", "params.archetypes.heavy.shift=interval(0,1)"
    ran = command("calibrate", "engine=linear_null", wrong_unit, unknown, exact, unbounded,
                  "params.effect=1,2", "params.baseline=interval(1,2)")  # fmt: skip
    assert ran.code == USAGE
    for text in (
        "6 problems, nothing has run", "targets.a.unit = percent: must be outcome",
        "did you mean mean_outcome?", "targets.c.se = 0: must be > 0",
        "design.variables.params.noise_sd.min: must be given: a calibration looks between",
        "a calibration has one cell",
    ):  # fmt: skip
        assert text in ran.err
    inert = command("calibrate", "engine=linear_null", MEAN, *absent)
    assert inert.code == USAGE
    assert "archetypes.heavy.shift: would change nothing" in inert.err
    assert not (here / "outputs").exists()


def test_without_variables_or_targets(command: Command) -> None:
    ran = command("calibrate", "engine=linear_null")
    assert ran.code == USAGE
    assert "2 problems" in ran.err
    assert "declare at least one with bounds to search between" in ran.err
    assert "targets: there is none" in ran.err


def test_one_variable_is_no_work_for_cmaes(command: Command) -> None:
    ran = command("calibrate", "engine=linear_null", MEAN, "params.baseline=interval(5,20)",
                  "calibrate.search=cmaes")  # fmt: skip
    assert "needs at least two variables; use calibrate.search=tpe" in ran.err


def test_ends_that_nothing_can_meet_are_said(command: Command) -> None:
    far = MEAN.replace("12.3", "40.0")
    words = [far if word == MEAN else word for word in WORDS]
    ran = command("calibrate", *words, "--json")
    assert ran.code == 1
    told = " ".join(ran.document["statements"])
    assert "baseline ends at its max (20): the best value may be beyond" in told
    assert ran.document["verdict"] == "fail"


def test_the_record_holds_every_trial(known: Ran) -> None:
    place = Path(known.document["calibration_folder"])
    table = pd.read_parquet(place / "trials.parquet")
    assert len(table) == known.document["trials"]["planned"]
    assert table["phase"].value_counts()["search"] == 16
    best = table.iloc[known.document["best_trial"]]
    assert best["objective"] == known.document["objective"]
    assert {f.name for f in place.glob("*.png")} == {
        f"{name}.png" for name in ("convergence", "fit", "intervals", "profile")
    }
    summary = json.loads((place / "run_summary.json").read_text())
    assert summary["trials_hash"] == known.document["trials_hash"]
