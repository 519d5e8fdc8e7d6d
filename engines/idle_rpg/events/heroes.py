"""Write down what happens to heroes: levels bought, and who enters or leaves the team."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.log import SINK
from engines.idle_rpg.events.order import TEAM, UPGRADE, repeated, slot
from engines.idle_rpg.events.teams import lowest_hero, team_bits
from engines.idle_rpg.events.words import GOLD, SINK_REASONS, TEAM_REASONS
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.rules import SCALE

_LEVELUP = SINK_REASONS.index("hero_levelup")
_NEW, _OPTIMISED = TEAM_REASONS.index("new_hero"), TEAM_REASONS.index("auto_optimize")
_ONE = np.uint64(1)


@dataclass(slots=True, kw_only=True)
class Bought:
    """Hero levels bought in one step of the sessions at `pos`.

    Attributes:
        power: int64 (m,), team power before.
        levels: int64 (3, n), place among `pos`, hero and its cell before, an agent's in order.
    """

    pos: Ints
    power: Ints
    levels: Ints = field(default_factory=lambda: np.zeros((3, 0), dtype=np.int64))


def begin_upgrades(game: Game, visit: Visit, pos: Ints) -> Bought | None:
    """Return what the upgrades of the sessions `pos` are to be noted in."""
    power = None if game.log is None else visit.day.state.team_power[pos]
    return None if power is None else Bought(pos=pos, power=power)


def write_upgrades(game: Game, visit: Visit, noted: Bought | None) -> None:
    """Write hero levels, before their time passes."""
    log, rules = game.log, game.rules.heroes
    if log is None or noted is None or not noted.levels.size:
        return
    pos, power = noted.pos, noted.power
    place, hero, cell = noted.levels[:, np.argsort(noted.levels[0], kind="stable")]
    k = np.arange(place.size) - np.searchsorted(place, place)
    who, price, level = visit.who(pos[place]), rules.cost[cell], cell % rules.width
    seconds = game.rules.params.actions.upgrade_heroes.seconds
    at = visit.now(pos)[place] + (k + 1) * seconds
    places = slot(UPGRADE) + repeated(k)
    log.add(
        "hero_levelup", visit.when, who, places, at,
        hero_id=hero, rarity=rules.rarity[hero], old_level=level, new_level=level + 1, gold=price,
        power_before=rules.power[cell] / SCALE, power_after=rules.power[cell + 1] / SCALE,
    )  # fmt: skip
    running = np.cumsum(price)
    spent = running - (running - price)[k == 0][np.cumsum(k == 0) - 1]
    after = log.purse[GOLD][who] - spent
    log.add(
        SINK, visit.when, who, places + 1, at,
        currency=GOLD, amount=price, balance_after=after, reason=_LEVELUP,
    )  # fmt: skip
    last = np.append(k[1:] == 0, True)
    log.purse[GOLD][who[last]] = after[last]
    log.gold[who[last]] += spent[last]
    write_team(game, visit, UPGRADE, pos[place[last]], at[last], power[place[last]])


def write_team(  # noqa: PLR0913, PLR0917 - a step of a session
    game: Game, visit: Visit, code: int, pos: Ints, at: Ints, power: Ints,
    fresh: NDArray[np.uint64] | None = None,
) -> None:  # fmt: skip
    """Write the heroes that entered or left teams in a step: seconds, team power before, (m,).

    `fresh`: uint64 (m,), heroes that the agents own since this step, as bits.
    """
    log = game.log
    if log is None:
        return
    who = visit.who(pos)
    now = team_bits(visit.day.strongest.take(pos, axis=2))
    old = log.team[who]
    log.team[who] = now
    some = np.flatnonzero(now != old)
    if not some.size or not log.wants("hero_team_change"):
        return
    entered, left = now[some] & ~old[some], old[some] & ~now[some]
    new = np.zeros_like(entered) if fresh is None else fresh[some]
    change = 0
    while some.size:
        hero_in, hero_out = lowest_hero(entered), lowest_hero(left)
        is_new = (hero_in >= 0) & (new >> np.maximum(hero_in, 0).astype(np.uint64) & _ONE > 0)
        log.add(
            "hero_team_change", visit.when, who[some], slot(code, TEAM, change), at[some],
            hero_in=hero_in, hero_out=hero_out, team_power_before=power[some],
            team_power_after=visit.day.state.team_power[pos[some]],
            reason=np.where(is_new, _NEW, _OPTIMISED),
        )  # fmt: skip
        entered &= entered - _ONE * (entered > 0)
        left &= left - _ONE * (left > 0)
        more = np.flatnonzero((entered | left) > 0)
        some, entered, left, new = some[more], entered[more], left[more], new[more]
        change += 1
