"""Fight in the arena; join, fight with and leave guilds. Opponents and guilds are statistical."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.day import Day
from engines.idle_rpg.events.social import attack_boss, join_guild, write_battles
from engines.idle_rpg.events.visits import leave_guild
from engines.idle_rpg.game import Game, Visit, gate
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import BATTLE_STREAMS, in_a_row
from engines.idle_rpg.players import GEMS, GOLD
from runner.contract import Floats

_WEEK_DAYS = 7


def fight_arena(game: Game, visit: Visit) -> None:
    """Fight battle after battle while time, attempts and will last."""
    state, rules = visit.day.state, game.rules
    seconds = rules.params.actions.arena_battles.seconds
    is_open = state.exp[: visit.size] >= rules.level_exp[rules.params.levels.unlock.arena - 1]
    pos = gate(game, visit, "arena_battles", is_open & (visit.left >= seconds))
    if not pos.size:
        return
    number, free = _battles(game, visit, pos)
    fights = number.nonzero()[0]
    if fights.size:
        pos, number, free = pos[fights], number[fights], free[fights]
        _pay_battles(game, visit.day, pos, number, free)
        _win_battles(game, visit, pos, number, free)
        visit.left[pos] -= number * seconds


def _battles(game: Game, visit: Visit, pos: Ints) -> tuple[Ints, Ints]:
    """Return how many battles the sessions `pos` fight in a row, and free attempts left: (m,).

    Nothing that a battle brings decides on the next one, so all are decided together.
    """
    day, given = visit.day, game.rules.params.arena
    kind = day.kind[pos]
    free = given.attempts_per_day - day.arena_used[pos]
    paid = given.max_paid_per_day - day.arena_bought[pos]
    if given.attempt_price_gems:
        paid = np.minimum(paid, day.state.gems[pos] // given.attempt_price_gems)
    most = free + paid * game.buys_arena[kind]
    seconds = game.rules.params.actions.arena_battles.seconds
    if seconds:
        most = np.minimum(most, visit.left[pos] // seconds)
    rounds = np.arange(int(most.max()))[:, None]
    (u,) = visit.luck.repeated(BATTLE_STREAMS[:1], (0, rounds.size), pos)
    chance = np.where(rounds < free, game.arena_will[kind], given.buy_chance)
    return np.minimum(in_a_row(u < chance), most), free


def _pay_battles(game: Game, day: Day, pos: Ints, number: Ints, free: Ints) -> None:
    bought = np.maximum(0, number - free)
    day.arena_used[pos] += number - bought
    paid = bought.nonzero()[0]
    if paid.size:
        day.arena_bought[pos[paid]] += bought[paid]
        price = game.rules.params.arena.attempt_price_gems
        game.spend(day.state, GEMS, pos[paid], bought[paid] * price)


def _win_battles(game: Game, visit: Visit, pos: Ints, number: Ints, free: Ints) -> None:
    given, day, most = game.rules.params.arena, visit.day, int(number.max())
    rival, luck = visit.luck.repeated(BATTLE_STREAMS[1:], (0, most), pos)
    reached = battle_steps(game.arena_ratios, given.opponent_spread, rival)
    won = luck < game.arena_win[reached]
    won &= np.arange(most)[:, None] < number
    wins = won.sum(axis=0)
    game.earn(day.state, GOLD, pos, wins * given.win_gold)
    day.today("arena_battles")[pos] += number
    day.today("arena_wins")[pos] += wins
    write_battles(game, visit, pos, number, free, (rival, won))


def battle_steps(ratios: Floats, spread: float, u: Floats) -> NDArray[np.int64]:
    """Return how many steps of the win chance own power reaches over an opponent's.

    The opponent has 1 - spread to 1 + spread of the own power, uniformly.
    """
    opponent = 1.0 - spread + 2.0 * spread * u
    reached = np.zeros(u.shape, dtype=np.int64)
    for ratio in ratios:
        reached += opponent * ratio <= 1.0
    return reached


def meet_guild(game: Game, visit: Visit) -> None:
    """Join a guild, or attack its boss once a day."""
    state, rules, size = visit.day.state, game.rules, visit.size
    actions = rules.params.actions.guild_boss
    is_open = state.exp[:size] >= rules.level_exp[rules.params.levels.unlock.guild - 1]
    if not is_open.any():
        return
    member = state.guild[:size] >= 0
    has_met = np.where(member, visit.day.guild_attacked[:size], visit.day.guild_asked[:size])
    seconds = np.where(member, actions.attack_seconds, actions.join_seconds)
    pos = gate(game, visit, "guild_boss", is_open & ~has_met & (visit.left >= seconds))
    if pos.size:
        inside = member[pos]
        _attack(game, visit, pos[inside])
        _join(game, visit, pos[~inside])


def _attack(game: Game, visit: Visit, pos: Ints) -> None:
    day = visit.day
    if not pos.size:
        return
    does = visit.luck.once("guild_attack", pos) < game.guild_will[day.kind[pos]]
    pos = pos[does]
    boss = boss_level(day.install[pos] + visit.age)
    given = game.rules.params.guild.reward_gold
    gold = given.base + given.per_boss_level * boss
    game.earn(day.state, GOLD, pos, gold)
    attack_boss(game, visit, pos, boss, gold)
    day.guild_attacked[pos] = True
    day.state.guild_age[pos] = visit.age
    day.today("guild_attacks")[pos] += 1
    visit.left[pos] -= game.rules.params.actions.guild_boss.attack_seconds


def boss_level(sim_day: Ints) -> Ints:
    """Return the level of every guild's boss on a day; it rises weekly."""
    return 1 + (sim_day - 1) // _WEEK_DAYS


def _join(game: Game, visit: Visit, pos: Ints) -> None:
    """Decide once a day whether to join a guild."""
    day, given = visit.day, game.rules.params.guild
    if not pos.size:
        return
    day.guild_asked[pos] = True
    will = given.join_factor * game.guild_will[day.kind[pos]]
    u, pick = visit.luck.each(("guild_join", "guild_pick"), pos)
    joins = (u < will).nonzero()[0]
    pos, pick = pos[joins], pick[joins]
    day.state.guild[pos] = 1 + (pick * given.count).astype(np.int64)
    day.state.guild_age[pos] = visit.age
    join_guild(game, visit, pos)
    visit.left[pos] -= game.rules.params.actions.guild_boss.join_seconds


def leave_guilds(game: Game, day: Day) -> None:
    """Let some members leave at the end of their active day."""
    members = (day.state.guild >= 0).nonzero()[0]
    if members.size:
        u = game.draws.uniform("guild_leave", step=day.age, entities=day.ids[members])
        leavers = members[u < game.rules.params.guild.leave_chance]
        leave_guild(game, day, leavers)
        day.state.guild[leavers] = -1
