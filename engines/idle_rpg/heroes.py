"""Spend gold on hero levels, always on the best return, and keep the team at its strongest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.day import Day
from engines.idle_rpg.events.heroes import Bought, begin_upgrades, write_upgrades
from engines.idle_rpg.game import Game, Visit, gate
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import in_a_row
from engines.idle_rpg.players import EMPTY, GOLD
from engines.idle_rpg.ranking import team_members, team_power
from engines.idle_rpg.rules import WORTH_STEP, Heroes, reach_rows


def upgrade_heroes(game: Game, visit: Visit) -> None:
    """Raise hero levels: the best affordable upgrade again and again, until chance stops it."""
    settings, seconds = game.rules.params.upgrade, game.rules.params.actions.upgrade_heroes.seconds
    pos = gate(game, visit, "upgrade_heroes", visit.left >= seconds)
    if not pos.size or not settings.max_per_session:
        return
    pos, sizes = _most_first(pos, _wishes(game, visit, pos))
    if not pos.size:
        return
    day, state = visit.day, visit.day.state
    codes = day.strongest[0].take(pos, axis=1)
    before = day.strongest[1].take(pos, axis=1).astype(np.int64)
    gold, bought = state.gold[pos], begin_upgrades(game, visit, pos)
    cells = _choose_upgrades(game.rules.heroes, (codes, before, gold), sizes, bought)
    done = (cells - before).sum(axis=0)
    _store_levels(game, day, pos, (codes, cells, before))
    write_upgrades(game, visit, bought)
    visit.left[pos] -= done * seconds
    day.today("upgrades")[pos] += done
    paid = done.nonzero()[0]
    game.spend(state, GOLD, pos[paid], state.gold[pos[paid]] - gold[paid])


def _wishes(game: Game, visit: Visit, pos: Ints) -> Ints:
    """Return how many upgrades chance and time allow in the sessions `pos`: (m,)."""
    settings, seconds = game.rules.params.upgrade, game.rules.params.actions.upgrade_heroes.seconds
    (u,) = visit.luck.repeated(("upgrade_do",), (0, settings.max_per_session), pos)
    most = in_a_row(u < settings.do_chance)
    return np.minimum(most, visit.left[pos] // seconds) if seconds else most


def _most_first(pos: Ints, most: Ints) -> tuple[Ints, list[int]]:
    """Return the sessions with an upgrade, most first, and how many have more than 0, 1, ..."""
    sizes = (most.size - np.bincount(most).cumsum()).tolist()
    order = np.argsort((len(sizes) - most).astype(np.uint8), kind="stable")
    return pos[order[: sizes[0]]], sizes[:-1]


def _choose_upgrades(
    rules: Heroes, found: tuple[NDArray[np.int16], Ints, Ints], sizes: list[int],
    bought: Bought | None,
) -> Ints:  # fmt: skip
    """Upgrade candidates: codes and cells before (c, m); pay from `gold` (m,), in place.

    Round k is for the first `sizes[k]` agents. Return the cells after it, (c, m); each upgrade is
    noted in `bought`.
    """
    (codes, cells, gold), last = found, len(found[0]) - 1
    grades = 2 * cells + (codes & 1)
    price, worth = rules.cost.take(cells), rules.worth.take(grades)
    worth += (last - np.arange(last + 1, dtype=np.int32))[:, None]  # in ties the lower id
    flat = [values.reshape(-1) for values in (grades, price, worth)]
    for size in sizes:
        best = (worth[:, :size] * (price[:, :size] <= gold[:size])).max(axis=0)
        rows = best.nonzero()[0]
        if not rows.size:
            break
        tie = best[rows] & (WORTH_STEP - 1)
        spot = (last - tie) * gold.size + rows
        gold[rows] -= price.take(spot)
        grade = grades.take(spot)
        if bought is not None:
            bought.rounds.append(np.stack([rows, codes.take(spot) >> 1, grade >> 1]))
        grade += 2
        flat[0][spot], flat[1][spot] = grade, rules.price.take(grade)
        flat[2][spot] = rules.worth.take(grade) + tie
    return grades >> 1


def _store_levels(
    game: Game, day: Day, pos: Ints, levels: tuple[NDArray[np.int16], Ints, Ints]
) -> None:
    """Write back upgraded candidates, (c, m) each, and re-optimise the team among them."""
    (codes, cells, before), rules = levels, game.rules.heroes
    spot = (cells != before).reshape(-1).nonzero()[0]
    (row, here), code, cell = np.divmod(spot, pos.size), codes.take(spot), cells.take(spot)
    place = day.rows[pos[here]] * game.n_heroes + (code >> 1)
    game.players.cell.reshape(-1)[place] = cell
    day.strongest[1].reshape(-1)[row * day.size + pos[here]] = cell
    is_outside = np.zeros(pos.size, dtype=np.bool_)
    is_outside[here[(code & 1) == 0]] = True
    outside = is_outside.nonzero()[0]  # may enter the team
    if outside.size:
        owned, ids = codes[:, outside] < EMPTY, (codes[:, outside] >> 1).astype(np.int64)
        size = game.rules.params.heroes.team_size
        in_team = team_members(rules, cells[:, outside], ids, owned, size)
        codes[:, outside] = np.where(owned, 2 * ids + in_team, EMPTY)
        day.strongest[0][:, pos[outside]] = codes[:, outside]
    power = team_power(rules, cells, codes & 1)
    day.state.team_power[pos] = power
    day.state.reach[pos] = reach_rows(game.rules.campaign, power)
