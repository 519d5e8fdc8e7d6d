"""Live the lives of a block of players, all at the same age together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from engines.idle_rpg.campaign import play_campaign
from engines.idle_rpg.compact import some_effects, split
from engines.idle_rpg.daily import check_quests, claim_idle, claim_login, claim_quests, watch_ads
from engines.idle_rpg.day import Day, copy_day, put_back
from engines.idle_rpg.events.visits import (
    begin_sessions,
    end_day,
    end_sessions,
    note_exposure,
)
from engines.idle_rpg.experiments import (
    TestRules,
    apply_effects,
    draw_variants,
    no_effects,
)
from engines.idle_rpg.gacha import WEEK_DAYS, do_gacha, give_heroes, pity_bonus, prepare_day
from engines.idle_rpg.game import DAY_SECONDS, Game, Visit, refresh_energy
from engines.idle_rpg.heroes import upgrade_heroes
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import WINDOW_DAYS, draw_luck, plan_luck
from engines.idle_rpg.players import GEMS, MARKED_DAYS, TICKETS, new_players, starting_heroes
from engines.idle_rpg.population import Profile
from engines.idle_rpg.records import Recorder
from engines.idle_rpg.returning import decide_returns
from engines.idle_rpg.rules import Rules, step_chances
from engines.idle_rpg.schedule import DayPlan, overlapping, plan_day, without
from engines.idle_rpg.shop import browse_shop, offer_starter
from engines.idle_rpg.social import fight_arena, leave_guilds, meet_guild
from engines.idle_rpg.triangular import session_counts, session_lengths, stacked
from engines.idle_rpg.tutorial import play_tutorial
from runner.contract import Draws

ACTIONS_IN_ORDER: tuple[Callable[[Game, Visit], None], ...] = (
    claim_idle, claim_login, check_quests, play_campaign, upgrade_heroes, do_gacha, fight_arena,
    meet_guild, watch_ads, browse_shop,
)  # fmt: skip
Close: TypeAlias = Callable[[Game, Recorder], None]
_ENERGY_MS = 1000
_TOGETHER = 32_768  # players of a day copied together: more would leave the cache
_CROWDED = 0.4  # share of a block still in the game below which the others make room


def new_game(
    rules: Rules, draws: Draws, tests: tuple[TestRules, ...], profile: Profile, featured: Ints
) -> Game:
    """Return a block of players at their install."""
    variants = draw_variants(tests, draws, profile.ids)
    compared = any(test.splits for test in tests)
    players = new_players(rules, draws, profile, variants, compared=compared)
    kinds = rules.params.archetypes.values()
    win = rules.params.arena.win_chance
    ratios = sorted(set(win.ratio_at_least) - {0.0})
    start = rules.params.start
    game = Game(
        rules=rules, draws=draws, tests=tests,
        effects=no_effects(rules, tests, profile.ids.size), compared=compared, players=players,
        featured=featured,
        lowest=min(start.gold, start.gems, start.tickets, start.energy),
        pity_bonus=pity_bonus(rules),
        desire=rules.by_archetype("gacha_desire"),
        ad_wish=rules.by_archetype("ad_watch_probability"),
        arena_will=rules.by_archetype("arena_engagement"),
        guild_will=rules.by_archetype("guild_engagement"),
        multi_pull=np.array([kind.multi_pull_with_gems for kind in kinds]),
        buys_arena=np.array([kind.buys_arena_attempts for kind in kinds]),
        arena_ratios=np.array(ratios), arena_win=step_chances(win, ratios),
        session_counts=session_counts(rules), session_lengths=stacked(*session_lengths(rules)),
        luck=plan_luck(rules),
    )  # fmt: skip
    give_heroes(game, starting_heroes(rules, draws, profile.ids))
    return game


def live(game: Game, records: Recorder, close: Close, *, splits: bool) -> None:
    """Live every age of a block until the run ends or nobody is left.

    `close` gets the players whose lives are over: all at the end or, if the block `splits`, some
    earlier; the others are then copied together.
    """
    horizon = game.rules.horizon
    alive, last = np.arange(game.players.size), 0
    expose(game, 0, np.flatnonzero(~game.players.profile.is_bot))
    for age in range(horizon):
        alive = alive[game.players.profile.install[alive] + age <= horizon]
        if not alive.size:
            break
        if splits and alive.size < _CROWDED * game.players.size:
            gone, left = split(game, alive), records.split(alive)
            _end_lives(gone, age - 1, left)
            close(gone, left)
            alive = np.arange(alive.size)
        _start_windows(game, age, records)
        active = alive
        if age:
            active, churned, clipped = decide_returns(game, age, alive)
            game.players.churn_age[churned] = age
            records.returned(game, age, alive, active, churned, clipped)
            alive = alive[game.players.churn_age[alive] < 0]
        for start in range(0, active.size, _TOGETHER):
            _live_day(game, age, active[start : start + _TOGETHER], records)
        _keep_active_days(game, age)
        last = age
    _end_lives(game, last, records)
    close(game, records)


def _end_lives(game: Game, age: int, records: Recorder) -> None:
    """Close the last agent-week and window of players whose last possible age was `age`."""
    records.close_week(game, age)
    records.close_window(game, _end_of_window(age))
    records.finish(game)


def _end_of_window(age: int) -> int:
    return (age // WINDOW_DAYS + 1) * WINDOW_DAYS - 1


def _start_windows(game: Game, age: int, records: Recorder) -> None:
    """Close agent-weeks and spend windows that ended before `age`."""
    players = game.players
    if age and age % WEEK_DAYS == 0:
        records.close_week(game, age - 1)
        players.state.week_pulls[:] = 0
        players.week_days[:] = 0
    if age and age % WINDOW_DAYS == 0:
        records.close_window(game, age - 1)
        players.state.window_cents[:] = 0
        players.window_days[:] = 0


def _keep_active_days(game: Game, age: int) -> None:
    """Remember the active days up to ages 30 and 60, for tests late in life."""
    players = game.players
    if age <= WINDOW_DAYS:
        players.by_30[:] = players.active_days
    if age <= 2 * WINDOW_DAYS:
        players.by_60[:] = players.active_days


def _live_day(game: Game, age: int, who: Ints, records: Recorder) -> None:
    players = game.players
    for count in (players.active_days, players.week_days, players.window_days):
        count[who] += 1
    if age:
        expose(game, age, who)
    plan, over = _install(game, who) if age == 0 else (plan_day(game, age, who, None), None)
    gap = game.rules.params.sessions.min_gap_seconds
    bad = overlapping(plan.starts, plan.lengths, gap)
    game.fault("sessions", bad.any(), f"sessions overlap or leave their day at age {age}")
    day, people = _begin_day(game, age, plan)
    for number in range(len(plan.starts)):
        begin_sessions(game, day, number, plan)
        _visit(game, day, number, people, over if number == 0 else None)
        end_sessions(game, day, number, plan)
    _end_day(game, day, records)


def _begin_day(game: Game, age: int, plan: DayPlan) -> tuple[Day, DayPlan]:
    """Copy the players of a day together, bots last, and leave only the others in its plan."""
    players, people = game.players, plan
    is_bot = players.profile.is_bot[plan.who]
    order = np.arange(plan.who.size)
    if age == 0 and is_bot.any():
        order = np.argsort(is_bot, kind="stable")
        people = without(plan, is_bot)
    rows = plan.who[order]
    day = copy_day(players, age, rows, some_effects(game.effects, rows))
    day.today("sessions")[:] = plan.number[order]
    day.today("seconds")[:] = plan.seconds()[order]
    if age == 0:  # clocks start with the first session
        first = plan.starts[0][order]
        players.install_at[rows] = first
        day.state.idle_from[:] = first
        day.state.clock[:] = first * _ENERGY_MS
    prepare_day(game, day)
    return day, people


def _install(game: Game, who: Ints) -> tuple[DayPlan, Ints]:
    """Plan an install day; return the seconds of first sessions gone before any action.

    The seconds are (m,), for all but bots, in the order of the plan.
    """
    players = game.players
    tutorial, abandoned = play_tutorial(game, who)
    plan = plan_day(game, 0, who, tutorial)
    place = np.empty(players.size, dtype=np.int64)
    place[who] = np.arange(who.size)
    rows = place[plan.who]
    spent = np.where(abandoned[rows], plan.lengths[0], tutorial[rows])
    return plan, spent[~players.profile.is_bot[plan.who]]


def expose(game: Game, age: int, who: Ints) -> None:
    """Expose agents to the tests that begin to act on them at this age."""
    players = game.players
    for index, compiled in enumerate(game.tests):
        if age < compiled.test.active_from_day or (age and not compiled.is_late):
            continue
        fresh = who[players.exposed[index][who] < 0]
        if not fresh.size:
            continue
        players.exposed[index][fresh] = age
        players.active_at_exposure[index][fresh] = players.active_days[fresh]
        for variant, effects in compiled.in_force():
            rows = fresh[players.variants[index][fresh] == variant]
            if age and rows.size and effects.energy_regen_min is not None:
                refresh_energy(game.rules, players.state, game.effects, rows, age * DAY_SECONDS)
            note_exposure(game, index, variant, rows)
            apply_effects(game.rules, game.effects, compiled.name, effects, rows)
            if effects.grant.gems or effects.grant.tickets:
                game.earn(players.state, GEMS, rows, effects.grant.gems)
                game.earn(players.state, TICKETS, rows, effects.grant.tickets)


def _visit(game: Game, day: Day, number: int, plan: DayPlan, spent: Ints | None) -> None:
    """Play the sessions with one number; `spent` seconds are gone with the tutorial."""
    age, length, size = day.age, plan.lengths[number], plan.lengths[number].size
    if not size:
        return
    ids = day.ids[:size]
    visit = Visit(
        day=day, age=age, number=number, ids=ids,
        end=age * DAY_SECONDS + plan.starts[number] + length,
        left=length.copy() if spent is None else length - spent,
        campaign_seconds=(game.rules.params.campaign.time_share * plan.drawn[number]).astype(
            np.int64
        ),
        bought=np.zeros(size, dtype=np.int64),
        luck=draw_luck(game.luck, game.draws, (age, number), ids),
    )  # fmt: skip
    for act in ACTIONS_IN_ORDER:
        act(game, visit)
    if age == 0 and number == 0:
        offer_starter(game, visit)
    claim_quests(game, visit)
    short = visit.left.min()
    game.fault("session_time", short < 0, f"actions outlast a session at age {age}")


def _end_day(game: Game, day: Day, records: Recorder) -> None:
    players, age = game.players, day.age
    leave_guilds(game, day)
    end_day(game, day)
    most = int(day.today("ads").max())
    game.fault("ads", most > game.rules.params.ads.max_per_day, f"{most} ads at age {age}")
    records.day(game, day)
    players.last_age[day.rows] = age
    if age in MARKED_DAYS:
        players.on_day[MARKED_DAYS.index(age), day.rows] = True
    put_back(players, day)
