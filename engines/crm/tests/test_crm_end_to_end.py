"""The engine through the command line: studies, scenarios of one's own, exports."""

import csv
import datetime
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from engines.crm import hubspot
from engines.crm.hubspot import HEADERS
from runner.cli import app
from runner.contract import RunnerError

CONF = Path(__file__).parents[3] / "conf"


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words):
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == 0, done.output + str(done.exception)
        return done.output

    return call


def refused(*words):
    done = CliRunner().invoke(app, list(words))
    assert isinstance(done.exception, RunnerError), done.output
    return str(done.exception)


def results(output):
    return json.loads(output[output.index("{") :])


SMALL = ("tracking=none", "execution=sequential", "params.volume.base_records=200")


def test_scenarios_and_intake_shapes_are_compared(invoke):
    words = ("scenario=b2b,b2c", "params.intake.method=linear,front_loaded,weekend_surge")
    out = invoke("run", "engine=crm", *words, "design.replicates=2", *SMALL, "horizon=60", "--json")
    assert results(out)["runs"]["done"] == results(out)["runs"]["planned"] == 12


def test_shipped_study_runs(invoke):
    out = invoke(
        "run", "sweeps=gtm_scenarios", *SMALL, "design.replicates=1", "horizon=30", "--json"
    )
    assert results(out)["runs"]["done"] == 12
    assert results(out)["study"] == "gtm_scenarios"


@pytest.mark.parametrize("scenario", ["b2b", "b2c"])
def test_ranges_are_drawn_inside_the_rails(invoke, tmp_path, scenario):
    words = (f"scenario={scenario}", f"variables=crm_{scenario}_ranges", "design.replicates=6")
    out = invoke("run", "engine=crm", *words, *SMALL, "horizon=5", "--json")
    folder = Path(results(out)["folder"])
    with open(folder / "variable_draws.csv", encoding="utf-8") as stream:
        drawn = list(csv.DictReader(stream))
    rails = yaml.safe_load((CONF / f"scenario/crm/{scenario}.yaml").read_text())["guardrail"]
    seen = set()
    for row in drawn:
        name = row["path"].removeprefix("scenario.")
        low, high = rails[name.partition(".")[0]]
        assert low <= float(row["draw_value"]) <= high
        seen.add(name)
    assert seen == {
        "lead_volume_multiplier", "avg_sales_cycle_days", "deal_win_rate_base", "group_size.max",
    }  # fmt: skip
    assert len(drawn) == 24


def test_draws_beyond_the_rails_are_refused_unless_motivated(invoke):
    wide = (
        "design.variables={params.scenario.deal_win_rate_base: "
        "{treatment: random, distribution: uniform, min: 0.7, max: 0.8}}"
    )
    words = ("engine=crm", *SMALL, "horizon=5", wide)
    assert "b2b guard rail is [0.55, 0.65]" in refused("plan", *words)
    invoke("plan", *words, "params.guardrails.enabled=off", "params.guardrails.motivation=pilot")


def own_scenario(folder, change=None):
    values = yaml.safe_load((CONF / "scenario/crm/b2c.yaml").read_text())
    values |= {"id": "marketplace", "lead_volume_multiplier": 2.5}
    values["guardrail"]["lead_volume_multiplier"] = [2.0, 3.0]
    if change:
        change(values)
    place = folder / "mine/scenario/crm"
    place.mkdir(parents=True)
    text = yaml.safe_dump(values)
    (place / "marketplace.yaml").write_text(f"# @package params.scenario\n{text}")


def test_scenario_of_ones_own_needs_no_python(invoke, tmp_path):
    own_scenario(tmp_path)
    words = ("engine=crm", "scenario=marketplace,b2b", "--config-dir", "mine", *SMALL)
    out = invoke("run", *words, "horizon=30", "--json")
    assert results(out)["runs"]["done"] == 2
    wrong = refused("plan", *words, "params.scenario.lead_volume_multiplier=1.0")
    assert "marketplace guard rail is [2, 3]" in wrong


def test_key_missing_from_a_scenario_is_named(invoke, tmp_path):
    own_scenario(tmp_path, lambda values: values["cycle"].pop("shape"))
    words = ("engine=crm", "scenario=marketplace", "--config-dir", "mine", *SMALL)
    assert "params.scenario.cycle.shape: must be given" in refused("plan", *words)


def test_missing_rail_of_a_scenario_is_named(invoke, tmp_path):
    own_scenario(tmp_path, lambda values: values["guardrail"].pop("group_size"))
    words = ("engine=crm", "scenario=marketplace", "--config-dir", "mine", *SMALL)
    assert "params.scenario.guardrail.group_size: must be given" in refused("plan", *words)


def read(folder, name):
    found = []
    for file in sorted(folder.glob(f"{name}_*.csv")):
        with open(file, encoding="utf-8", newline="") as stream:
            lines = csv.reader(stream)
            assert tuple(next(lines)) == HEADERS[name]
            found += [dict(zip(HEADERS[name], line, strict=True)) for line in lines]
    return found


def exported(invoke, tmp_path, *words):
    out = invoke("run", "engine=crm", *SMALL, *words, "collect=[deals]", "--json")
    plan = pd.read_parquet(Path(results(out)["folder"]) / "plan.parquet")
    run_id, folder = plan["run_id"][0], tmp_path / "export"
    arguments = ("--tables", "all", "--export", str(folder))
    again = results(invoke("rerun", run_id, *arguments, "--format", "hubspot", "--json"))
    invoke("rerun", run_id, "--tables", "all", "--export", str(tmp_path / "csv"))
    return folder, again


def test_hubspot_files_are_complete_and_consistent(invoke, tmp_path, monkeypatch):
    monkeypatch.setattr(hubspot, "MOST_ROWS", 100)
    zone = "params.window.time_zone=America/New_York"
    folder, again = exported(invoke, tmp_path, "scenario=b2c", "horizon=90", zone)
    assert again["agrees"] is True
    metrics = again["metrics"]
    files = {name: read(folder, name) for name in HEADERS}
    assert {name: len(found) for name, found in files.items()} == {
        name: metrics[name] for name in HEADERS
    }
    assert (folder / "contacts_004.csv").exists()
    assert len((folder / "contacts_001.csv").read_text().splitlines()) == 101
    emails = {row["Email"] for row in files["contacts"]}
    domains = {row["Company domain name"] for row in files["companies"]}
    assert len(emails) == len(files["contacts"])
    assert len(domains) == len(files["companies"])
    may_be_blank = {"Close date"}
    for name, found in files.items():
        for row in found:
            assert all(row[column] for column in HEADERS[name] if column not in may_be_blank)
            if name not in ("companies", "contacts"):
                assert row["Email"] in emails
            if "Company domain name" in row:
                assert row["Company domain name"] in domains


def test_hubspot_labels_and_local_dates(invoke, tmp_path):
    zone = "params.window.time_zone=Asia/Kathmandu"
    folder, _ = exported(invoke, tmp_path, "horizon=120", zone)
    with open(tmp_path / "csv/contacts.csv", encoding="utf-8") as stream:
        stages = {row["contact_id"]: row["lifecycle_stage"] for row in csv.DictReader(stream)}
    for row in read(folder, "contacts"):
        stage = stages[row["Simulated ID"]]
        if stage == "nurture":
            assert (row["Lifecycle stage"], row["Lead status"]) == ("Lead", "Bad timing")
        if stage == "other":
            assert (row["Lifecycle stage"], row["Lead status"]) == ("Other", "Unqualified")
    deals = read(folder, "deals")
    assert deals
    for row in deals:
        is_closed = row["Deal stage"] in ("Closed won", "Closed lost")
        assert bool(row["Close date"]) == is_closed
        assert row["Pipeline"] == "Sales Pipeline"
        assert f"{float(row['Amount']):.2f}" == row["Amount"]
    ahead = datetime.timedelta(hours=5, minutes=45)
    for row in read(folder, "notes"):
        created = datetime.datetime.fromisoformat(row["Simulated created at"]).replace(tzinfo=None)
        assert row["Activity date"] == f"{created + ahead:%Y-%m-%d %H:%M}"


def test_export_of_some_tables_says_what_it_needs(invoke, tmp_path):
    out = invoke("run", "engine=crm", *SMALL, "horizon=10", "--json")
    run_id = pd.read_parquet(Path(results(out)["folder"]) / "plan.parquet")["run_id"][0]
    words = ("--tables", "contacts", "--export", str(tmp_path / "e"), "--format", "hubspot")
    said = refused("rerun", run_id, *words)
    assert "also needs companies, deals, activities: use --tables all" in said


def test_results_do_not_depend_on_workers(invoke):
    words = ("run", "engine=crm", "tracking=none", "params.volume.base_records=100", "horizon=40",
             "design.replicates=4")  # fmt: skip
    one = results(invoke(*words, "execution=sequential", "study.name=one", "--json"))
    four = results(
        invoke(*words, "execution=threading", "execution.n_jobs=4", "study.name=four", "--json")
    )
    other = results(invoke(*words, "execution=sequential", "seed=2", "study.name=other", "--json"))
    assert one["results_hash"] == four["results_hash"] != other["results_hash"]
