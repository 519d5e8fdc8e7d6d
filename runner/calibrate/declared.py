"""Turn the study's variables into a space, or say why that is not possible."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from runner.calibrate.space import Dimension, Space
from runner.config import Study, Variable
from runner.contract import Leaf, Problem, shown


def read_space(study: Study, known: Mapping[str, Leaf]) -> tuple[Space, list[Problem]]:
    """Return the space of all variables but the fixed ones, and what is wrong with them."""
    wanted = searched(study)
    problems = [problem for v in wanted for problem in _bounds_problems(v)]
    if not wanted:
        allowed = (
            "declare at least one with bounds to search between, as in "
            "design.variables.params.NAME={treatment:random,min:0,max:1}"
        )
        problems.append(Problem("design.variables", "", allowed))
    if problems:
        return Space(dimensions=()), problems
    dimensions = [_dimension(v, known[v.path]) for v in wanted if v.path in known]
    dimensions, wrong = _with_mixes(dimensions, known, {v.path: v for v in wanted})
    if study.calibration.search == "cmaes" and len(dimensions) == 1:
        allowed = "needs at least two variables; use calibrate.search=tpe"
        wrong.append(Problem("calibrate.search", "cmaes", allowed))
    return Space(dimensions=tuple(dimensions)), wrong


def searched(study: Study) -> list[Variable]:
    """Return the variables to determine: those that are not fixed."""
    return [variable for variable in study.variables if variable.treatment != "fixed"]


def _bounds_problems(variable: Variable) -> list[Problem]:
    if variable.values:
        return []
    allowed = "must be given: a calibration looks between min and max"
    ends = (("min", variable.low), ("max", variable.high))
    missing = [Problem(variable.where(key), "", allowed) for key, end in ends if end is None]
    if not missing and variable.low == variable.high:
        return [Problem(variable.where("max"), shown(variable.high), "must be above min")]
    return missing


def _dimension(variable: Variable, leaf: Leaf) -> Dimension:
    return Dimension(
        path=variable.path,
        unit=leaf.info.unit,
        low=0.0 if variable.low is None else variable.low,
        high=1.0 if variable.high is None else variable.high,
        scale=variable.scale,
        step=None if variable.values else variable.step,
        values=variable.values,
        is_whole=leaf.kind == "int",
    )


def _with_mixes(
    dimensions: Iterable[Dimension], known: Mapping[str, Leaf], variables: Mapping[str, Variable]
) -> tuple[list[Dimension], list[Problem]]:
    """Mark the shares of mixes, whose other shares must leave room, and one of which is auto."""
    found, problems = [], []
    lows: dict[str, float] = {}
    for dimension in dimensions:
        if known[dimension.path].kind != "share" or dimension.values:
            found.append(dimension)
            continue
        mix, where = _mix_of(dimension.path), variables[dimension.path].where()
        others = {path: leaf.value for path, leaf in known.items() if _is_in(leaf, mix)}
        fixed = {p: v for p, v in others.items() if p not in variables and v != "auto"}
        if "auto" not in [v for p, v in others.items() if p not in variables]:
            allowed = f"needs another share of {mix} that is auto: it takes the rest"
            problems.append(Problem(where, "", allowed))
        elif any(fixed.values()):
            allowed = f"shares of {mix} that stay ({_listed(fixed)}) must be 0, auto or variables"
            problems.append(Problem(where, "", allowed))
        if dimension.scale == "log":
            problems.append(Problem(f"{where}.scale", "log", "must be linear for a share"))
        lows[mix] = math.fsum((lows.get(mix, 0.0), dimension.low))
        found.append(replace(dimension, mix=mix))
    problems += [
        Problem(f"design.variables.params.{mix}", f"{low:g}", "the least shares must sum to <= 1")
        for mix, low in lows.items()
        if low > 1
    ]
    return found, problems


def _mix_of(path: str) -> str:
    """Return what a share belongs to: `archetypes` of `archetypes.heavy.share`."""
    segments = path.split(".")
    return ".".join(segments[:-2]) or segments[0]


def _is_in(leaf: Leaf, mix: str) -> bool:
    return leaf.kind == "share" and _mix_of(leaf.path) == mix


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{path} {shown(value)}" for path, value in values.items())
