"""The engine through the command line: own files, resamples, studies, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from engines.clv.tests.support import shop_rows, write_csv
from runner.cli import run_command_line

QUIET = ("tracking=none", "execution=sequential")
SHOP = (
    "engine=clv", "params.window.calibration_units=26", "params.model.name=nbd",
    "params.drift.enabled=false", "params.uncertainty.n_samples=30",
    "params.gamma_gamma.on_unidentified_mean=skip_money", "acceptance=none",
)  # fmt: skip


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command line in an empty folder: exit code and output."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str):
        capsys.readouterr()
        code = run_command_line([*words, *(QUIET if words[0] in ("run", "plan") else ())])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def metrics_of(out: str) -> pd.DataFrame:
    folder = Path(json.loads(out)["folder"])
    return pd.read_parquet(folder / "metrics.parquet").set_index(["replicate_index", "metric"])


def test_an_own_file_and_its_resamples(command, tmp_path):
    write_csv(tmp_path / "my.csv", shop_rows(80))
    words = (*SHOP, "params.data.path=my.csv", "--json")
    code, out, _ = command("run", *words, "design.replicates=3")
    assert code == 0
    found = metrics_of(out)["value"]
    likelihood = [found[k, "log_likelihood"] for k in range(3)]
    assert len(set(likelihood)) == 3
    code, out, _ = command("run", *words, "design.replicates=1", "seed=99")
    assert metrics_of(out)["value"][0, "log_likelihood"] == likelihood[0]


def test_arms_of_resampled_data_are_compared_by_estimates(command, tmp_path):
    write_csv(tmp_path / "my.csv", shop_rows(80))
    arms = "design.arms={thin: {params.forecast.margin: 0.5}}"
    words = ("params.data.path=my.csv", "params.gamma_gamma.min_customers=10", arms)
    code, _, err = command("run", *SHOP, *words, "design.replicates=4")
    assert code == 0, err
    code, out, _ = command("compare", "clv", "--metric", "log_likelihood")
    assert code == 0
    told = " ".join(out.split())
    assert "estimate" in told
    assert "arm's mean" not in told


def test_purchases_of_another_engine(command, tmp_path):
    rows = shop_rows(80)
    pd.DataFrame(
        {
            "agent_id": [f"agent_{i}" for i, _, _ in rows],
            "purchased_at": pd.to_datetime([f"{day}T23:30:00Z" for _, day, _ in rows], utc=True),
            "price_usd": [float(v) for _, _, v in rows],
            "sku": "gems",
        }
    ).to_parquet("purchases.parquet")
    told = (
        "params.data.path=purchases.parquet", "params.data.columns.customer_id=agent_id",
        "params.data.columns.order_date=purchased_at", "params.data.columns.revenue=price_usd",
    )  # fmt: skip
    code, _, _ = command("run", *SHOP, *told, "params.data.timezone=UTC", "--json", "collect=all")
    assert code == 0
    (part,) = Path("outputs/clv/runs/parts/predictions").glob("*.parquet")
    predictions = pd.read_parquet(part)
    assert set(predictions["customer_id"]) == {f"agent_{i}" for i, _, _ in rows}
    code, _, err = command("run", *SHOP, *told)
    assert code == 2
    assert "data.timezone" in err


def test_faults_of_files_are_plan_errors(command, tmp_path):
    rows = [*shop_rows(80), ("x", "soon", "5")]
    write_csv(tmp_path / "bad.csv", rows)
    code, _, err = command("plan", *SHOP, "params.data.path=bad.csv")
    assert code == 2
    assert f"row {len(rows)} soon" in " ".join(err.split())
    code, _, err = command("plan", *SHOP, "params.data.path=none.csv")
    assert code == 2
    assert "none.csv" in err
    assert "Traceback" not in err
    assert not Path("outputs/clv/runs/parts").exists()


@pytest.mark.parametrize(
    "word",
    [
        "params.data.synthetic.n_customers=100,200",
        "params.selection.aic_margin=5,6",
        "mix=default,late_cohort",
        "design.arms={late: {mix: late_cohort}, own: {}}",
    ],
)
def test_treatments_that_change_nothing_are_refused(command, tmp_path, word):
    write_csv(tmp_path / "my.csv", shop_rows(80))
    code, _, err = command("plan", *SHOP, "params.data.path=my.csv", word)
    assert code == 2
    assert "would change nothing" in " ".join(err.split())


def test_a_date_that_stands_for_not_known_is_refused_until_the_end_is_set(command, tmp_path):
    write_csv(tmp_path / "my.csv", [*shop_rows(80), ("c001", "9999-12-31", "1.00")])
    words = ("plan", *SHOP, "params.data.path=my.csv")
    code, _, err = command(*words)
    assert code == 2
    said = " ".join(err.split())
    assert "observation_end = null: would be the last purchase day, 9999-12-31" in said
    assert "(by 2024-12-31)" in said
    assert command(*words, "params.window.observation_end=2024-12-31")[0] == 0


def test_replicates_of_a_file_are_not_added_automatically(command, tmp_path):
    write_csv(tmp_path / "my.csv", shop_rows(80))
    code, _, err = command(
        "plan", *SHOP, "params.data.path=my.csv", "design.replicates=auto",
        "design.arms={own: {}, thin: {params.forecast.margin: 0.5}}", "design.control=own",
        "comparisons.worth={metric: value_total, width: 100}",
    )  # fmt: skip
    assert code == 2
    assert "replicates of clv are resamples here; give a number" in " ".join(err.split())


def test_arms_over_resamples_take_the_table_itself_as_the_estimate(command, tmp_path):
    write_csv(tmp_path / "my.csv", shop_rows(80))
    code, out, _ = command(
        "run", *SHOP, "params.data.path=my.csv", "study.name=boot", "design.replicates=21",
        "params.gamma_gamma.include_first_purchase=true",
        "design.arms={full: {}, thin: {params.forecast.margin: 0.5}}", "design.control=full",
        "comparisons={worth: {metric: value_total}}", "report=html", "--json",
    )  # fmt: skip
    assert code == 0
    folder = Path(json.loads(out)["folder"])
    found = pd.read_csv(folder / "comparisons.csv").set_index("metric")
    value, revenue = found.loc["value_total"], found.loc["revenue_forecast_total"]
    values = pd.read_parquet(folder / "metrics.parquet")
    of_table = values[(values["replicate_index"] == 0) & (values["metric"] == "value_total")]
    full, thin = of_table.sort_values("grid_index")["value"]
    assert (value["method"], value["n"]) == ("percentile", 20)
    assert value["difference"] == pytest.approx(thin - full) == pytest.approx(-full / 2)
    assert value["ci_high"] < 0
    assert (revenue["difference"], revenue["p_value"]) == (0, 1)
    code, out, _ = command("compare", "boot")
    assert code == 0
    assert "20 resamples cannot make sure, 39 are needed" in " ".join(out.split())
    assert "percentile" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_study_keeps_to_one_source(command):
    code, _, err = command("plan", *SHOP, "params.data.source=file,synthetic")
    assert code == 2
    assert "bootstrap" in err
    assert "simulation" in err


@pytest.mark.parametrize(
    ("study", "runs"),
    [("clv_cdnow_reference", 3), ("clv_cdnow", 1809), ("clv_recovery", 6000), ("clv_misfit", 1200),
     ("clv_drift_power", 1500), ("clv_coverage", 300)],
)  # fmt: skip
def test_studies_have_their_size(command, study, runs):
    code, out, _ = command("plan", f"sweeps={study}", "--json")
    assert code == 0
    assert json.loads(out)["runs"]["planned"] == runs


def test_recovery_in_small_shows_what_it_is_about(command):
    small = ("params.window.calibration_units=39", "params.data.synthetic.n_customers=400")
    code, out, err = command(
        "run", "sweeps=clv_recovery", "design.replicates=2", "report=html", *small
    )
    assert code in {0, 1}, err  # two replicates prove nothing
    assert "study clv_recovery: 6 of 6 runs done" in out
    assert "log_likelihood" in out
    assert "value_total" not in out
    assert "recovery_beta" in out
    page = next(Path("outputs").glob("*/plans/*/report.html")).read_text("utf-8")
    assert "log_likelihood" in page
    assert "value_total has no value" not in page


def test_power_study_in_small_sees_a_doubled_spend(command):
    code, out, _ = command(
        "run", "sweeps=clv_drift_power", "design.replicates=1", "params.uncertainty.n_samples=30",
        "params.data.synthetic.archetypes.late.spend_scale=1,4", "acceptance=none", "--json",
        "params.data.synthetic.archetypes.late.share=0.125", "params.drift.null_samples=2000",
    )  # fmt: skip
    assert code == 0
    folder = Path(json.loads(out)["folder"])
    found = pd.read_parquet(folder / "metrics.parquet")
    flagged = found[found["metric"] == "drift_cohorts_flagged"].sort_values("grid_index")["value"]
    assert flagged.tolist() == [0, 1]
