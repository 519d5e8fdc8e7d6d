"""The engine from the command line: studies, export with ids, and its configuration files."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.tests.support import params_of
from runner.cli import run_command_line
from runner.contract import build_params, plain_params

COLUMNS = {
    "accounts": ("account_id", "acct_00000000"),
    "customers": ("csm_rep_id", "rep_00"),
    "latents": ("customer_id", "cust_00000000"),
    "subscriptions": ("subscription_id", "sub_00000000"),
    "subscription_events": ("event_id", "subev_0000"),
    "health_signals": ("signal_id", "hsig_00000000_w0000"),
    "invoices": ("invoice_id", "inv_00000000_w0000"),
    "snapshot_calendar": ("customer_id", "cust_000000"),
    "snapshot_early": ("customer_id", "cust_000000"),
    "weekly_summary": ("week_start", "2024-01-29"),
    "tenure_summary": ("tenure_week", "0"),
}


def run(*words: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run_command_line(list(words)) == 0
    return out.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lifecycle")


@pytest.fixture(scope="module")
def study(folder: Path) -> dict[str, Any]:
    text = run(
        "run", "engine=lifecycle", "params.motif=product_led_retention,payment_fragile",
        "params.population.n_customers=40", "design.replicates=2", "tracking=none", "--json",
        "execution=sequential", f"paths.outputs={folder}",
    )  # fmt: skip
    found: dict[str, Any] = json.loads(text)
    return found


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_motifs_are_an_axis(study):
    assert (study["runs"]["planned"], study["runs"]["done"]) == (4, 4)


def test_one_run_is_exported_with_stable_text_ids(study, folder):
    plan = json.loads(run("status", study["folder"], "--json"))
    assert plan["runs"]["done"] == 4
    run_id = first_run(Path(study["folder"]))
    for name in ("one", "two"):
        run(
            "rerun", run_id, "--tables", "all", "--export", str(folder / name), "--format", "csv",
            "--outputs", str(folder),
        )  # fmt: skip
    for table, (column, start) in COLUMNS.items():
        file = next((folder / "one").rglob(f"{table}.csv"))
        assert file.read_bytes() == next((folder / "two").rglob(f"{table}.csv")).read_bytes()
        assert rows(file)[0][column].startswith(start), table
    invoices = rows(next((folder / "one").rglob("invoices.csv")))
    assert {row["payment_status"] for row in invoices} <= {
        "paid",
        "failed",
        "recovered",
        "written_off",
    }
    ids = [row["invoice_id"] for row in invoices]
    assert ids == sorted(set(ids))
    events = rows(next((folder / "one").rglob("subscription_events.csv")))
    codes = {row["event_id"].rpartition("_")[2]: row["event_type"] for row in events}
    assert codes["ch"] == "churn"
    assert (
        rows(next((folder / "one").rglob("accounts.csv")))[0]["company_name"] == "Company 00000000"
    )


def first_run(plan: Path) -> str:
    import pandas as pd

    return str(pd.read_parquet(plan / "plan.parquet")["run_id"][0])


def test_the_configuration_states_every_default():
    composed = yaml.safe_load(run("config", "engine=lifecycle", "-p", "params"))
    params, problems = build_params(LifecycleParams, composed)
    assert problems == []
    assert params == params_of()
    assert set(composed) == set(plain_params(params))
    for name, motif in plain_params(params)["motifs"].items():
        assert set(composed["motifs"][name]) == set(motif)


@pytest.mark.parametrize(
    "words",
    [
        ("sweeps=renewal_program",),
        ("sweeps=lifecycle_bands",),
        ("engine=lifecycle", "mix=glob(*)"),
    ],
)
def test_shipped_studies_and_mixes_can_be_planned(words, folder):
    said = run("plan", *words, f"paths.outputs={folder}")
    assert "cells x" in said


def test_a_window_beyond_the_horizon_is_refused_while_planning(command):
    done = command("plan", "engine=lifecycle", "horizon=200")
    assert done.code == 2
    assert "params.targets.windows_days" in done.err
    assert "200 days" in done.err


def test_two_workers_give_the_results_of_one(study, folder):
    text = run(
        "run", "engine=lifecycle", "params.motif=product_led_retention,payment_fragile",
        "params.population.n_customers=40", "design.replicates=2", "tracking=none", "--json",
        "execution.n_jobs=2", f"paths.outputs={folder / 'again'}",
    )  # fmt: skip
    assert json.loads(text)["results_hash"] == study["results_hash"]


def test_a_run_in_which_all_have_left_gives_typed_empty_tables(folder):
    import pandas as pd

    text = run(
        "run", "engine=lifecycle", "params.motif=generic", "params.population.n_customers=3",
        "params.motifs.generic.churn.base_per_week=1", "tracking=none", "--json", "collect=all",
        "params.motifs.generic.expansion.base_per_week=0", "execution=sequential",
        "study.name=gone", "params.hazard_cap=0.9999", f"paths.outputs={folder}",
    )  # fmt: skip
    run_id = first_run(Path(json.loads(text)["folder"]))
    for form in ("csv", "parquet"):
        run("rerun", run_id, "--tables", "all", "--export", str(folder / form), "--format", form,
            "--outputs", str(folder))  # fmt: skip
    for table in ("snapshot_calendar", "invoices"):
        stored = pd.read_parquet(next((folder / "parquet").rglob(f"{table}.parquet")))
        header = pd.read_csv(next((folder / "csv").rglob(f"{table}.csv")))
        assert len(stored) == len(header) == 0
        assert list(stored.columns) == list(header.columns)
    assert "ltv_revenue_365d" in pd.read_csv(next((folder / "csv").rglob("snapshot_calendar.csv")))
