"""Summon heroes: whether, how many, and what comes out under the pity rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.day import Day, wanted_banners
from engines.idle_rpg.events.gacha import before_pulls, pay_pulls, view_banner, write_pulls
from engines.idle_rpg.game import Game, Visit, session_chance
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import PULL_STREAMS, Words
from engines.idle_rpg.players import GEMS, TICKETS, State
from engines.idle_rpg.ranking import rank_first, rank_heroes, rank_with_one
from engines.idle_rpg.rules import LEGENDARY, MOST_STARS, Rules
from engines.idle_rpg.shop import offer, without
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


def prepare_day(game: Game, day: Day) -> None:
    """Look up what decides on pulls all day: the wanted banner, and the cap of the week."""
    everyone = np.arange(day.size)
    day.banner[:] = wanted_banners(game.rules, game.featured, game.players, day, everyone)
    agents = (day.kind, day.ids)
    day.pull_cap[:] = pull_caps(game.rules, game.draws, agents, day.age // WEEK_DAYS)


def do_gacha(game: Game, visit: Visit) -> None:
    """Visit the summoning altar: at most one decision in a session."""
    actions = game.rules.params.actions.do_gacha
    level = game.rules.params.levels.unlock.gacha
    possible = visit.day.state.exp[: visit.size] >= game.rules.level_exp[level - 1]
    possible &= visit.left >= actions.seconds + actions.seconds_per_pull
    possible &= visit.day.pull_cap[: visit.size] > visit.day.state.week_pulls[: visit.size]
    pos = _visitors(game, visit, possible)
    if not pos.size:
        return
    view_banner(game, visit, pos)
    poor = pos[~_can_pay(game, visit.day.state, pos)]
    if poor.size:
        pos = without(pos, without(poor, _offer_funds(game, visit, poor), visit), visit)
    _pull_first_possible(game, visit, pos)


def _visitors(game: Game, visit: Visit, possible: NDArray[np.bool_]) -> Ints:
    """Return the sessions that decide to pull, of those in which it is possible."""
    day, u = visit.day, visit.luck.act("do_gacha")
    near = u < _highest_chance(game, visit)
    if game.compared:
        near |= day.state.counter[: visit.size] > HALF_WAY
    pos = (near & possible).nonzero()[0]
    fired = u[pos] < visit_chance(game, visit, pos)
    if game.compared:
        over = (day.state.counter[pos] > HALF_WAY).nonzero()[0]
        day.today("over50_possible")[pos[over]] += 1
        day.today("over50_fired")[pos[over]] += fired[over]
    return pos[fired]


def visit_chance(game: Game, visit: Visit, pos: Ints) -> Floats:
    """Return the chance of a pull visit in the sessions `pos`: (m,)."""
    day, counter = visit.day, visit.day.state.counter[pos]
    desire = game.desire[day.kind[pos]] + game.pity_bonus[counter]
    desire = desire + game.rules.params.gacha.wanted_bonus * (day.banner[pos] >= 0)
    for start, value in day.effects.desire_adds.values():
        desire = desire + np.where(counter >= start[pos], value[pos], 0.0)
    wish = np.maximum(desire, 0.0)
    chance = np.asarray(session_chance(game, visit, "do_gacha", wish, pos))
    for start, value in day.effects.desire_multipliers.values():
        chance = chance * np.where(counter >= start[pos], value[pos], 1.0)
    return chance


def _highest_chance(game: Game, visit: Visit) -> Floats | float:
    """Return what no chance of a pull visit can exceed: a number or (m,)."""
    chance = session_chance(game, visit, "do_gacha")
    for _, value in visit.day.effects.desire_multipliers.values():
        chance = chance * np.maximum(1.0, value[: visit.size])
    return chance


def pity_bonus(rules: Rules) -> Floats:
    """Return what the counter adds to the desire: float64 (hard_pity,)."""
    given, counter = rules.params.gacha, np.arange(rules.params.gacha.hard_pity)
    half = np.where(counter >= given.mid_from, given.mid_bonus, 0.0)
    return np.where(counter >= given.near_from, given.near_bonus, half)


def pull_caps(rules: Rules, draws: Draws, agents: tuple[Ints, Words], week: int) -> Ints:
    """Return the pulls that agents (archetype, id) may make in an agent-week: (m,)."""
    kind, ids = agents
    low, high = rules.pull_caps.take(kind, axis=1)
    u = draws.uniform("pull_cap", step=week, entities=ids)
    return np.asarray(low + (u * (high - low + 1)).astype(np.int64))


def _can_pay(game: Game, state: State, pos: Ints) -> NDArray[np.bool_]:
    given = game.rules.params.gacha
    by_ticket = state.tickets[pos] >= given.single_tickets
    return np.asarray(by_ticket | (state.gems[pos] >= given.single_gems))


def _offer_funds(game: Game, visit: Visit, pos: Ints) -> Ints:
    near = visit.day.state.counter[pos] >= game.rules.params.gacha.near_from
    turns = ("pity_close", pos[near]), ("out_of_gems_gacha", pos[~near])
    return np.concatenate(offer(game, visit, *turns))


def _pull_first_possible(game: Game, visit: Visit, pos: Ints) -> None:
    """Let each session pull in the first way that it can pay, and that week and time allow."""
    day, actions, left = visit.day, game.rules.params.actions.do_gacha, visit.left[pos]
    balances = [balance[pos] for balance in day.state.matrix[: TICKETS + 1]]
    room = day.pull_cap[pos] - day.state.week_pulls[pos]
    undecided, pulling = np.ones(pos.size, dtype=np.bool_), dict[int, list[Ints]]()
    for index, kind in enumerate(kinds_of_pulls(game.rules)):
        seconds = actions.seconds + actions.seconds_per_pull * kind.pulls
        able = undecided & (balances[kind.currency] >= kind.price)
        if index == 1:
            able &= game.multi_pull[day.kind[pos]]
        able &= (room >= kind.pulls) & (left >= seconds)
        chosen = pos[able]
        if chosen.size:
            undecided &= ~able
            pay_pulls(game, visit, chosen, (kind.currency, kind.price))
            visit.left[chosen] -= seconds
            game.spend(day.state, kind.currency, chosen, kind.price)
            pulling.setdefault(kind.pulls, []).append(chosen)
    for pulls, parts in pulling.items():
        _pull(game, visit, np.concatenate(parts), pulls)


def _pull(game: Game, visit: Visit, pos: Ints, pulls: int) -> None:
    """Make pulls one after the other, then re-optimise the team."""
    day, state, ids = visit.day, visit.day.state, visit.ids[pos]
    before = before_pulls(game, visit, pos)
    steps, banner = visit.luck.reps(0, pulls), day.banner[pos]
    u, v = visit.luck.repeated(PULL_STREAMS, (0, pulls), pos)
    rarity, counter = pulled_rarities(game.rules, state.counter[pos], u)
    hero = _drawn_heroes(game, (steps, ids), v, (rarity, banner))
    state.counter[pos] = counter
    high = int(counter.max())
    game.fault("pity", high >= game.rules.params.gacha.hard_pity, f"a pity counter is {high}")
    state.week_pulls[pos] += pulls
    day.today("pulls")[pos] += pulls
    legendaries = (rarity == LEGENDARY).sum(axis=0)
    lucky = legendaries.nonzero()[0]
    if lucky.size:
        state.legendary_age[pos[lucky]] = visit.age
        day.today("legendaries")[pos[lucky]] += legendaries[lucky]
    changed = add_copies(game, day.rows[pos], hero)
    if pulls == 1:
        better = changed[0].nonzero()[0]
        rank_with_one(game, day, pos[better], hero[0, better])
    else:
        rank_heroes(game, day, pos)
    if before is not None:
        write_pulls(game, visit, before, hero, rarity)
    wanting = pos[lucky[banner[lucky] >= 0]]
    if wanting.size:
        day.banner[wanting] = wanted_banners(game.rules, game.featured, game.players, day, wanting)


def pulled_rarities(rules: Rules, counter: Ints, u: Floats) -> tuple[Ints, Ints]:
    """Return the rarity of pulls in a row, (k, m), and the counter after the last: (m,).

    Counters are followed as if no legendary came; where one comes, those after it are set anew.
    """
    pulls, edge = u.shape[0], rules.pull_edges[:, 0]
    number = np.arange(pulls)[:, None]
    counters = np.minimum(counter + number, edge.size - 1)
    start, some = np.zeros(counter.size, dtype=np.int64), np.arange(counter.size)
    while pulls > 1 and some.size:
        hit = (u[:, some] < edge[counters[:, some]]) & (number >= start)
        hit = hit[:-1]
        found = hit.any(axis=0)
        some, start = some[found], hit[:, found].argmax(axis=0) + 1
        since = number - start
        counters[:, some] = np.where(since >= 0, since, counters[:, some])
    rarity = drawn_rarity(rules, counters, u)
    return rarity, np.where(rarity[-1] == LEGENDARY, 0, counters[-1] + 1)


def drawn_rarity(rules: Rules, counter: Ints, u: Floats) -> Ints:
    """Return the rarity of pulls from their uniforms: legendary first, then epic, rare, common."""
    passed = np.zeros(u.shape, dtype=np.int8)
    for edge in rules.pull_edges.T:
        passed += (u >= edge.take(counter)).view(np.int8)
    return (LEGENDARY - passed).astype(np.int64)


def _drawn_heroes(
    game: Game, address: tuple[Words, Words], u: Floats, pulled: tuple[Ints, Ints]
) -> Ints:
    """Return the hero of each pull, given uniforms and rarities, each (k, m).

    `address`: steps (k,) and ids (m,); `pulled`: rarities and limited banners (m,), -1 = none.
    """
    (steps, ids), (rarity, banner) = address, pulled
    first = game.rules.heroes.first
    sizes = first[1:] - first[:-1]
    hero = first.take(rarity) + (u * sizes.take(rarity)).astype(np.int64)
    stars = ((rarity == LEGENDARY) & (banner >= 0)).reshape(-1).nonzero()[0]
    if stars.size:
        k, m = np.divmod(stars, banner.size)
        star = game.featured[banner[m]]
        v = game.draws.uniform("pull_featured", step=steps[k], entities=ids[m])
        others = int(first[LEGENDARY + 1] - first[LEGENDARY]) - 1
        other = first[LEGENDARY] + (u[k, m] * others).astype(np.int64)
        other += other >= star
        hero[k, m] = np.where(v < game.rules.params.gacha.featured_share, star, other)
    return np.asarray(hero)


def add_copies(game: Game, rows: Ints, hero: Ints) -> NDArray[np.bool_]:
    """Add copies of heroes (k, m) to the players at `rows` (m,); stars follow at once.

    A hero may come several times: before and after are looked up for each copy, and agree. Return
    which heroes are new or have more stars, (k, m).
    """
    players, rules = game.players, game.rules.heroes
    most = rules.stars_by_copies.size - 1
    places = rows * game.n_heroes + hero
    copies, cell = players.copies.reshape(-1), players.cell.reshape(-1)
    before = copies.take(places)
    if len(hero) == 1:
        after = before + 1
    else:
        np.add.at(copies, places.reshape(-1), np.int16(1))
        after = copies.take(places)
    copies[places] = after = np.minimum(after, most)
    more_stars = rules.stars_by_copies.take(after) - rules.stars_by_copies.take(before)
    changed = (more_stars > 0) | (before == 0)
    fresh = changed.reshape(-1).nonzero()[0]
    place = places.take(fresh)
    level_one = rules.rarity.take(hero.take(fresh)) * (MOST_STARS * rules.width) + 1
    known = np.where(before.take(fresh) == 0, level_one, cell.take(place))
    cell[place] = known + more_stars.take(fresh) * rules.width
    return np.asarray(changed)


def give_heroes(game: Game, heroes: Ints) -> None:
    """Give every player of the block its first heroes, different ones: (n, k)."""
    for hero in heroes.T:
        add_copies(game, np.arange(game.players.size), hero[None])
    rank_first(game, heroes)


def draw_featured(rules: Rules, draws: Draws) -> Ints:
    """Return the featured legendary of each banner of the run, at least one: int64 (n_banners,)."""
    first = rules.heroes.first[LEGENDARY]
    size = int(rules.heroes.first[LEGENDARY + 1] - first)
    u = draws.uniform("banner_hero", entities=slice(0, max(1, int(rules.banner.max()) + 1)))
    return np.asarray(first + (u * size).astype(np.int64))
