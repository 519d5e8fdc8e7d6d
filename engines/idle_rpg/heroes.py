"""Rank heroes, keep the team at its strongest, and spend gold on levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    players, rules = game.players, game.rules.heroes
    wanted = players.candidates.shape[1]
    all_ids = np.arange(players.cell.shape[1])
    keys = np.sort(strength(rules, players.cell[who], all_ids), axis=1)[:, -wanted:]
    ids = np.where(keys >= 0, _LAST_ID - (keys & _LAST_ID), _LAST_ID)
    ids.sort(axis=1)
    _set_candidates(game, who, ids)


def _set_candidates(game: Game, who: Ints, ids: Ints) -> None:
    """Mark the team among candidates (n, c) sorted by id, and set its power."""
    players, rules = game.players, game.rules.heroes
    owned = ids < _LAST_ID
    cells = players.cell[who[:, None], np.where(owned, ids, 0)].astype(np.int64)
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
    codes = game.players.candidates[who].astype(np.int64)
    cells = game.players.cell[who[:, None], np.minimum(codes >> 1, game.last_hero)].astype(np.int64)
    cells = np.where(codes == EMPTY, 0, cells)  # cell 0 is level 0: its cost is out of reach
    done = _choose_upgrades(game, visit, pos, (codes, cells, gold))
    changed = np.flatnonzero(done)
    if not changed.size:
        return
    who, cells, codes = who[changed], cells[changed], codes[changed]
    _store_levels(game, who, codes, cells)
    visit.left[pos[changed]] -= done[changed] * seconds
    game.count("upgrades", who, done[changed])
    game.spend(GOLD, who, game.players.balance[GOLD][who] - gold[changed])


def _choose_upgrades(
    game: Game, visit: Visit, pos: Ints, state: tuple[Ints, Ints, Ints]
) -> Ints:
    """Upgrade `cells` and pay from `gold` in place; return the number of upgrades (m,)."""
    (codes, cells, gold), rules = state, game.rules.heroes
    settings, seconds = game.rules.params.upgrade, game.rules.params.actions.upgrade_heroes.seconds
    in_team = codes & 1
    done, rows = np.zeros(pos.size, dtype=np.int64), np.arange(pos.size)
    wills = Rolls(game, visit, "upgrade_do", visit.ids[pos], settings.max_per_session)
    for k in range(settings.max_per_session):
        if seconds and k:
            rows = rows[visit.left[pos[rows]] >= (k + 1) * seconds]
        own = cells[rows]
        feasible = rules.cost[own] <= gold[rows][:, None]
        worth = np.where(feasible, rules.score[2 * own + in_team[rows]], -1.0)
        best = worth.argmax(axis=1)
        can = np.flatnonzero(worth[np.arange(rows.size), best] > 0)
        rows, best = rows[can], best[can]
        if not rows.size:
            break
        does = wills.at(k, rows) < settings.do_chance
        rows, best = rows[does], best[does]
        gold[rows] -= rules.cost[cells[rows, best]]
        cells[rows, best] += 1
        done[rows] += 1
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
