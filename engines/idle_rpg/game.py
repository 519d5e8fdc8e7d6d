"""What every action needs: rules, draws, players, and the session that is going on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.day import Day
from engines.idle_rpg.events.log import EventLog
from engines.idle_rpg.events.order import moment
from engines.idle_rpg.experiments import EffectArrays, TestRules, period_ms
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import Luck, LuckPlan, Words
from engines.idle_rpg.players import Players, State
from engines.idle_rpg.rules import Rules
from engines.idle_rpg.triangular import Triangular
from runner.contract import Draws, Floats

DAY_SECONDS = 86_400


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
    `compared`: variants of a test will be, so what is for this alone is counted.
    `purchases` is None unless their table is written, `log` unless events are collected.
    """

    rules: Rules
    draws: Draws
    tests: tuple[TestRules, ...]
    effects: EffectArrays
    compared: bool
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
    session_lengths: Triangular
    luck: tuple[LuckPlan, LuckPlan]
    earned: Ints = field(default_factory=lambda: np.zeros(3, dtype=np.int64))
    spent: Ints = field(default_factory=lambda: np.zeros(3, dtype=np.int64))
    visits: int = 0
    lacked: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    purchases: Purchases | None = None
    log: EventLog | None = None

    @property
    def n_heroes(self) -> int:
        """Number of heroes that there are."""
        return int(self.players.cell.shape[1])

    def earn(self, state: State, currency: int, pos: Ints, amount: Ints | int) -> None:
        """Give agents `pos` of a state (each at most once) an amount of a currency."""
        state.matrix[currency][pos] += amount
        self.earned[currency] += _total(amount, pos)

    def earn_all(self, state: State, currency: int, amount: Ints) -> None:
        """Give the first m agents of a state an amount of a currency: (m,)."""
        state.matrix[currency, : amount.size] += amount
        self.earned[currency] += amount.sum()

    def spend(self, state: State, currency: int, pos: Ints, amount: Ints | int) -> None:
        """Take an amount of a currency from agents, each at most once."""
        if not pos.size:
            return
        balance = state.matrix[currency]
        left = balance[pos] - amount
        balance[pos] = left
        self.spent[currency] += _total(amount, pos)
        self.lowest = min(self.lowest, int(left.min()))

    def fault(self, check: str, broken: bool | np.bool_, text: str) -> None:
        """Keep the first place where a check is broken."""
        if broken:
            self.faults.setdefault(check, text)


@dataclass(slots=True, kw_only=True)
class Visit:
    """The sessions with the same number of the same age, of the first m players of a day.

    Attributes:
        day: the players' day; a position in it is also the place of the session here.
        age: days since install; number: of the session in its day, from 0.
        ids: uint64 (m,), agent numbers.
        end: int64 (m,), end of the session, seconds since midnight of the install day.
        left: int64 (m,), seconds left; time passes as actions take from it.
        campaign_seconds: int64 (m,), what the campaign may use.
        bought: int64 (m,), purchases in this session.
        luck: uniforms of the sessions.
    """

    day: Day
    age: int
    number: int
    ids: Words
    end: Ints
    left: Ints
    campaign_seconds: Ints
    bought: Ints
    luck: Luck

    @property
    def size(self) -> int:
        """Number of sessions."""
        return int(self.left.size)

    @property
    def when(self) -> int:
        """The session as part of the keys of events."""
        return moment(self.age, self.number)

    def who(self, pos: Ints) -> Ints:
        """Return the rows of the players of the sessions at `pos`."""
        return self.day.rows[pos]

    def now(self, pos: Ints) -> Ints:
        """Return the time of the sessions at `pos`, seconds since midnight of the install day."""
        return self.end[pos] - self.left[pos]


def _total(amount: Ints | int, pos: Ints) -> int:
    each = np.add.reduce(amount) if isinstance(amount, np.ndarray) else amount * pos.size
    return int(each)


def gate(
    game: Game, visit: Visit, action: str, possible: NDArray[np.bool_],
    decision: Floats | None = None,
) -> Ints:  # fmt: skip
    """Return the sessions in which an action is possible and its one draw lets it happen."""
    return happening(game, visit, action, possible, decision).nonzero()[0]


def happening(
    game: Game, visit: Visit, action: str, possible: NDArray[np.bool_],
    decision: Floats | None = None,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return the same for each session: (m,).

    The chance is min(1, list chance * min(1, decision) * multipliers of tests); `possible` and
    `decision` are (m,).
    """
    happens = visit.luck.act(action) < session_chance(game, visit, action, decision)
    happens &= possible
    return happens


def session_chance(
    game: Game, visit: Visit, action: str, decision: Floats | None = None, pos: Ints | None = None
) -> Floats | float:
    """Return the chance of an action in sessions, before limits on time: a number or (m,).

    `decision` is that of the sessions `pos`, or of all.
    """
    chance: Floats | float = getattr(game.rules.params.actions, action).chance
    if decision is not None:
        chance = chance * np.minimum(1.0, decision)
    multiplier = visit.day.effects.actions.get(action)
    if multiplier is None:
        return chance
    return chance * multiplier[slice(visit.size) if pos is None else pos]


def regen_period(rules: Rules, effects: EffectArrays, pos: Ints | slice) -> Ints | int:
    """Return the time of one unit of energy in milliseconds: one number, or (m,)."""
    own = effects.regen_ms
    return period_ms(rules.params.energy.regen_min) if own is None else own[pos]


def refresh_energy(
    rules: Rules, state: State, effects: EffectArrays, pos: Ints, now: Ints | int
) -> Ints:
    """Bring energy up to date at `now` (seconds since midnight of the install day); return it."""
    energy, clock = regenerated(
        state.energy[pos], state.clock[pos], rules.energy_cap[state.vip[pos]],
        now * 1000, regen_period(rules, effects, pos),
    )  # fmt: skip
    state.energy[pos], state.clock[pos] = energy, clock
    return energy


def regenerated(
    energy: Ints, clock: Ints, cap: Ints, now_ms: Ints | int, period: Ints | int
) -> tuple[Ints, Ints]:
    """Return energy and its clock at `now_ms`; at the cap the clock stands at now."""
    since = now_ms - clock
    gained = since // period
    grown = energy + gained
    since -= gained * period
    since *= grown < cap
    return np.minimum(grown, cap), now_ms - since
