"""Write down sessions: how they begin and end, exposure to tests, the tutorial, snapshots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.day import Day
from engines.idle_rpg.events.log import EventLog
from engines.idle_rpg.events.order import BEGIN, END, LEAVE, SESSION_SHIFT, START, moment, slot
from engines.idle_rpg.events.words import ENERGY, GEMS, GOLD, TICKETS
from engines.idle_rpg.game import DAY_SECONDS, Game, refresh_energy
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.rules import MOST_STARS, RARITIES
from engines.idle_rpg.schedule import DayPlan

_PER_TEST = 3  # places of an exposure: itself, gems and tickets granted
_READ = slot(START, 62)
_COMPLETED = 13  # after twelve steps
_MOST = 32_767


def begin_sessions(game: Game, day: Day, number: int, plan: DayPlan) -> None:
    """Write the starts of the sessions with one number, those of bots too."""
    log, age = game.log, day.age
    if log is None:
        return
    when, profile = moment(age, number), game.players.profile
    start = age * DAY_SECONDS + plan.starts[number]
    who = plan.who[: start.size]
    last = log.last_end[who]
    first = last < 0
    log.add(
        "session_start", when, who, slot(START), start,
        is_first_session=first,
        seconds_since_last=np.where(first, -1, start - last),
        source=log.settings.source_of_origin[profile.origin[who]],
    )  # fmt: skip
    log.played[who] = log.gems[who] = log.gold[who] = 0
    log.lost[who] = log.helped[who] = False
    log.number[who] = number
    if number == 0:
        log.started[who] = start
        _write_exposures(log, day)
        log.place[day.rows] = np.arange(day.size)
        pos = log.place[who]
        energy = refresh_energy(game.rules, day.state, day.effects, pos, start)
        log.read_energy(when, who, _READ, start, energy)
        _write_snapshots(game, log, day, pos, start)
        if age == 0:
            _write_tutorial(game, log, day)


def note_exposure(game: Game, test: int, variant: int, who: Ints) -> None:
    """Keep who was exposed to a variant today, to be written when the first session starts."""
    if game.log is not None and who.size:
        game.log.exposed.append((test, variant, who))


def _write_exposures(log: EventLog, day: Day) -> None:
    """Write who was exposed today; others may belong to another part of the block's day."""
    when, waiting = moment(day.age, 0), log.exposed
    is_here = np.zeros(log.started.size, dtype=np.bool_)
    is_here[day.rows] = True
    log.exposed = [(test, v, who[~is_here[who]]) for test, v, who in waiting]
    log.exposed = [one for one in log.exposed if one[2].size]
    for test, variant, everyone in waiting:
        who = everyone[is_here[everyone]]
        at, place = log.started[who], slot(START) + 1 + _PER_TEST * test
        code, grant = log.settings.exposures[test][variant]
        log.add("ab_exposure", when, who, place, at, test=test, variant=code)
        log.gain(when, who, place + 1, at, GEMS, grant.gems, "compensation")
        log.gain(when, who, place + 2, at, TICKETS, grant.tickets, "compensation")


def _write_snapshots(game: Game, log: EventLog, day: Day, pos: Ints, at: Ints) -> None:
    if not log.wants("player_state_snapshot"):
        return
    state, heroes, who = day.state, game.rules.heroes, day.rows[pos]
    cells = game.players.cell[who]
    owned = cells >= 0
    known = np.where(owned, cells, 0)
    width = heroes.width
    number = {
        f"heroes_{name}": owned[:, heroes.first[r] : heroes.first[r + 1]].sum(axis=1)
        for r, name in enumerate(RARITIES)
    }
    log.add(
        "player_state_snapshot", moment(day.age, 0), who, slot(BEGIN), at,
        gold=log.purse[GOLD][who], gems=log.purse[GEMS][who], energy=log.purse[ENERGY][who],
        tickets=log.purse[TICKETS][who], **number,
        max_hero_level=(known % width).max(axis=1),
        max_hero_stars=1 + (known // width % MOST_STARS).max(axis=1),
        team_power=state.team_power[pos], stages_cleared=state.cleared[pos],
        arena_rating=np.clip(log.rating[who], -_MOST, _MOST), guild_id=state.guild[pos],
        total_sessions=log.sessions[who], total_minutes=log.seconds[who] / 60,
        total_pulls=log.pulls[who], counter=state.counter[pos],
    )  # fmt: skip


def note_tutorial_step(
    game: Game, step: int, who: Ints, seconds: Ints, skipped: NDArray[np.bool_]
) -> None:
    """Keep who was shown a step of the tutorial, to be written when the first session starts."""
    if game.log is not None and who.size:
        game.log.taught.append((step, who, seconds, skipped))


def _write_tutorial(game: Game, log: EventLog, day: Day) -> None:
    when = moment(day.age, 0)
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
    done = day.rows[game.players.tutorial_done[day.rows]]
    log.add(
        "tutorial_complete", when, done, slot(BEGIN, _COMPLETED), at[done],
        seconds=spent[done], steps_completed=steps[done] - skips[done], steps_skipped=skips[done],
    )  # fmt: skip
    log.rise(when, BEGIN, done, at[done], day.state.exp[log.place[done]])


def end_sessions(game: Game, day: Day, number: int, plan: DayPlan) -> None:
    """Write the ends of the sessions with one number, those of bots too."""
    log, age, length = game.log, day.age, plan.lengths[number]
    if log is None:
        return
    end, who = age * DAY_SECONDS + plan.starts[number] + length, plan.who[: length.size]
    log.add(
        "session_end", moment(age, number), who, slot(END, 0, 1), end,
        seconds=length, stages_played=log.played[who], gems_spent=log.gems[who],
        gold_spent=log.gold[who],
    )  # fmt: skip
    log.last_end[who] = end
    log.sessions[who] += 1
    log.seconds[who] += length


def end_day(game: Game, day: Day) -> None:
    """Book what energy grows until midnight, at the end of the day's last session.

    Balances of the log and of the game must then be the same.
    """
    log, who, state = game.log, day.rows, day.state
    if log is None:
        return
    everyone, midnight = np.arange(day.size), (day.age + 1) * DAY_SECONDS
    energy = refresh_energy(game.rules, state, day.effects, everyone, midnight)
    log.read_energy(last_moment(log, day.age, who), who, slot(END), log.last_end[who], energy)
    held = (state.gold, state.gems, state.tickets, energy)
    for currency, balance in enumerate(held):
        wrong = who[log.purse[currency][who] != balance]
        text = (
            f"agent {game.players.profile.ids[wrong[:1]]} holds another balance than its events say"
        )
        game.fault("ledger", wrong.size > 0, text)


def last_moment(log: EventLog, age: int, who: Ints) -> Ints:
    """Return the moment of the last session of agents' present day: (m,)."""
    return moment(age, 0) + (log.number[who] << SESSION_SHIFT)


def leave_guild(game: Game, day: Day, pos: Ints) -> None:
    """Write who leaves a guild at the end of a day, before it is forgotten."""
    log, who = game.log, day.rows[pos]
    if log is None or not who.size:
        return
    log.add(
        "guild_leave", last_moment(log, day.age, who), who, slot(LEAVE), log.last_end[who],
        guild_id=day.state.guild[pos], days_in_guild=day.age - log.joined[who],
    )  # fmt: skip
