"""Read `design.variables`: parameters that are fixed, a grid axis, or redrawn per replicate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from runner.config.study import Scale, Treatment, Variable
from runner.contract import (
    NUMERIC,
    Leaf,
    Problem,
    as_distribution_name,
    coerce,
    lattice,
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
_MOST_LEVELS = 1_000_000
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
    return variable, _value_problems(where, variable, leaf, declared.get("unit"))


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
    try:
        is_finite = math.isfinite(value)
    except OverflowError:
        is_finite = False
    return [] if is_finite else [Problem(where, shown(value), "must be a finite number")]


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


def _value_problems(where: str, variable: Variable, leaf: Leaf, unit: Any) -> list[Problem]:
    wrong = _in_bounds(where, variable, leaf)
    if unit is not None and unit != leaf.info.unit:
        wrong.append(
            Problem(f"{where}.unit", shown(unit), f"must be {leaf.info.unit or 'left out'}")
        )
    if variable.low is not None and variable.high is not None and variable.low > variable.high:
        wrong.append(
            Problem(f"{where}.min", shown(variable.low), f"must be <= max ({variable.high:g})")
        )
    if variable.scale == "log" and (variable.low is None or variable.low <= 0):
        low = "" if variable.low is None else shown(variable.low)
        wrong.append(Problem(f"{where}.min", low, "must be > 0 with scale log"))
    if variable.step is not None and variable.step <= 0:
        wrong.append(Problem(f"{where}.step", shown(variable.step), "must be > 0"))
    if not wrong and len(set(variable.values)) < len(variable.values):
        wrong.append(Problem(f"{where}.values", shown(variable.values), "must not repeat"))
    wrong += _default_problems(where, variable) if not wrong else []
    needs = _fixed_needs if variable.treatment == "fixed" else _treatment_needs
    return wrong or needs(where, variable, leaf)


def _default_problems(where: str, variable: Variable) -> list[Problem]:
    """Refuse a default that the declaration's own range or list rules out."""
    default, low, high = variable.default, variable.low, variable.high
    if default is None:
        return []
    if variable.values:
        allowed = f"must be one of values {shown(variable.values)}"
        is_known = default in variable.values
        return [] if is_known else [Problem(f"{where}.default", shown(default), allowed)]
    if low is not None and default < low:
        return [Problem(f"{where}.default", shown(default), f"must be >= min ({low:g})")]
    if high is not None and default > high:
        return [Problem(f"{where}.default", shown(default), f"must be <= max ({high:g})")]
    return []


def _in_bounds(where: str, variable: Variable, leaf: Leaf) -> list[Problem]:
    named: list[tuple[str, Any]]
    named = [("default", variable.default), ("min", variable.low), ("max", variable.high)]
    named += [("values", value) for value in variable.values]
    if leaf.kind == "int":
        named += [("step", variable.step)]
    wrong = []
    for key, value in named:
        if value is None and key != "values":
            continue
        if leaf.kind == "enum" and key in ("min", "max", "step"):
            wrong.append(Problem(f"{where}.{key}", shown(value), "an enum takes values: [a, b]"))
            continue
        problem = coerce(leaf, value)[1]
        if problem and key != "step":
            wrong.append(Problem(f"{where}.{key}", shown(value), problem.allowed))
        elif problem and value != int(value):
            wrong.append(Problem(f"{where}.step", shown(value), "must be a whole number"))
    return wrong


def _fixed_needs(where: str, variable: Variable, leaf: Leaf) -> list[Problem]:
    if variable.default is not None:
        return []
    return [Problem(f"{where}.default", "", "must be given: it is the value of treatment fixed")]


def _treatment_needs(where: str, variable: Variable, leaf: Leaf) -> list[Problem]:
    if variable.distribution == "discrete" or variable.values:
        return _listed_needs(where, variable)
    if leaf.kind == "enum":
        return [Problem(f"{where}.values", "", "must be given: an enum takes values: [a, b]")]
    if variable.treatment == "low_to_high":
        return _axis_needs(where, variable)
    return _random_needs(where, variable, leaf)


def _listed_needs(where: str, variable: Variable) -> list[Problem]:
    if not variable.values:
        return [Problem(f"{where}.values", "", "must list at least one value for discrete")]
    if variable.treatment == "random" and variable.distribution != "discrete":
        allowed = "goes with distribution discrete only"
        return [Problem(f"{where}.values", shown(variable.values), allowed)]
    return []


def _axis_needs(where: str, variable: Variable) -> list[Problem]:
    low, high, step = variable.low, variable.high, variable.step
    if low is None or high is None or step is None:
        return [Problem(where, "", "low_to_high needs min, max and step, or values")]
    if not (high - low) / step < _MOST_LEVELS:
        allowed = f"leaves more than {_MOST_LEVELS:,} levels between min {low:g} and max {high:g}"
        return [Problem(f"{where}.step", shown(step), allowed)]
    try:
        lattice(low, high, step)
    except ValueError:
        allowed = f"must divide the range from min {low:g} to max {high:g}: both ends are included"
        return [Problem(f"{where}.step", shown(step), allowed)]
    return []


def _width(variable: Variable) -> float:
    """Return max - min, infinite where one of them is left to the parameter's bounds."""
    low, high = variable.low, variable.high
    return math.inf if low is None or high is None else high - low


def _random_needs(where: str, variable: Variable, leaf: Leaf) -> list[Problem]:
    name = as_distribution_name(variable.distribution or "")
    missing = [k for k, v in (("min", variable.low), ("max", variable.high)) if v is None]
    if name == "uniform" and missing:
        return [Problem(f"{where}.{key}", "", "must be given for uniform") for key in missing]
    if variable.step is not None and variable.low is None:
        return [Problem(f"{where}.min", "", "must be given with step: ticks are min + k*step")]
    if variable.step is not None and 0 < _width(variable) < variable.step:
        allowed = f"must be <= max - min ({_width(variable):g}): every draw would be min"
        return [Problem(f"{where}.step", shown(variable.step), allowed)]
    if name == "uniform":
        return []
    wrong = []
    if variable.sd is None and leaf.sd_path is None:
        wrong.append(
            Problem(f"{where}.sd", "", f"must be given: {leaf.path} declares no sd of its own")
        )
    if variable.sd is not None and variable.sd < 0:
        wrong.append(Problem(f"{where}.sd", shown(variable.sd), "must be >= 0"))
    return wrong
