"""Spend gold on hero levels, always on the best return, and keep the team at its strongest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.idle_rpg.day import Day
from engines.idle_rpg.events.heroes import Bought, begin_upgrades, write_upgrades
from engines.idle_rpg.game import Game, Visit, gate
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import in_a_row
from engines.idle_rpg.players import GOLD
from engines.idle_rpg.ranking import team_members, team_power
from engines.idle_rpg.rules import WORTH_STEP, Heroes, reach_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """Hero levels bought by m agents, one round after another, each array int64 (n,).

    `place`: of the agent; `spot`: of the hero in the flat grades of candidates, (c, m); `grade`:
    of the hero before.
    """

    place: Ints
    spot: Ints
    grade: Ints


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
    grades = day.strongest[1].take(pos, axis=1).astype(np.int64)
    before, noted = state.gold[pos], begin_upgrades(game, visit, pos)
    gold = before.copy()
    raised = _choose_upgrades(game.rules.heroes, grades, gold, sizes)
    done = np.bincount(raised.place, minlength=pos.size)
    _store_levels(game, day, pos, (grades, raised), noted)
    write_upgrades(game, visit, noted)
    visit.left[pos] -= done * seconds
    day.today("upgrades")[pos] += done
    game.spend(state, GOLD, pos, before - gold)


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


def _choose_upgrades(rules: Heroes, grades: Ints, gold: Ints, sizes: list[int]) -> Raised:
    """Upgrade candidates of these grades (c, m) and pay from `gold` (m,), both in place.

    Round k is for the first `sizes[k]` agents; those of them who cannot pay stay as they are.
    """
    last, agents = len(grades) - 1, np.arange(gold.size)
    price, worth = rules.price.take(grades), rules.worth.take(grades)
    worth += (last - np.arange(last + 1, dtype=np.int32))[:, None]  # in ties the lower id
    flat, rounds = [values.reshape(-1) for values in (grades, price, worth)], []
    for size in sizes:
        best = (worth[:, :size] * (price[:, :size] <= gold[:size])).max(axis=0)
        pays, tie = best > 0, best & (WORTH_STEP - 1)
        spot = (last - tie) * gold.size + agents[:size]
        gold[:size] -= price.take(spot) * pays
        grade = grades.take(spot)
        rounds.append((pays, agents[:size], spot, grade))
        grade = grade + 2 * pays
        flat[0][spot], flat[1][spot] = grade, rules.price.take(grade)
        flat[2][spot] = rules.worth.take(grade) + tie
    pays, *found = (np.concatenate(column) for column in zip(*rounds, strict=True))
    place, spot, grade = found if pays.all() else (column[pays] for column in found)
    return Raised(place=place, spot=spot, grade=grade)


def _store_levels(
    game: Game, day: Day, pos: Ints, upgraded: tuple[Ints, Raised], noted: Bought | None
) -> None:
    """Write back upgraded candidates, of grades (c, m) now, and re-optimise the team among them."""
    (grades, raised), rules = upgraded, game.rules.heroes
    who, grade = pos[raised.place], grades.take(raised.spot)
    candidate = raised.spot // pos.size * day.size + who
    ids, own = (values.reshape(-1) for values in day.strongest)
    hero = ids.take(candidate)
    if noted is not None:
        noted.levels = np.stack([raised.place, hero, raised.grade >> 1])
    game.players.cell.reshape(-1)[day.rows[who] * game.n_heroes + hero] = grade >> 1
    own[candidate] = grade
    is_outside = np.zeros(pos.size, dtype=np.bool_)
    is_outside[raised.place[raised.grade & 1 == 0]] = True
    outside = is_outside.nonzero()[0]  # may enter the team
    if outside.size:
        known, cells = day.strongest[0].take(pos[outside], axis=1), grades[:, outside] >> 1
        size = game.rules.params.heroes.team_size
        grades[:, outside] = best = 2 * cells + team_members(rules, cells, known, size)
        day.strongest[1][:, pos[outside]] = best
    power = team_power(rules, grades)
    day.state.team_power[pos] = power
    day.state.reach[pos] = reach_rows(game.rules.campaign, power)
