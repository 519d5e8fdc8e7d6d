"""Write down stages played, one by one: what a play costs, how it ends and what it pays."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from engines.idle_rpg.events.log import SINK, SOURCE, EventLog
from engines.idle_rpg.events.order import CAMPAIGN, slot
from engines.idle_rpg.events.runs import MOST_TRIES
from engines.idle_rpg.events.words import ENERGY, GOLD, SINK_REASONS, SOURCE_REASONS
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints

READ, _START, _ENTRY, _RESULT, _GOLD = (slot(CAMPAIGN, 0, sub) for sub in range(5))
_REGEN, _REWARD = SOURCE_REASONS.index("energy_regen"), SOURCE_REASONS.index("stage_reward")
_STAGE_ENTRY = SINK_REASONS.index("stage_entry")


@dataclass(slots=True, kw_only=True)
class Plays:
    """Stages played, each (n,), by rows `who`.

    `places` in the session; `stage` and stages `cleared` before; `start` and `seconds`; `energy`
    before paying; `number` of the play at its stage; team `power`; `gold` if won; `marks` with
    the chapter of the stage that was next. Attempts stand for themselves, the first of replays
    (`is_sweep`) for as many as `times` says.
    """

    who: Ints
    places: Ints
    cleared: Ints
    stage: Ints
    start: Ints
    seconds: Ints
    energy: Ints
    number: Ints
    power: Ints
    gold: Ints
    marks: Ints
    times: Ints | None = None

    @property
    def is_sweep(self) -> bool:
        """Whether these are certain replays."""
        return self.times is not None

    def some(self, rows: Ints) -> Plays:
        """Return the attempts at `rows`."""
        return Plays(**{f.name: getattr(self, f.name)[rows] for f in fields(self)[:-1]})


def write_regained(log: EventLog, visit: Visit, plays: Plays, grown: Ints) -> None:
    """Write energy regained before some plays: (n,)."""
    some = grown.nonzero()[0]
    if some.size:
        plays = plays.some(some)
        log.add(
            SOURCE, visit.when, plays.who, READ + plays.places, plays.start,
            plays.marks, currency=ENERGY, amount=grown[some],
            balance_after=plays.energy, reason=_REGEN,
        )  # fmt: skip


def write_starts(game: Game, log: EventLog, visit: Visit, plays: Plays) -> None:
    """Write stages begun, and the energy they cost."""
    cost, marks = game.rules.params.energy.per_stage, plays.marks
    log.add(
        SINK, visit.when, plays.who, _ENTRY + plays.places, plays.start, marks,
        plays.times, currency=ENERGY, amount=cost, balance_after=plays.energy - cost,
        reason=_STAGE_ENTRY,
    )  # fmt: skip
    log.add(
        "stage_start", visit.when, plays.who, _START + plays.places, plays.start, marks,
        plays.times, stage_index=plays.stage, attempt_no=np.minimum(plays.number, MOST_TRIES),
        team_power=plays.power, is_sweep=plays.is_sweep,
    )  # fmt: skip


def write_losses(log: EventLog, visit: Visit, plays: Plays) -> None:
    """Write stages lost."""
    log.add(
        "stage_fail", visit.when, plays.who, _RESULT + plays.places, plays.start + plays.seconds,
        plays.marks, stage_index=plays.stage, seconds=plays.seconds, fail_reason=0,
        team_power=plays.power, required_power=log.settings.required[plays.cleared],
    )  # fmt: skip


def write_wins(game: Game, log: EventLog, visit: Visit, plays: Plays, after: Ints) -> None:
    """Write stages won, and their gold, with the balance after each: (n,)."""
    marks, end, times = plays.marks, plays.start + plays.seconds, plays.times
    if log.wants("stage_complete"):
        powers = log.settings.star_power.take(plays.stage - 1, axis=1)
        log.add(
            "stage_complete", visit.when, plays.who, _RESULT + plays.places, end, marks, times,
            stage_index=plays.stage, seconds=plays.seconds, is_first_clear=not plays.is_sweep,
            gold=plays.gold, exp=game.rules.campaign.exp[plays.stage],
            ease=(powers <= plays.power).sum(axis=0),
        )  # fmt: skip
    paid = slice(None) if plays.gold.all() else plays.gold.nonzero()[0]
    log.add(
        SOURCE, visit.when, plays.who[paid], (_GOLD + plays.places)[paid], end[paid], marks[paid],
        None if times is None else times[paid], currency=GOLD, amount=plays.gold[paid],
        balance_after=after[paid], reason=_REWARD,
    )  # fmt: skip


def chapter_marks(log: EventLog, who: Ints, cleared: Ints) -> Ints:
    """Return marks with the chapter after the stages cleared by then: (n,)."""
    marks = log.marks[who]
    return marks - (marks & 0xFF) + log.settings.chapter[cleared]
