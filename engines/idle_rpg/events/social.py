"""Write down battles in the arena, and guilds joined and fought for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.order import ARENA, GUILD, slot
from engines.idle_rpg.events.words import GEMS, GOLD
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints
from runner.contract import Floats

_WORST_RANK = 2000
_BEST_RATING = np.iinfo(np.int16).max
_RATING_PER_RANK = 10
_PER_POWER = 1000  # damage of a team in percent is its power over this, times 0.8 to 1.2
_LEAST_DAMAGE, _DAMAGE_SPAN, _MOST_DAMAGE = 0.8, 0.4, 10.0
_START, _END, _GOLD = 1, 2, 3  # sub-events of a battle, after its price


def write_battles(  # noqa: PLR0913, PLR0917 - one round of battles
    game: Game, visit: Visit, pos: Ints, number: Ints, free: Ints,
    fights: tuple[Floats, NDArray[np.bool_]],
) -> None:  # fmt: skip
    """Write battles in a row, before their time passes.

    `number`, `free`: int64 (m,), battles fought and free attempts before. `fights`: opponents by
    their draws and whether won, (most battles, m).
    """
    log, given = game.log, game.rules.params.arena
    if log is None:
        return
    seconds, (rival, won) = game.rules.params.actions.arena_battles.seconds, fights
    spread, change = given.opponent_spread, given.k_factor // 2
    power = game.players.team_power[visit.who[pos]]
    for k in range(int(number.max(initial=0))):
        some = np.flatnonzero(number > k)
        who, place, own = visit.who[pos[some]], slot(ARENA, k), power[some]
        start = visit.now(pos[some]) + k * seconds
        paid, wins = k >= free[some], won[k, some]
        log.pay(
            visit.when, who[paid], place, start[paid], GEMS, given.attempt_price_gems,
            "arena_attempt",
        )  # fmt: skip
        other = np.floor(own * (1.0 - spread + 2.0 * spread * rival[k, some])).astype(np.int64)
        log.add(
            "arena_battle_start", visit.when, who, place + _START, start,
            opponent_power=other, own_power=own, rank=_rank(log.rating[who]), is_paid=paid,
        )  # fmt: skip
        rise = np.where(wins, change, -change)
        rise = np.clip(log.rating[who] + rise, 0, _BEST_RATING) - log.rating[who]
        log.rating[who] += rise
        log.add(
            "arena_battle_end", visit.when, who, place + _END, start + seconds,
            result=wins, rank_after=_rank(log.rating[who]), rating_change=rise,
            gold=wins * given.win_gold,
        )  # fmt: skip
        log.gain(
            visit.when, who[wins], place + _GOLD, (start + seconds)[wins], GOLD, given.win_gold,
            "arena_reward",
        )  # fmt: skip


def _rank(rating: Ints) -> Ints:
    return np.maximum(1, _WORST_RANK - rating // _RATING_PER_RANK)


def join_guild(game: Game, visit: Visit, pos: Ints) -> None:
    """Write who joined a guild, before the time passes."""
    log = game.log
    if log is not None:
        who = visit.who[pos]
        log.joined[who] = visit.age
        guild = game.players.guild[who]
        log.add("guild_join", visit.when, who, slot(GUILD), visit.now(pos), guild_id=guild)


def attack_boss(game: Game, visit: Visit, pos: Ints, boss: Ints, gold: Ints) -> None:
    """Write attacks on guild bosses, before their time passes: levels and gold, (m,)."""
    log = game.log
    if log is None:
        return
    who, players = visit.who[pos], game.players
    end = visit.now(pos) + game.rules.params.actions.guild_boss.attack_seconds
    if log.wants("guild_boss_attack"):
        u = log.draws.uniform("guild_damage", step=visit.step, entities=visit.ids[pos])
        damage = players.team_power[who] / _PER_POWER * (_LEAST_DAMAGE + _DAMAGE_SPAN * u)
        log.add(
            "guild_boss_attack", visit.when, who, slot(GUILD), end, guild_id=players.guild[who],
            boss_level=boss, damage_pct=np.minimum(_MOST_DAMAGE, damage), gold=gold,
        )  # fmt: skip
    log.gain(visit.when, who, slot(GUILD, 0, 1), end, GOLD, gold, "guild_reward")
