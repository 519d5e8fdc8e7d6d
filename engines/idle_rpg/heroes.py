"""Rank heroes, keep the team at its strongest, and spend gold on levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.day import Day
from engines.idle_rpg.events.heroes import Bought, begin_upgrades, write_upgrades
from engines.idle_rpg.game import Game, Visit, gate
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import EMPTY, GOLD, State
from engines.idle_rpg.rules import SCALE, WORTH_STEP, Heroes, reach_rows

ID_BITS = 6
_LAST_ID = (1 << ID_BITS) - 1
_NO_HERO = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The strongest heroes of some agents: codes and cells int64 (m, candidates), power (m,)."""

    codes: Ints
    cells: Ints
    power: Ints

    def store(self, game: Game, state: State, strongest: NDArray[np.int16], pos: Ints) -> None:
        """Write the ranking to the agents at `pos`; `strongest` is (2, candidates, n)."""
        strongest[0, :, pos] = self.codes
        strongest[1, :, pos] = self.cells
        state.team_power[pos] = self.power
        state.reach[pos] = reach_rows(game.rules.campaign, self.power)


def strength(
    rules: Heroes, cells: NDArray[np.integer], ids: NDArray[np.integer]
) -> NDArray[np.int32]:
    """Return sortable strengths: power first, in ties the lower id is stronger; < 0 = no hero."""
    keys = rules.strength.take(cells, mode="wrap")
    keys += (_LAST_ID - ids).astype(np.int32)
    return keys


def rank_heroes(game: Game, day: Day, pos: Ints) -> None:
    """Find the strongest heroes of some agents anew, among all they own, and their team."""
    rows = day.rows[pos]
    keys = strength(game.rules.heroes, game.players.cell[rows], np.arange(game.n_heroes))
    _strongest(game, rows, keys).store(game, day.state, day.strongest, pos)


def rank_with_one(game: Game, day: Day, pos: Ints, hero: Ints) -> None:
    """The same after each agent got a copy of one hero (m,): only this one can be new."""
    rows, rules = day.rows[pos], game.rules.heroes
    known = day.strongest[0, :, pos] >> 1
    cell = game.players.cell[rows, hero]
    is_known = known == hero[:, None]
    before = day.strongest[1, :, pos]
    keys = np.where(known < _LAST_ID, strength(rules, before, known), _NO_HERO)
    own = strength(rules, cell, hero)
    stars = (is_known & (before != cell[:, None])).any(axis=1)
    moved = (stars | (~is_known.any(axis=1) & (own > keys.min(axis=1)))).nonzero()[0]
    if moved.size:
        keys = np.where(is_known, _NO_HERO, keys)[moved]
        keys = np.concatenate([keys, own[moved, None]], axis=1)
        _strongest(game, rows[moved], keys).store(game, day.state, day.strongest, pos[moved])


def rank_first(game: Game, ids: Ints) -> None:
    """Make different heroes (n, k) the first candidates of all players of a block."""
    players, rows = game.players, np.arange(game.players.size)
    keys = strength(game.rules.heroes, players.cell[rows[:, None], ids], ids)
    strongest = players.strongest.transpose(1, 2, 0)
    _strongest(game, rows, keys).store(game, players.state, strongest, rows)


def _strongest(game: Game, rows: Ints, keys: NDArray[np.int32]) -> Ranking:
    """Rank the heroes with the strengths `keys` (m, k) of the players at `rows` (m,)."""
    wanted = game.rules.params.heroes.candidates
    missing = wanted - keys.shape[1]
    if missing > 0:
        none = np.full((rows.size, missing), _NO_HERO, dtype=np.int32)
        keys = np.concatenate([none, keys], axis=1)
    keys.sort(axis=1)
    keys = keys[:, -wanted:]
    ids = np.where(keys >= 0, _LAST_ID - (keys & _LAST_ID), _LAST_ID)
    ids.sort(axis=1)
    owned = ids < _LAST_ID
    places = (rows * game.n_heroes)[:, None] + np.where(owned, ids, 0)
    cells = np.where(owned, game.players.cell.reshape(-1).take(places), 0).astype(np.int64)
    rules = game.rules.heroes
    in_team = team_members(rules, cells, ids, owned, game.rules.params.heroes.team_size)
    power = (rules.power[cells] * in_team).sum(axis=1) // SCALE
    return Ranking(codes=np.where(owned, 2 * ids + in_team, EMPTY), cells=cells, power=power)


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
    pos = gate(game, visit, "upgrade_heroes", visit.left >= seconds)
    if not pos.size or not settings.max_per_session:
        return
    day, rules = visit.day, game.rules.heroes
    cells = day.strongest[1].take(pos, axis=1).astype(np.int64)
    gold = day.state.gold[pos]
    price = rules.cost.take(cells)
    able = (price.min(axis=0) <= gold).nonzero()[0]
    if not able.size:
        return
    pos, gold = pos[able], gold[able]
    codes, before = day.strongest[0].take(pos, axis=1), cells.take(able, axis=1)
    cells = before.copy()
    bought = begin_upgrades(game, visit, pos)
    found = (codes, cells, price.take(able, axis=1), gold)
    done = _choose_upgrades(game, visit, pos, found, bought)
    changed = done.nonzero()[0]
    pos, done = pos[changed], done[changed]
    _store_levels(
        game,
        day,
        pos,
        (codes.take(changed, axis=1), cells.take(changed, axis=1), before.take(changed, axis=1)),
    )
    write_upgrades(game, visit, bought)
    visit.left[pos] -= done * seconds
    day.today("upgrades")[pos] += done
    game.spend(day.state, GOLD, pos, day.state.gold[pos] - gold[changed])


def _choose_upgrades(
    game: Game, visit: Visit, pos: Ints, found: tuple[NDArray[np.int16], Ints, Ints, Ints],
    bought: Bought | None,
) -> Ints:  # fmt: skip
    """Upgrade `cells`, set their `price`, each (c, m), and pay from `gold` (m,), all in place.

    Return the number of upgrades (m,); they are noted in `bought`.
    """
    (codes, cells, price, gold), rules = found, game.rules.heroes
    settings, seconds = game.rules.params.upgrade, game.rules.params.actions.upgrade_heroes.seconds
    last = codes.shape[0] - 1
    in_team = codes & 1
    worth = rules.worth.take(2 * cells + in_team)
    worth += (last - np.arange(last + 1, dtype=np.int32))[:, None]  # in ties the lower id
    (u,) = visit.luck.repeated(("upgrade_do",), (0, settings.max_per_session), pos)
    wills = u < settings.do_chance
    done, rows = np.zeros(pos.size, dtype=np.int64), np.arange(pos.size)
    most = np.logical_and.accumulate(wills, axis=0).sum(axis=0)
    if seconds:
        most = np.minimum(most, visit.left[pos] // seconds)
    for k in range(settings.max_per_session):
        rows = rows[most[rows] > k]
        payable = price.take(rows, axis=1) <= gold[rows]
        best = (worth.take(rows, axis=1) * payable).max(axis=0)
        can = best.nonzero()[0]
        if not can.size:
            break
        rows, place = rows[can], last - (best[can] & (WORTH_STEP - 1))
        gold[rows] -= price[place, rows]
        own = cells[place, rows] + 1
        if bought is not None:
            bought.rounds.append(np.stack([rows, codes[place, rows] >> 1, own - 1]))
        cells[place, rows] = own
        done[rows] += 1
        price[place, rows] = rules.cost[own]
        worth[place, rows] = rules.worth[2 * own + in_team[place, rows]] + (last - place)
    return done


def _store_levels(
    game: Game, day: Day, pos: Ints, levels: tuple[NDArray[np.int16], Ints, Ints]
) -> None:
    """Write back upgraded candidates, (c, m) each, and re-optimise the team among them."""
    codes, cells, before = levels
    rules, size = game.rules.heroes, game.rules.params.heroes.team_size
    place, here = (cells != before).nonzero()
    game.players.cell[day.rows[pos[here]], codes[place, here] >> 1] = cells[place, here]
    day.strongest[1, :, pos] = cells.T
    outside = np.unique(here[(codes[place, here] & 1) == 0])  # may enter the team
    if outside.size:
        some = codes[:, outside].T
        owned, ids = some < EMPTY, (some >> 1).astype(np.int64)
        in_team = team_members(rules, cells[:, outside].T, ids, owned, size)
        codes[:, outside] = np.where(owned, 2 * ids + in_team, EMPTY).T
        day.strongest[0, :, pos[outside]] = codes[:, outside].T
    power = (rules.power.take(cells) * (codes & 1)).sum(axis=0) // SCALE
    day.state.team_power[pos] = power
    day.state.reach[pos] = reach_rows(game.rules.campaign, power)
