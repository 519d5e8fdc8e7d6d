"""Build what a cell consists of: parameters, horizon, randomness, variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.config import Study, Variable, cell_tree
from runner.config.cells import value_at
from runner.config.interpolation import has_interpolations
from runner.config.study import Choices
from runner.config.values import horizon_problems
from runner.config.variables import read_variables
from runner.contract import (
    EngineSpec,
    Leaf,
    ParamGroup,
    Problem,
    build_params,
    coerce,
    leaves,
    nearest,
    replace_leaves,
    rule_problems,
    shown,
)
from runner.plan.expand import Combination


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A cell's parameters (fixed variables applied, random ones at their centre) and the rest."""

    params: ParamGroup
    leaves: Mapping[str, Leaf]
    horizon: int
    seed: int
    seeding: str
    generator: str
    variables: tuple[Variable, ...]


@dataclass(slots=True)
class ContentBuilder:
    """Builds cells of one study, reusing the parameters that neighbours share."""

    study: Study
    spec: EngineSpec
    _bases: dict[Choices, tuple[Content | None, list[Problem]]] = field(default_factory=dict)
    _can_reuse: bool = field(init=False)

    def __post_init__(self) -> None:
        self._can_reuse = not any(has_interpolations(t) for t in self.study.bases.values())

    def build(self, cell: Combination) -> tuple[Content | None, list[Problem]]:
        """Return the cell's content, or what is wrong with it."""
        if self._can_reuse:
            if cell.choices not in self._bases:
                self._bases[cell.choices] = self._from_tree(cell.choices, {}, with_rules=False)
            base, wrong = self._bases[cell.choices]
            if base is not None and _are_known(cell.values, base.leaves):
                return self._changed(base, cell.values)
            if wrong and not cell.values:
                return None, wrong
        return self._from_tree(cell.choices, cell.values, with_rules=True)

    def _from_tree(
        self, choices: Choices, values: Mapping[str, Any], *, with_rules: bool
    ) -> tuple[Content | None, list[Problem]]:
        tree = cell_tree(self.study, choices, values)
        built, found = build_params(self.spec.params, tree.get("params", {}), with_rules=False)
        problems = [p.under("params") for p in found]
        problems += horizon_problems(self.spec, tree.get("horizon"))
        if built is None:
            return None, problems
        known = leaves(built)
        variables, wrong = read_variables(tree["design"]["variables"], known)
        drawn, missing = self._from_sheets(known)
        problems += wrong + missing + self._axis_problems(variables)
        variables += drawn
        if problems:
            return None, problems
        content = Content(
            params=built,
            leaves=known,
            horizon=_horizon(self.spec, tree.get("horizon")),
            seed=_seed(value_at(tree, "seed")),
            seeding=value_at(tree, "seeding.mode") or "common",
            generator=value_at(tree, "draws.generator") or "mixer",
            variables=variables,
        )
        return _ruled(_with_fixed(content)) if with_rules else (content, [])

    def _axis_problems(self, variables: tuple[Variable, ...]) -> list[Problem]:
        """Refuse an axis that only some cells declare: the grid is the same for all of them."""
        axes = {axis.key for axis in self.study.axes}
        allowed = "cannot differ between arms or cells: an axis belongs to the whole study"
        return [
            Problem(f"design.variables.params.{v.path}.treatment", v.treatment, allowed)
            for v in variables
            if v.treatment == "low_to_high" and f"params.{v.path}" not in axes
        ]

    def _from_sheets(self, known: Mapping[str, Leaf]) -> tuple[tuple[Variable, ...], list[Problem]]:
        """Return the random variables of sheets, and those without a parameter in this cell."""
        drawn = [v for v in self.study.variables if v.origin and v.treatment == "random"]
        allowed = "names no parameter of this cell"
        missing = [Problem(v.where("path"), v.path, allowed) for v in drawn if v.path not in known]
        return tuple(drawn), missing

    def levels(self, cell: Combination, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values in force at these keys in a cell, null where it cannot be built."""
        content, _ = self.build(cell)
        return {key: None if content is None else _level(content, key) for key in keys}

    def _changed(
        self, base: Content, values: Mapping[str, Any]
    ) -> tuple[Content | None, list[Problem]]:
        """Return the base with some leaves replaced: the quick way for plain axes."""
        new, problems = {}, []
        for path, value in values.items():
            if path == "horizon":
                problems += horizon_problems(self.spec, value)
                continue
            below = path.partition(".")[2]
            new[below], wrong = coerce(base.leaves[below], value)
            problems += [wrong.under("params")] if wrong else []
        if problems:
            return None, problems
        horizon = base.horizon
        if "horizon" in values:
            horizon = _horizon(self.spec, values["horizon"])
        return _ruled(_with_fixed(_replaced(base, new, horizon)))


def _ruled(content: Content) -> tuple[Content | None, list[Problem]]:
    problems = [p.under("params") for p in rule_problems(content.params)]
    return (None, problems) if problems else (content, [])


def _seed(value: Any) -> int:
    return 1 if value is None else int(value)


def choice_problems(variable: Variable, content: Content) -> list[Problem]:
    """Return listed values that the parameter set does not offer, drawn by chance or not."""
    choices = content.leaves[variable.path].info.choices
    if not callable(choices):
        return []
    known, where = choices(content.params), f"design.variables.params.{variable.path}.values"
    return [
        Problem(where, shown(v), f"must be one of {', '.join(known)}{nearest(str(v), known)}")
        for v in variable.values
        if v not in known
    ]


def _level(content: Content, key: str) -> Any:
    if key.startswith("params."):
        leaf = content.leaves.get(key.removeprefix("params."))
        return None if leaf is None else leaf.value
    own = {
        "horizon": content.horizon,
        "seed": content.seed,
        "seeding.mode": content.seeding,
        "draws.generator": content.generator,
    }
    return own.get(key)


def _horizon(spec: EngineSpec, value: Any) -> int:
    return spec.horizon.default if value is None else int(value)


def _are_known(values: Mapping[str, Any], known: Mapping[str, Leaf]) -> bool:
    return all(
        path == "horizon" or (path.startswith("params.") and path[len("params.") :] in known)
        for path in values
    )


def _with_fixed(content: Content) -> Content:
    fixed = {v.path: v.default for v in content.variables if v.treatment == "fixed"}
    return _replaced(content, fixed, content.horizon) if fixed else content


def _replaced(base: Content, new: Mapping[str, Any], horizon: int) -> Content:
    if not new and horizon == base.horizon:
        return base
    params = replace_leaves(base.params, new) if new else base.params
    return Content(
        params=params, leaves=leaves(params), horizon=horizon, seed=base.seed,
        seeding=base.seeding, generator=base.generator, variables=base.variables,
    )  # fmt: skip
