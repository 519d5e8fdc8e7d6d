"""Check the values that a variable declares against its parameter and against each other."""

from __future__ import annotations

from typing import Any

from runner.config.study import Variable
from runner.contract import Leaf, Problem, coerce, shown


def value_problems(where: str, variable: Variable, leaf: Leaf, unit: Any) -> list[Problem]:
    """Return what is wrong with the values of a variable, whatever its treatment.

    `leaf` is the parameter, `unit` the unit written, None where it is left out.
    """
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
    return wrong or _default_problems(where, variable)


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
