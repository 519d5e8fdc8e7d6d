"""Collect the events of a block of agents as columns, and keep the books behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.buffer import Buffer, Part, Values
from engines.idle_rpg.events.order import slot
from engines.idle_rpg.events.settings import Settings
from engines.idle_rpg.events.words import CURRENCIES, ENERGY, SINK_REASONS, SOURCE_REASONS
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.population import Profile
from runner.contract import Draws

SOURCE, SINK = "economy_source", "economy_sink"
_REGEN = SOURCE_REASONS.index("energy_regen")
_LEVEL, _VIP, _SPENT = 16, 8, 32  # places in a mark; the chapter is at 0


@dataclass(slots=True, kw_only=True)
class EventLog:
    """Events of a block, for the types that somebody collects.

    Attributes:
        marks: int64 (n,), what the envelope says of each agent: money spent in cents, player
            level, VIP level and chapter, packed.
        purse: int64 (4, n), balances as the rows of the log have left them, see `CURRENCIES`.
        rating, tries, replays, joined: int64 (n,): arena rating; attempts at the next stage so
            far; plays of the last cleared stage so far; age at which the guild was joined.
        team: uint64 (n,), heroes of the team as bits.
        last_end: int64 (n,), end of the last session, seconds since midnight of the install day,
            -1 before the first.
        sessions, seconds, pulls: int64 (n,), totals so far.
        number, started: int64 (n,), number of the session that is going on; start of the day's
            first session, seconds since midnight of the install day.
        played, gems, gold: int64 (n,), stages played and money spent in this session.
        lost, helped: bool (n,), in this session a stage was lost, funds for pulls were bought.
        placement, pull_price: int64 (n,) and (2, n), where this session's ad is; currency and
            price of the pulls under way.
        place: int64 (n,), position in the present day.
        exposed, taught: what happened before the day's first session has a time: exposures as
            (test, variant, rows); steps of the tutorial as (step, rows, seconds, skipped).
    """

    settings: Settings
    draws: Draws
    profile: Profile
    buffers: dict[str, Buffer]
    marks: Ints
    purse: Ints
    rating: Ints
    tries: Ints
    replays: Ints
    joined: Ints
    team: NDArray[np.uint64]
    last_end: Ints
    sessions: Ints
    seconds: Ints
    pulls: Ints
    number: Ints
    started: Ints
    played: Ints
    gems: Ints
    gold: Ints
    lost: NDArray[np.bool_]
    helped: NDArray[np.bool_]
    placement: Ints
    pull_price: Ints
    place: Ints
    exposed: list[tuple[int, int, Ints]] = field(default_factory=list)
    taught: list[tuple[int, Ints, Ints, NDArray[np.bool_]]] = field(default_factory=list)

    def wants(self, kind: str) -> bool:
        """Tell whether anybody collects this type."""
        return kind in self.buffers

    def add(  # noqa: PLR0913, PLR0917 - an envelope
        self, kind: str, when: Ints | int, who: Ints, place: Ints | int, at: Ints,
        marks: Any = None, times: Any = None, **columns: Values,
    ) -> None:  # fmt: skip
        """Append events (m,): rows of agents, place in their session, seconds, own columns.

        `when` is `order.moment` of age and session; `marks` (m,) are those of the agents now
        unless given; `times` (m,) are how many each stands for, see `runs`; nulls of whole numbers
        are -1. Arrays must not change afterwards.
        """
        buffer = self.buffers.get(kind)
        if buffer is not None and who.size:
            marks = self.marks[who] if marks is None else marks
            buffer.append(Part(who, place, when, at, marks, columns, times))

    def gain(  # noqa: PLR0913, PLR0917
        self, when: int, who: Ints, place: Ints | int, at: Ints, currency: int,
        amount: Ints | int, reason: str,
    ) -> None:  # fmt: skip
        """Book what agents, each at most once, get; nothing is written for nothing."""
        self._book(SOURCE, when, who, place, at, currency, amount, SOURCE_REASONS.index(reason))

    def pay(  # noqa: PLR0913, PLR0917
        self, when: int, who: Ints, place: Ints | int, at: Ints, currency: int,
        amount: Ints | int, reason: str,
    ) -> None:  # fmt: skip
        """Book what agents, each at most once, pay; nothing is written for nothing."""
        self._book(SINK, when, who, place, at, currency, amount, SINK_REASONS.index(reason))
        spent = {"gold": self.gold, "gems": self.gems}.get(CURRENCIES[currency])
        if spent is not None:
            spent[who] += amount

    def _book(  # noqa: PLR0913, PLR0917
        self, kind: str, when: Ints | int, who: Ints, place: Ints | int, at: Ints, currency: int,
        amount: Ints | int, reason: int,
    ) -> None:  # fmt: skip
        if isinstance(amount, np.ndarray):
            some = np.flatnonzero(amount)
            if some.size < who.size:
                who, at, amount = who[some], at[some], amount[some]
                when, place = (x[some] if isinstance(x, np.ndarray) else x for x in (when, place))
        elif not amount:
            return
        purse = self.purse[currency]
        after = purse[who] + amount if kind == SOURCE else purse[who] - amount
        purse[who] = after
        self.add(
            kind, when, who, place, at,
            currency=currency, amount=amount, balance_after=after, reason=reason,
        )  # fmt: skip

    def read_energy(
        self, when: Ints | int, who: Ints, place: Ints | int, at: Ints, energy: Ints
    ) -> None:
        """Book the energy regained since it was last seen, given what it is now: (m,)."""
        self._book(SOURCE, when, who, place, at, ENERGY, energy - self.purse[ENERGY][who], _REGEN)

    def rise(self, when: int, code: int, who: Ints, at: Ints, exp: Ints) -> None:
        """Book the level-ups of agents with experience `exp` (m,), at the end of an action."""
        old = self.marks[who] >> _LEVEL & 0xFFFF
        new = self.settings.level_of(exp)
        some = np.flatnonzero(new > old)
        if not some.size:
            return
        who, at, old, new = who[some], at[some], old[some], new[some]
        self.marks[who] += (new - old) << _LEVEL
        if self.wants("player_levelup"):
            self.add(
                "player_levelup", when, who, slot(code, 63), at,
                old_level=old, new_level=new, unlocked=self.settings.unlocked(old, new),
            )  # fmt: skip

    def mark_chapter(self, who: Ints, cleared: Ints) -> None:
        """Keep the chapter of agents that have cleared so many stages."""
        self.marks[who] += self.settings.chapter[cleared] - (self.marks[who] & 0xFF)

    def mark_spender(self, who: Ints, cents: Ints, vip: Ints) -> None:
        """Keep what agents have spent in their lives, and their VIP level."""
        rest = self.marks[who] & ((1 << _SPENT) - 1 ^ 0xFF << _VIP)
        self.marks[who] = rest + (cents << _SPENT) + (vip << _VIP)


def marked(marks: Ints) -> dict[str, NDArray[Any]]:
    """Return the columns of the envelope that a mark holds."""
    return {
        "player_level": (marks >> _LEVEL & 0xFFFF).astype(np.int16),
        "vip_level": (marks >> _VIP & 0xFF).astype(np.int8),
        "chapter": (marks & 0xFF).astype(np.int8),
        "total_spent_usd": (marks >> _SPENT) / 100,
    }


def first_marks(level: Ints, chapter: int) -> Ints:
    """Return the marks of new agents."""
    return (level << _LEVEL) + chapter
