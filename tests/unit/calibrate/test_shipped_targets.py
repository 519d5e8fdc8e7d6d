"""Every shipped file of targets begins a calibration of its engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.calibrate.brief import make_brief
from runner.config import StudyRequest, compose_study

TARGETS = Path(__file__).resolve().parents[3] / "conf" / "targets"
FILES = sorted(TARGETS.glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_it_is_a_calibration(file: Path) -> None:
    words = (f"engine={file.parent.name}", f"targets={file.stem}")
    brief = make_brief(compose_study(StudyRequest(words=words)))
    assert "fit" in {point.role for point in brief.points}
    assert len(brief.space) >= 2
    assert brief.study.calibration.name == file.stem


def test_there_are_some() -> None:
    assert {file.parent.name for file in FILES} >= {"taps", "lifecycle", "idle_rpg"}
