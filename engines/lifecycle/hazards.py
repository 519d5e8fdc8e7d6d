"""Compute the probabilities of events: pure functions, usable without the runner.

Source: proportional weekly hazards, `cap(base * exp(sum w (x - 0.5)) * factors)`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.params_mechanisms import Onboarding
from engines.lifecycle.traits import TRAITS
from runner.contract import Floats

_CENTRE = 0.5


def multiplier(weights: Floats, traits: Floats) -> Floats:
    """Return `exp(sum_i w_i (x_i - 0.5))`, float64 (n,).

    Args:
        weights: float64 (n, 5) or (5,), in the order of `TRAITS`; 0 where a trait does not matter.
        traits: float64 (n, 5) in [0, 1].
    """
    exponent = np.zeros(traits.shape[0])
    for place in range(len(TRAITS)):  # in this order at any batch size, so bits do not change
        exponent += weights[..., place] * (traits[:, place] - _CENTRE)
    return np.exp(exponent)


def onboarding_factor(week: int, onboarding: Onboarding) -> float:
    """Return how much higher the hazard of leaving is in a tenure week: 2.5, ..., 1 by default."""
    return 1.0 + onboarding.amplitude * math.exp(-week / onboarding.decay_weeks)


def next_anniversary(
    term_months: NDArray[np.int64] | int, after_week: NDArray[np.int64] | int
) -> NDArray[np.int64]:
    """Return the first anniversary week strictly after a tenure week, int64 (n,).

    Anniversary k lies in week `(26 k term + 3) // 6`, the rounded `k * term * 52/12`.

    Raises:
        ValueError: a tenure week is negative, or a term below one month.
    """
    term, week = np.asarray(term_months, np.int64), np.asarray(after_week, np.int64)
    _refuse_below("tenure week", week, 0)
    _refuse_below("term in months", term, 1)
    count = np.maximum(1, -((3 - 6 * (week + 1)) // (26 * term)))
    return np.asarray((26 * count * term + 3) // 6)


def is_anniversary(
    term_months: NDArray[np.int64] | int, week: NDArray[np.int64] | int
) -> NDArray[np.bool_]:
    """Tell whether a contract term ends in a tenure week, bool (n,); never in week 0.

    Raises:
        ValueError: a tenure week is negative, or a term below one month.
    """
    at = np.asarray(week, np.int64)
    _refuse_below("tenure week", at, 0)
    due = next_anniversary(term_months, np.maximum(at - 1, 0))
    return np.asarray((due == at) & (at >= 1))


def _refuse_below(what: str, values: NDArray[np.int64], low: int) -> None:
    if values.size and int(values.min()) < low:
        raise ValueError(f"{what} = {int(values.min())}: must be >= {low}")


def capped(probability: Floats, cap: float) -> Floats:
    """Return probabilities (n,) limited to the cap."""
    return np.minimum(probability, cap)


def churn_probability(
    params: LifecycleParams, motif: str, traits: Floats, *, term_months: int, week: int
) -> Floats:
    """Return the probability of leaving in a tenure week, optional causes off, float64 (n,).

    Args:
        motif: a name in `params.motifs`.
        traits: effective traits, float64 (n, 5).

    Raises:
        ValueError: the tenure week is negative, or the term below one month.
    """
    due = bool(is_anniversary(term_months, week))
    churn, renewal = params.motifs[motif].churn, params.motifs[motif].renewal
    level = churn.base_per_week * multiplier(weight_row(churn.weights), traits)
    hazard = level * onboarding_factor(week, params.onboarding)
    if due:
        weights = weight_row(renewal.weights)
        hazard = hazard * (renewal.churn_multiplier * multiplier(weights, traits))
    return capped(hazard, params.hazard_cap)


def expansion_probability(
    level: Floats, depth: Floats, *, depth_offset: float, cap: float
) -> Floats:
    """Return the probability of expanding, float64 (n,), from the stored, rounded depth.

    Args:
        level: `base * M`, float64 (n,).
        depth: feature depth of the same week, float64 (n,) in [0, 1].

    Raises:
        ValueError: a depth lies outside [0, 1].
    """
    if depth.size and not (depth.min() >= 0.0 and depth.max() <= 1.0):
        worst = depth.min() if not depth.min() >= 0.0 else depth.max()
        raise ValueError(f"feature depth = {worst}: must lie in [0, 1]")
    return capped(level * (depth_offset + depth), cap)


def weight_row(weights: Mapping[str, float]) -> Floats:
    """Return weights by trait name as an array, float64 (5,); absent traits are 0."""
    return np.array([weights.get(trait, 0.0) for trait in TRAITS], dtype=np.float64)
