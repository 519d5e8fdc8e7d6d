"""Every shipped file of targets begins a calibration of its engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.calibrate.brief import make_brief
from runner.config import StudyRequest, compose_study
from runner.contract import leaves
from runner.plan import make_plan

TARGETS = Path(__file__).resolve().parents[3] / "conf" / "targets"
FILES = sorted(TARGETS.glob("*/*.yaml"))
OUTCOMES = sorted((TARGETS.parent / "calibrated").glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_it_is_a_calibration(file: Path) -> None:
    words = (f"engine={file.parent.name}", f"targets={file.stem}")
    brief = make_brief(compose_study(StudyRequest(words=words)))
    assert "fit" in {point.role for point in brief.points}
    assert len(brief.space) >= 2
    assert brief.study.calibration.name == file.stem


def test_there_are_some() -> None:
    assert {file.parent.name for file in FILES} >= {"taps", "lifecycle", "idle_rpg"}


@pytest.mark.parametrize("file", OUTCOMES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_a_shipped_outcome_is_what_a_study_then_runs_with(file: Path) -> None:
    words = (f"engine={file.parent.name}", f"calibrated={file.stem}")
    [cell] = make_plan(compose_study(StudyRequest(words=words))).cells
    text = file.read_text(encoding="utf-8")
    known = {path: leaf.value for path, leaf in leaves(cell.params).items()}
    written = dict(re.findall(r"^#   (archetypes\S+): ([\d.]+)[ ,]", text, re.MULTILINE))
    assert len(written) >= 2
    assert {path: known[path] for path in written} == {p: float(v) for p, v in written.items()}
    assert re.search(r"^# commit [0-9a-f]{40}$", text, re.MULTILINE)


def test_the_idle_games_retention_table_is_shipped() -> None:
    assert "idle_rpg/retention_table" in {f"{f.parent.name}/{f.stem}" for f in OUTCOMES}
