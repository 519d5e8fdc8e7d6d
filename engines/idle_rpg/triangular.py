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
    """Triangular distributions of the archetypes, bots last.

    `turn`: float64 (n_archetypes + 1,), share below the mode. Of the rising and the falling side,
    (2, n_archetypes + 1): `end`, the value where its density is 0; `area`, the square of its
    length over its share; `way`, 1 or -1, the direction of the mode.
    """

    turn: Floats
    end: Floats
    area: Floats
    way: Floats

    def at(self, kind: Ints, u: Floats) -> Floats:
        """Return the value at uniforms `u` (m,) for archetypes `kind` (m,), by inversion."""
        falls = u >= self.turn.take(kind)
        side = kind + falls * self.turn.size  # places in the flat arrays
        length = np.sqrt(np.abs(u - falls) * self.area.take(side))
        length *= self.way.take(side)
        return self.end.take(side) + length


def stacked(first: Triangular, second: Triangular) -> Triangular:
    """Return both in one; the archetypes of the second follow those of the first."""
    return Triangular(
        turn=np.append(first.turn, second.turn), end=np.append(first.end, second.end, axis=1),
        area=np.append(first.area, second.area, axis=1),
        way=np.append(first.way, second.way, axis=1),
    )  # fmt: skip


def triangular(ranges: Sequence[tuple[float, float, float]]) -> Triangular:
    """Return triangular distributions from (low, high, mode) of each archetype."""
    low, high, mode = np.array([*ranges, _BOT_RANGE], dtype=np.float64).T
    span, way = high - low, np.ones(low.size)
    return Triangular(
        turn=(mode - low) / span, end=np.stack([low, high]), way=np.stack([way, -way]),
        area=np.stack([span * (mode - low), span * (high - mode)]),
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
