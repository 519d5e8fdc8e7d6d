"""Check that a variable says what its treatment needs: a value, levels, or a distribution."""

from __future__ import annotations

import math

from runner.config.study import Variable
from runner.contract import Leaf, Problem, as_distribution_name, lattice, shown

_MOST_LEVELS = 1_000_000


def treatment_problems(where: str, variable: Variable, leaf: Leaf) -> list[Problem]:
    """Return what the treatment of a variable needs and its declaration does not give."""
    if variable.treatment == "fixed":
        return _fixed_needs(where, variable)
    if variable.distribution == "discrete" or variable.values:
        return _listed_needs(where, variable)
    if leaf.kind == "enum":
        return [Problem(f"{where}.values", "", "must be given: an enum takes values: [a, b]")]
    if variable.treatment == "low_to_high":
        return _axis_needs(where, variable)
    return _random_needs(where, variable, leaf)


def _fixed_needs(where: str, variable: Variable) -> list[Problem]:
    if variable.default is not None:
        return []
    return [Problem(f"{where}.default", "", "must be given: it is the value of treatment fixed")]


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
