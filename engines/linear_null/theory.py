"""Closed forms of what a run reports: expectations, variances, effects, pairing."""

from __future__ import annotations

import math

import numpy as np

from engines.linear_null.coupling import joint_assignment
from engines.linear_null.params import Params, shares
from runner.contract import Floats, normal_cdf


def centre_by_period(params: Params, horizon: int) -> Floats:
    """Return the expected outcome of an entity without shift: float64 (horizon,), outcome units."""
    periods = np.arange(horizon, dtype=np.float64)
    return params.baseline + params.effect + params.trend_per_period * periods


def centre(params: Params, horizon: int) -> float:
    """Return the expected outcome of an entity without shift, over all periods."""
    return params.baseline + params.effect + params.trend_per_period * (horizon - 1) / 2


def mean_shift(params: Params) -> float:
    """Return the expected shift of an entity: sum of share times shift."""
    return math.fsum(
        share * kind.shift
        for share, kind in zip(shares(params).values(), params.archetypes.values(), strict=True)
    )


def shift_variance(params: Params) -> float:
    """Return the variance of an entity's shift over the mix."""
    middle = mean_shift(params)
    return math.fsum(
        share * (kind.shift - middle) ** 2
        for share, kind in zip(shares(params).values(), params.archetypes.values(), strict=True)
    )


def mean(params: Params, horizon: int) -> float:
    """Return the expectation of `mean_outcome`."""
    return centre(params, horizon) + mean_shift(params)


def variance(params: Params, horizon: int) -> float:
    """Return the variance of `mean_outcome` over replicates.

    With n entities and H periods:
    `replicate_sd^2 + (entity_sd^2 + effect_sd^2 + shift variance)/n + noise_sd^2/(n H)`.
    """
    n = params.entities
    between = params.entity_sd**2 + params.effect_sd**2 + shift_variance(params)
    return params.replicate_sd**2 + between / n + params.noise_sd**2 / (n * horizon)


def difference(arm: Params, control: Params, horizon: int) -> float:
    """Return the expected difference in `mean_outcome` between two arms."""
    return mean(arm, horizon) - mean(control, horizon)


def paired_variance(arm: Params, control: Params, horizon: int) -> float:
    """Return the variance of the difference in `mean_outcome` under common random numbers.

    Both arms meet the same luck, so that only differences between their standard deviations and
    between each entity's two shifts remain; two arms that differ in `effect` alone give 0.

    Raises:
        ValueError: the arms have different numbers of entities.
    """
    if arm.entities != control.entities:
        raise ValueError(f"arms differ in entities: {arm.entities} and {control.entities}")
    n = arm.entities
    between = (arm.entity_sd - control.entity_sd) ** 2
    between += (arm.effect_sd - control.effect_sd) ** 2 + _shift_difference_variance(arm, control)
    noise = (arm.noise_sd - control.noise_sd) ** 2 / (n * horizon)
    return (arm.replicate_sd - control.replicate_sd) ** 2 + between / n + noise


def independent_variance(arm: Params, control: Params, horizon: int) -> float:
    """Return the variance of the difference in `mean_outcome` between independent arms."""
    return variance(arm, horizon) + variance(control, horizon)


def correlation(arm: Params, control: Params, horizon: int) -> float:
    """Return the correlation of `mean_outcome` between paired arms over replicates.

    Raises:
        ValueError: the arms have different numbers of entities, or one never varies.
    """
    first, second = variance(arm, horizon), variance(control, horizon)
    if min(first, second) == 0:
        raise ValueError("an arm without variance has no correlation")
    covariance = (first + second - paired_variance(arm, control, horizon)) / 2
    return covariance / math.sqrt(first * second)


def trend_variance(params: Params, horizon: int) -> float:
    """Return the variance of `trend_outcome`: `12 noise_sd^2 / (n H (H^2 - 1))`, H > 1.

    Source: simple linear regression with equally spaced periods.
    """
    return 12 * params.noise_sd**2 / (params.entities * horizon * (horizon**2 - 1))


def share_above(params: Params, threshold: float, horizon: int) -> float:
    """Return the expectation of `share_above`: a mixture of normal tails over mix and periods."""
    sd = math.sqrt(
        params.replicate_sd**2 + params.entity_sd**2 + params.effect_sd**2 + params.noise_sd**2
    )
    kinds = zip(shares(params).values(), params.archetypes.values(), strict=True)
    tails = [
        share * _tail(threshold - expected - kind.shift, sd)
        for share, kind in kinds
        for expected in centre_by_period(params, horizon).tolist()
    ]
    return math.fsum(tails) / horizon


def _tail(distance: float, sd: float) -> float:
    return normal_cdf(-distance / sd) if sd > 0 else float(distance < 0)


def _shift_difference_variance(arm: Params, control: Params) -> float:
    """Return the variance over entities of own shift in one arm minus own shift in the other."""
    together = joint_assignment(shares(arm), shares(control))
    differences = {
        pair: arm.archetypes[pair[0]].shift - control.archetypes[pair[1]].shift for pair in together
    }
    middle = math.fsum(p * differences[pair] for pair, p in together.items())
    return math.fsum(p * (differences[pair] - middle) ** 2 for pair, p in together.items())
