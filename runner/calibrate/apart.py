"""Find variables that can be moved together, because no target is moved by two of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from runner.calibrate.points import Point
from runner.calibrate.space import Space

Sight = NDArray[np.bool_]
"""Which point may be moved by which dimension: bool (points, dimensions)."""


def sight(points: Iterable[Point], space: Space) -> Sight:
    """Return what the targets declare: all dimensions, or those below `moved_by`."""
    paths = [dimension.path for dimension in space.dimensions]
    rows = [[point.is_moved_by(path) for path in paths] for point in points]
    return np.array(rows, dtype=np.bool_).reshape(len(rows), len(paths))


def groups_apart(seen: Sight, places: Sequence[int]) -> list[list[int]]:
    """Return the places in groups; no point is seen from two places of a group.

    Source: Curtis, Powell and Reid (1974), columns of a sparse Jacobian estimated together, each
    put into the first group that it does not touch.
    """
    groups: list[list[int]] = []
    for place in places:
        for group in groups:
            if not (seen[:, group].any(axis=1) & seen[:, place]).any():
                group.append(place)
                break
        else:
            groups.append([place])
    return groups
