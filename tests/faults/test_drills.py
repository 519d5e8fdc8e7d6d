"""A few of the drills; `make drill` runs many."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.faults.drill import KINDS, MARKS, Whole, drills, replace_figures, run_drill, run_whole

CHOSEN = ("parent", "worker", "all")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drills")


@pytest.fixture(scope="module")
def whole(place: Path) -> Whole:
    return run_whole(place, is_forked=True)


@pytest.mark.parametrize("kind", CHOSEN)
def test_a_killed_study_comes_to_the_same_end(place: Path, whole: Whole, kind: str) -> None:
    drill = next(d for d in drills("tests") if d.kind == kind and 0.2 < d.moment < 0.8)
    report = run_drill(drill, place, whole)
    assert report.faults == (), report
    assert not report.is_late


def test_the_moments_are_those_of_the_seed() -> None:
    first = list(itertools.islice(drills("a"), 200))
    assert first == list(itertools.islice(drills("a"), 200))
    assert {drill.kind for drill in first} == set(KINDS)
    assert min(d.moment for d in first) < 0.05
    assert max(d.moment for d in first) > 0.95


def test_figures_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n")
    replace_figures(page, "new")
    assert page.read_text() == f"before\n{MARKS[0]}\nnew\n{MARKS[1]}\nafter\n"
