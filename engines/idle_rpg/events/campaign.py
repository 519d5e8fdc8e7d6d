"""Write down the campaign: every stage attempted or replayed, what it cost and what it paid."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.log import EventLog
from engines.idle_rpg.events.order import CAMPAIGN, repeated, slot
from engines.idle_rpg.events.plays import (
    READ,
    Plays,
    chapter_marks,
    write_losses,
    write_regained,
    write_starts,
    write_wins,
)
from engines.idle_rpg.events.words import ENERGY, GOLD
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints

_LAST_READ = slot(CAMPAIGN, 60)
_REPETITIONS = 64


@dataclass(slots=True, kw_only=True)
class Played:
    """What one call of the campaign did, for m visits at places 0, ..., m-1.

    Attributes:
        pos, who, start, cleared, energy, power: int64 (m,), session, row, second of the begin,
            stages cleared, energy and team power then.
        attempts: of some at once place, number in the visit, stages cleared before, seconds,
            energy before paying and whether won, int64 (6, size).
        sweeps: place, number of replays and energy before the first, int64 (3, size).
    """

    pos: Ints
    who: Ints
    start: Ints
    cleared: Ints
    energy: Ints
    power: Ints
    attempts: list[Ints] = field(default_factory=list)
    sweeps: Ints = field(default_factory=lambda: np.zeros((3, 0), dtype=np.int64))

    def note_attempts(
        self, pos: Ints | slice, first: int, cleared: Ints,
        attempted: tuple[NDArray[np.bool_], NDArray[np.bool_], Ints, Ints],
    ) -> None:  # fmt: skip
        """Keep attempts first, first + 1, ... in the sessions `pos`, with stages cleared before.

        `attempted`, each (n, m): whether made, won if so, seconds, energy before paying.
        """
        made, won, seconds, energy = attempted
        before = cleared + np.cumsum(won, axis=0) - won
        visit, k = made.T.nonzero()
        place = np.searchsorted(self.pos, visit if isinstance(pos, slice) else pos[visit])
        found = (before[k, visit], seconds[k, visit], energy[k, visit], won[k, visit])
        self.attempts.append(np.stack([place, first + k, *found]))

    def note_sweeps(self, pos: Ints, number: Ints, energy: Ints) -> None:
        """Keep the replays in the sessions `pos`; number and energy before are of all sessions."""
        self.sweeps = np.stack([np.searchsorted(self.pos, pos), number[pos], energy[pos]])


def begin_campaign(
    game: Game, visit: Visit, plays: NDArray[np.bool_], energy: Ints
) -> Played | None:
    """Return what the campaign is to be noted in: who plays, and energy as read, each (m,)."""
    if game.log is None:
        return None
    state, pos = visit.day.state, plays.nonzero()[0]
    return Played(
        pos=pos, who=visit.who(pos), start=visit.now(pos), cleared=state.cleared[pos],
        energy=energy[pos], power=state.team_power[pos],
    )  # fmt: skip


def write_campaign(game: Game, visit: Visit, played: Played | None) -> None:
    """Write the campaign of some visits, once it is over and before the game makes its offers."""
    log = game.log
    if log is None or played is None:
        return
    who, when, end = played.who, visit.when, visit.now(played.pos)
    log.read_energy(when, who, READ, played.start, played.energy)
    state = visit.day.state
    gold_of = game.rules.campaign.gold.reshape(-1, game.rules.campaign.exp.size)
    gold_of = gold_of[state.vip[played.pos]]
    tries, spent = _write_attempts(game, log, visit, played, gold_of)
    log.mark_chapter(who, state.cleared[played.pos])
    _write_sweeps(game, log, visit, played, (tries, played.start + spent, gold_of))
    log.read_energy(when, who, _LAST_READ, end, state.energy[played.pos])


def settle_campaign(game: Game, visit: Visit, played: Played | None) -> None:
    """Write the level-ups that the campaign brought some sessions, after its offers."""
    if game.log is not None and played is not None:
        exp = visit.day.state.exp[played.pos]
        game.log.rise(visit.when, CAMPAIGN, played.who, visit.now(played.pos), exp)


def _write_attempts(
    game: Game, log: EventLog, visit: Visit, played: Played, gold: Ints
) -> tuple[Ints, Ints]:
    """Write attempts; return their number and seconds in each visit: (m,).

    `gold`: int64 (m, n_stages + 1), gold of each stage.
    """
    size = played.who.size
    if not played.attempts:
        return np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    joined = np.concatenate(played.attempts, axis=1)
    if len(played.attempts) > 1:
        joined = joined[:, np.argsort(joined[0] * _REPETITIONS + joined[1], kind="stable")]
    place, k, cleared, seconds, energy, wins = joined
    won, first, who = wins.astype(np.bool_), k == 0, played.who[place]
    running, paid = np.cumsum(seconds) - seconds, gold[place, cleared + 1]
    plays = Plays(
        who=who, places=repeated(k), cleared=cleared, stage=cleared + 1,
        start=played.start[place] + running - running[first][np.cumsum(first) - 1],
        seconds=seconds, energy=energy, number=_count_tries(log, played, joined, who),
        power=played.power[place], gold=paid, marks=chapter_marks(log, who, cleared),
    )  # fmt: skip
    cost = game.rules.params.energy.per_stage
    before = np.append(0, energy[:-1] - cost)
    before[first] = played.energy[place[first]]
    write_regained(log, visit, plays, energy - before)
    write_starts(game, log, visit, plays)
    write_losses(log, visit, plays.some((~won).nonzero()[0]))
    earned = np.cumsum(paid * won)
    base = (earned - paid * won)[first][np.cumsum(first) - 1]
    after = log.purse[GOLD][who] + earned - base
    winners = won.nonzero()[0]
    write_wins(game, log, visit, plays.some(winners), after[winners])
    log.purse[GOLD][who] = after  # the last of each visit stays
    log.purse[ENERGY][who] = energy - cost
    log.lost[who[~won]] = True
    tries = np.bincount(place, minlength=size)
    log.played[played.who] += tries
    return tries, np.bincount(place, weights=seconds, minlength=size).astype(np.int64)


def _count_tries(log: EventLog, played: Played, joined: Ints, who: Ints) -> Ints:
    """Return the number of each attempt at its stage, and keep what each agent is at: (n,)."""
    place, k, cleared, _, _, wins = joined
    won, new_stage, index = wins.astype(np.bool_), k == 0, np.arange(k.size)
    new_stage[1:] |= won[:-1]
    number = 1 + index - np.maximum.accumulate(np.where(new_stage, index, 0))
    number += np.where(cleared == played.cleared[place], log.tries[who], 0)
    log.tries[who] = np.where(won, 0, number)  # the last of each visit stays
    log.replays[who[won]] = number[won]
    return number


def _write_sweeps(
    game: Game, log: EventLog, visit: Visit, played: Played, begun: tuple[Ints, Ints, Ints]
) -> None:
    """Write replays, given attempts before them, seconds of their begin (m,) and gold of stages."""
    tries, start, gold = begun
    settings, cost = game.rules.params.campaign, game.rules.params.energy.per_stage
    at, count, energy = played.sweeps[:, played.sweeps[1].nonzero()[0]]
    if not at.size:
        return
    who, cleared = played.who[at], visit.day.state.cleared[played.pos[at]]
    first, paid = repeated(tries[at]), gold[at, cleared]
    log.read_energy(visit.when, who, READ + first, start[at], energy)
    plays = Plays(
        who=who, places=first, cleared=cleared, stage=cleared, start=start[at],
        seconds=np.full(at.size, settings.sweep_seconds), energy=energy,
        number=log.replays[who] + 1, power=played.power[at], gold=paid,
        marks=chapter_marks(log, who, cleared), times=count,
    )  # fmt: skip
    write_starts(game, log, visit, plays)
    write_wins(game, log, visit, plays, log.purse[GOLD][who] + paid)
    log.purse[GOLD][who] += count * paid
    log.purse[ENERGY][who] -= count * cost
    log.replays[who] += count
    log.played[who] += count
