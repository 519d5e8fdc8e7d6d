"""Options of a group that differ only in parameters which nothing reads are refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from runner.contract import PlanError, leaf_values
from runner.plan import make
from runner.registry import load_engine
from tests.unit.plan.planning import plan_of

AXIS = {"grid": {"mix": ["heavy", "light"]}}
CASES = {"cases": [{"mix": "heavy"}, {"mix": "light"}]}
ARMS = {"arms": {"base": {}, "thin": {"mix": "light"}}, "control": "base"}
BOTH = {**ARMS, "grid": {"params.entities": [100, 200]}}
OWN_VALUE = {
    "arms": {"base": {}, "thin": {"mix": "light", "params.entities": 200}},
    "control": "base",
}


def without_archetypes(monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    """Let runs of at least `least` entities read nothing about archetypes."""

    def inert(params: Any) -> list[str]:
        own = [path for path in leaf_values(params) if path.startswith("archetypes.")]
        return own if params.entities >= least else []

    spec = dataclasses.replace(load_engine("linear_null"), inert_paths=inert)
    monkeypatch.setattr(make, "load_engine", lambda name: spec)


@pytest.mark.parametrize(
    ("design", "where"),
    [
        (AXIS, r"design\.grid\.mix"),
        (CASES, r"design\.cases\[1\]\.mix"),
        (ARMS, r"design\.arms\.thin\.mix"),
        (BOTH, r"design\.arms\.thin\.mix"),
        (OWN_VALUE, r"design\.arms\.thin\.mix"),
    ],
)
def test_options_that_nothing_reads_are_refused(
    monkeypatch: pytest.MonkeyPatch, design: dict[str, Any], where: str
) -> None:
    without_archetypes(monkeypatch, 0)
    with pytest.raises(PlanError, match=f"{where}: would change nothing: engine linear_null does"):
        plan_of(design=design)


@pytest.mark.parametrize("design", [AXIS, CASES, ARMS, BOTH, OWN_VALUE])
def test_options_that_are_read_are_planned_without_a_remark(design: dict[str, Any]) -> None:
    assert not [note for note in plan_of(design=design).notes if "changes nothing" in note]


def test_options_that_some_cells_read_are_remarked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    without_archetypes(monkeypatch, 150)
    assert "design.arms.thin.mix changes nothing in 1 of 2 cells" in plan_of(design=BOTH).notes
