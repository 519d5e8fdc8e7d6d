"""Give the monthly variables a value for each month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engines.taps.params import VARIABLES, PrivateTap, PublicTap, monthly_block
from runner.contract import Distribution, Draws, as_distribution_name

STREAMS = tuple(
    f"{scope}.{variable.name}" for scope, variables in VARIABLES.items() for variable in variables
)


@dataclass(frozen=True, slots=True)
class MonthDraws:
    """The month values of one variable, (n_months,), and the uniforms they come from."""

    stream: str
    distribution: Distribution
    uniforms: list[float]
    values: list[float]


@dataclass(frozen=True, slots=True)
class MonthlyDistribution:
    """One monthly block that is on, with its centre and spread filled in."""

    stream: str
    distribution: Distribution


def monthly_distributions(
    scope: str, tap: PublicTap | PrivateTap
) -> dict[str, MonthlyDistribution]:
    """Return the blocks of a tap that are on, by name of the variable."""
    found = {}
    for variable in VARIABLES[scope]:
        block = monthly_block(tap, variable)
        name = as_distribution_name(block.distribution)
        if name is not None:
            distribution = Distribution(
                name=name,
                low=block.min,
                high=block.max,
                centre=getattr(tap, variable.centre),
                sd=getattr(tap, variable.sd) or 0.0,
                step=block.step,
            )
            found[variable.name] = MonthlyDistribution(f"{scope}.{variable.name}", distribution)
    return found


def draw_months(
    variables: Mapping[str, MonthlyDistribution], draws: Draws, horizon: int
) -> dict[str, MonthDraws]:
    """Return one value per month for each variable that is on, one uniform per value.

    Addresses are (stream, step = month 1..horizon, entity 0); variables that are off ask for
    nothing, so switching one on changes no other.
    """
    if not variables:
        return {}
    months = np.arange(1, horizon + 1)
    found = {}
    for name, variable in variables.items():
        uniforms: list[float] = draws.uniform(variable.stream, step=months, entities=0).tolist()
        values = variable.distribution.values_at(uniforms)
        found[name] = MonthDraws(variable.stream, variable.distribution, uniforms, values)
    return found


def month_values(
    drawn: Mapping[str, MonthDraws], name: str, constant: float, horizon: int
) -> list[float]:
    """Return the drawn values of a variable, or its constant in every month: floats (horizon,)."""
    return drawn[name].values if name in drawn else [constant] * horizon
