"""Draw the uniforms of a session together: one call for all actions costs less than one each.

Addresses make it harmless to draw what nobody asks for, so where few play, more is drawn at once.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import ACTIONS, TRIGGERS
from engines.idle_rpg.rules import Rules
from runner.contract import Draws, Floats

Words: TypeAlias = NDArray[np.uint64]

STAGE_STREAMS = ("stage_attempt", "stage_seconds", "stage_success")
BATTLE_STREAMS = ("arena_engage", "arena_opponent", "arena_win")
ATTEMPTS = 8  # of the campaign that are drawn beforehand where few play
_ONCE = (*(f"act/{name}" for name in ACTIONS), "ad_skip", "guild_attack")
_REPEAT_WORDS = 64  # addresses of repetitions in one session
_WORDS_OF_SESSION = np.uint64(_REPEAT_WORDS)
MANY = 512  # up to so many agents a call costs more than numbers drawn in vain


@dataclass(frozen=True, slots=True, kw_only=True)
class LuckPlan:
    """Rows to draw in a session: row i has stream `streams[i]` at session * scale[i] + first[i].

    `repeated`: the rows of streams that are drawn several times in a session; all other rows are
    drawn once.
    """

    streams: tuple[str, ...]
    scale: Words
    first: Words
    repeated: Mapping[str, slice]


def plan_luck(rules: Rules) -> tuple[LuckPlan, LuckPlan]:
    """Return what to draw where many play, and where few do."""
    params = rules.params
    battles = params.arena.attempts_per_day + params.arena.max_paid_per_day
    times = {"upgrade_do": params.upgrade.max_per_session}
    times |= dict.fromkeys(STAGE_STREAMS, min(ATTEMPTS, params.campaign.max_stages_per_session))
    times |= dict.fromkeys(BATTLE_STREAMS, battles)
    offers = tuple(f"iap/{name}" for name in TRIGGERS)
    return _plan(_ONCE, {}), _plan(_ONCE + offers, times)


def _plan(once: tuple[str, ...], times: Mapping[str, int]) -> LuckPlan:
    streams, first, repeated = list(once), [0] * len(once), {}
    for name, number in times.items():
        repeated[name] = slice(len(streams), len(streams) + number)
        streams += [name] * number
        first += range(number)
    scale = np.where(np.arange(len(streams)) < len(once), 1, _REPEAT_WORDS)
    return LuckPlan(
        streams=tuple(streams), scale=scale.astype(np.uint64),
        first=np.array(first, dtype=np.uint64), repeated=repeated,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """Uniforms of the sessions with one number, `known` (m,) or (times, m) by stream.

    `step`: uint64 (), the session as a step of draws; `ids`: uint64 (m,).
    """

    draws: Draws
    step: Words
    ids: Words
    known: Mapping[str, Floats]

    def once(self, stream: str, pos: Ints) -> Floats:
        """Return the uniforms of a stream drawn once, for the sessions at `pos`: (m,)."""
        known = self.known.get(stream)
        if known is not None:
            return known[pos]
        return self.draws.uniform(stream, step=self.step, entities=self.ids[pos])

    def repeated(
        self, streams: tuple[str, ...], reps: tuple[int, int], pos: Ints
    ) -> tuple[Floats, ...]:
        """Return the repetitions first, ..., end - 1 of each stream: (end - first, m)."""
        first, end = reps
        rows = self.known.get(streams[0])
        if rows is not None and end <= len(rows):
            return tuple(self.known[stream][first:end].take(pos, axis=1) for stream in streams)
        names, places = _repetitions(streams, first, end)
        steps = places + self.step * _WORDS_OF_SESSION
        found = self.draws.uniform_rows(names, steps=steps, entities=self.ids[pos])
        return tuple(found.reshape(len(streams), end - first, pos.size))

    def reps(self, first: int, end: int) -> Words:
        """Return the repetitions first, ..., end - 1 in the session as steps: uint64 (n,)."""
        base = int(self.step) * _REPEAT_WORDS
        return np.arange(base + first, base + end, dtype=np.uint64)


@functools.lru_cache(maxsize=256)
def _repetitions(streams: tuple[str, ...], first: int, end: int) -> tuple[tuple[str, ...], Words]:
    """Return the stream and the place in the session of each row: (n,), uint64 (n,)."""
    names = tuple(name for name in streams for _ in range(first, end))
    return names, np.tile(np.arange(first, end, dtype=np.uint64), len(streams))


def in_a_row(happens: NDArray[np.bool_]) -> Ints:
    """Return how often in a row, from the first time on, something happens (n, m): int64 (m,)."""
    number = np.zeros(happens.shape[1], dtype=np.int64)
    going = np.ones(happens.shape[1], dtype=np.bool_)
    for again in happens:
        going = going & again
        number += going
    return number


def draw_luck(plans: tuple[LuckPlan, LuckPlan], draws: Draws, step: Words, ids: Words) -> Luck:
    """Draw what decides in the sessions `step` of the agents `ids` (m,)."""
    plan = plans[ids.size <= MANY]
    rows = draws.uniform_rows(plan.streams, steps=step * plan.scale + plan.first, entities=ids)
    known = dict(zip(plan.streams, rows, strict=True))
    known |= {name: rows[place] for name, place in plan.repeated.items()}
    return Luck(draws=draws, step=step, ids=ids, known=known)
