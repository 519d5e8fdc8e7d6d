"""Replicates of one study are of one kind: simulations, or resamples of the same data."""

from __future__ import annotations

import dataclasses

import pytest

from runner.contract import PlanError
from runner.plan import make
from runner.registry import load_engine
from tests.unit.plan.planning import plan_of

SIZES = {"grid": {"params.entities": [100, 200]}}


def with_kinds(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Let runs of more than `limit` entities be resamples."""
    spec = dataclasses.replace(
        load_engine("linear_null"),
        replicates=lambda p: "bootstrap" if p.entities > limit else "simulation",
    )
    monkeypatch.setattr(make, "load_engine", lambda name: spec)


def test_two_kinds_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with_kinds(monkeypatch, 150)
    said = r"design\.replicates = simulation and bootstrap: replicates of one study"
    with pytest.raises(PlanError, match=said):
        plan_of(design=SIZES)


@pytest.mark.parametrize("limit", [50, 500])
def test_one_kind_is_planned(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    with_kinds(monkeypatch, limit)
    assert len(plan_of(design=SIZES).cells) == 2
