"""Summon heroes: whether, how many, and what comes out under the pity rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.gacha import Pulled, view_banner, write_pulls
from engines.idle_rpg.game import Game, Visit, Words, session_chance
from engines.idle_rpg.heroes import rank_among, rank_heroes, rank_with_one
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import GEMS, TICKETS
from engines.idle_rpg.rules import LEGENDARY, MOST_STARS, Rules
from engines.idle_rpg.shop import offer, wanted_banner
from runner.contract import Draws, Floats

WEEK_DAYS = 7
TEN = 10
HALF_WAY = 50  # counter above which the share of visits is measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way to pull: number of pulls, currency, price."""

    pulls: int
    currency: int
    price: int


def kinds_of_pulls(rules: Rules) -> tuple[Kind, ...]:
    """Return the ways to pull in order of preference; the second needs the archetype's will."""
    given = rules.params.gacha
    return (
        Kind(pulls=TEN, currency=TICKETS, price=given.ten_tickets),
        Kind(pulls=TEN, currency=GEMS, price=given.ten_gems),
        Kind(pulls=1, currency=TICKETS, price=given.single_tickets),
        Kind(pulls=1, currency=GEMS, price=given.single_gems),
    )


def do_gacha(game: Game, visit: Visit) -> None:
    """Visit the summoning altar: at most one decision in a session."""
    actions = game.rules.params.actions.do_gacha
    level = game.rules.params.levels.unlock.gacha
    is_open = game.players.exp[visit.who] >= game.rules.level_exp[level - 1]
    pos = np.flatnonzero(is_open & (visit.left >= actions.seconds + actions.seconds_per_pull))
    if not pos.size:
        return
    banner = wanted_banner(
        game, visit.who[pos], game.players.profile.install[visit.who[pos]] + visit.age
    )
    pos, banner, left_in_week = _visitors(game, visit, pos, banner)
    if not pos.size:
        return
    view_banner(game, visit, pos, banner)
    poor = ~_can_pay(game, visit.who[pos])
    bought = _offer_funds(game, visit, pos[poor])
    helped = np.isin(pos, bought)
    pays = ~poor | helped
    state = (banner[pays], left_in_week[pays], helped[pays])
    _pull_first_possible(game, visit, pos[pays], state)


def _visitors(game: Game, visit: Visit, pos: Ints, banner: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the sessions that decide to pull, with their wanted banner and pulls left."""
    players, who = game.players, visit.who[pos]
    chance = visit_chance(game, who, banner >= 0)
    u = game.draws.uniform("act/do_gacha", step=visit.step, entities=visit.ids[pos])
    fired, over = u < chance, players.counter[who] > HALF_WAY
    asked = np.flatnonzero(fired | over)  # the weekly cap is only drawn where it matters
    pos, banner, who = pos[asked], banner[asked], who[asked]
    fired, over = fired[asked], over[asked]
    left = pull_caps(game.rules, game.draws, (players.profile.archetype[who], visit.ids[pos]),
                     visit.age // WEEK_DAYS) - players.week_pulls[who]  # fmt: skip
    possible = left > 0
    players.over50_possible[who[over & possible]] += 1
    players.over50_fired[who[over & possible & fired]] += 1
    keep = possible & fired
    return pos[keep], banner[keep], left[keep]


def visit_chance(game: Game, who: Ints, is_wanted: NDArray[np.bool_]) -> Floats:
    """Return the chance of a pull visit: (m,)."""
    counter = game.players.counter[who]
    desire = game.desire[game.players.profile.archetype[who]] + game.pity_bonus[counter]
    desire = desire + game.rules.params.gacha.wanted_bonus * is_wanted
    for start, value in game.effects.desire_adds.values():
        desire = desire + np.where(counter >= start[who], value[who], 0.0)
    chance = np.asarray(session_chance(game, "do_gacha", who, np.maximum(desire, 0.0)))
    for start, value in game.effects.desire_multipliers.values():
        chance = chance * np.where(counter >= start[who], value[who], 1.0)
    return chance


def pity_bonus(rules: Rules) -> Floats:
    """Return what the counter adds to the desire: float64 (hard_pity,)."""
    given, counter = rules.params.gacha, np.arange(rules.params.gacha.hard_pity)
    half = np.where(counter >= given.mid_from, given.mid_bonus, 0.0)
    return np.where(counter >= given.near_from, given.near_bonus, half)


def pull_caps(rules: Rules, draws: Draws, agents: tuple[Ints, Words], week: int) -> Ints:
    """Return the pulls that agents (archetype, id) may make in an agent-week: (m,)."""
    kind, ids = agents
    low, high = rules.pull_caps[:, kind]
    u = draws.uniform("pull_cap", step=week, entities=ids)
    return np.asarray(low + (u * (high - low + 1)).astype(np.int64))


def _can_pay(game: Game, who: Ints) -> NDArray[np.bool_]:
    balance, given = game.players.balance, game.rules.params.gacha
    by_ticket = balance[TICKETS][who] >= given.single_tickets
    return np.asarray(by_ticket | (balance[GEMS][who] >= given.single_gems))


def _offer_funds(game: Game, visit: Visit, pos: Ints) -> Ints:
    near = game.players.counter[visit.who[pos]] >= game.rules.params.gacha.near_from
    one = offer(game, visit, "pity_close", pos[near])
    other = offer(game, visit, "out_of_gems_gacha", pos[~near])
    return np.concatenate([one, other])


def _pull_first_possible(
    game: Game, visit: Visit, pos: Ints, state: tuple[Ints, Ints, NDArray[np.bool_]]
) -> None:
    """Let each session pull in the first way that it can pay, and that week and time allow.

    `state`: wanted banner, pulls left in the week, funds just bought; each (m,).
    """
    banner, left_in_week, helped = state
    actions, waiting = game.rules.params.actions.do_gacha, np.ones(pos.size, dtype=np.bool_)
    who = visit.who[pos]
    for index, kind in enumerate(kinds_of_pulls(game.rules)):
        seconds = actions.seconds + actions.seconds_per_pull * kind.pulls
        able = waiting & (game.players.balance[kind.currency][who] >= kind.price)
        able &= (left_in_week >= kind.pulls) & (visit.left[pos] >= seconds)
        if index == 1:
            able &= game.multi_pull[game.players.profile.archetype[who]]
        chosen = np.flatnonzero(able)
        if chosen.size:
            waiting[chosen] = False
            game.spend(kind.currency, who[chosen], kind.price)
            _pull(game, visit, pos[chosen], kind, (banner[chosen], helped[chosen]))
            visit.left[pos[chosen]] -= seconds


def _pull(
    game: Game, visit: Visit, pos: Ints, kind: Kind, state: tuple[Ints, NDArray[np.bool_]]
) -> None:
    """Make pulls one after the other, then re-optimise the team.

    `state`: wanted banner and funds just bought, (m,).
    """
    (banner, helped), pulls = state, kind.pulls
    players, who, ids = game.players, visit.who[pos], visit.ids[pos]
    counter, steps = players.counter[who], visit.reps(pulls)
    u = game.draws.uniform("pull_rarity", step=steps, entities=ids)
    rarity, counters = np.empty((2, *u.shape), dtype=np.int64)
    for k in range(pulls):
        counters[k] = counter
        rarity[k] = drawn_rarity(game.rules, counter, u[k])
        counter = np.where(rarity[k] == LEGENDARY, 0, counter + 1)
    featured = np.where(banner >= 0, game.featured[banner], -1)
    hero = _drawn_heroes(game, steps, ids, (rarity, featured))
    players.counter[who] = counter
    high = int(counter.max())
    game.fault("pity", high >= game.rules.params.gacha.hard_pity, f"a pity counter is {high}")
    legendaries = (rarity == LEGENDARY).sum(axis=0)
    players.legendary_age[who[legendaries > 0]] = visit.age
    players.week_pulls[who] += pulls
    game.count("pulls", who, pulls)
    game.count("legendaries", who, legendaries)
    pulled = None if game.log is None else Pulled(
        pos=pos, banner=banner, after_purchase=helped, hero=hero, rarity=rarity, counter=counters,
        copies=players.copies[who], cell=players.cell[who], power=players.team_power[who],
    )  # fmt: skip
    add_copies(game, who, hero)
    if pulls == 1:
        rank_with_one(game, who, hero[0])
    else:
        rank_heroes(game, who)
    if pulled is not None:
        write_pulls(game, visit, pulled, (kind.currency, kind.price))


def drawn_rarity(rules: Rules, counter: Ints, u: Floats) -> Ints:
    """Return the rarity of pulls from their uniforms: legendary first, then epic, rare, common."""
    edges = rules.pull_edges[counter]
    return np.asarray(LEGENDARY - np.count_nonzero(u[:, None] >= edges, axis=1))


def _drawn_heroes(game: Game, steps: Words, ids: Words, pulled: tuple[Ints, Ints]) -> Ints:
    """Return the hero of each pull (k, m), given rarities (k, m) and featured legendaries (m,)."""
    rarity, featured = pulled
    first = game.rules.heroes.first
    u = game.draws.uniform("pull_hero", step=steps, entities=ids)
    hero = first[rarity] + (u * (first[rarity + 1] - first[rarity])).astype(np.int64)
    k, m = np.nonzero((rarity == LEGENDARY) & (featured >= 0))
    if k.size:
        star = featured[m]
        v = game.draws.uniform("pull_featured", step=steps[k, 0], entities=ids[m])
        others = int(first[LEGENDARY + 1] - first[LEGENDARY]) - 1
        other = first[LEGENDARY] + (u[k, m] * others).astype(np.int64)
        other += other >= star
        hero[k, m] = np.where(v < game.rules.params.gacha.featured_share, star, other)
    return np.asarray(hero)


def add_copies(game: Game, who: Ints, hero: Ints) -> None:
    """Add copies of heroes (k, m) to agents (m,); stars follow from copies at once."""
    players, rules = game.players, game.rules.heroes
    most = rules.stars_by_copies.size - 1
    places, number = np.unique(who * (game.last_hero + 1) + hero, return_counts=True)
    copies, cell = players.copies.reshape(-1), players.cell.reshape(-1)
    before = copies[places].astype(np.int64)
    after = np.minimum(before + number, most)
    more_stars = rules.stars_by_copies[after] - rules.stars_by_copies[before]
    level_one = rules.rarity[places % (game.last_hero + 1)] * (MOST_STARS * rules.width) + 1
    cell[places] = np.where(before == 0, level_one, cell[places]) + more_stars * rules.width
    copies[places] = after


def give_heroes(game: Game, heroes: Ints) -> None:
    """Give every player of the block its first heroes, different ones: (n, k)."""
    everyone = np.arange(game.players.size)
    add_copies(game, everyone, heroes.T)
    rank_among(game, everyone, heroes)


def draw_featured(rules: Rules, draws: Draws) -> Ints:
    """Return the featured legendary of each banner of the run, at least one: int64 (n_banners,)."""
    first = rules.heroes.first[LEGENDARY]
    size = int(rules.heroes.first[LEGENDARY + 1] - first)
    u = draws.uniform("banner_hero", entities=slice(0, max(1, int(rules.banner.max()) + 1)))
    return np.asarray(first + (u * size).astype(np.int64))
