"""Find treatments that would change nothing, and refuse them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from runner.config import Study
from runner.contract import EngineSpec, Problem
from runner.plan.content import Content
from runner.plan.expand import Combination

_FEW = 3


@dataclass(slots=True)
class InertWatch:
    """Counts, over the cells of a study, where each treatment is read and where it is not."""

    study: Study
    spec: EngineSpec
    _live: Counter[str] = field(default_factory=Counter)
    _inert: Counter[str] = field(default_factory=Counter)

    def see(self, cell: Combination, content: Content) -> None:
        """Judge the treatments that bear on one cell."""
        unread = set(self.spec.inert_paths(content.params)) - set(_spreads(content))
        for origin, path in self._treatments(cell, content):
            (self._inert if path in unread else self._live)[origin] += 1

    def _treatments(self, cell: Combination, content: Content) -> Iterator[tuple[str, str]]:
        for key, origin in cell.origins.items():
            if key.startswith("params."):
                yield origin, key.removeprefix("params.")
        for arm in self.study.arms:
            if arm.name == cell.arm:
                for key in arm.values:
                    if key.startswith("params."):
                        yield f"design.arms.{arm.name}.{key}", key.removeprefix("params.")
        fixed = [v for v in self.study.variables if v.origin and v.treatment == "fixed"]
        for variable in (*content.variables, *fixed):
            if variable.treatment != "low_to_high":
                yield variable.where(), variable.path

    def problems(self) -> list[Problem]:
        """Return the treatments that no cell reads."""
        allowed = f"would change nothing: engine {self.spec.name} does not read it in this study"
        return [Problem(origin, "", allowed) for origin in self._inert if not self._live[origin]]

    def notes(self) -> list[str]:
        """Return remarks on treatments that only some cells read."""
        alike: dict[str, list[str]] = {}
        for origin, count in self._inert.items():
            if self._live[origin]:
                where = f"{count} of {count + self._live[origin]} cells"
                alike.setdefault(where, []).append(origin)
        return [note for where, origins in alike.items() for note in _told(origins, where)]


def _told(origins: list[str], where: str) -> list[str]:
    """Return a remark for each of a few treatments, one remark for many."""
    if len(origins) <= _FEW:
        return [f"{origin} changes nothing in {where}" for origin in origins]
    named = f"{origins[0]} and {len(origins) - 1} more"
    return [f"{len(origins)} treatments change nothing in {where} each: {named}"]


def _spreads(content: Content) -> Iterable[str]:
    """Return the sd parameters from which a random variable takes its spread."""
    for variable in content.variables:
        own = content.leaves[variable.path].sd_path
        is_named = variable.distribution in ("normal", "lognormal")
        if variable.treatment == "random" and is_named and variable.sd is None and own:
            yield own
