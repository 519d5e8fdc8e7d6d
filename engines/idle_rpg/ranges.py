"""Judge lists that stand for ranges, steps and shares, for the parameter classes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from runner.contract import ParamGroup, Problem, shown

SUM_TOLERANCE = 1e-9


def pair_problems(group: ParamGroup, *names: str) -> list[Problem]:
    """Return the fields of `group` that are no pair [a, b] with a <= b."""
    found = []
    for name in names:
        pair = getattr(group, name)
        if len(pair) != 2 or pair[0] > pair[1]:  # noqa: PLR2004 - a pair
            found.append(Problem(name, shown(list(pair)), "must be a pair [a, b] with a <= b"))
    return found


def sum_problems(path: str, weights: Mapping[str, float]) -> list[Problem]:
    """Return a problem when weights do not sum to 1."""
    total = math.fsum(weights.values())
    if abs(total - 1.0) <= SUM_TOLERANCE:
        return []
    return [Problem(path, "", f"must sum to 1, they sum to {total:.9g}")]


def rising_problems(path: str, values: Sequence[float]) -> list[Problem]:
    """Return a problem when a list does not rise strictly."""
    if all(a < b for a, b in itertools.pairwise(values)):
        return []
    return [Problem(path, shown(list(values)), "must be increasing")]
