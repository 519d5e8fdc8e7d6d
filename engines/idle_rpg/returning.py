"""Decide who comes back today, and who is gone for good."""

from __future__ import annotations

import numpy as np

from engines.idle_rpg.curve import boosted, expected_active, next_alive, return_chance
from engines.idle_rpg.game import Game
from engines.idle_rpg.lookup import Ints
from runner.contract import Floats


def decide_returns(game: Game, age: int, alive: Ints) -> tuple[Ints, Ints, int]:
    """Return active agents, agents that churned today, and how many were clipped, from day 1 on.

    `alive`: rows of the agents that are not churned and whose day is inside the run.
    """
    players, rules = game.players, game.rules
    wanted = wanted_retention(game, age, alive)
    before = players.alive_share[alive]
    active = expected_active(wanted, before)
    chance = return_chance(active, before)
    players.alive_share[alive] = next_alive(before, active, float(rules.churn[age]))
    if rules.params.retention.dynamic_modifiers:
        multiplier = dynamic_multiplier(game, age, alive)
        chance = boosted(chance, multiplier, rules.params.retention.dynamic.cap)
    players.chance[alive] = chance
    ids = players.profile.entities[alive]
    returns = game.draws.uniform("return", step=age, entities=ids) < chance
    stays_away = (~returns).nonzero()[0]
    missed = alive[stays_away]
    u = game.draws.uniform("churn", step=age, entities=ids[stays_away])
    churned = missed[(u < rules.churn[age]) | players.profile.is_bot[missed]]
    clipped = int(np.count_nonzero(wanted > before))
    low, high = float(active.min(initial=0.0)), float(before.max(initial=0.0))
    game.fault("shares", low < 0 or high > 1, f"a share at age {age} lies outside [0, 1]")
    return alive[returns.nonzero()[0]], churned, clipped


def wanted_retention(game: Game, age: int, who: Ints) -> Floats:
    """Return r(d): the curve times static modifiers and tests in force, limited by the cap."""
    players, rules = game.players, game.rules
    curve = np.append(rules.curve[:, age], 0.0)  # bots never return
    found = curve[players.profile.archetype[who]] * players.static[who]
    for index, test in enumerate(game.tests):
        if test.retention is not None:
            factor = test.retention[players.variants[index][who], age]
            exposed = players.exposed[index][who]
            found = np.where((exposed >= 0) & (exposed < age), found * factor, found)
    return np.minimum(found, rules.params.retention.cap)


def dynamic_multiplier(game: Game, age: int, who: Ints) -> Floats:
    """Return the product of the dynamic modifiers in force: (m,)."""
    state, given = game.players.state, game.rules.params.retention.dynamic
    in_force = (state.streak[who] > given.losses_over).view(np.uint8)
    in_force |= (state.legendary_age[who] >= age - given.legendary_days).view(np.uint8) << 1
    in_guild = state.guild_age[who] >= age - given.guild_days
    in_guild &= state.guild[who] >= 0
    in_force |= in_guild.view(np.uint8) << 2
    products = np.ones(1)  # of 0, 1, ... as bits of what is in force
    for factor in (given.losses_multiplier, given.legendary_multiplier, given.guild_multiplier):
        products = np.append(products, products * factor)
    return products.take(in_force)
