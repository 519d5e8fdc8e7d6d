"""Read `design.variables`: parameters that are fixed, a grid axis, or redrawn per replicate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from runner.config.study import Scale, Treatment, Variable
from runner.config.variable_needs import treatment_problems
from runner.config.variable_values import value_problems
from runner.config.written import is_number
from runner.contract import (
    NUMERIC,
    Leaf,
    Problem,
    coerce,
    nearest,
    shown,
)

ROOT = "design.variables"
_FIELDS = (
    "treatment", "distribution", "default", "mean", "sd", "min", "max", "step", "values", "unit",
    "scale",
)  # fmt: skip
_TREATMENTS = ("fixed", "low_to_high", "random")
_DISTRIBUTIONS = ("uniform", "normal", "lognormal", "discrete")
_SCALES = ("linear", "log")
_NUMBERS = ("mean", "sd", "min", "max", "step")


def declarations(
    tree: Mapping[str, Any], leaves: Iterable[str], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield (path from the configuration root, declaration) for a nested `design.variables`.

    A mapping is a declaration where a parameter stands, or where one could be meant.
    """
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if _is_branch(path, value, leaves):
            yield from declarations(value, leaves, f"{path}.")
        else:
            yield path, value


def _is_branch(path: str, value: Any, leaves: Iterable[str]) -> bool:
    if not isinstance(value, Mapping) or not value or path.removeprefix("params.") in leaves:
        return False
    below = "" if path == "params" else f"{path.removeprefix('params.')}."
    if path.startswith("params") and any(leaf.startswith(below) for leaf in leaves):
        return "treatment" not in value
    return "treatment" not in value and all(isinstance(v, Mapping) for v in value.values())


def read_variables(
    tree: Any, leaves: Mapping[str, Leaf]
) -> tuple[tuple[Variable, ...], list[Problem]]:
    """Return the declared variables in order, and every problem found in them."""
    if tree is None:
        return (), []
    if not isinstance(tree, Mapping):
        return (), [Problem(ROOT, shown(tree), "must be a mapping from parameter paths")]
    found, problems = [], []
    for path, declared in declarations(tree, leaves):
        variable, wrong = _read(path, declared, leaves)
        problems += wrong
        if variable is not None and not wrong:
            found.append(variable)
    return tuple(found), problems


def _read(
    path: str, declared: Any, leaves: Mapping[str, Leaf]
) -> tuple[Variable | None, list[Problem]]:
    where = f"{ROOT}.{path}"
    leaf, wrong = _leaf_for(path, where, leaves)
    if not isinstance(declared, Mapping):
        allowed = (
            "must be a mapping such as {treatment: random, distribution: uniform, min: 1, max: 2}"
        )
        return None, [*wrong, Problem(where, shown(declared), allowed)]
    wrong += _field_problems(where, declared)
    if wrong or leaf is None:
        return None, wrong
    variable = _variable(leaf, declared)
    wrong = value_problems(where, variable, leaf, declared.get("unit"))
    return variable, wrong or treatment_problems(where, variable, leaf)


def _leaf_for(
    path: str, where: str, leaves: Mapping[str, Leaf]
) -> tuple[Leaf | None, list[Problem]]:
    head, _, below = path.partition(".")
    if head != "params":
        allowed = "variables are parameters: the path begins with params. (other keys: design.grid)"
        return None, [Problem(where, "", allowed)]
    leaf = leaves.get(below)
    if leaf is None:
        return None, [Problem(where, "", f"names no parameter{nearest(below, leaves)}")]
    if leaf.kind not in (*NUMERIC, "enum"):
        return None, [
            Problem(where, "", "only numbers and enums can vary; use an arm or design.grid")
        ]
    return leaf, []


def _field_problems(where: str, declared: Mapping[str, Any]) -> list[Problem]:
    wrong = [
        Problem(
            f"{where}.{key}",
            "",
            f"unknown field{nearest(str(key), _FIELDS)}; known: {', '.join(_FIELDS)}",
        )
        for key in declared
        if key not in _FIELDS
    ]
    wrong += _one_of(where, "treatment", declared.get("treatment"), _TREATMENTS)
    if declared.get("distribution") is not None:
        wrong += _one_of(where, "distribution", declared["distribution"], _DISTRIBUTIONS)
    if "scale" in declared:
        wrong += _one_of(where, "scale", declared["scale"], _SCALES)
    for key in _NUMBERS:
        wrong += _number_problems(f"{where}.{key}", declared.get(key))
    if declared.get("values") is not None and not isinstance(declared["values"], list | tuple):
        wrong.append(Problem(f"{where}.values", shown(declared["values"]), "must be a list"))
    return wrong


def _number_problems(where: str, value: Any) -> list[Problem]:
    if value is None:
        return []
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [Problem(where, shown(value), "must be a number")]
    return [] if is_number(value) else [Problem(where, shown(value), "must be a finite number")]


def _one_of(where: str, key: str, value: Any, allowed: tuple[str, ...]) -> list[Problem]:
    if value in allowed:
        return []
    hint = nearest(value, allowed) if isinstance(value, str) else ""
    return [Problem(f"{where}.{key}", shown(value), f"must be one of {', '.join(allowed)}{hint}")]


def _variable(leaf: Leaf, declared: Mapping[str, Any]) -> Variable:
    values = tuple(coerce(leaf, value)[0] for value in declared.get("values") or ())
    step = declared.get("step")
    if step is None and leaf.kind == "int" and not values:
        step = 1
    default = declared.get("default")
    return Variable(
        path=leaf.path,
        treatment=cast(Treatment, declared["treatment"]),
        distribution=declared.get("distribution") or ("discrete" if values else "uniform"),
        default=None if default is None else coerce(leaf, default)[0],
        mean=_float(declared.get("mean")),
        sd=_float(declared.get("sd")),
        low=_float(declared.get("min")),
        high=_float(declared.get("max")),
        step=_float(step),
        values=values,
        scale=cast(Scale, declared.get("scale", "linear")),
    )


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
