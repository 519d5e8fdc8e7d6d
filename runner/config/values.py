"""Check single configuration values against what the engine and the runner declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.config.beginnings import full_paths
from runner.config.cells import may_vary
from runner.config.settings import Settings
from runner.config.tree import Tree, copied, set_path
from runner.contract import (
    EngineSpec,
    Leaf,
    Problem,
    build_params,
    coerce,
    leaves,
    nearest,
    shown,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """Knows an engine's parameters as configured, and says what is wrong with a value.

    `params` is the configured mapping below `params`, `leaves` the parameters it gives rise to.
    """

    spec: EngineSpec
    params: Tree
    leaves: Mapping[str, Leaf]

    def problems(self, path: str, value: Any, where: str) -> list[Problem]:
        """Return what forbids `value` at a path from the configuration root.

        `where` says where the value was written, for the message.
        """
        head, _, below = path.partition(".")
        if not may_vary(path):
            return [Problem(where, "", f"{path} cannot differ between cells{self._hint(path)}")]
        if path.startswith("design.variables."):
            return []
        if head == "params":
            return self._param_problems(below, value, where)
        if path == "horizon":
            return horizon_problems(self.spec, value, where)
        leaf = leaves(Settings()).get(path)
        if leaf is None:
            return [Problem(where, "", f"unknown key{nearest(path, leaves(Settings()))}")]
        wrong = coerce(leaf, value)[1]
        return [Problem(where, shown(value), wrong.allowed)] if wrong else []

    def _param_problems(self, below: str, value: Any, where: str) -> list[Problem]:
        if below in self.leaves:
            wrong = coerce(self.leaves[below], value)[1]
            return [Problem(where, shown(value), wrong.allowed)] if wrong else []
        if not below:
            return [Problem(where, "", "name a parameter below params")]
        before = {str(p) for p in build_params(self.spec.params, self.params, with_rules=False)[1]}
        trial = copied(self.params)
        try:
            set_path(trial, below, value)
        except TypeError:
            return [Problem(where, "", f"params.{below} lies below a single value")]
        after = build_params(self.spec.params, trial, with_rules=False)[1]
        new = [p for p in after if str(p) not in before]
        return [Problem(where, p.found, _with_path(p, where)) for p in new]

    def _hint(self, path: str) -> str:
        meant = [full for full in full_paths(path, self.spec) if may_vary(full)]
        if meant:
            return f"; did you mean {' or '.join(meant)}?"
        known = ("params", "horizon", "seed", "seeding", "draws")
        return nearest(path.partition(".")[0], known) or f"; these can: {', '.join(known)}"


def checker(spec: EngineSpec, params: Tree) -> Checker:
    """Return the checker for an engine under the configured parameters."""
    given = params if isinstance(params, dict) else {}  # params: null is told elsewhere
    built, _ = build_params(spec.params, given, with_rules=False)
    known = leaves(built if built is not None else spec.params())
    return Checker(spec=spec, params=given, leaves=known)


def horizon_problems(spec: EngineSpec, value: Any, where: str = "horizon") -> list[Problem]:
    """Return what forbids a horizon for this engine; null stands for its default."""
    allowed = spec.horizon
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
    if value is None or (is_whole and allowed.low <= value <= allowed.high):
        return []
    text = f"must be a whole number of {allowed.unit} from {allowed.low} to {allowed.high}"
    return [Problem(where, shown(value), text)]


def _with_path(problem: Problem, where: str) -> str:
    if where.endswith(f"params.{problem.where}"):
        return problem.allowed
    return f"params.{problem.where}: {problem.allowed}"
