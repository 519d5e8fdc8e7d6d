"""Divide an active day into sessions: how many, when, how long, without overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.game import DAY_SECONDS, SESSIONS, Game, Words
from engines.idle_rpg.lookup import Ints

_MINUTE = 60
_BOT_LOW, _BOT_SPAN = 2, 4  # bots stay 2 to 5 minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """Sessions of the agents active at one age.

    `who`: int64 (m,), most sessions first; `starts`, `lengths`, `drawn`: one array per session
    number, of the first agents that have so many: seconds of the day, seconds, and the seconds
    drawn before a tutorial was added.
    """

    who: Ints
    starts: list[Ints]
    lengths: list[Ints]
    drawn: list[Ints]


def plan_day(game: Game, age: int, who: Ints, tutorial: Ints | None) -> DayPlan:
    """Draw the sessions of a day; `tutorial` (m,) seconds lengthen the first of an install day."""
    number = _numbers(game, age, who)
    order = np.argsort(-number, kind="stable")
    who, number = who[order], number[order]
    ids = game.players.profile.entities[who]
    sizes = [int(np.searchsorted(-number, -k)) for k in range(int(number[0]))]  # with > k sessions
    drawn = [_length(game, age, k, (who[:size], ids[:size])) for k, size in enumerate(sizes)]
    lengths = [seconds.copy() for seconds in drawn]
    if tutorial is not None:
        lengths[0] += tutorial[order]
    gap = game.rules.params.sessions.min_gap_seconds
    _fit_into_day(lengths, drawn, number, gap)
    starts = _draw_starts(game, age, ids, sizes)
    separate(starts, lengths, gap)
    return DayPlan(who=who, starts=starts, lengths=lengths, drawn=drawn)


def _numbers(game: Game, age: int, who: Ints) -> Ints:
    """Return the number of sessions of each agent: int64 (m,)."""
    players, settings, ids = (
        game.players,
        game.rules.params.sessions,
        game.players.profile.entities[who],
    )
    kind = players.profile.archetype[who]
    wish = game.session_counts.at(kind, game.draws.uniform("session_count", step=age, entities=ids))
    is_weekend = game.rules.is_weekend[players.profile.install[who] + age]
    wish = np.maximum(1.0, np.where(is_weekend, wish * settings.weekend_multiplier, wish))
    if game.effects.sessions is not None:
        wish = wish * game.effects.sessions[who]
    if settings.rounding == "unbiased":
        wish = wish + game.draws.uniform("session_round", step=age, entities=ids)
    else:
        wish = wish + 0.5
    number = np.clip(wish.astype(np.int64), 1, settings.max_per_day)
    if age == 0:
        bots = np.flatnonzero(players.profile.is_bot[who])
        u = game.draws.uniform("bot_sessions", entities=ids[bots])
        number[bots] = 1 + (u * 2).astype(np.int64)
    return number


def _length(game: Game, age: int, k: int, agents: tuple[Ints, Words]) -> Ints:
    """Return the seconds of session k before a tutorial: whole minutes."""
    who, ids = agents
    players, settings = game.players, game.rules.params.sessions
    u = game.draws.uniform("session_minutes", step=SESSIONS * age + k, entities=ids)
    minutes = game.session_lengths[min(k, 1)].at(players.profile.archetype[who], u)
    if game.effects.minutes is not None:
        minutes = minutes * game.effects.minutes[who]
    whole = np.maximum(settings.min_minutes, (minutes + 0.5).astype(np.int64))
    if age == 0:
        bots = np.flatnonzero(players.profile.is_bot[who])
        u = game.draws.uniform("bot_minutes", step=k, entities=ids[bots])
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


def _draw_starts(game: Game, age: int, ids: Words, sizes: list[int]) -> list[Ints]:
    """Return starts in whole seconds, sorted within each agent's day."""
    rules, draws = game.rules, game.draws
    several = sizes[1] if len(sizes) > 1 else 0
    matrix = np.full((several, len(sizes)), DAY_SECONDS, dtype=np.int64)
    first = np.zeros(ids.size, dtype=np.int64)
    for k, size in enumerate(sizes):
        u = draws.uniform("session_start", step=SESSIONS * age + k, entities=ids[:size])
        seconds = np.interp(u, rules.hour_shares, rules.hour_edges).astype(np.int64)
        if k == 0:
            first = seconds
            matrix[:, 0] = seconds[:several]
        else:
            matrix[:size, k] = seconds
    matrix.sort(axis=1)
    first[:several] = matrix[:, 0]
    return [first, *(matrix[:size, k].copy() for k, size in enumerate(sizes) if k)]


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
