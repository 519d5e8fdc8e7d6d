"""Read `design.replicates: auto`: how many replicates a study begins with, and has at most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from runner.config.comparisons import Comparison
from runner.config.settings import DesignSection
from runner.config.study import Study
from runner.config.tree import Tree
from runner.contract import EngineSpec, ParamGroup, Problem, shown

AUTO = "auto"
BLOCK = 16
"""Replicates that `auto` begins with, and adds at least."""
BUDGET = 1024
_WHERE = "design.replicates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicates:
    """How many replicates to begin with; `budget` is the most there may be, None = no more."""

    first: int
    budget: int | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """A remark for the planner when replicates will be added."""
        if self.budget is None:
            return ()
        return (
            f"replicates: auto begins with {self.first} and adds more, up to {self.budget}, until "
            "every declared width is reached",
        )


def with_number(design: Tree) -> Tree:
    """Return the section with a number in the place of `auto`, so that it can be checked."""
    return {**design, "replicates": BLOCK} if design.get("replicates") == AUTO else design


def read_replicates(
    written: Any,
    section: DesignSection,
    comparisons: tuple[Comparison, ...],
    spec: EngineSpec,
    params: ParamGroup,
) -> tuple[Replicates, list[Problem]]:
    """Return the replicates that `design.replicates`, as `written`, and `design.budget` ask for."""
    if written != AUTO:
        text = "goes with design.replicates: auto"
        wrong = [Problem("design.budget", shown(section.budget), text)] if section.budget else []
        return Replicates(first=section.replicates), wrong
    problems = []
    if all(comparison.width is None for comparison in comparisons):
        text = "needs a comparison that says how precise, such as comparisons.NAME.width: 0.01"
        problems.append(Problem(_WHERE, AUTO, text))
    if spec.replicates(params) == "bootstrap":
        text = f"is not possible: replicates of {spec.name} are resamples here; give a number"
        problems.append(Problem(_WHERE, AUTO, text))
    budget = section.budget or BUDGET
    return Replicates(first=min(BLOCK, budget), budget=budget), problems


def with_replicates(study: Study, replicates: int) -> Study:
    """Return the study with another number of replicates."""
    design = {**study.document["design"], "replicates": replicates}
    return replace(study, replicates=replicates, document={**study.document, "design": design})
