"""Rank the heroes of players: the strongest as candidates for upgrades, and the team among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.day import Day
from engines.idle_rpg.game import Game
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import EMPTY, State
from engines.idle_rpg.rules import SCALE, Heroes, reach_rows

_LAST_ID = 63  # the largest of six bits stands for no hero
_NO_HERO, _REPLACED = -1, -2
_CELL_BITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The strongest heroes of some agents: codes and cells int64 (candidates, m), power (m,)."""

    codes: Ints
    cells: Ints
    power: Ints

    def store(self, game: Game, state: State, strongest: NDArray[np.int16], pos: Ints) -> None:
        """Write the ranking to the agents at `pos`; `strongest` is (2, candidates, n)."""
        strongest[0][:, pos] = self.codes
        strongest[1][:, pos] = self.cells
        state.team_power[pos] = self.power
        state.reach[pos] = reach_rows(game.rules.campaign, self.power)


def strength(rules: Heroes, cells: NDArray[np.integer], ids: Ints) -> NDArray[np.int32]:
    """Return sortable strengths: power first, in ties the lower id is stronger."""
    keys = rules.strength.take(cells)
    keys += (_LAST_ID - ids).astype(np.int32)
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
    keys = np.where(cells >= 0, strength(game.rules.heroes, cells, ids), _NO_HERO)
    packed = np.where(cells >= 0, _packed(ids, cells), _packed(_LAST_ID, 0))
    missing = wanted - keys.shape[1]
    if missing > 0:
        none = np.full((len(keys), missing), _packed(_LAST_ID, 0))
        packed = np.concatenate([packed, none], axis=1)
    else:
        place = -missing
        weakest = np.partition(keys, place, axis=1)[:, place, None]
        packed = np.where(keys >= np.maximum(weakest, 0), packed, _packed(_LAST_ID, 0))
    packed.sort(axis=1)
    return _ranking(game, np.ascontiguousarray(packed[:, :wanted].T))


def rank_with_one(game: Game, day: Day, pos: Ints, hero: Ints) -> None:
    """The same after each agent got a copy of one hero (m,): only this one can be new."""
    rules, strongest = game.rules.heroes, day.strongest.take(pos, axis=2).astype(np.int64)
    known, before = strongest[0] >> 1, strongest[1]
    cell = game.players.cell.reshape(-1).take(day.rows[pos] * game.n_heroes + hero)
    own, is_known = strength(rules, cell, hero), known == hero
    keys = np.where(known < _LAST_ID, strength(rules, before, known), _NO_HERO)
    stars = (is_known & (before != cell)).any(axis=0)
    moved = (stars | (~is_known.any(axis=0) & (own > keys.min(axis=0)))).nonzero()[0]
    if not moved.size:
        return
    keys = np.where(is_known, _REPLACED, keys).take(moved, axis=1)
    packed = _packed(known, before).take(moved, axis=1)
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
    rules, ids = game.rules.heroes, packed >> _CELL_BITS
    cells, owned = packed & ((1 << _CELL_BITS) - 1), ids < _LAST_ID
    in_team = team_members(rules, cells, ids, owned, game.rules.params.heroes.team_size)
    return Ranking(
        codes=np.where(owned, 2 * ids + in_team, EMPTY), cells=cells,
        power=team_power(rules, cells, in_team),
    )  # fmt: skip


def team_members(
    rules: Heroes, cells: Ints, ids: Ints, owned: NDArray[np.bool_], size: int
) -> NDArray[np.bool_]:
    """Return which of the candidates (c, m) are among the strongest `size`."""
    keys = np.where(owned, strength(rules, cells, ids), _NO_HERO)
    place = len(keys) - min(size, len(keys))
    weakest = np.partition(keys.T, place, axis=1)[:, place]
    return owned & (keys >= weakest)


def team_power(rules: Heroes, cells: Ints, in_team: NDArray[np.integer | np.bool_]) -> Ints:
    """Return the power of teams, given cells of candidates and which are in it, (c, m): (m,)."""
    power = rules.power.take(cells)
    power *= in_team
    return np.asarray(power.sum(axis=0) // SCALE)
