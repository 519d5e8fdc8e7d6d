"""Bounds for a share of successes, and the trials that move a bound past a target."""

from __future__ import annotations

import math

_Z95 = 1.959963984540054


def wilson(passed: int, n: int) -> tuple[float, float]:
    """Return the ends of the Wilson score 95 % interval of a share: `passed` of n >= 1 trials.

    Source: E. B. Wilson (1927).
    """
    return wilson_at(passed / n, n)


def wilson_at(share: float, n: int, z: float = _Z95) -> tuple[float, float]:
    """Return the Wilson score interval of a share that n >= 1 trials had, or would have.

    Its ends lie in [0, 1]; `z` is the two-sided normal quantile of the confidence, 95 % by default.

    Source: E. B. Wilson (1927), the inversion of the normal test with the null's variance.
    """
    z2 = z * z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low = 0.0 if share == 0 else max(0.0, centre - half)
    high = 1.0 if share == 1 else min(1.0, centre + half)
    return low, high


def trials_to_separate(share: float, target: float, z: float = _Z95) -> float:
    """Return the n (not whole) at which a Wilson bound of `share` meets `target`.

    With more trials at the same share the interval lies wholly on the share's side of the target.
    Infinite when they are equal; 0 when the target lies outside (0, 1), where no bound goes.

    Source: Wilson (1927): the bound meets t where (share - t)^2 = z^2 t (1 - t) / n.
    """
    if not 0 < target < 1:
        return 0.0
    if share == target:
        return math.inf
    return z * z * target * (1 - target) / (share - target) ** 2
