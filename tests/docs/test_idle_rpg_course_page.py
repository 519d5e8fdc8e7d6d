"""docs/idle_rpg-course.md does what it says: its queries find the truth of a small data set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import runner
from runner.audit.rerun import rerun

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "idle_rpg-course.md").read_text("utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STUDY = {
    "sweeps": "idle_rpg_course",
    "params.population.n_agents": 500,
    "params.traffic.events.bad_traffic.volume": 200,
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the page's blocks in order on its study with fewer players; return what they define."""
    home = tmp_path_factory.mktemp("course")
    study = runner.run_study({
        **_STUDY, "paths.outputs": str(home / "outputs"), "tracking": "none", "acceptance": "none",
    })  # fmt: skip
    run_id = str(study.runs["run_id"].iloc[0])
    rerun(home / "outputs", run_id, tables="all", export=home / "course", file_format="parquet")
    names: dict[str, Any] = {"metrics": dict(study.metrics[["metric", "value"]].to_numpy())}
    for text in BLOCK.findall(PAGE):
        there = text.replace('"course"', repr(str(home / "course")))
        exec(compile(there, "docs/idle_rpg-course.md", "exec"), names)  # noqa: S102
    return names


def test_retention_is_that_of_the_engine(course: dict[str, Any]) -> None:
    for age in (1, 7, 30):
        assert course[f"d{age}"] == course["metrics"][f"d{age}_retention"]
    truth = course["table"]("cohort_retention").query("dimension == 'source' and age_day == 1")
    assert course["by_source"] == dict(truth[["value", "retention"]].to_numpy())
    assert min(course["by_source"], key=course["by_source"].get) == "fake_network"
    assert 0 < course["naive_d45"] < course["d45"]


def test_the_funnel_is_that_of_the_truth(course: dict[str, Any]) -> None:
    agents = course["agents"]
    assert course["funnel"].tolist() == [
        len(agents),
        agents.tutorial_completed.sum(),
        (agents.stages_cleared >= 1).sum(),
        (agents.player_level >= 10).sum(),
        (agents.purchases > 0).sum(),
    ]
    assert course["conversion"].dropna().between(0, 1).all()


def test_the_comparison_of_variants_is_the_engines(course: dict[str, Any]) -> None:
    asked = "test == 'onboarding_length' and variant == 'short' and metric == 'd7_retention'"
    (truth,) = course["table"]("ab_results").query(asked).to_dict("records")
    assert course["ratio_p"] > 1e-4
    assert course["control"]["size"] == truth["n_control"]
    assert course["difference"] == pytest.approx(truth["difference"])
    assert course["interval"] == pytest.approx((truth["ci_low"], truth["ci_high"]), rel=0.01)
    assert course["interval"][0] < 0 < course["interval"][1]


def test_bots_are_found_by_what_they_do_not_do(course: dict[str, Any]) -> None:
    agents = course["agents"]
    bots = set(agents.index[agents.is_bot])
    assert course["odd_day"] == 25
    assert course["suspects"] == bots
    assert bots


def test_value_and_concentration_are_those_of_the_truth(course: dict[str, Any]) -> None:
    assert course["ltv_d30"] == pytest.approx(course["metrics"]["ltv_d30_usd"])
    assert course["purchases"].price_usd.sum() == pytest.approx(course["agents"].revenue_usd.sum())
    assert 0.3 < course["top_percent"] <= 1


def test_books_close(course: dict[str, Any]) -> None:
    assert course["unbalanced"] == 0
    assert all(isinstance(gap, pd.Series) for gap in course["gaps"].values())
