"""Write down visits of the summoning altar: the banner seen, and every pull."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.heroes import write_team
from engines.idle_rpg.events.order import GACHA, repeated, slot
from engines.idle_rpg.events.words import GEMS, TICKETS
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.rules import LEGENDARY, MOST_STARS, SCALE

_AFTER_PURCHASE = 10  # pulls are numbered from here after a purchase for lack of funds
_COST, _SUMMON, _ASCEND = 8, 9, 10  # sub-events of a pull
_NONE, _SOFT, _HARD = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What came out of k pulls by each of m sessions at `pos`.

    Attributes:
        banner: int64 (m,), -1 for the standard one.
        after_purchase: bool (m,), the funds were just bought.
        hero, rarity, counter: int64 (k, m), counter before each pull.
        copies: int16 (m, heroes), before.
        cell: int16 (m, heroes), before.
        power: int64 (m,), team power before.
    """

    pos: Ints
    banner: Ints
    after_purchase: NDArray[np.bool_]
    hero: Ints
    rarity: Ints
    counter: Ints
    copies: NDArray[np.int16]
    cell: NDArray[np.int16]
    power: Ints


def view_banner(game: Game, visit: Visit, pos: Ints, banner: Ints) -> None:
    """Write who looks at which banner: int64 (m,), -1 for the standard one."""
    log = game.log
    if log is None:
        return
    who = visit.who[pos]
    log.add(
        "gacha_banner_view", visit.when, who, slot(GACHA), visit.now(pos),
        **_banner(game, banner), featured_hero_id=_featured(game, banner),
        gems=log.purse[GEMS][who], tickets=log.purse[TICKETS][who],
    )  # fmt: skip


def _banner(game: Game, banner: Ints) -> dict[str, NDArray[np.generic]]:
    return {"banner_index": banner, "is_limited": banner >= 0}


def _featured(game: Game, banner: Ints) -> Ints:
    return np.where(banner >= 0, game.featured[banner], -1)


def write_pulls(game: Game, visit: Visit, pulled: Pulled, price: tuple[int, int]) -> None:
    """Write pulls, before their time passes, with currency and price of all of them."""
    log = game.log
    if log is None:
        return
    (currency, cost), pos = price, pulled.pos
    who, at, number = visit.who[pos], visit.now(pos), pulled.hero.shape[0]
    actions = game.rules.params.actions.do_gacha
    first = slot(GACHA) + repeated(np.where(pulled.after_purchase, _AFTER_PURCHASE, 0))
    log.pay(visit.when, who, first + _COST, at + actions.seconds, currency, cost, "gacha_summon")
    banner, featured = _banner(game, pulled.banner), _featured(game, pulled.banner)
    k, session = np.divmod(np.arange(number * pos.size), pos.size)
    hero, rarity = pulled.hero.reshape(-1), pulled.rarity.reshape(-1)
    counter, copies = pulled.counter.reshape(-1), _copies(pulled).reshape(-1)
    end = at[session] + actions.seconds + (k + 1) * actions.seconds_per_pull
    place = first[session] + repeated(k)
    log.add(
        "gacha_summon", visit.when, who[session], place + _SUMMON, end,
        **{name: values[session] for name, values in banner.items()},
        summon_type=int(number > 1), pull_index=k, currency=currency - GEMS,
        cost=np.where(k == 0, cost, 0), hero_id=hero, rarity=rarity, is_new=copies == 0,
        is_featured=hero == featured[session], counter_before=counter,
        counter_after=np.where(rarity == LEGENDARY, 0, counter + 1), pity=_pity(game, counter),
    )  # fmt: skip
    cell = pulled.cell[session, hero].astype(np.int64)
    _write_stars(game, visit, (who[session], place + _ASCEND, end), (hero, copies, cell))
    log.pulls[who] += number
    bits = np.where(copies == 0, np.uint64(1) << hero.astype(np.uint64), np.uint64(0))
    new = np.bitwise_or.reduce(bits.reshape(number, -1), axis=0)
    write_team(game, visit, GACHA, pos, end[-pos.size :], pulled.power, new)


def _copies(pulled: Pulled) -> Ints:
    """Return how many copies of its hero an agent owns before each pull: (k, m)."""
    owned = pulled.copies[np.arange(pulled.pos.size), pulled.hero].astype(np.int64)
    for k in range(1, len(owned)):
        owned[k] += (pulled.hero[:k] == pulled.hero[k]).sum(axis=0)
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
