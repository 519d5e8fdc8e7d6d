"""The neighbourhood of an optimum, linearised: steps, covariance, what stays undetermined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runner.contract import Floats

_RIDGE = 0.1  # keeps steps short where the targets say nothing; a whole range then costs 0.01
UNIFORM_SD = 12.0**-0.5  # standard deviation of the declared range itself, as a coordinate
_RANGE_CURVATURE = 12.0  # of the objective: what the declared range alone says of a direction
_NOTHING = 1e-6
_PART = 0.3  # share of a parameter's effect that another must make up to count as its partner


def step(slopes: Floats, misfit: Floats, x: Floats) -> Floats:
    """Return the move that brings the linearised misfit closest to 0 inside the unit box.

    `slopes`: float64 (points, d), standardised misfit per range; `misfit`: float64 (points,).

    Source: Gauss-Newton with bounds; Levenberg (1944) for the ridge.
    """
    from scipy.optimize import lsq_linear

    size = x.size
    matrix = np.vstack([slopes, _RIDGE * np.eye(size)])
    wanted = np.concatenate([-misfit, np.zeros(size)])
    low, high = np.minimum(-x, -1e-12), np.maximum(1.0 - x, 1e-12)
    return np.asarray(lsq_linear(matrix, wanted, bounds=(low, high)).x)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curvature:
    """What the targets say about each coordinate.

    `se`: float64 (d,), standard errors as shares of the range, the others being free; `alone`: the
    same with the others known; `directions`: unit vectors (d,) along which the targets say less
    than the declared ranges; `effects`: float64 (d,), length of each coordinate's slopes.
    """

    se: Floats
    alone: Floats
    directions: tuple[Floats, ...]
    effects: Floats

    def partners(self, place: int) -> list[int]:
        """Return the other coordinates that make up for a change of this one."""
        found: dict[int, None] = {}
        for direction in self.directions:
            moved = np.abs(direction) * self.effects
            if abs(direction[place]) >= _PART:
                makes_up = np.flatnonzero(moved > max(_PART * moved[place], _NOTHING)).tolist()
                found |= dict.fromkeys(other for other in makes_up if other != place)
        return list(found)


def curvature(slopes: Floats, observed: Floats) -> Curvature:
    """Return how well a least-squares fit determines each coordinate.

    `slopes`: float64 (points, d), standardised; `observed`: float64 (replicates, points),
    standardised. The targets err by one standard error each, independently; the simulated means
    err by the covariance between replicates over their number. A direction along which the targets
    say less than the declared ranges has the spread of the ranges.

    Source: McFadden (1989), the method of simulated moments: (S'S)^-1 S' V S (S'S)^-1 with
    V = I + covariance / replicates.
    """
    information = slopes.T @ slopes
    levels, vectors = np.linalg.eigh(information)
    inverse = (vectors / np.maximum(levels, _RANGE_CURVATURE)) @ vectors.T
    covariance = inverse
    if len(observed) > 1:
        noise = np.atleast_2d(np.cov(observed, rowvar=False)) / len(observed)
        half = slopes @ inverse
        covariance = inverse + half.T @ noise @ half
    effects = np.sqrt(np.diag(information))
    return Curvature(
        se=np.sqrt(np.diag(covariance)),
        alone=1.0 / np.maximum(effects, _RANGE_CURVATURE**0.5),
        directions=tuple(
            vectors[:, place] for place, level in enumerate(levels) if level < _RANGE_CURVATURE
        ),
        effects=effects,
    )
