"""Go downhill from the best set: slopes by common random numbers, then steps along them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runner.calibrate.apart import groups_apart, sight
from runner.calibrate.distance import standardised
from runner.calibrate.journey import Journey
from runner.calibrate.local import Curvature, curvature, step
from runner.calibrate.space import Space, Values
from runner.calibrate.trial import Trial
from runner.contract import Floats

_FIRST_REACH = 0.05  # of the range, to both sides
_REACH = (0.01, 0.1)  # least and most, once standard errors are known
_SHORTER = (1.0, 0.5, 0.25)
_WORTH_A_STEP = 0.01  # decrease of the objective; 1 is a parameter's whole standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """The end of the way down.

    `places`: the dimensions that have slopes (those without listed values); `slopes`: float64
    (fit points, places), standardised misfit per range.
    """

    best: Trial
    places: tuple[int, ...]
    slopes: Floats
    curvature: Curvature


@dataclass(slots=True, kw_only=True)
class Descent:
    """Walks downhill in local coordinates; listed values stay as they are."""

    journey: Journey
    space: Space
    replicates: int
    _reach: Floats | None = None

    def walk(self, start: Trial, most_steps: int) -> Local:
        """Return where at most this many steps end, with the slopes found there."""
        best = start
        for count in range(most_steps + 1):
            local = self._look_around(best)
            if count == most_steps or not local.places:
                return local
            lower = self._try_steps(local)
            if lower is None:
                return local
            best = lower
        return local

    def _look_around(self, best: Trial) -> Local:
        """Measure the slope of every point along every dimension, to both sides where possible."""
        points, space = self.journey.bench.points, self.space
        places = tuple(i for i, d in enumerate(space.dimensions) if not d.is_listed)
        seen = sight((point for point in points if point.role == "fit"), space)
        sides = self._sides(best, groups_apart(seen, places))
        slopes = np.zeros((self._misfit(best).size, len(places)))
        for column, place in enumerate(places):
            rows = [best, *(row for row in sides[place] if row.score is not None)]
            slopes[:, column] = np.where(seen[:, place], self._slope(rows, place), 0.0)
        observed = standardised(points, _observed(best))[:, self._fits()]
        found = curvature(slopes, observed) if places else _nothing()
        self._reach = np.full(len(space), _FIRST_REACH)
        self._reach[list(places)] = np.clip(found.se, *_REACH)
        return Local(best=best, places=places, slopes=slopes, curvature=found)

    def _sides(self, best: Trial, groups: list[list[int]]) -> dict[int, list[Trial]]:
        """Return the sets beside the best one by place; groups that cannot be moved are split."""
        reach = self._reaches(len(self.space))
        sets = [self._beside(best, group, side * reach) for group in groups for side in (-1.0, 1.0)]
        rows = self.journey.go("local", sets, self.replicates) if sets else []
        found: dict[int, list[Trial]] = {}
        alone: list[list[int]] = []
        for number, group in enumerate(groups):
            pair = rows[2 * number : 2 * number + 2]
            found |= dict.fromkeys(group, pair)
            if len(group) > 1 and any(row.score is None for row in pair):
                alone += [[place] for place in group]
        return found | self._sides(best, alone) if alone else found

    def _reaches(self, size: int) -> Floats:
        reach = np.full(size, _FIRST_REACH) if self._reach is None else self._reach
        return np.maximum(reach, [d.tick for d in self.space.dimensions])

    def _beside(self, best: Trial, places: list[int], moves: Floats) -> Values:
        """Return the set with some coordinates moved; at an end of the range they stay."""
        values = dict(best.values)
        for place in places:
            dimension = self.space.dimensions[place]
            x = dimension.coordinate(best.values[dimension.path])
            values[dimension.path] = dimension.value(x + moves[place])
        return values

    def _slope(self, rows: list[Trial], place: int) -> Floats:
        """Return the change of the mean misfit per range between the outermost sets."""
        at = [self.space.local(row.values)[place] for row in rows]
        first, last = int(np.argmin(at)), int(np.argmax(at))
        if at[last] - at[first] <= 0.0:
            return np.zeros(self._misfit(rows[0]).size)
        change = self._misfit(rows[last]) - self._misfit(rows[first])
        return np.asarray(change / (at[last] - at[first]))

    def _try_steps(self, local: Local) -> Trial | None:
        """Try the whole step and shorter ones; return the lowest if it was worth it."""
        x = self.space.local(local.best.values)
        places = list(local.places)
        move = np.zeros(x.size)
        move[places] = step(local.slopes, self._misfit(local.best), x[places])
        sets = [
            {**local.best.values, **self._only(places, self.space.local_values(x + share * move))}
            for share in _SHORTER
        ]
        lowest = min(self.journey.go("local", sets, self.replicates), key=lambda r: r.rank)
        before, after = local.best.score, lowest.score
        if before is None or after is None:
            return None
        return lowest if after.objective < before.objective - _WORTH_A_STEP else None

    def _only(self, places: list[int], values: Values) -> Values:
        paths = [self.space.dimensions[place].path for place in places]
        return {path: values[path] for path in paths}

    def _misfit(self, trial: Trial) -> Floats:
        """Return the mean standardised misfit of the points to fit: float64 (fit points,)."""
        z = standardised(self.journey.bench.points, _observed(trial))
        return np.asarray(z.mean(axis=0)[self._fits()])

    def _fits(self) -> Floats:
        return np.array([point.role == "fit" for point in self.journey.bench.points])


def _observed(trial: Trial) -> Floats:
    if trial.tried.observed is None:
        raise ValueError(f"trial {trial.index} has no numbers")
    return trial.tried.observed


def _nothing() -> Curvature:
    return Curvature(se=np.zeros(0), alone=np.zeros(0), directions=(), effects=np.zeros(0))
