"""The report through the command line: made at the end, made again, and kept in the checksums."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib.backends.backend_svg  # noqa: F401 - changes the environment when first imported
import pytest

from runner import load_study
from runner.contract import StoreError
from tests.commands import Command

STUDY = (
    "run", "engine=linear_null", "execution=sequential", "params.entities=20", "report=html",
    "design.replicates=4", "design.arms.card={params.effect: 0.3}", "--json",
)  # fmt: skip


def test_a_study_ends_with_its_report(command: Command) -> None:
    folder = command(*STUDY).folder
    page = (folder / "report.html").read_bytes()
    assert b"<h2" in page
    assert "  report.html\n" in (folder / "SHA256SUMS").read_text()
    assert command("verify", "linear_null", "--sample", "1%").code == 0
    (folder / "report.html").unlink()
    assert command("report", "linear_null").out.endswith("report.html\n")
    assert (folder / "report.html").read_bytes() == page
    assert command("verify", "linear_null", "--sample", "1%").code == 0


def test_making_a_report_blesses_no_damaged_file(command: Command) -> None:
    folder = command(*STUDY).folder
    (folder / "metrics_by_cell.csv").write_text("cut")
    command("report", "linear_null")
    assert command("verify", "linear_null", "--sample", "1%").code == 1


def test_resume_brings_the_report_back(command: Command) -> None:
    folder = command(*STUDY).folder
    page = (folder / "report.html").read_bytes()
    (folder / "report.html").write_text("cut")
    assert command("resume", "linear_null").code == 0
    assert b"</html>" in (folder / "report.html").read_bytes()
    assert page[:500] == (folder / "report.html").read_bytes()[:500]


def test_no_report_is_made_where_none_is_wanted(command: Command) -> None:
    folder = command(*STUDY).folder
    words = ["report=none" if word == "report=html" else word for word in STUDY]
    assert command(*words).folder == folder
    assert not (folder / "report.html").exists()
    assert command("verify", "linear_null", "--sample", "1%").code == 0


def test_reports_of_unknown_studies_are_refused(command: Command) -> None:
    ran = command("report", "nowhere")
    assert (ran.code, "no study or plan 'nowhere'" in ran.err) == (2, True)


@pytest.mark.parametrize("word", ["nothing", 3])
def test_other_kinds_of_report_are_refused(command: Command, word: object) -> None:
    ran = command("run", "engine=linear_null", f"report={word}")
    assert ran.code == 2
    assert "report" in ran.err


def test_a_study_is_loaded_as_it_was_run(command: Command, here: Path) -> None:
    ran = command(*STUDY, "collect=all")
    by_name, by_plan = load_study("linear_null"), load_study(ran.folder)
    by_folder = load_study(here / "outputs" / "linear_null")
    assert by_name.folder == by_plan.folder == by_folder.folder
    assert by_name.results_hash == ran.document["results_hash"]
    assert by_name.exit_code == 0
    assert len(by_name.metrics) == 8 * by_name.metrics["metric"].nunique()
    assert by_name.table("outcomes_by_period").attrs["units"]["mean_outcome"] == "outcome"
    assert by_name.metrics.attrs["units"]["mean_outcome"] == "outcome"
    with pytest.raises(StoreError, match=r"table x was not collected \(collected: "):
        by_name.table("x")


def test_a_preview_leaves_results_where_the_name_of_the_study_finds_them(command: Command) -> None:
    ran = command(*STUDY)
    planned = command("plan", *STUDY[1:], "params.baseline=11", "--json")
    assert planned.document["plan_id"] != ran.document["plan_id"]
    assert load_study("linear_null").results_hash == ran.document["results_hash"]
    for words in (["report"], ["verify"]):
        told = command(*words, "linear_null")
        assert told.code == 0, told.err
    assert command("status", planned.document["plan_id"], "--json").document["runs"]["done"] == 0
    resumed = command("resume", planned.document["plan_id"], "--json")
    assert load_study("linear_null").results_hash == resumed.document["results_hash"]


def test_a_study_that_only_was_planned_holds_no_results(command: Command) -> None:
    command("plan", *STUDY[1:])
    with pytest.raises(StoreError, match="holds no results yet"):
        load_study("linear_null")
    ran = command("report", "linear_null")
    assert (ran.code, "resume" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words", [["--help"], ["status", "nowhere"], ["plan", "engine=linear_null"]]
)
def test_matplotlib_stays_out_of_quick_commands(here: Path, words: list[str]) -> None:
    script = (
        "import sys; from runner.cli import run_command_line; run_command_line(sys.argv[1:]); "
        "assert not {'matplotlib', 'jinja2'} & set(sys.modules), 'imported'"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True)
    assert "imported" not in done.stderr
    assert "Traceback" not in done.stderr
