"""Who keeps an archetype when the mix changes: the joint law of two exponential races."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping


def joint_assignment(
    first: Mapping[str, float], second: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """Return the probability of each pair (archetype under `first`, under `second`).

    Both mixes are served by the same exponential waiting times, as `contract.assign` does.
    Archetypes missing from a mix have share 0 there; pairs of probability 0 are left out.

    Source: R. Moulton and Y. Jiang, "Maximally consistent sampling and the Jaccard index of
    probability distributions" (2018), for the diagonal; the rest by the same integral.
    """
    p = {name: share for name, share in first.items() if share > 0}
    q = {name: share for name, share in second.items() if share > 0}
    found = {(j, k): _same(p, q, j) if j == k else _different(p, q, j, k) for j in p for k in q}
    return {pair: probability for pair, probability in found.items() if probability > 0}


def _same(p: Mapping[str, float], q: Mapping[str, float], j: str) -> float:
    """Return the probability that j wins both races: 1 / sum of max(p_l/p_j, q_l/q_j)."""
    return 1 / math.fsum(max(p.get(n, 0.0) / p[j], q.get(n, 0.0) / q[j]) for n in {*p, *q})


def _different(p: Mapping[str, float], q: Mapping[str, float], j: str, k: str) -> float:
    """Return the probability that j wins the first race and k the second.

    With waiting times E_j = x and E_k = z x the integral over x leaves that of S(z)^-2 over
    p_k/p_j < z < q_k/q_j, where S(z) = sum of max(p_l/p_j, z q_l/q_k) is piecewise linear.
    """
    low = p.get(k, 0.0) / p[j]
    high = q[k] / q[j] if j in q else math.inf
    if low >= high:
        return 0.0
    terms = [(p.get(n, 0.0) / p[j], q.get(n, 0.0) / q[k]) for n in {*p, *q}]
    corners = sorted({a / b for a, b in terms if b > 0 and low < a / b < high})
    edges = [low, *corners, high]
    return math.fsum(_piece(terms, left, right) for left, right in itertools.pairwise(edges))


def _piece(terms: list[tuple[float, float]], left: float, right: float) -> float:
    """Return the integral of (A + B z)^-2 between two corners, where A + B z = S(z)."""
    middle = left + 1.0 if math.isinf(right) else (left + right) / 2
    constant = math.fsum(a for a, b in terms if a >= middle * b)
    slope = math.fsum(b for a, b in terms if a < middle * b)
    if math.isinf(right):
        return 1 / (slope * (constant + slope * left))
    return (right - left) / ((constant + slope * left) * (constant + slope * right))
