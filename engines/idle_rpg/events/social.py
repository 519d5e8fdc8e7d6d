"""Write down battles in the arena, and guilds joined and fought for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.log import SINK, SOURCE, EventLog
from engines.idle_rpg.events.order import ARENA, GUILD, repeated, slot
from engines.idle_rpg.events.words import GEMS, GOLD, SINK_REASONS, SOURCE_REASONS
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints
from runner.contract import Floats

_WORST_RANK = 2000
_REWARD = SOURCE_REASONS.index("arena_reward")
_ATTEMPT = SINK_REASONS.index("arena_attempt")
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
    session = np.repeat(np.arange(pos.size), number)
    k = np.arange(session.size) - np.repeat(np.cumsum(number) - number, number)
    who, own = visit.who(pos[session]), visit.day.state.team_power[pos][session]
    place, start = slot(ARENA) + repeated(k), visit.now(pos)[session] + k * seconds
    paid, wins, end = k >= free[session], won[k, session], start + seconds
    _pay_battles(log, visit.when, (who, place, start), paid, given.attempt_price_gems)
    rise = np.where(wins, given.k_factor // 2, -(given.k_factor // 2))
    after = log.rating[who] + _running(rise, k)
    log.rating[who] = after  # the last of each session stays
    spread = given.opponent_spread
    other = np.floor(own * (1.0 - spread + 2.0 * spread * rival[k, session]))
    log.add(
        "arena_battle_start", visit.when, who, place + _START, start,
        opponent_power=other, own_power=own, rank=_rank(after - rise), is_paid=paid,
    )  # fmt: skip
    log.add(
        "arena_battle_end", visit.when, who, place + _END, end,
        result=wins, rank_after=_rank(after), rating_change=rise, gold=wins * given.win_gold,
    )  # fmt: skip
    if given.win_gold:
        balance = log.purse[GOLD][who] + _running(wins * given.win_gold, k)
        log.purse[GOLD][who] = balance
        log.add(
            SOURCE, visit.when, who[wins], place[wins] + _GOLD, end[wins],
            currency=GOLD, amount=given.win_gold, balance_after=balance[wins], reason=_REWARD,
        )  # fmt: skip


def _pay_battles(
    log: EventLog, when: int, battles: tuple[Ints, Ints, Ints], paid: NDArray[np.bool_], price: int
) -> None:
    """Write the price of battles beyond the free ones: rows, places, seconds, each (n,)."""
    who, place, at = (values[paid] for values in battles)
    if not who.size or not price:
        return
    first = np.append(True, who[1:] != who[:-1])
    spent = _running(np.full(who.size, price), np.where(first, 0, 1))
    after = log.purse[GEMS][who] - spent
    log.add(
        SINK, when, who, place, at, currency=GEMS, amount=price, balance_after=after,
        reason=_ATTEMPT,
    )  # fmt: skip
    log.purse[GEMS][who] = after
    np.add.at(log.gems, who, price)


def _running(values: Ints, k: Ints) -> Ints:
    """Return running sums that start again where k = 0: (n,)."""
    sums = np.cumsum(values)
    return np.asarray(sums - (sums - values)[k == 0][np.cumsum(k == 0) - 1])


def _rank(rating: Ints) -> Ints:
    return np.maximum(1, _WORST_RANK - rating // _RATING_PER_RANK)


def join_guild(game: Game, visit: Visit, pos: Ints) -> None:
    """Write who joined a guild, before the time passes."""
    log = game.log
    if log is not None:
        who = visit.who(pos)
        log.joined[who] = visit.age
        guild = visit.day.state.guild[pos]
        log.add("guild_join", visit.when, who, slot(GUILD), visit.now(pos), guild_id=guild)


def attack_boss(game: Game, visit: Visit, pos: Ints, boss: Ints, gold: Ints) -> None:
    """Write attacks on guild bosses, before their time passes: levels and gold, (m,)."""
    log = game.log
    if log is None:
        return
    who, state = visit.who(pos), visit.day.state
    end = visit.now(pos) + game.rules.params.actions.guild_boss.attack_seconds
    if log.wants("guild_boss_attack"):
        u = visit.luck.once("guild_damage", pos)
        damage = state.team_power[pos] / _PER_POWER * (_LEAST_DAMAGE + _DAMAGE_SPAN * u)
        log.add(
            "guild_boss_attack", visit.when, who, slot(GUILD), end, guild_id=state.guild[pos],
            boss_level=boss, damage_pct=np.minimum(_MOST_DAMAGE, damage), gold=gold,
        )  # fmt: skip
    log.gain(visit.when, who, slot(GUILD, 0, 1), end, GOLD, gold, "guild_reward")
