"""A study adds replicates until its declared differences are as precise as they ask to be."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pandas as pd
import pytest

from tests.commands import Command, Ran

STUDY = (
    "engine=linear_null", "execution=sequential", "params.entities=20", "horizon=3",
    "design.arms={card:{params.effect:0.5,params.effect_sd:1.0}}",
    "comparisons.gain={metric: mean_outcome, width: 0.15}",
)  # fmt: skip
AUTO = (*STUDY, "design.replicates=auto", "design.budget=256")


def run(command: Command, *words: str) -> Ran:
    ran = command("run", *words, "--json")
    assert ran.code == 0, ran.err
    return ran


def gain(ran: Ran) -> pd.Series:
    rows = pd.read_parquet(ran.folder / "comparisons.parquet")
    return rows[rows["comparison"] == "gain"].iloc[0]


def test_it_stops_when_the_width_is_reached(command: Command) -> None:
    ran = run(command, *AUTO)
    row = gain(ran)
    assert row["ci_high"] - row["ci_low"] <= 0.15
    assert row["replicates_needed"] <= row["n"]
    assert row["n"] % 16 == 0
    assert 16 < row["n"] < 256
    assert f"{row['n']} replicates are enough for every declared width" in ran.document["notes"]
    assert ran.document["runs"]["executed"] == 2 * row["n"]
    before = sorted(len(pd.read_parquet(f)) // 2 for f in ran.folder.parent.glob("*/plan.parquet"))
    assert before[0] == 16
    assert before[-1] == row["n"]
    assert all(later <= 2 * earlier for earlier, later in itertools.pairwise(before))


def test_the_end_is_the_study_with_that_number(command: Command) -> None:
    grown = run(command, *AUTO)
    fixed = run(command, *STUDY, f"design.replicates={gain(grown)['n']}", "paths.outputs=other")
    assert fixed.document["plan_id"] == grown.document["plan_id"]
    assert fixed.document["results_hash"] == grown.document["results_hash"]
    again = run(command, *AUTO)
    assert again.document["runs"]["executed"] == 0
    assert again.document["plan_id"] == grown.document["plan_id"]


def test_it_goes_on_from_a_finished_study(command: Command) -> None:
    run(command, *STUDY, "design.replicates=24")
    grown = run(command, *AUTO)
    assert grown.document["runs"]["executed"] == 2 * (gain(grown)["n"] - 24)


def test_resume_goes_on_adding(command: Command) -> None:
    """As after a kill between two sizes: the first size is finished, the next never began."""
    whole = run(command, *AUTO, "paths.outputs=whole")
    run(command, *AUTO, "design.budget=16")
    place = next(Path("outputs").resolve().glob("*/plans/*/study.json"))
    study = json.loads(place.read_text())
    assert (study["replicates"], study["budget"]) == (16, 16)
    assert run(command, *AUTO).document["results_hash"] == whole.document["results_hash"]
    first = min(
        Path("whole").resolve().glob("*/plans/*"),
        key=lambda f: len(pd.read_parquet(f / "plan.parquet")),
    )
    resumed = command("resume", str(first), "--json")
    assert resumed.document["plan_id"] == whole.document["plan_id"]
    assert resumed.document["results_hash"] == whole.document["results_hash"]


def test_a_spent_budget_says_what_would_be_enough(command: Command) -> None:
    ran = run(command, *AUTO, "design.budget=40", "comparisons.gain.width=0.04")
    (note,) = [n for n in ran.document["notes"] if "budget of 40" in n]
    assert "would reach every declared width" in note
    assert gain(ran)["n"] == 40
    assert gain(ran)["replicates_needed"] > 40


def test_several_workers_find_the_same_end(command: Command) -> None:
    one = run(command, *AUTO)
    two = run(command, *AUTO, "execution=local", "execution.n_jobs=2", "paths.outputs=two")
    assert one.document["results_hash"] == two.document["results_hash"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("design.replicates=auto", "~comparisons"), "needs a comparison that says how precise"),
        (("design.budget=9", "design.replicates=4"), "goes with design.replicates: auto"),
        (("design.replicates=auto", "design.budget=1"), "design.budget = 1: must be >= 2"),
        (("design.replicates=automatic",), "design.replicates = automatic: must be a whole number"),
    ],
)
def test_what_makes_no_sense_is_refused(
    command: Command, words: tuple[str, ...], said: str
) -> None:
    ran = command("run", *STUDY, *words)
    assert ran.code == 2
    assert said in ran.err
