"""Rank the heroes of players: the strongest as candidates for upgrades, and the team among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.day import Day
from engines.idle_rpg.game import Game
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import NO_HERO, State
from engines.idle_rpg.rules import SCALE, Heroes, reach_rows

_REPLACED = -1000  # weaker than no hero
_CELL_BITS = 16
_CELL = (1 << _CELL_BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The strongest heroes of some agents: ids and grades int64 (candidates, m), power (m,)."""

    ids: Ints
    grades: Ints
    power: Ints

    def store(self, game: Game, state: State, strongest: NDArray[np.int16], pos: Ints) -> None:
        """Write the ranking to the agents at `pos`; `strongest` is (2, candidates, n)."""
        strongest[0][:, pos] = self.ids
        strongest[1][:, pos] = self.grades
        state.team_power[pos] = self.power
        state.reach[pos] = reach_rows(game.rules.campaign, self.power)


def strength(
    rules: Heroes, cells: NDArray[np.integer], ids: NDArray[np.integer]
) -> NDArray[np.int32]:
    """Return sortable strengths, above 0 if owned: power first, in ties the lower id wins."""
    keys = rules.strength.take(cells)
    keys -= ids.astype(np.int32)
    return keys


def rank_heroes(game: Game, day: Day, pos: Ints) -> None:
    """Find the strongest heroes of some agents anew, among all they own, and their team."""
    rows = day.rows[pos]
    cells, ids = game.players.cell[rows].astype(np.int64), np.arange(game.n_heroes)
    _strongest(game, cells, ids).store(game, day.state, day.strongest, pos)


def rank_first(game: Game, ids: Ints) -> None:
    """Make different heroes (n, k) the first candidates of all players of a block."""
    players, rows = game.players, np.arange(game.players.size)
    cells = players.cell[rows[:, None], ids].astype(np.int64)
    strongest = players.strongest.transpose(1, 2, 0)
    _strongest(game, cells, ids).store(game, players.state, strongest, rows)


def _strongest(game: Game, cells: Ints, ids: Ints) -> Ranking:
    """Rank heroes by their cells, below 0 if not owned, and ids, each (m, k)."""
    wanted = game.rules.params.heroes.candidates
    keys = strength(game.rules.heroes, cells, ids)
    packed = np.where(cells >= 0, _packed(ids, cells), _packed(NO_HERO, 0))
    missing = wanted - keys.shape[1]
    if missing > 0:
        none = np.full((len(keys), missing), _packed(NO_HERO, 0))
        packed = np.concatenate([packed, none], axis=1)
    else:
        place = -missing
        weakest = np.partition(keys, place, axis=1)[:, place, None]
        packed = np.where(keys >= np.maximum(weakest, 1), packed, _packed(NO_HERO, 0))
    packed.sort(axis=1)
    return _ranking(game, np.ascontiguousarray(packed[:, :wanted].T))


def rank_with_one(game: Game, day: Day, pos: Ints, hero: Ints) -> None:
    """The same after one hero of each agent, (m,), came in or got more stars."""
    if not pos.size:
        return
    rules, strongest = game.rules.heroes, day.strongest.take(pos, axis=2).astype(np.int64)
    known, before = strongest[0], strongest[1] >> 1
    cell = game.players.cell.reshape(-1).take(day.rows[pos] * game.n_heroes + hero)
    own, is_known = strength(rules, cell, hero), known == hero
    keys = strength(rules, before, known)
    keys[is_known] = _REPLACED
    weakest = keys.min(axis=0)
    moved = (own > weakest).nonzero()[0]
    if not moved.size:
        return
    keys = keys.take(moved, axis=1)
    packed = _packed(known.take(moved, axis=1), before.take(moved, axis=1))
    new = _packed(hero[moved], cell[moved].astype(np.int64))
    _ranking(game, exchanged(packed, keys, new)).store(game, day.state, day.strongest, pos[moved])


def exchanged(values: Ints, keys: NDArray[np.integer], new: Ints) -> Ints:
    """Return rising values (c, m) where `new` (m,) came in for the one with the lowest key.

    `keys`: (c, m); where several have the lowest, their values are the highest and equal.
    """
    gone = (values * (keys == keys.min(axis=0))).max(axis=0)
    longer = np.empty((len(values) + 1, new.size), dtype=np.int64)
    np.minimum(values[0], new, out=longer[0])
    np.maximum(values, new, out=longer[1:])
    np.minimum(longer[1:-1], values[1:], out=longer[1:-1])
    return np.where(longer[:-1] < gone, longer[:-1], longer[1:])


def _packed(ids: Ints | int, cells: Ints | int) -> Ints:
    """Return heroes as numbers that sort by id."""
    return np.asarray((ids << _CELL_BITS) + cells)


def _ranking(game: Game, packed: Ints) -> Ranking:
    """Return the ranking of packed candidates (candidates, m) in order of their ids."""
    rules, ids, cells = game.rules.heroes, packed >> _CELL_BITS, packed & _CELL
    grades = 2 * cells + team_members(rules, cells, ids, game.rules.params.heroes.team_size)
    return Ranking(ids=ids, grades=grades, power=team_power(rules, grades))


def team_members(
    rules: Heroes, cells: Ints, ids: NDArray[np.integer], size: int
) -> NDArray[np.bool_]:
    """Return which of the candidates (c, m) are among the strongest `size`."""
    keys = strength(rules, cells, ids)
    stronger = (keys[:, None] < keys).sum(axis=1, dtype=np.int8)  # quicker than to sort so few
    return np.asarray((stronger < size) & (keys > 0))


def team_power(rules: Heroes, grades: Ints) -> Ints:
    """Return the power of teams, given the grades of candidates (c, m): (m,)."""
    return np.asarray(rules.team_power.take(grades).sum(axis=0) // SCALE)
