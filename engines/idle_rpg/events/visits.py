"""Write down sessions: how they begin and end, exposure to tests, the tutorial, snapshots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.log import EventLog
from engines.idle_rpg.events.order import BEGIN, END, LEAVE, SESSION_SHIFT, START, moment, slot
from engines.idle_rpg.events.words import ENERGY, GEMS, GOLD, TICKETS
from engines.idle_rpg.game import DAY_SECONDS, Game, refresh_energy
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.rules import MOST_STARS, RARITIES

_PER_TEST = 3  # places of an exposure: itself, gems and tickets granted
_READ = slot(START, 62)
_COMPLETED = 13  # after twelve steps
_MOST = 32_767


def begin_sessions(game: Game, age: int, number: int, who: Ints, start: Ints) -> None:
    """Write the starts of the sessions with one number: rows (m,), seconds (m,)."""
    log = game.log
    if log is None:
        return
    when, profile = moment(age, number), game.players.profile
    last = log.last_end[who]
    first = last < 0
    log.add(
        "session_start", when, who, slot(START), start,
        is_first_session=first,
        seconds_since_last=np.where(first, -1, start - last),
        source=log.settings.source_of_origin[profile.origin[who]],
    )  # fmt: skip
    log.played[who] = log.gems[who] = log.gold[who] = 0
    log.lost[who] = False
    log.number[who] = number
    if number == 0:
        log.started[who] = start
        _write_exposures(log, when)
        log.read_energy(when, who, _READ, start, refresh_energy(game, who, start))
        _write_snapshots(game, log, when, who, start)
        if age == 0:
            _write_tutorial(game, log, when)


def note_exposure(game: Game, test: int, variant: int, who: Ints) -> None:
    """Keep who was exposed to a variant today, to be written when the first session starts."""
    if game.log is not None and who.size:
        game.log.exposed.append((test, variant, who))


def _write_exposures(log: EventLog, when: int) -> None:
    for test, variant, who in log.exposed:
        at, place = log.started[who], slot(START) + 1 + _PER_TEST * test
        code, grant = log.settings.exposures[test][variant]
        log.add("ab_exposure", when, who, place, at, test=test, variant=code)
        log.gain(when, who, place + 1, at, GEMS, grant.gems, "compensation")
        log.gain(when, who, place + 2, at, TICKETS, grant.tickets, "compensation")
    log.exposed.clear()


def _write_snapshots(game: Game, log: EventLog, when: int, who: Ints, at: Ints) -> None:
    if not log.wants("player_state_snapshot"):
        return
    players, heroes = game.players, game.rules.heroes
    cells = players.cell[who]
    owned = cells >= 0
    known = np.where(owned, cells, 0)
    width = heroes.width
    number = {
        f"heroes_{name}": owned[:, heroes.first[r] : heroes.first[r + 1]].sum(axis=1)
        for r, name in enumerate(RARITIES)
    }
    log.add(
        "player_state_snapshot", when, who, slot(BEGIN), at,
        gold=log.purse[GOLD][who], gems=log.purse[GEMS][who], energy=log.purse[ENERGY][who],
        tickets=log.purse[TICKETS][who], **number,
        max_hero_level=(known % width).max(axis=1),
        max_hero_stars=1 + (known // width % MOST_STARS).max(axis=1),
        team_power=players.team_power[who], stages_cleared=players.cleared[who],
        arena_rating=np.clip(log.rating[who], -_MOST, _MOST), guild_id=players.guild[who],
        total_sessions=log.sessions[who], total_minutes=log.seconds[who] / 60,
        total_pulls=log.pulls[who], counter=players.counter[who],
    )  # fmt: skip


def note_tutorial_step(
    game: Game, step: int, who: Ints, seconds: Ints, skipped: NDArray[np.bool_]
) -> None:
    """Keep who was shown a step of the tutorial, to be written when the first session starts."""
    if game.log is not None and who.size:
        game.log.taught.append((step, who, seconds, skipped))


def _write_tutorial(game: Game, log: EventLog, when: int) -> None:
    at, spent = log.started.copy(), np.zeros_like(log.started)
    steps, skips = np.zeros_like(at), np.zeros_like(at)
    for step, who, seconds, skipped in log.taught:
        at[who] += seconds
        spent[who] += seconds
        steps[who] += 1
        skips[who] += skipped
        log.add(
            "tutorial_step", when, who, slot(BEGIN, step), at[who],
            step_no=step, step=step - 1, seconds=seconds, is_skipped=skipped,
        )  # fmt: skip
    log.taught.clear()
    done = np.flatnonzero(game.players.tutorial_done)
    log.add(
        "tutorial_complete", when, done, slot(BEGIN, _COMPLETED), at[done],
        seconds=spent[done], steps_completed=steps[done] - skips[done], steps_skipped=skips[done],
    )  # fmt: skip
    log.rise(when, BEGIN, done, at[done], game.players.exp[done])


def end_sessions(game: Game, age: int, number: int, who: Ints, sessions: tuple[Ints, Ints]) -> None:
    """Write the ends of the sessions with one number: rows (m,), ends and lengths (m,)."""
    log = game.log
    if log is None:
        return
    end, length = sessions
    log.add(
        "session_end", moment(age, number), who, slot(END, 0, 1), end,
        seconds=length, stages_played=log.played[who], gems_spent=log.gems[who],
        gold_spent=log.gold[who],
    )  # fmt: skip
    log.last_end[who] = end
    log.sessions[who] += 1
    log.seconds[who] += length


def end_day(game: Game, age: int, who: Ints) -> None:
    """Book what energy grows until midnight, at the end of the day's last session.

    Balances of the log and of the game must then be the same.
    """
    log, players = game.log, game.players
    if log is None:
        return
    energy = refresh_energy(game, who, np.full(who.size, (age + 1) * DAY_SECONDS))
    log.read_energy(last_moment(log, age, who), who, slot(END), log.last_end[who], energy)
    held = (*(players.balance[currency][who] for currency in (GOLD, GEMS, TICKETS)), energy)
    for currency, balance in enumerate(held):
        wrong = who[log.purse[currency][who] != balance]
        text = f"agent {players.profile.ids[wrong[:1]]} holds another balance than its events say"
        game.fault("ledger", wrong.size > 0, text)


def last_moment(log: EventLog, age: int, who: Ints) -> Ints:
    """Return the moment of the last session of agents' present day: (m,)."""
    return moment(age, 0) + (log.number[who] << SESSION_SHIFT)


def leave_guild(game: Game, age: int, who: Ints) -> None:
    """Write who leaves a guild, at the end of a day; before it is forgotten."""
    log = game.log
    if log is None or not who.size:
        return
    log.add(
        "guild_leave", last_moment(log, age, who), who, slot(LEAVE), log.last_end[who],
        guild_id=game.players.guild[who], days_in_guild=age - log.joined[who],
    )  # fmt: skip
