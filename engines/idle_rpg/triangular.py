"""Triangular distributions of sessions and minutes, by archetype."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.rules import Rules
from runner.contract import Floats

_SESSION_MODE, _FIRST_MODE, _LATER_MODE, _LATER_END = 1.2, 0.7, 1.3, 0.7
_BOT_RANGE = (1.0, 2.0, 1.5)  # never used: keeps arrays in step with the archetypes


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangular:
    """Triangular distributions of the archetypes, bots last; each array (n_archetypes + 1,)."""

    low: Floats
    high: Floats
    rise: Floats
    fall: Floats
    turn: Floats

    def at(self, kind: Ints, u: Floats) -> Floats:
        """Return the value at uniforms `u` (m,) for archetypes `kind` (m,), by inversion."""
        rising = self.low[kind] + np.sqrt(u * self.rise[kind])
        return np.where(
            u < self.turn[kind], rising, self.high[kind] - np.sqrt((1.0 - u) * self.fall[kind])
        )


def stacked(first: Triangular, second: Triangular) -> Triangular:
    """Return both in one; the archetypes of the second follow those of the first."""
    return Triangular(
        low=np.append(first.low, second.low), high=np.append(first.high, second.high),
        rise=np.append(first.rise, second.rise), fall=np.append(first.fall, second.fall),
        turn=np.append(first.turn, second.turn),
    )  # fmt: skip


def triangular(ranges: Sequence[tuple[float, float, float]]) -> Triangular:
    """Return triangular distributions from (low, high, mode) of each archetype."""
    low, high, mode = np.array([*ranges, _BOT_RANGE], dtype=np.float64).T
    span = high - low
    return Triangular(
        low=low, high=high, rise=span * (mode - low), fall=span * (high - mode),
        turn=(mode - low) / span,
    )  # fmt: skip


def session_counts(rules: Rules) -> Triangular:
    """Return the distributions of sessions of an active day."""
    pairs = [kind.sessions_per_day for kind in rules.params.archetypes.values()]
    return triangular([(low, high, _SESSION_MODE * low) for low, high in pairs])


def session_lengths(rules: Rules) -> tuple[Triangular, Triangular]:
    """Return the distributions of minutes, of a day's first session and of later ones."""
    pairs = [kind.session_minutes for kind in rules.params.archetypes.values()]
    first = triangular([(low, high, _FIRST_MODE * high) for low, high in pairs])
    later = triangular([(low, _LATER_END * high, _LATER_MODE * low) for low, high in pairs])
    return first, later
