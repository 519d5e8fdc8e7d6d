"""Rank heroes, keep the team at its strongest, and spend gold on levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.heroes import write_upgrades
from engines.idle_rpg.game import Game, Rolls, Visit, gate
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import EMPTY, GOLD
from engines.idle_rpg.rules import SCALE, Heroes

ID_BITS = 6
_LAST_ID = (1 << ID_BITS) - 1
_NO_HERO = -1


def strength(
    rules: Heroes, cells: NDArray[np.integer], ids: NDArray[np.integer]
) -> NDArray[np.int32]:
    """Return sortable strengths: power first, in ties the lower id is stronger; < 0 = no hero."""
    keys = rules.strength.take(cells, mode="wrap")
    keys += (_LAST_ID - ids).astype(np.int32)
    return keys


def rank_heroes(game: Game, who: Ints) -> None:
    """Find the strongest heroes of some agents anew, among all they own, and their team."""
    all_ids = np.arange(game.last_hero + 1)
    _choose_strongest(game, who, strength(game.rules.heroes, game.players.cell[who], all_ids))


def rank_with_one(game: Game, who: Ints, hero: Ints) -> None:
    """The same after each agent got a copy of one hero (m,): only this one can be new."""
    known = game.players.candidates[who] >> 1
    ids = np.concatenate([np.where(known == hero[:, None], _LAST_ID, known), hero[:, None]], axis=1)
    rank_among(game, who, ids)


def rank_among(game: Game, who: Ints, ids: Ints) -> None:
    """The same where the strongest are among some heroes (m, k), different or `_LAST_ID`."""
    owned = ids < _LAST_ID
    places = (who * (game.last_hero + 1))[:, None] + np.where(owned, ids, 0)
    keys = strength(game.rules.heroes, game.players.cell.reshape(-1).take(places), ids)
    _choose_strongest(game, who, np.where(owned, keys, _NO_HERO))


def _choose_strongest(game: Game, who: Ints, keys: NDArray[np.int32]) -> None:
    """Make the strongest of the heroes with these strengths (m, k) the candidates."""
    wanted = game.players.candidates.shape[1]
    missing = wanted - keys.shape[1]
    if missing > 0:
        keys = np.concatenate(
            [np.full((who.size, missing), _NO_HERO, dtype=np.int32), keys], axis=1
        )
    keys.sort(axis=1)
    keys = keys[:, -wanted:]
    ids = np.where(keys >= 0, _LAST_ID - (keys & _LAST_ID), _LAST_ID)
    ids.sort(axis=1)
    _set_candidates(game, who, ids)


def _set_candidates(game: Game, who: Ints, ids: Ints) -> None:
    """Mark the team among candidates (n, c) sorted by id, and set its power."""
    players, rules = game.players, game.rules.heroes
    owned = ids < _LAST_ID
    places = (who * (game.last_hero + 1))[:, None] + np.where(owned, ids, 0)
    cells = players.cell.reshape(-1).take(places).astype(np.int64)
    in_team = team_members(rules, cells, ids, owned, game.rules.params.heroes.team_size)
    players.team_power[who] = (rules.power[cells] * in_team).sum(axis=1) // SCALE
    players.candidates[who] = np.where(owned, 2 * ids + in_team, EMPTY)


def team_members(
    rules: Heroes, cells: Ints, ids: Ints, owned: NDArray[np.bool_], size: int
) -> NDArray[np.bool_]:
    """Return which of the candidates (n, c) are among the strongest `size`."""
    keys = np.where(owned, strength(rules, cells, ids), _NO_HERO)
    place = keys.shape[1] - min(size, keys.shape[1])
    weakest = np.partition(keys, place, axis=1)[:, place]
    return owned & (keys >= weakest[:, None])


def upgrade_heroes(game: Game, visit: Visit) -> None:
    """Raise hero levels: the best affordable upgrade again and again, until chance stops it."""
    settings, seconds = game.rules.params.upgrade, game.rules.params.actions.upgrade_heroes.seconds
    pos = gate(game, visit, "upgrade_heroes", visit.with_time(seconds))
    if not pos.size or not settings.max_per_session:
        return
    who = visit.who[pos]
    gold = game.players.balance[GOLD][who]
    power = game.players.team_power[who]
    codes = game.players.candidates[who].astype(np.int64)
    flat = (who * (game.last_hero + 1))[:, None] + np.minimum(codes >> 1, game.last_hero)
    cells = game.players.cell.reshape(-1).take(flat).astype(np.int64)
    cells[codes == EMPTY] = 0  # cell 0 is level 0: its cost is out of reach
    bought: list[Ints] = []
    done = _choose_upgrades(game, visit, pos, (codes, cells, gold), bought)
    changed = np.flatnonzero(done)
    if not changed.size:
        return
    who, cells, codes = who[changed], cells[changed], codes[changed]
    _store_levels(game, who, codes, cells)
    write_upgrades(game, visit, pos, bought, power)
    visit.left[pos[changed]] -= done[changed] * seconds
    game.count("upgrades", who, done[changed])
    game.spend(GOLD, who, game.players.balance[GOLD][who] - gold[changed])


def _choose_upgrades(
    game: Game, visit: Visit, pos: Ints, state: tuple[Ints, Ints, Ints], bought: list[Ints]
) -> Ints:
    """Upgrade `cells` and pay from `gold` in place; return the number of upgrades (m,).

    If events are collected, `bought` gets place, hero and cell before of each round's upgrades.
    """
    (codes, cells, gold), rules = state, game.rules.heroes
    settings, seconds = game.rules.params.upgrade, game.rules.params.actions.upgrade_heroes.seconds
    in_team = codes & 1
    price, worth = rules.cost.take(cells), rules.score.take(2 * cells + in_team)
    done, rows = np.zeros(pos.size, dtype=np.int64), np.arange(pos.size)
    wills = Rolls(game, visit, "upgrade_do", visit.ids[pos], settings.max_per_session)
    for k in range(settings.max_per_session):
        if seconds and k:
            rows = rows[visit.left[pos[rows]] >= (k + 1) * seconds]
        some = rows if rows.size < pos.size else slice(None)
        feasible = price[some] <= gold[some, None]
        best = np.where(feasible, worth[some], 0.0).argmax(axis=1)
        can = feasible[np.arange(rows.size), best]
        rows, best = rows[can], best[can]
        if not rows.size:
            break
        does = wills.at(k, rows) < settings.do_chance
        rows, best = rows[does], best[does]
        gold[rows] -= price[rows, best]
        if game.log is not None:
            bought.append(np.stack([rows, codes[rows, best] >> 1, cells[rows, best]]))
        cells[rows, best] += 1
        done[rows] += 1
        own = cells[rows, best]
        price[rows, best] = rules.cost[own]
        worth[rows, best] = rules.score[2 * own + in_team[rows, best]]
    return done


def _store_levels(game: Game, who: Ints, codes: Ints, cells: Ints) -> None:
    """Write back upgraded candidates and re-optimise the team among them."""
    players, rules = game.players, game.rules.heroes
    owned = codes < EMPTY
    ids = np.where(owned, codes >> 1, _LAST_ID)
    rows, places = np.nonzero(owned)
    players.cell[who[rows], ids[rows, places]] = cells[rows, places]
    in_team = team_members(rules, cells, ids, owned, game.rules.params.heroes.team_size)
    players.team_power[who] = (rules.power[cells] * in_team).sum(axis=1) // SCALE
    players.candidates[who] = np.where(owned, 2 * ids + in_team, EMPTY)
