"""Resolve a cell's random variables and draw them for every replicate."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from runner.config import Variable
from runner.contract import Distribution, Leaf, Problem, as_distribution_name
from runner.draws import DrawSource
from runner.plan.plan import DrawnVariable

_SIGNIFICANT = 12
_MAX_SD_RANGES = 10


def resolve_distribution(
    variable: Variable, leaves: Mapping[str, Leaf]
) -> tuple[Distribution | None, list[Problem]]:
    """Return the distribution of a random variable in a cell, or what is wrong with it.

    `mean` and `sd` default to the parameter's own value and its sd parameter.
    """
    leaf = leaves[variable.path]
    name = as_distribution_name(variable.distribution or "uniform") or "uniform"
    if name == "discrete":
        return Distribution(name=name, values=variable.values), []
    low = variable.low if variable.low is not None else _bound(leaf.info.low, -math.inf)
    high = variable.high if variable.high is not None else _bound(leaf.info.high, math.inf)
    if name == "uniform":
        return Distribution(name=name, low=low, high=high, step=variable.step), []
    centre = _first(variable.mean, variable.default, leaf.value)
    sd = _first(variable.sd, leaves[leaf.sd_path].value if leaf.sd_path else None)
    if centre is None:
        return None, [
            Problem(variable.where("mean"), "null", "must be given: the parameter is null")
        ]
    if sd is None:
        allowed = "must be given, here or as the parameter's own sd"
        return None, [Problem(variable.where("sd"), "null", allowed)]
    found = Distribution(name=name, low=low, high=high, centre=centre, sd=sd, step=variable.step)
    problems = _centre_problems(variable, found)
    return (None, problems) if problems else (found, [])


def _bound(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def _first(*values: Any) -> float | None:
    return next((float(value) for value in values if value is not None), None)


def _centre_problems(variable: Variable, found: Distribution) -> list[Problem]:
    low, high, centre, sd = found.low, found.high, found.centre, found.sd
    problems = []
    if not low <= centre <= high:
        allowed = f"must lie between min {low:g} and max {high:g}"
        problems.append(Problem(variable.where("mean"), f"{centre:g}", allowed))
    if sd < 0 or (math.isfinite(high - low) and sd > _MAX_SD_RANGES * (high - low)):
        allowed = f"must lie between 0 and {_MAX_SD_RANGES} times (max - min)"
        problems.append(Problem(variable.where("sd"), f"{sd:g}", allowed))
    if found.name == "lognormal" and centre <= 0:
        allowed = "must be > 0 for lognormal"
        problems.append(Problem(variable.where("mean"), f"{centre:g}", allowed))
    return problems


def draw_variable(
    variable: Variable, distribution: Distribution, leaf: Leaf, source: DrawSource, replicates: int
) -> DrawnVariable:
    """Return the variable's value in every replicate.

    Continuous values keep 12 significant digits, so that the last bits of a machine's logarithm
    cannot change a run's id.
    """
    uniforms = _uniforms(source, variable.path, replicates)
    values = distribution.values_at(uniforms)
    if leaf.kind == "int" and distribution.name != "discrete":
        values = [int(value) for value in values]
    elif distribution.step is None and distribution.name != "discrete":
        values = [_clipped(_rounded(value), distribution) for value in values]
    return DrawnVariable(
        scope=variable.scope, variable_id=variable.variable_id, path=variable.path,
        values=tuple(values),
    )  # fmt: skip


@functools.lru_cache(maxsize=256)
def _uniforms(source: DrawSource, path: str, replicates: int) -> tuple[float, ...]:
    return tuple(source.variable_uniforms(path, np.arange(replicates)).tolist())


def _rounded(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT - 1}e}")


def _clipped(value: float, distribution: Distribution) -> float:
    return min(max(value, distribution.low), distribution.high)
