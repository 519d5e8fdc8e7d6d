"""Write down the campaign: every stage attempted or replayed, what it cost and what it paid."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.log import SINK, SOURCE, EventLog
from engines.idle_rpg.events.order import CAMPAIGN, SUB_BITS, repeated, slot
from engines.idle_rpg.events.words import ENERGY, GOLD, SINK_REASONS, SOURCE_REASONS
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints

_READ, _START, _ENTRY, _RESULT, _GOLD = (slot(CAMPAIGN, 0, sub) for sub in range(5))
_LAST_READ = slot(CAMPAIGN, 60)
_REPETITIONS = 64
_MOST = np.iinfo(np.int16).max
_REGEN, _REWARD = SOURCE_REASONS.index("energy_regen"), SOURCE_REASONS.index("stage_reward")
_STAGE_ENTRY = SINK_REASONS.index("stage_entry")
_ONE_STAR, _TWO_STARS = 0.3, 0.8  # shares of one star and of up to two, own power < 1.1 required
_THIRD_STAR = 0.7  # chance of the third star above that
_LOOT_ITEMS = 50


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
        self, pos: Ints, first: int, cleared: Ints,
        attempted: tuple[NDArray[np.bool_], NDArray[np.bool_], Ints, Ints],
    ) -> None:  # fmt: skip
        """Keep attempts first, first + 1, ... in the sessions `pos`, with stages cleared before.

        `attempted`, each (n, m): whether made, won if so, seconds, energy before paying.
        """
        made, won, seconds, energy = attempted
        before = cleared + np.cumsum(won, axis=0) - won
        visit, k = made.T.nonzero()
        place = np.searchsorted(self.pos, pos)[visit]
        found = (before[k, visit], seconds[k, visit], energy[k, visit], won[k, visit])
        self.attempts.append(np.stack([place, first + k, *found]))


@dataclass(slots=True, kw_only=True)
class Plays:
    """Stages played, each (n,), of sessions by `pos` and rows `who`.

    `places` in the session; `stage` and stages `cleared` before; `start` and `seconds`; `energy`
    before paying; `number` of the play at its stage; team `power`; `gold` if won; `marks` with
    the chapter of the stage that was next.
    """

    pos: Ints
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
    is_sweep: bool

    def some(self, rows: Ints) -> Plays:
        """Return the plays at `rows`."""
        taken = {f.name: getattr(self, f.name)[rows] for f in fields(self)[:-1]}
        return Plays(**taken, is_sweep=self.is_sweep)


def begin_campaign(game: Game, visit: Visit, pos: Ints, energy: Ints) -> Played | None:
    """Return what the campaign of the sessions `pos` is to be noted in; energy as read (m,)."""
    if game.log is None:
        return None
    state = visit.day.state
    return Played(
        pos=pos, who=visit.who(pos), start=visit.now(pos), cleared=state.cleared[pos],
        energy=energy, power=state.team_power[pos],
    )  # fmt: skip


def write_campaign(game: Game, visit: Visit, played: Played | None, energy_left: Ints) -> None:
    """Write the campaign of some visits, once it is over and before the game makes its offers.

    `energy_left`: int64 (m,), energy at the end of the campaign.
    """
    log = game.log
    if log is None or played is None:
        return
    who, when, end = played.who, visit.when, visit.now(played.pos)
    log.read_energy(when, who, _READ, played.start, played.energy)
    state = visit.day.state
    gold_of = game.rules.campaign.gold.reshape(-1, game.rules.campaign.exp.size)
    gold_of = gold_of[state.vip[played.pos]]
    tries, spent = _write_attempts(game, log, visit, played, gold_of)
    log.mark_chapter(who, state.cleared[played.pos])
    _write_sweeps(game, log, visit, played, (tries, played.start + spent, gold_of))
    log.read_energy(when, who, _LAST_READ, end, energy_left)


def settle_campaign(game: Game, visit: Visit, pos: Ints) -> None:
    """Write the level-ups that the campaign brought some sessions, after its offers."""
    if game.log is not None:
        exp = visit.day.state.exp[pos]
        game.log.rise(visit.when, CAMPAIGN, visit.who(pos), visit.now(pos), exp)


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
        pos=played.pos[place], who=who, places=repeated(k), cleared=cleared, stage=cleared + 1,
        start=played.start[place] + running - running[first][np.cumsum(first) - 1],
        seconds=seconds, energy=energy, number=_count_tries(log, played, joined, who),
        power=played.power[place], gold=paid, marks=_marks(log, who, cleared), is_sweep=False,
    )  # fmt: skip
    cost = game.rules.params.energy.per_stage
    before = np.append(0, energy[:-1] - cost)
    before[first] = played.energy[place[first]]
    _write_regained(log, visit, plays, energy - before)
    _write_starts(game, log, visit, plays)
    _write_losses(log, visit, plays.some((~won).nonzero()[0]))
    earned = np.cumsum(paid * won)
    base = (earned - paid * won)[first][np.cumsum(first) - 1]
    after = log.purse[GOLD][who] + earned - base
    winners = won.nonzero()[0]
    _write_wins(game, log, visit, plays.some(winners), after[winners])
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
    log.read_energy(visit.when, who, _READ + first, start[at], energy)
    place = np.repeat(np.arange(at.size), count)
    j = np.arange(place.size) - np.repeat(np.cumsum(count) - count, count)
    rows, pays, stage = who[place], paid[place], cleared[place]
    plays = Plays(
        pos=played.pos[at][place], who=rows, places=first[place] + repeated(j),
        cleared=stage, stage=stage,
        start=start[at][place] + j * settings.sweep_seconds,
        seconds=np.full(place.size, settings.sweep_seconds), energy=energy[place] - j * cost,
        number=(log.replays[who] + 1)[place] + j, power=played.power[at][place], gold=pays,
        marks=_marks(log, who, cleared)[place], is_sweep=True,
    )  # fmt: skip
    _write_starts(game, log, visit, plays)
    _write_wins(game, log, visit, plays, log.purse[GOLD][who][place] + (j + 1) * pays)
    log.purse[GOLD][who] += count * paid
    log.purse[ENERGY][who] -= count * cost
    log.replays[who] += count
    log.played[who] += count


def _write_regained(log: EventLog, visit: Visit, plays: Plays, grown: Ints) -> None:
    """Write energy regained before some plays: (n,)."""
    some = grown.nonzero()[0]
    if some.size:
        plays = plays.some(some)
        log.add(
            SOURCE, visit.when, plays.who, _READ + plays.places, plays.start,
            plays.marks, currency=ENERGY, amount=grown[some],
            balance_after=plays.energy, reason=_REGEN,
        )  # fmt: skip


def _write_starts(game: Game, log: EventLog, visit: Visit, plays: Plays) -> None:
    """Write stages begun, and the energy they cost."""
    cost, marks = game.rules.params.energy.per_stage, plays.marks
    log.add(
        SINK, visit.when, plays.who, _ENTRY + plays.places, plays.start, marks,
        currency=ENERGY, amount=cost, balance_after=plays.energy - cost, reason=_STAGE_ENTRY,
    )  # fmt: skip
    log.add(
        "stage_start", visit.when, plays.who, _START + plays.places, plays.start, marks,
        stage_index=plays.stage, attempt_no=np.minimum(plays.number, _MOST),
        team_power=plays.power, is_sweep=plays.is_sweep,
    )  # fmt: skip


def _write_losses(log: EventLog, visit: Visit, plays: Plays) -> None:
    log.add(
        "stage_fail", visit.when, plays.who, _RESULT + plays.places, plays.start + plays.seconds,
        plays.marks, stage_index=plays.stage, seconds=plays.seconds, fail_reason=0,
        team_power=plays.power, required_power=log.settings.required[plays.cleared],
    )  # fmt: skip


def _write_wins(game: Game, log: EventLog, visit: Visit, plays: Plays, after: Ints) -> None:
    """Write stages won, and their gold, with the balance after each: (n,)."""
    marks, end = plays.marks, plays.start + plays.seconds
    if log.wants("stage_complete"):
        stars, loot = _details(log, visit, plays)
        log.add(
            "stage_complete", visit.when, plays.who, _RESULT + plays.places, end, marks,
            stage_index=plays.stage, seconds=plays.seconds, stars=stars,
            is_first_clear=not plays.is_sweep, gold=plays.gold,
            exp=game.rules.campaign.exp[plays.stage], loot_item=loot,
        )  # fmt: skip
    paid = slice(None) if plays.gold.all() else plays.gold.nonzero()[0]
    log.add(
        SOURCE, visit.when, plays.who[paid], (_GOLD + plays.places)[paid], end[paid], marks[paid],
        currency=GOLD, amount=plays.gold[paid], balance_after=after[paid], reason=_REWARD,
    )  # fmt: skip


def _marks(log: EventLog, who: Ints, cleared: Ints) -> Ints:
    """Return marks with the chapter after the stages cleared by then: (n,)."""
    marks = log.marks[who]
    return marks - (marks & 0xFF) + log.settings.chapter[cleared]


def _details(log: EventLog, visit: Visit, plays: Plays) -> tuple[Ints, Ints]:
    """Return stars and cosmetic items, -1 without, of plays won: (n,)."""
    ids, k = visit.ids[plays.pos], plays.places >> SUB_BITS
    steps = visit.luck.reps(0, 1) + k.view(np.uint64)
    u = log.draws.uniform("stage_stars", step=steps, entities=ids)
    easy, all_three = log.settings.star_power[:, plays.stage - 1] <= plays.power
    stars = np.where(easy, 3 - (u >= _THIRD_STAR), 1 + (u >= _ONE_STAR) + (u >= _TWO_STARS))
    stars[all_three] = 3
    chance = log.settings.rules.params.campaign.loot_chance
    v = log.draws.uniform("stage_loot", step=steps, entities=ids)
    item = 1 + np.floor(v / chance * _LOOT_ITEMS) if chance else np.zeros(v.size)
    return stars, np.where(v < chance, np.minimum(item, _LOOT_ITEMS), -1).astype(np.int64)
