"""Write down visits of the summoning altar: the banner seen, and every pull."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.heroes import write_team
from engines.idle_rpg.events.log import EventLog
from engines.idle_rpg.events.order import GACHA, repeated, slot
from engines.idle_rpg.events.words import GEMS, TICKETS
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.rules import LEGENDARY, MOST_STARS, SCALE

_AFTER_PURCHASE = 10  # pulls are numbered from here after a purchase for lack of funds
_COST, _SUMMON, _ASCEND = 8, 9, 10  # sub-events of a pull
_NONE, _SOFT, _HARD = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What some sessions were like before their pulls.

    Attributes:
        pos, banner, counter, power: int64 (m,), banner -1 for the standard one, team power.
        copies, cell: int16 (m, heroes).
    """

    pos: Ints
    banner: Ints
    counter: Ints
    power: Ints
    copies: NDArray[np.int16]
    cell: NDArray[np.int16]


def view_banner(game: Game, visit: Visit, pos: Ints) -> None:
    """Write who looks at which banner."""
    log = game.log
    if log is None:
        return
    who, banner = visit.who(pos), visit.day.banner[pos]
    log.add(
        "gacha_banner_view", visit.when, who, slot(GACHA), visit.now(pos),
        banner_index=banner, is_limited=banner >= 0, featured_hero_id=_featured(game, banner),
        gems=log.purse[GEMS][who], tickets=log.purse[TICKETS][who],
    )  # fmt: skip


def _featured(game: Game, banner: Ints) -> Ints:
    return np.where(banner >= 0, game.featured[banner], -1)


def pay_pulls(game: Game, visit: Visit, pos: Ints, price: tuple[int, int]) -> None:
    """Write what sessions pay for pulls, before their time passes: currency and amount."""
    log, (currency, cost) = game.log, price
    if log is not None:
        who, at = visit.who(pos), visit.now(pos) + game.rules.params.actions.do_gacha.seconds
        log.pull_price[:, who] = [[currency], [cost]]
        log.pay(visit.when, who, _first(log, who) + _COST, at, currency, cost, "gacha_summon")


def _first(log: EventLog, who: Ints) -> Ints:
    """Return the place of the first pull: (m,)."""
    return slot(GACHA) + repeated(np.where(log.helped[who], _AFTER_PURCHASE, 0))


def before_pulls(game: Game, visit: Visit, pos: Ints) -> Before | None:
    """Return what must be known of sessions before they pull."""
    if game.log is None:
        return None
    day, rows = visit.day, visit.who(pos)
    return Before(
        pos=pos, banner=day.banner[pos], counter=day.state.counter[pos],
        power=day.state.team_power[pos], copies=game.players.copies[rows],
        cell=game.players.cell[rows],
    )  # fmt: skip


def write_pulls(game: Game, visit: Visit, before: Before, heroes: Ints, rarities: Ints) -> None:
    """Write pulls once their time has passed: heroes and rarities int64 (k, m)."""
    log, pos, actions = game.log, before.pos, game.rules.params.actions.do_gacha
    if log is None:
        return
    number, who = heroes.shape[0], visit.who(pos)
    k, session = np.divmod(np.arange(number * pos.size), pos.size)
    hero, rarity = heroes.reshape(-1), rarities.reshape(-1)
    counter = _counters(before, rarities).reshape(-1)
    copies = _copies(before, heroes).reshape(-1)
    currency, cost = log.pull_price[:, who][:, session]
    end = visit.now(pos)[session] - (number - 1 - k) * actions.seconds_per_pull
    place = _first(log, who)[session] + repeated(k)
    banner = before.banner[session]
    log.add(
        "gacha_summon", visit.when, who[session], place + _SUMMON, end,
        banner_index=banner, is_limited=banner >= 0, summon_type=int(number > 1), pull_index=k,
        currency=currency - GEMS, cost=np.where(k == 0, cost, 0), hero_id=hero, rarity=rarity,
        is_new=copies == 0, is_featured=hero == _featured(game, banner), counter_before=counter,
        counter_after=np.where(rarity == LEGENDARY, 0, counter + 1), pity=_pity(game, counter),
    )  # fmt: skip
    cell = before.cell[session, hero].astype(np.int64)
    _write_stars(game, visit, (who[session], place + _ASCEND, end), (hero, copies, cell))
    log.pulls[who] += number
    bits = np.where(copies == 0, np.uint64(1) << hero.astype(np.uint64), np.uint64(0))
    new = np.bitwise_or.reduce(bits.reshape(number, -1), axis=0)
    write_team(game, visit, GACHA, pos, visit.now(pos), before.power, new)


def _counters(before: Before, rarities: Ints) -> Ints:
    """Return the counter before each pull: (k, m)."""
    found = np.empty_like(rarities)
    found[0] = before.counter
    for k in range(1, len(found)):
        found[k] = np.where(rarities[k - 1] == LEGENDARY, 0, found[k - 1] + 1)
    return found


def _copies(before: Before, heroes: Ints) -> Ints:
    """Return how many copies of its hero an agent owns before each pull: (k, m)."""
    owned = before.copies[np.arange(before.pos.size), heroes].astype(np.int64)
    for k in range(1, len(owned)):
        owned[k] += (heroes[:k] == heroes[k]).sum(axis=0)
    return owned


def _pity(game: Game, counter: Ints) -> Ints:
    given = game.rules.params.gacha
    soft = np.where(counter >= given.soft_pity_from, _SOFT, _NONE) if given.soft_pity else _NONE
    return np.where(counter >= given.hard_pity - 1, _HARD, soft)


def _write_stars(
    game: Game, visit: Visit, when: tuple[Ints, Ints, Ints], got: tuple[Ints, Ints, Ints]
) -> None:
    """Write the stars that another copy brings.

    Rows, places and seconds; heroes, copies and cells before, all (n,).
    """
    (who, place, at), (hero, copies, cell), rules = when, got, game.rules.heroes
    most = rules.stars_by_copies.size - 1
    old = rules.stars_by_copies[np.minimum(copies, most)]
    new = rules.stars_by_copies[np.minimum(copies + 1, most)]
    some = np.flatnonzero((new > old) & (copies > 0))
    if not some.size or game.log is None:
        return
    hero, copies, cell, old, new = (values[some] for values in (hero, copies, cell, old, new))
    rarity, level = rules.rarity[hero], np.where(cell < 0, 1, cell % rules.width)
    before = (rarity * MOST_STARS + old) * rules.width + level
    after = before + (new - old) * rules.width
    game.log.add(
        "hero_ascend", visit.when, who[some], place[some], at[some],
        hero_id=hero, rarity=rarity, old_stars=1 + old, new_stars=1 + new, copies=copies + 1,
        power_before=rules.power[before] / SCALE, power_after=rules.power[after] / SCALE,
    )  # fmt: skip
