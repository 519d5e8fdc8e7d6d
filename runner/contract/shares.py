"""Archetype shares: complete a mix, and give each entity its archetype."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from runner.contract.randomness import Draws, Entities

Share = float | Literal["auto"]

_SUM_TOLERANCE = 1e-9


def complete_shares(shares: Mapping[str, Share]) -> dict[str, float]:
    """Return the shares with the one `auto` share replaced by the rest.

    Raises:
        ValueError: a share is outside [0, 1], two are `auto`, or the sum is not 1.
    """
    automatic = [name for name, share in shares.items() if share == "auto"]
    given = {name: float(share) for name, share in shares.items() if share != "auto"}
    wrong = [f"{name} {share:g}" for name, share in given.items() if not 0.0 <= share <= 1.0]
    if wrong:
        raise ValueError(f"each share must lie in [0, 1]: {', '.join(wrong)}")
    total = math.fsum(given.values())
    if len(automatic) > 1:
        raise ValueError(f"only one share may be auto: {', '.join(automatic)}")
    if total > 1 + _SUM_TOLERANCE or (not automatic and abs(total - 1) > _SUM_TOLERANCE):
        raise ValueError(f"shares must sum to 1, they sum to {total:.9g}")
    rest = max(0.0, 1.0 - total)
    return {name: given.get(name, rest) for name in shares}


def assign(
    shares: Mapping[str, float], draws: Draws, *, stream: str, entities: Entities
) -> NDArray[np.int64]:
    """Return the archetype index of each entity, as an exponential race between named archetypes.

    Each archetype has its own stream `<stream>.<name>`; the one with the smallest waiting time
    `-log(1-u)/share` wins. The order of names does not matter, and raising one share moves
    entities to that archetype only, so mixes stay paired.

    Returns:
        int64 (n_entities,), positions in the order of `shares`.

    Source: competing exponential risks, P(i wins) = share_i / sum of shares.
    """
    best: NDArray[np.float64] | None = None
    winner = np.zeros(0, dtype=np.int64)
    order = {name: index for index, name in enumerate(shares)}
    for name, share in sorted(shares.items()):  # in a tie the first name wins, however listed
        index = order[name]
        if share <= 0.0:
            continue
        waiting = draws.exponential(f"{stream}.{name}", entities=entities) / share
        if best is None:
            best, winner = waiting, np.full(waiting.shape, index, dtype=np.int64)
        else:
            wins = waiting < best
            best = np.where(wins, waiting, best)
            winner[wins] = index
    if best is None:
        raise ValueError("at least one share must be positive")
    return winner
