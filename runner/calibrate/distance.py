"""How far a parameter set is from the targets, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runner.calibrate.points import Point
from runner.contract import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the replicates of one parameter set say about the targets to fit.

    `objective`: sum over points of ((mean - target) / se)^2, where `se` is the target's alone, so
    that noise is never an advantage. `se`: its standard error over replicates. `influence`:
    float64 (replicates,), each replicate's share in the objective's error; under common random
    numbers the shares of two sets are paired.
    """

    objective: float
    se: float
    influence: Floats


def score(points: tuple[Point, ...], observed: Floats) -> Score:
    """Score a parameter set: `observed` is float64 (replicates, points).

    Source: the delta method, with the second-order term of a quadratic form in normal errors.
    """
    fits = np.array([point.role == "fit" for point in points])
    z = standardised(points, observed)[:, fits]
    mean, count = z.mean(axis=0), len(z)
    if count == 1:
        return Score(objective=float(mean @ mean), se=0.0, influence=np.zeros(1))
    influence: Floats = 2.0 * (z - mean) @ mean
    noise = z.var(axis=0, ddof=1) / count
    variance = influence.var(ddof=1) / count + 2.0 * float(noise @ noise)
    return Score(objective=float(mean @ mean), se=float(np.sqrt(variance)), influence=influence)


def standardised(points: tuple[Point, ...], observed: Floats) -> Floats:
    """Return (observed - target) / se by replicate and point: float64 (replicates, points)."""
    values = np.array([point.value for point in points])
    spreads = np.array([point.se for point in points])
    return np.asarray((observed - values) / spreads)


def paired_difference_se(one: Score, other: Score) -> float:
    """Return the standard error of the difference of two objectives over the same replicates."""
    count = min(one.influence.size, other.influence.size)
    if count == 1:
        return 0.0
    difference = one.influence[:count] - other.influence[:count]
    return float(difference.std(ddof=1) / np.sqrt(count))
