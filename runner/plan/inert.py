"""Find treatments that would change nothing, and refuse them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.config import Study
from runner.config.interpolation import has_interpolations
from runner.config.study import Choices
from runner.config.tree import flat
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
    _options: Mapping[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        keys = _option_keys(self.study)
        self._options = {self._named(group): differing for group, differing in keys.items()}

    def _named(self, group: str) -> str:
        """Return a group as studies write it: `mix` for `mix/<engine>`."""
        return group.removesuffix(f"/{self.spec.name}")

    def see(self, cell: Combination, content: Content) -> None:
        """Judge the treatments that bear on one cell."""
        paths = set(self.spec.inert_paths(content.params)) - set(_spreads(content))
        unread = {f"params.{path}" for path in paths}
        for origin, keys in self._treatments(cell, content):
            here = {key for key in keys if not _is_absent(key, content)}
            if here:
                (self._inert if here <= unread else self._live)[origin] += 1

    def _treatments(
        self, cell: Combination, content: Content
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield where each treatment is declared, and the keys that it sets."""
        for key, origin in cell.origins.items():
            yield from self._sets(key, origin)
        for arm in self.study.arms:
            if arm.name == cell.arm:
                for key in (*arm.values, *map(self._named, arm.choices)):
                    yield from self._sets(key, f"design.arms.{arm.name}.{key}")
        fixed = [v for v in self.study.variables if v.origin and v.treatment == "fixed"]
        for variable in (*content.variables, *fixed):
            if variable.treatment != "low_to_high":
                yield variable.where(), frozenset({f"params.{variable.path}"})

    def _sets(self, key: str, origin: str) -> Iterator[tuple[str, frozenset[str]]]:
        if key.startswith("params."):
            yield origin, frozenset({key})
        elif self._options.get(key):
            yield origin, self._options[key]

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


def _is_absent(key: str, content: Content) -> bool:
    """Tell whether the key is of a parameter that only other cells have, as of their archetypes."""
    if not key.startswith("params."):
        return False
    segments = key.split(".")[1:]
    heads = (".".join(segments[:end]) for end in range(1, len(segments) + 1))
    return not any(head in content.leaves for head in heads)


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


def _option_keys(study: Study) -> dict[str, frozenset[str]]:
    """Return, by group, the keys at which options of the group differ in an otherwise equal tree.

    A group is left out when no two of its options stand beside the same options of all others, and
    every group is when the trees hold `${...}`: then nobody can tell here what an option sets.
    """
    if any(has_interpolations(tree) for tree in study.bases.values()):
        return {}
    trees = {choices: dict(flat(tree)) for choices, tree in study.bases.items()}
    found: dict[str, frozenset[str]] = {}
    for group in sorted({group for choices in trees for group, _ in choices}):
        alike: dict[Choices, list[Mapping[str, Any]]] = {}
        for choices, tree in trees.items():
            others = tuple(choice for choice in choices if choice[0] != group)
            alike.setdefault(others, []).append(tree)
        keys = [_differing(first, tree) for first, *rest in alike.values() for tree in rest]
        found[group] = frozenset().union(*keys)
    return found


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    nothing = object()
    both = one.keys() | other.keys()
    return frozenset(key for key in both if one.get(key, nothing) != other.get(key, nothing))
