"""Live the lives of a block of players, all at the same age together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from engines.idle_rpg.campaign import play_campaign
from engines.idle_rpg.compact import split
from engines.idle_rpg.daily import check_quests, claim_idle, claim_login, claim_quests, watch_ads
from engines.idle_rpg.experiments import (
    TestRules,
    apply_effects,
    draw_variants,
    no_effects,
)
from engines.idle_rpg.gacha import WEEK_DAYS, do_gacha, give_heroes, pity_bonus
from engines.idle_rpg.game import DAY_SECONDS, SESSIONS, Game, Visit, refresh_energy
from engines.idle_rpg.heroes import upgrade_heroes
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import GEMS, MARKED_DAYS, TICKETS, TODAY, new_players, starting_heroes
from engines.idle_rpg.population import Profile
from engines.idle_rpg.records import Recorder
from engines.idle_rpg.returning import decide_returns
from engines.idle_rpg.rules import Rules, step_chances
from engines.idle_rpg.schedule import DayPlan, overlapping, plan_day
from engines.idle_rpg.shop import WINDOW_DAYS, browse_shop, offer_starter
from engines.idle_rpg.social import fight_arena, leave_guilds, meet_guild
from engines.idle_rpg.triangular import session_counts, session_lengths
from engines.idle_rpg.tutorial import play_tutorial
from runner.contract import Draws

ACTIONS_IN_ORDER: tuple[Callable[[Game, Visit], None], ...] = (
    claim_idle, claim_login, check_quests, play_campaign, upgrade_heroes, do_gacha, fight_arena,
    meet_guild, watch_ads, browse_shop,
)  # fmt: skip
Close: TypeAlias = Callable[[Game, Recorder], None]
_ENERGY_MS = 1000
_CROWDED = 0.75  # share of a block still in the game below which the others make room


def new_game(
    rules: Rules, draws: Draws, tests: tuple[TestRules, ...], profile: Profile, featured: Ints
) -> Game:
    """Return a block of players at their install."""
    variants = draw_variants(tests, draws, profile.ids)
    players = new_players(rules, draws, profile, variants)
    kinds = rules.params.archetypes.values()
    win = rules.params.arena.win_chance
    ratios = sorted(set(win.ratio_at_least) - {0.0})
    start = rules.params.start
    game = Game(
        rules=rules, draws=draws, tests=tests,
        effects=no_effects(rules, tests, profile.ids.size), players=players, featured=featured,
        lowest=min(start.gold, start.gems, start.tickets, start.energy),
        pity_bonus=pity_bonus(rules),
        desire=rules.by_archetype("gacha_desire"),
        ad_wish=rules.by_archetype("ad_watch_probability"),
        arena_will=rules.by_archetype("arena_engagement"),
        guild_will=rules.by_archetype("guild_engagement"),
        multi_pull=np.array([kind.multi_pull_with_gems for kind in kinds]),
        buys_arena=np.array([kind.buys_arena_attempts for kind in kinds]),
        arena_ratios=np.array(ratios), arena_win=step_chances(win, ratios),
        session_counts=session_counts(rules), session_lengths=session_lengths(rules),
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
        if active.size:
            _live_day(game, age, active, records)
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
    if age and age % WEEK_DAYS == 0:
        records.close_week(game, age - 1)
        game.players.week_pulls[:] = 0
        game.players.week_days[:] = 0
    if age and age % WINDOW_DAYS == 0:
        records.close_window(game, age - 1)
        game.players.window_cents[:] = 0
        game.players.window_days[:] = 0


def _keep_active_days(game: Game, age: int) -> None:
    """Remember the active days up to ages 30 and 60, for tests late in life."""
    players = game.players
    if age <= WINDOW_DAYS:
        players.by_30[:] = players.active_days
    if age <= 2 * WINDOW_DAYS:
        players.by_60[:] = players.active_days


def _live_day(game: Game, age: int, who: Ints, records: Recorder) -> None:
    _start_day(game, age, who)
    plan, spent = _install(game, who) if age == 0 else (plan_day(game, age, who, None), None)
    gap = game.rules.params.sessions.min_gap_seconds
    bad = overlapping(plan.starts, plan.lengths, gap)
    game.fault("sessions", bad.any(), f"sessions overlap or leave their day at age {age}")
    for number in range(len(plan.starts)):
        _visit(game, age, number, plan, spent if number == 0 else None)
    _end_day(game, age, who, records)


def _install(game: Game, who: Ints) -> tuple[DayPlan, Ints]:
    """Plan an install day; return the seconds of first sessions gone before any action: (m,)."""
    players = game.players
    tutorial, abandoned = play_tutorial(game, who)
    plan = plan_day(game, 0, who, tutorial)
    _begin_lives(game, plan)
    place = np.empty(players.size, dtype=np.int64)
    place[who] = np.arange(who.size)
    rows = place[plan.who]
    is_over = abandoned[rows] | players.profile.is_bot[plan.who]
    return plan, np.where(is_over, plan.lengths[0], tutorial[rows])


def _start_day(game: Game, age: int, who: Ints) -> None:
    players = game.players
    players.today[who] = 0
    players.quests_paid[who] = 0
    players.arena_used[who] = 0
    players.arena_bought[who] = 0
    players.active_days[who] += 1
    players.week_days[who] += 1
    players.window_days[who] += 1
    if age:
        expose(game, age, who)


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
                refresh_energy(game, rows, np.full(rows.size, age * DAY_SECONDS))
            apply_effects(game.rules, game.effects, compiled.name, effects, rows)
            if effects.grant.gems or effects.grant.tickets:
                game.earn(GEMS, rows, effects.grant.gems)
                game.earn(TICKETS, rows, effects.grant.tickets)


def _begin_lives(game: Game, plan: DayPlan) -> None:
    """Start the clocks of new players at their first session."""
    players = game.players
    players.install_at[plan.who] = plan.starts[0]
    players.idle_from[plan.who] = plan.starts[0]
    players.clock[plan.who] = plan.starts[0] * _ENERGY_MS


def _visit(game: Game, age: int, number: int, plan: DayPlan, spent: Ints | None) -> None:
    """Play the sessions with one number; `spent` seconds are gone with the tutorial."""
    players, length = game.players, plan.lengths[number]
    who = plan.who[: length.size]
    campaign = (game.rules.params.campaign.time_share * plan.drawn[number]).astype(np.int64)
    end = age * DAY_SECONDS + plan.starts[number] + length
    left = length if spent is None else length - spent
    kept = slice(None) if age else np.flatnonzero(~players.profile.is_bot[who])
    visit = Visit(
        age=age, number=number, step=np.array(SESSIONS * age + number, dtype=np.uint64),
        who=who[kept], ids=players.profile.entities[who[kept]],
        end=end[kept], left=left[kept].copy(), campaign_seconds=campaign[kept],
        bought=np.zeros(who[kept].size, dtype=np.int64),
    )  # fmt: skip
    for act in ACTIONS_IN_ORDER:
        act(game, visit)
    if age == 0 and number == 0:
        offer_starter(game, visit)
    claim_quests(game, visit)
    game.count("sessions", who)
    game.count("seconds", who, length)
    short = visit.left.min(initial=0)
    game.fault("session_time", short < 0, f"actions outlast a session at age {age}")


def _end_day(game: Game, age: int, who: Ints, records: Recorder) -> None:
    players = game.players
    leave_guilds(game, age, who)
    today = players.today[who]
    most = int(today[:, TODAY["ads"]].max())
    game.fault("ads", most > game.rules.params.ads.max_per_day, f"{most} ads at age {age}")
    players.totals[who] += today
    records.day(game, age, who, today.T)
    players.last_age[who] = age
    if age in MARKED_DAYS:
        players.on_day[MARKED_DAYS.index(age), who] = True
