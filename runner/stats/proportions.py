"""Bounds for a share of successes."""

from __future__ import annotations

import math

_Z95 = 1.959963984540054


def wilson(passed: int, n: int, z: float = _Z95) -> tuple[float, float]:
    """Return the Wilson score interval of a share, n >= 1 trials.

    Source: E. B. Wilson (1927), the inversion of the normal test with the null's variance.
    """
    share, z2 = passed / n, z * z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low = 0.0 if passed == 0 else max(0.0, centre - half)
    high = 1.0 if passed == n else min(1.0, centre + half)
    return low, high
