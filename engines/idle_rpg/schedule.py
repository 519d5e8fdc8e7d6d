"""Divide an active day into sessions: how many, when, how long, without overlap."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.game import DAY_SECONDS, Game
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import SESSIONS, Words

_MINUTE = 60
_BOT_LOW, _BOT_SPAN = 2, 4  # bots stay 2 to 5 minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """Sessions of the agents active at one age.

    `who`, `number`: int64 (m,), rows of the players, most sessions first, and how many; `starts`,
    `lengths`, `drawn`: one array per session number, of the first agents that have so many:
    seconds of the day, seconds, and the seconds drawn before a tutorial was added.
    """

    who: Ints
    number: Ints
    starts: list[Ints]
    lengths: list[Ints]
    drawn: list[Ints]

    def seconds(self) -> Ints:
        """Return the length of all sessions of each agent: int64 (m,)."""
        total = self.lengths[0].copy()
        for seconds in self.lengths[1:]:
            total[: seconds.size] += seconds
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sessions:
    """All sessions of a day, those with the same number together, each array (n,).

    `place`: of the agent in the plan; `number`: from 0; `who`, `ids`: the agents; `step`: of draws;
    `cuts`: where the sessions with the next number begin, and their end.
    """

    place: Ints
    number: Ints
    who: Ints
    ids: Words
    step: Ints
    cuts: list[int]

    def split(self, values: Ints) -> list[Ints]:
        """Return the parts of an array (n,) with the same number of the session."""
        return [values[a:b] for a, b in itertools.pairwise([0, *self.cuts])]


def plan_day(game: Game, age: int, who: Ints, tutorial: Ints | None) -> DayPlan:
    """Draw the sessions of a day; `tutorial` (m,) seconds lengthen the first of an install day."""
    number = _numbers(game, age, who)
    order = np.argsort((SESSIONS - number).astype(np.uint8), kind="stable")
    who, number = who[order], number[order]
    sessions = _sessions(game, age, who, number)
    drawn = sessions.split(_lengths(game, age, sessions))
    lengths = [seconds.copy() for seconds in drawn]
    if tutorial is not None:
        lengths[0] += tutorial[order]
    gap = game.rules.params.sessions.min_gap_seconds
    _fit_into_day(lengths, drawn, number, gap)
    starts = _draw_starts(game, sessions)
    separate(starts, lengths, gap)
    return DayPlan(who=who, number=number, starts=starts, lengths=lengths, drawn=drawn)


def without(plan: DayPlan, left_out: NDArray[np.bool_]) -> DayPlan:
    """Return the plan of the other agents; `left_out` is (m,)."""

    def kept(parts: list[Ints]) -> list[Ints]:
        return [part[~left_out[: part.size]] for part in parts]

    return DayPlan(
        who=plan.who[~left_out], number=plan.number[~left_out], starts=kept(plan.starts),
        lengths=kept(plan.lengths), drawn=kept(plan.drawn),
    )  # fmt: skip


def _sessions(game: Game, age: int, who: Ints, number: Ints) -> _Sessions:
    """Return the sessions of agents with a falling number (m,) of them."""
    sizes = np.searchsorted(-number, -np.arange(int(number[0])))  # agents with more than k
    which = np.repeat(np.arange(sizes.size), sizes)
    cuts = np.cumsum(sizes)
    place = np.arange(which.size) - (cuts - sizes)[which]
    rows = who[place]
    return _Sessions(
        place=place, number=which, who=rows, ids=game.players.profile.entities[rows],
        step=SESSIONS * age + which, cuts=cuts.tolist(),
    )  # fmt: skip


def _numbers(game: Game, age: int, who: Ints) -> Ints:
    """Return the number of sessions of each agent: int64 (m,)."""
    players, settings, ids = (
        game.players,
        game.rules.params.sessions,
        game.players.profile.entities[who],
    )
    kind = players.profile.archetype[who]
    streams = ("session_count", "session_round")
    u = game.draws.uniform_rows(streams, steps=np.full(2, age), entities=ids)
    wish = game.session_counts.at(kind, u[0])
    is_weekend = game.rules.is_weekend[players.profile.install[who] + age]
    wish = np.maximum(1.0, np.where(is_weekend, wish * settings.weekend_multiplier, wish))
    if game.effects.sessions is not None:
        wish = wish * game.effects.sessions[who]
    wish = wish + (u[1] if settings.rounding == "unbiased" else 0.5)
    number = np.minimum(np.maximum(wish.astype(np.int64), 1), settings.max_per_day)
    if age == 0:
        bots = np.flatnonzero(players.profile.is_bot[who])
        u = game.draws.uniform("bot_sessions", entities=ids[bots])
        number[bots] = 1 + (u * 2).astype(np.int64)
    return number


def _lengths(game: Game, age: int, sessions: _Sessions) -> Ints:
    """Return the seconds of sessions before a tutorial: whole minutes, (n,)."""
    profile, settings = game.players.profile, game.rules.params.sessions
    u = game.draws.uniform("session_minutes", step=sessions.step, entities=sessions.ids)
    later = (sessions.number > 0) * (len(game.rules.archetypes) + 1)
    minutes = game.session_lengths.at(profile.archetype[sessions.who] + later, u)
    if game.effects.minutes is not None:
        minutes = minutes * game.effects.minutes[sessions.who]
    whole = np.maximum(settings.min_minutes, (minutes + 0.5).astype(np.int64))
    if age == 0:
        bots = profile.is_bot[sessions.who].nonzero()[0]
        steps = sessions.number[bots]
        u = game.draws.uniform("bot_minutes", step=steps, entities=sessions.ids[bots])
        whole[bots] = _BOT_LOW + (u * _BOT_SPAN).astype(np.int64)
    return whole * _MINUTE


def _fit_into_day(lengths: list[Ints], drawn: list[Ints], number: Ints, gap: int) -> None:
    """Shorten days whose sessions and gaps exceed 24 hours, all sessions by one factor."""
    total = lengths[0].copy()
    for seconds in lengths[1:]:
        total[: seconds.size] += seconds
    room = DAY_SECONDS - (number - 1) * gap
    over = np.flatnonzero(total > room)
    if over.size:
        factor = room[over] / total[over]
        for parts in (lengths, drawn):
            for seconds in parts:
                here = over[over < seconds.size]
                seconds[here] = (seconds[here] * factor[: here.size]).astype(np.int64)


def _draw_starts(game: Game, sessions: _Sessions) -> list[Ints]:
    """Return starts in whole seconds, sorted within each agent's day."""
    rules, place, number = game.rules, sessions.place, sessions.number
    u = game.draws.uniform("session_start", step=sessions.step, entities=sessions.ids)
    seconds = np.interp(u, rules.hour_shares, rules.hour_edges).astype(np.int64)
    if len(sessions.cuts) > 1:
        several = (place < np.count_nonzero(number == 1)).nonzero()[0]
        shape = (int(place[several].max()) + 1, len(sessions.cuts))
        matrix = np.full(shape, DAY_SECONDS, dtype=np.int64)
        matrix[place[several], number[several]] = seconds[several]
        matrix.sort(axis=1)
        seconds[several] = matrix[place[several], number[several]]
    return sessions.split(seconds)


def separate(starts: list[Ints], lengths: list[Ints], gap: int) -> None:
    """Move starts so that sessions keep `gap` seconds apart and end by midnight, in place."""
    for k in range(1, len(starts)):
        size = starts[k].size
        earliest = starts[k - 1][:size] + lengths[k - 1][:size] + gap
        np.maximum(starts[k], earliest, out=starts[k])
    for k in range(len(starts) - 1, -1, -1):
        latest = DAY_SECONDS - lengths[k]
        if k + 1 < len(starts):
            size = starts[k + 1].size
            latest[:size] = starts[k + 1] - gap - lengths[k][:size]
        np.minimum(starts[k], latest, out=starts[k])


def overlapping(starts: list[Ints], lengths: list[Ints], gap: int) -> NDArray[np.bool_]:
    """Return which agents (m,) have sessions outside their day or too close."""
    found = (starts[0] < 0) | (starts[0] + lengths[0] > DAY_SECONDS)
    for k in range(1, len(starts)):
        size = starts[k].size
        early = starts[k] < starts[k - 1][:size] + lengths[k - 1][:size] + gap
        found[:size] |= early | (starts[k] + lengths[k] > DAY_SECONDS)
    return found
