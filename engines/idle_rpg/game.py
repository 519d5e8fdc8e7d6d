"""What every action needs: rules, draws, players, and the session that is going on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.log import EventLog
from engines.idle_rpg.events.order import moment
from engines.idle_rpg.experiments import EffectArrays, TestRules, period_ms
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import TODAY, Players
from engines.idle_rpg.rules import Rules
from engines.idle_rpg.triangular import Triangular
from runner.contract import Draws, Floats

DAY_SECONDS = 86_400
SESSIONS = 16  # addresses of sessions of one age
_REPEAT_WORDS = np.uint64(64)  # addresses of repetitions in one session
_FEW = 2048  # up to so many agents a call costs more than its numbers: several steps share one

Words: TypeAlias = NDArray[np.uint64]


@dataclass(slots=True, kw_only=True)
class Purchases:
    """Purchases of a block in the order made: one array per column and call, to be joined."""

    columns: dict[str, list[Ints]] = field(default_factory=dict)

    def add(self, **columns: Ints) -> None:
        """Append purchases, one value each per column."""
        for name, values in columns.items():
            self.columns.setdefault(name, []).append(values)


@dataclass(slots=True, kw_only=True)
class Game:
    """One block of players in play.

    `lowest` is the smallest balance of anything after any payment; `earned` and `spent` are
    totals by currency; `visits` and `lacked` count campaign visits and those short of energy.
    `log` is None unless events are collected.
    """

    rules: Rules
    draws: Draws
    tests: tuple[TestRules, ...]
    effects: EffectArrays
    players: Players
    featured: Ints
    lowest: int
    pity_bonus: Floats
    desire: Floats
    ad_wish: Floats
    arena_will: Floats
    guild_will: Floats
    multi_pull: NDArray[np.bool_]
    buys_arena: NDArray[np.bool_]
    arena_ratios: Floats
    arena_win: Floats
    session_counts: Triangular
    session_lengths: tuple[Triangular, Triangular]
    earned: Ints = field(default_factory=lambda: np.zeros(3, dtype=np.int64))
    spent: Ints = field(default_factory=lambda: np.zeros(3, dtype=np.int64))
    visits: int = 0
    lacked: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    purchases: Purchases = field(default_factory=Purchases)
    log: EventLog | None = None

    @property
    def last_hero(self) -> int:
        """The highest hero id."""
        return int(self.players.cell.shape[1]) - 1

    def regen_ms(self, who: Ints) -> Ints | int:
        """Return the time of one unit of energy in milliseconds: one number, or (m,)."""
        own = self.effects.regen_ms
        return period_ms(self.rules.params.energy.regen_min) if own is None else own[who]

    def earn(self, currency: int, who: Ints, amount: Ints | int) -> None:
        """Give agents (each at most once) an amount of a currency."""
        self.players.balance[currency][who] += amount
        self.earned[currency] += np.sum(amount) if isinstance(amount, np.ndarray) else (
            amount * who.size
        )  # fmt: skip

    def spend(self, currency: int, who: Ints, amount: Ints | int) -> None:
        """Take an amount of a currency from agents, each at most once."""
        left = self.players.balance[currency][who] - amount
        self.players.balance[currency][who] = left
        self.spent[currency] += np.sum(amount) if isinstance(amount, np.ndarray) else (
            amount * who.size
        )  # fmt: skip
        if left.size:
            self.lowest = min(self.lowest, int(left.min()))

    def count(self, name: str, who: Ints, number: Ints | int = 1) -> None:
        """Add to a count of the agents' day."""
        self.players.today[who, TODAY[name]] += number

    def today(self, name: str, who: Ints) -> Ints:
        """Return a count of the agents' day so far."""
        return np.asarray(self.players.today[who, TODAY[name]])

    def fault(self, check: str, broken: bool | np.bool_, text: str) -> None:
        """Keep the first place where a check is broken."""
        if broken:
            self.faults.setdefault(check, text)


@dataclass(slots=True, kw_only=True)
class Visit:
    """The sessions with the same number of the same age, one per agent.

    Attributes:
        age: days since install; number: of the session in its day, from 0.
        step: the session as a step of draws, uint64 ().
        who: int64 (m,), rows of the players; ids: uint64 (m,), their agent numbers.
        end: int64 (m,), end of the session, seconds since midnight of the install day.
        left: int64 (m,), seconds left; time passes as actions take from it.
        campaign_seconds: int64 (m,), what the campaign may use.
        bought: int64 (m,), purchases in this session.
    """

    age: int
    number: int
    step: Words
    who: Ints
    ids: Words
    end: Ints
    left: Ints
    campaign_seconds: Ints
    bought: Ints

    @property
    def when(self) -> int:
        """The session as part of the keys of events."""
        return moment(self.age, self.number)

    def rep(self, k: int) -> Words:
        """Return the k-th repetition in the session as a step of draws, uint64 ()."""
        return self.step * _REPEAT_WORDS + np.uint64(k)

    def reps(self, number: int) -> Words:
        """Return the first repetitions in the session as steps of draws, uint64 (number, 1)."""
        return self.rep(0) + np.arange(number, dtype=np.uint64)[:, None]

    def now(self, pos: Ints) -> Ints:
        """Return the time of the sessions at `pos`, seconds since midnight of the install day."""
        return self.end[pos] - self.left[pos]

    def with_time(self, seconds: int) -> Ints:
        """Return the sessions in which at least so much time is left."""
        return np.flatnonzero(self.left >= seconds)


class Rolls:
    """Draws of one stream at the repetitions k = 0, 1, ... of a session, for some agents.

    Where agents are few, several repetitions are drawn in one call, some perhaps in vain: no
    number depends on what else is drawn.
    """

    def __init__(self, game: Game, visit: Visit, stream: str, ids: Words, together: int) -> None:
        self._draws, self._visit, self._stream, self._ids = game.draws, visit, stream, ids
        self._together = together if ids.size <= _FEW else 1
        self._known: Floats = np.zeros((0, ids.size))
        self._first = 0

    def at(self, k: int, place: Ints) -> Floats:
        """Return the uniforms of repetition k, for the agents at `place` among the ids given."""
        if self._together == 1:
            step, ids = self._visit.rep(k), self._ids[place]
            return self._draws.uniform(self._stream, step=step, entities=ids)
        if not self._first <= k < self._first + self._known.shape[0]:
            self._first = k
            steps = self._visit.rep(k) + np.arange(self._together, dtype=np.uint64)[:, None]
            self._known = self._draws.uniform(self._stream, step=steps, entities=self._ids)
        return np.asarray(self._known[k - self._first][place])


def gate(game: Game, visit: Visit, action: str, pos: Ints, decision: Floats | None = None) -> Ints:
    """Return those of the sessions `pos` in which an action's one draw lets it happen."""
    return pos[passes(game, visit, action, pos, decision)] if pos.size else pos


def passes(
    game: Game, visit: Visit, action: str, pos: Ints, decision: Floats | None = None
) -> NDArray[np.bool_]:
    """Return in which of the sessions `pos` an action's one draw lets it happen.

    The chance is min(1, list chance * min(1, decision) * multipliers of tests).
    """
    chance = session_chance(game, action, visit.who[pos], decision)
    return game.draws.uniform(f"act/{action}", step=visit.step, entities=visit.ids[pos]) < chance


def session_chance(
    game: Game, action: str, who: Ints, decision: Floats | None = None
) -> Floats | float:
    """Return the chance of an action in a session, before limits on time; a number or (m,)."""
    chance: Floats | float = getattr(game.rules.params.actions, action).chance
    if decision is not None:
        chance = chance * np.minimum(1.0, decision)
    multiplier = game.effects.actions.get(action)
    return chance if multiplier is None else chance * multiplier[who]


def refresh_energy(game: Game, who: Ints, now: Ints) -> Ints:
    """Bring energy up to date at `now` (seconds since midnight of the install day); return it."""
    players, period = game.players, game.regen_ms(who)
    energy, clock = regenerated(
        players.energy[who], players.clock[who], game.rules.energy_cap[players.vip[who]],
        now * 1000, period,
    )  # fmt: skip
    players.energy[who], players.clock[who] = energy, clock
    return energy


def regenerated(
    energy: Ints, clock: Ints, cap: Ints, now_ms: Ints, period: Ints | int
) -> tuple[Ints, Ints]:
    """Return energy and its clock at `now_ms`; at the cap the clock stands at now."""
    gained = (now_ms - clock) // period
    grown = energy + gained
    is_full = grown >= cap
    return np.where(is_full, cap, grown), np.where(is_full, now_ms, clock + gained * period)
