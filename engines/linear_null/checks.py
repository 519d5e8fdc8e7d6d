"""Invariants that every run of the linear outcome verifies."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from engines.linear_null import theory
from engines.linear_null.params import Params
from engines.linear_null.tally import Tally
from runner.contract import Check, MetricValue

MOST_SDS = 9.0  # a normal value lies further out with probability 2e-19

CHECKS = (
    Check(name="everyone_counted", doc="every entity has exactly one archetype"),
    Check(name="parts_add_up", doc="archetype means, weighted by their entities, give the mean"),
    Check(name="near_theory", doc="given the counts, the mean lies within 9 sd"),
)


def check_results(
    params: Params, tally: Tally, metrics: Mapping[str, MetricValue], horizon: int
) -> dict[str, str | None]:
    """Return each check's finding: None, or where the invariant is broken."""
    return {
        "everyone_counted": everyone_counted(params, tally),
        "parts_add_up": parts_add_up(params, tally, metrics),
        "near_theory": near_theory(params, tally, metrics, horizon),
    }


def everyone_counted(params: Params, tally: Tally) -> str | None:
    """Compare the entities per archetype with the entities asked for."""
    if tally.entities == params.entities:
        return None
    return f"{tally.entities} entities have an archetype, {params.entities} were asked for"


def parts_add_up(params: Params, tally: Tally, metrics: Mapping[str, MetricValue]) -> str | None:
    """Compare the mean with the archetypes' means, up to rounding."""
    means = [metrics[f"mean_outcome.{name}"] for name in params.archetypes]
    parts = [
        float(count) * mean
        for count, mean in zip(tally.counts, means, strict=True)
        if isinstance(mean, int | float)
    ]
    found, mean = math.fsum(parts) / params.entities, metrics["mean_outcome"]
    if isinstance(mean, int | float) and abs(found - mean) <= _rounding(params):
        return None
    return f"archetype means give {found:.12g}, mean_outcome is {mean}"


def near_theory(
    params: Params, tally: Tally, metrics: Mapping[str, MetricValue], horizon: int
) -> str | None:
    """Compare the mean with its expectation given how many entities each archetype has.

    Given these counts the mean is exactly normal; without them a rare archetype with a large
    shift would raise false alarms.
    """
    shifts = [kind.shift for kind in params.archetypes.values()]
    shift = math.fsum(np.asarray(shifts) * tally.counts) / params.entities
    expected, mean = theory.centre(params, horizon) + shift, metrics["mean_outcome"]
    variance = theory.variance(params, horizon) - theory.shift_variance(params) / params.entities
    allowed = MOST_SDS * math.sqrt(max(0.0, variance)) + _rounding(params)
    if isinstance(mean, int | float) and abs(mean - expected) <= allowed:
        return None
    return f"mean_outcome {mean} lies more than {allowed:.6g} from {expected:.12g}"


def _rounding(params: Params) -> float:
    sizes = (params.baseline, params.effect, params.trend_per_period * 1e4, params.noise_sd)
    shifts = [kind.shift for kind in params.archetypes.values()]
    luck = params.entity_sd + params.replicate_sd + params.effect_sd
    return 1e-9 * (1.0 + luck + sum(map(abs, (*sizes, *shifts))))
