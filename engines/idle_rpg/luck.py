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
PULL_STREAMS = ("pull_rarity", "pull_hero")
PACK_TRIGGERS = tuple(
    name for name in TRIGGERS if name not in ("starter_pack_offer", "monthly_pass_reminder")
)
ATTEMPTS, PULLS = 8, 10  # of the campaign, and summons, that are drawn beforehand where few play
MANY = 1024  # up to so many agents a call costs more than numbers drawn in vain
_ALWAYS = (*(f"act/{name}" for name in ACTIONS), "ad_skip", "guild_attack")
_SESSION, _REPEAT, _DAY, _WINDOW = range(4)
_CLOCKS = {"guild_join": _DAY, "guild_pick": _DAY, "spend_budget": _WINDOW}
_REPEAT_WORDS = 64  # addresses of repetitions in one session
SESSIONS = 16  # addresses of sessions of one age
WINDOW_DAYS = 30  # of a budget


@dataclass(frozen=True, slots=True, kw_only=True)
class LuckPlan:
    """Rows to draw in a session: row i has stream `streams[i]` at step `first[i]` of its clock.

    `clock`: int64, whether steps count sessions, repetitions in them, days or windows.
    `places`: the row of each stream, or the rows of one that is drawn several times in a session.
    """

    streams: tuple[str, ...]
    clock: Ints
    first: Words
    places: Mapping[str, int | slice]


def plan_luck(rules: Rules) -> tuple[LuckPlan, LuckPlan]:
    """Return what to draw where many play, and where few do."""
    params = rules.params
    battles = params.arena.attempts_per_day + params.arena.max_paid_per_day
    times = {"upgrade_do": params.upgrade.max_per_session} | dict.fromkeys(PULL_STREAMS, PULLS)
    times |= dict.fromkeys(STAGE_STREAMS, min(ATTEMPTS, params.campaign.max_stages_per_session))
    times |= dict.fromkeys(BATTLE_STREAMS, battles)
    offers = (f"iap/{name}" for name in TRIGGERS)
    packs = (f"iap_product/{name}" for name in PACK_TRIGGERS)
    return _plan(_ALWAYS, {}), _plan((*_ALWAYS, *offers, *packs, *_CLOCKS), times)


def _plan(once: tuple[str, ...], times: Mapping[str, int]) -> LuckPlan:
    streams, first = list(once), [0] * len(once)
    places: dict[str, int | slice] = {name: row for row, name in enumerate(once)}
    clock = [_CLOCKS.get(name, _SESSION) for name in once]
    for name, number in times.items():
        places[name] = slice(len(streams), len(streams) + number)
        streams += [name] * number
        first += range(number)
        clock += [_REPEAT] * number
    return LuckPlan(
        streams=tuple(streams), clock=np.array(clock), first=np.array(first, dtype=np.uint64),
        places=places,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """Uniforms of the sessions with one number: `rows` (n, m), as planned.

    `now`: uint64 (4,), step of each clock, see `LuckPlan`; `ids`: uint64 (m,).
    """

    draws: Draws
    plan: LuckPlan
    now: Words
    ids: Words
    rows: Floats

    def known(self, stream: str) -> Floats | None:
        """Return the uniforms of a planned stream, (m,) or (times, m); None of others."""
        place = self.plan.places.get(stream)
        return None if place is None else self.rows[place]

    def act(self, action: str) -> Floats:
        """Return what decides whether an action happens: (m,)."""
        return self.rows[self.plan.places[f"act/{action}"]]

    def once(self, stream: str, pos: Ints) -> Floats:
        """Return the uniforms of a stream drawn once, for the sessions at `pos`: (m,)."""
        known = self.known(stream)
        if known is not None:
            return known[pos]
        step = self.now[_CLOCKS.get(stream, _SESSION)]
        return self.draws.uniform(stream, step=int(step), entities=self.ids[pos])

    def each(self, streams: tuple[str, ...], pos: Ints) -> tuple[Floats, ...]:
        """Return the same of several streams together."""
        if streams[-1] in self.plan.places:
            return tuple(self.once(stream, pos) for stream in streams)
        steps = self.now[_clocks(streams)]
        return tuple(self.draws.uniform_rows(streams, steps=steps, entities=self.ids[pos]))

    def repeated(
        self, streams: tuple[str, ...], reps: tuple[int, int], pos: Ints | slice
    ) -> tuple[Floats, ...]:
        """Return the repetitions first, ..., end - 1 of each stream: (end - first, m)."""
        first, end = reps
        known = [self.known(stream) for stream in streams]
        if known[0] is not None and end <= len(known[0]):
            return tuple(_some(rows[first:end], pos) for rows in known if rows is not None)
        names, places = _repetitions(streams, first, end)
        steps = places + self.now[_REPEAT]
        found = self.draws.uniform_rows(names, steps=steps, entities=self.ids[pos])
        return tuple(found.reshape(len(streams), end - first, found.shape[1]))

    def reps(self, first: int, end: int) -> Words:
        """Return the repetitions first, ..., end - 1 in the session as steps: uint64 (n,)."""
        return np.asarray(self.now[_REPEAT] + np.arange(first, end, dtype=np.uint64))


def _some(rows: Floats, pos: Ints | slice) -> Floats:
    """Return rows (n, m) of the sessions at `pos`: what is a slice needs no copy."""
    return rows[:, pos] if isinstance(pos, slice) else rows.take(pos, axis=1)


@functools.lru_cache(maxsize=256)
def _clocks(streams: tuple[str, ...]) -> Ints:
    """Return the clock of streams that are drawn once: int64 (n,)."""
    return np.array([_CLOCKS.get(stream, _SESSION) for stream in streams])


@functools.lru_cache(maxsize=256)
def _repetitions(streams: tuple[str, ...], first: int, end: int) -> tuple[tuple[str, ...], Words]:
    """Return the stream and the place in the session of each row: (n,), uint64 (n,)."""
    names = tuple(name for name in streams for _ in range(first, end))
    return names, np.tile(np.arange(first, end, dtype=np.uint64), len(streams))


def in_a_row(happens: NDArray[np.bool_]) -> Ints:
    """Return how often in a row, from the first time on, something happens (n, m): int64 (m,)."""
    if happens.shape[1] <= MANY:  # one call; of many, row by row is ten times faster
        going = np.logical_and.accumulate(happens, axis=0)
        return np.asarray(going.sum(axis=0, dtype=np.int64))
    number = np.zeros(happens.shape[1], dtype=np.int8)
    going = np.ones(happens.shape[1], dtype=np.bool_)
    for again in happens:
        going = going & again
        number += going.view(np.int8)
    return number.astype(np.int64)


def draw_luck(
    plans: tuple[LuckPlan, LuckPlan], draws: Draws, when: tuple[int, int], ids: Words
) -> Luck:
    """Draw what decides in the sessions `when` (age, number) of the agents `ids` (m,)."""
    plan, (age, number) = plans[ids.size <= MANY], when
    session = age * SESSIONS + number
    clocks = (session, session * _REPEAT_WORDS, age, age // WINDOW_DAYS)
    now = np.array(clocks, dtype=np.uint64)
    rows = draws.uniform_rows(plan.streams, steps=now[plan.clock] + plan.first, entities=ids)
    return Luck(draws=draws, plan=plan, now=now, ids=ids, rows=rows)
