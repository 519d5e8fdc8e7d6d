"""Fight in the arena; join, fight with and leave guilds. Opponents and guilds are statistical."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.social import attack_boss, join_guild, write_battles
from engines.idle_rpg.events.visits import leave_guild
from engines.idle_rpg.game import Game, Visit, gate
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import GEMS, GOLD
from runner.contract import Floats

_WEEK_DAYS = 7


def fight_arena(game: Game, visit: Visit) -> None:
    """Fight battle after battle while time, attempts and will last."""
    players, rules = game.players, game.rules
    seconds = rules.params.actions.arena_battles.seconds
    is_open = players.exp[visit.who] >= rules.level_exp[rules.params.levels.unlock.arena - 1]
    pos = gate(game, visit, "arena_battles", np.flatnonzero(is_open & (visit.left >= seconds)))
    if not pos.size:
        return
    number, free = _battles(game, visit, pos)
    fights = np.flatnonzero(number)
    if fights.size:
        pos, number, free = pos[fights], number[fights], free[fights]
        _pay_battles(game, visit.who[pos], number, free)
        _win_battles(game, visit, pos, number, free)
        visit.left[pos] -= number * seconds


def _battles(game: Game, visit: Visit, pos: Ints) -> tuple[Ints, Ints]:
    """Return how many battles the sessions `pos` fight in a row, and free attempts left: (m,).

    Nothing that a battle brings decides on the next one, so all are decided together.
    """
    players, given, who = game.players, game.rules.params.arena, visit.who[pos]
    kind = players.profile.archetype[who]
    free = given.attempts_per_day - players.arena_used[who]
    paid = given.max_paid_per_day - players.arena_bought[who]
    if given.attempt_price_gems:
        paid = np.minimum(paid, players.balance[GEMS][who] // given.attempt_price_gems)
    paid = np.where(game.buys_arena[kind], paid, 0)
    seconds = game.rules.params.actions.arena_battles.seconds
    most = free + paid
    if seconds:
        most = np.minimum(most, visit.left[pos] // seconds)
    rounds = np.arange(int(most.max(initial=0)))[:, None]
    u = game.draws.uniform("arena_engage", step=visit.reps(rounds.size), entities=visit.ids[pos])
    chance = np.where(rounds < free, game.arena_will[kind], given.buy_chance)
    goes_on = np.logical_and.accumulate((u < chance) & (rounds < most), axis=0)
    return goes_on.sum(axis=0), free


def _pay_battles(game: Game, who: Ints, number: Ints, free: Ints) -> None:
    players = game.players
    bought = np.maximum(0, number - free)
    players.arena_used[who] += number - bought
    paid = np.flatnonzero(bought)
    if paid.size:
        players.arena_bought[who[paid]] += bought[paid]
        price = game.rules.params.arena.attempt_price_gems
        game.spend(GEMS, who[paid], bought[paid] * price)


def _win_battles(game: Game, visit: Visit, pos: Ints, number: Ints, free: Ints) -> None:
    given, who, ids = game.rules.params.arena, visit.who[pos], visit.ids[pos]
    most = int(number.max())
    steps = visit.reps(most)
    rival = game.draws.uniform("arena_opponent", step=steps, entities=ids)
    reached = battle_steps(game.arena_ratios, given.opponent_spread, rival)
    won = game.draws.uniform("arena_win", step=steps, entities=ids) < game.arena_win[reached]
    wins = (won & (np.arange(most)[:, None] < number)).sum(axis=0)
    game.earn(GOLD, who, wins * given.win_gold)
    write_battles(game, visit, pos, number, free, (rival, won))
    game.count("arena_battles", who, number)
    game.count("arena_wins", who, wins)


def battle_steps(ratios: Floats, spread: float, u: Floats) -> NDArray[np.int64]:
    """Return how many steps of the win chance own power reaches over an opponent's.

    The opponent has 1 - spread to 1 + spread of the own power, uniformly.
    """
    opponent = 1.0 - spread + 2.0 * spread * u
    return np.asarray(np.count_nonzero(opponent[..., None] * ratios <= 1.0, axis=-1))


def meet_guild(game: Game, visit: Visit) -> None:
    """Join a guild, or attack its boss once a day."""
    players, rules = game.players, game.rules
    actions = rules.params.actions.guild_boss
    is_open = players.exp[visit.who] >= rules.level_exp[rules.params.levels.unlock.guild - 1]
    if not is_open.any():
        return
    who = visit.who
    member = players.guild[who] >= 0
    fresh = np.where(member, players.guild_attacked[who], players.guild_asked[who]) != visit.age
    seconds = np.where(member, actions.attack_seconds, actions.join_seconds)
    pos = np.flatnonzero(is_open & fresh & (visit.left >= seconds))
    pos = gate(game, visit, "guild_boss", pos)
    if pos.size:
        inside = players.guild[visit.who[pos]] >= 0
        _attack(game, visit, pos[inside])
        _join(game, visit, pos[~inside])


def _attack(game: Game, visit: Visit, pos: Ints) -> None:
    players, who = game.players, visit.who[pos]
    if not pos.size:
        return
    u = game.draws.uniform("guild_attack", step=visit.step, entities=visit.ids[pos])
    does = u < game.guild_will[players.profile.archetype[who]]
    pos, who = pos[does], who[does]
    boss = boss_level(players.profile.install[who] + visit.age)
    given = game.rules.params.guild.reward_gold
    gold = given.base + given.per_boss_level * boss
    game.earn(GOLD, who, gold)
    attack_boss(game, visit, pos, boss, gold)
    players.guild_attacked[who] = visit.age
    players.guild_age[who] = visit.age
    game.count("guild_attacks", who)
    visit.left[pos] -= game.rules.params.actions.guild_boss.attack_seconds


def boss_level(sim_day: Ints) -> Ints:
    """Return the level of every guild's boss on a day; it rises weekly."""
    return 1 + (sim_day - 1) // _WEEK_DAYS


def _join(game: Game, visit: Visit, pos: Ints) -> None:
    """Decide once a day whether to join a guild."""
    players, given = game.players, game.rules.params.guild
    if not pos.size:
        return
    who, ids = visit.who[pos], visit.ids[pos]
    players.guild_asked[who] = visit.age
    u = game.draws.uniform("guild_join", step=visit.age, entities=ids)
    joins = u < given.join_factor * game.guild_will[players.profile.archetype[who]]
    pos, who, ids = pos[joins], who[joins], ids[joins]
    pick = game.draws.uniform("guild_pick", step=visit.age, entities=ids)
    players.guild[who] = 1 + (pick * given.count).astype(np.int64)
    players.guild_age[who] = visit.age
    join_guild(game, visit, pos)
    visit.left[pos] -= game.rules.params.actions.guild_boss.join_seconds


def leave_guilds(game: Game, age: int, who: Ints) -> None:
    """Let some members leave at the end of their active day."""
    players = game.players
    members = who[players.guild[who] >= 0]
    if members.size:
        ids = players.profile.entities[members]
        u = game.draws.uniform("guild_leave", step=age, entities=ids)
        leavers = members[u < game.rules.params.guild.leave_chance]
        leave_guild(game, age, leavers)
        players.guild[leavers] = -1
