"""Copy the players of a day together, most sessions first, and put them back at its end.

Sessions with the same number then concern the first so many players of a day: slices of arrays
that lie side by side, where the whole block's would have to be gathered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.experiments import EffectArrays
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import TRIGGERS
from engines.idle_rpg.players import COUNTS, TODAY, Players, State, state_of
from engines.idle_rpg.rules import LEGENDARY, Rules
from runner.contract import Floats

_TURNED = 1024  # players whose rows become columns, and back, at once: they stay in the cache


@dataclass(slots=True, kw_only=True)
class Day:
    """Players active at one age, each array (m,) in the order of the day.

    Attributes:
        rows: int64, rows of the players; ids: uint64, their agent numbers.
        kind: int64, archetypes; install: int64, sim_days; money: float64.
        state: the valid copy of their state; strongest: int16 (2, candidates, m), the same.
        effects: what tests change for them.
        counts: int64 (len(COUNTS), m), of this day.
        fired: bool (n_triggers, m), triggers that fired today.
        banner: int64, the limited banner that each wants, -1 without.
        pull_cap: int64, most pulls of the agent-week.
        quests_seen, guild_asked, guild_attacked: bool, done today.
        quests_paid: uint8, quests as bits; arena_used, arena_bought: int64, battles.
    """

    age: int
    rows: Ints
    ids: NDArray[np.uint64]
    kind: Ints
    install: Ints
    money: Floats
    state: State
    strongest: NDArray[np.int16]
    effects: EffectArrays
    counts: Ints
    fired: NDArray[np.bool_]
    banner: Ints
    pull_cap: Ints
    quests_seen: NDArray[np.bool_]
    guild_asked: NDArray[np.bool_]
    guild_attacked: NDArray[np.bool_]
    quests_paid: NDArray[np.uint8]
    arena_used: Ints
    arena_bought: Ints

    @property
    def size(self) -> int:
        """Number of players."""
        return int(self.rows.size)

    def today(self, name: str) -> Ints:
        """Return a count of the day so far, (m,): to be added to in place."""
        row: Ints = self.counts[TODAY[name]]
        return row


def copy_day(players: Players, age: int, rows: Ints, effects: EffectArrays) -> Day:
    """Return the players at `rows` (m,), in this order, for a day.

    Wanted banners and pull caps are left for `gacha.prepare_day`.
    """
    profile, m = players.profile, rows.size
    state = np.empty((len(players.state.matrix), m), dtype=np.int64)
    strongest = np.empty((*players.strongest.shape[1:], m), dtype=np.int16)
    for start in range(0, m, _TURNED):
        some = slice(start, start + _TURNED)
        state[:, some] = players.state.matrix.T.take(rows[some], axis=0).T
        strongest[:, :, some] = players.strongest.take(rows[some], axis=0).transpose(1, 2, 0)
    return Day(
        age=age, rows=rows, ids=profile.entities[rows], kind=profile.archetype[rows],
        install=profile.install[rows], money=players.money[rows],
        state=state_of(state), strongest=strongest,
        effects=effects, counts=np.zeros((len(COUNTS), m), dtype=np.int64),
        fired=np.zeros((len(TRIGGERS), m), dtype=np.bool_),
        banner=np.full(m, -1), pull_cap=np.zeros(m, dtype=np.int64),
        quests_seen=np.zeros(m, dtype=np.bool_), guild_asked=np.zeros(m, dtype=np.bool_),
        guild_attacked=np.zeros(m, dtype=np.bool_),
        quests_paid=np.zeros(m, dtype=np.uint8), arena_used=np.zeros(m, dtype=np.int64),
        arena_bought=np.zeros(m, dtype=np.int64),
    )  # fmt: skip


def put_back(players: Players, day: Day) -> None:
    """Store what the day has changed."""
    totals = day.state.totals
    totals += day.counts[: len(totals)]
    for start in range(0, day.size, _TURNED):
        some = slice(start, start + _TURNED)
        rows = day.rows[some]
        players.state.matrix.T[rows] = day.state.matrix[:, some].T
        players.strongest[rows] = day.strongest[:, :, some].transpose(2, 0, 1)
        if players.firings.size:
            players.firings[rows] += day.fired[:, some].T


def wanted_banners(rules: Rules, featured: Ints, players: Players, day: Day, pos: Ints) -> Ints:
    """Return the limited banner of the day that each agent at `pos` wants, -1 without: (m,)."""
    first = int(rules.heroes.first[LEGENDARY])
    rows, banner = day.rows[pos], rules.banner[day.install[pos] + day.age]
    hero = np.where(banner >= 0, featured[banner], first)
    heroes, liked = players.cell.shape[1], players.likes.shape[1]
    likes = players.likes.reshape(-1).take(rows * liked + (hero - first)) & (banner >= 0)
    liking = likes.nonzero()[0]
    owns = players.cell.reshape(-1).take(rows[liking] * heroes + hero[liking]) >= 0
    likes[liking[owns]] = False
    return np.where(likes, banner, -1)
