"""Write down the campaign: every stage attempted or replayed, what it cost and what it paid."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.log import SINK, SOURCE, EventLog
from engines.idle_rpg.events.order import CAMPAIGN, repeated, slot
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
    """Stages played, in order of visits and time, each (n,).

    `place` of the visit, `k` in the visit, `cleared` before, `energy` before paying, `number` of
    the play at its stage; `start` and `seconds`.
    """

    place: Ints
    k: Ints
    cleared: Ints
    stage: Ints
    start: Ints
    seconds: Ints
    energy: Ints
    number: Ints
    won: NDArray[np.bool_]
    is_sweep: NDArray[np.bool_]


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
    attempts = _attempts(log, played)
    sweeps = _sweeps(game, log, played, attempts, visit.day.state.cleared[played.pos])
    plays = _joined(attempts, sweeps)
    log.played[who] += np.bincount(plays.place, minlength=who.size)
    log.lost[who[plays.place[~plays.won]]] = True
    _write_energy(game, log, visit, played, plays)
    _write_results(game, log, visit, played, plays)
    log.read_energy(when, who, _LAST_READ, end, energy_left)
    log.mark_chapter(who, visit.day.state.cleared[played.pos])


def settle_campaign(game: Game, visit: Visit, pos: Ints) -> None:
    """Write the level-ups that the campaign brought some sessions, after its offers."""
    if game.log is not None:
        exp = visit.day.state.exp[pos]
        game.log.rise(visit.when, CAMPAIGN, visit.who(pos), visit.now(pos), exp)


def _attempts(log: EventLog, played: Played) -> Plays:
    """Return the attempts, and count those at each stage."""
    joined = np.concatenate([np.zeros((6, 0), dtype=np.int64), *played.attempts], axis=1)
    if len(played.attempts) > 1:
        joined = joined[:, np.argsort(joined[0] * _REPETITIONS + joined[1], kind="stable")]
    place, k, cleared, seconds, energy, wins = joined
    won = wins.astype(np.bool_)
    running = np.cumsum(seconds) - seconds
    visit_of = np.cumsum(k == 0) - 1
    start = played.start[place] + running - running[k == 0][visit_of]
    new_stage = k == 0
    new_stage[1:] |= won[:-1]
    index = np.arange(k.size)
    number = 1 + index - np.maximum.accumulate(np.where(new_stage, index, 0))
    who = played.who[place]
    number += np.where(cleared == played.cleared[place], log.tries[who], 0)
    log.tries[who] = np.where(won, 0, number)  # the last of each visit stays
    log.replays[who[won]] = number[won]
    return Plays(
        place=place, k=k, cleared=cleared, stage=cleared + 1, start=start, seconds=seconds,
        energy=energy, number=number, won=won, is_sweep=np.zeros(k.size, dtype=np.bool_),
    )  # fmt: skip


def _sweeps(game: Game, log: EventLog, played: Played, attempts: Plays, reached: Ints) -> Plays:
    """Return the replays, which follow the attempts of their visit; stages cleared by then (m,)."""
    settings, cost = game.rules.params.campaign, game.rules.params.energy.per_stage
    at, count, energy = played.sweeps
    size = played.who.size
    tries = np.bincount(attempts.place, minlength=size)
    spent = np.bincount(attempts.place, weights=attempts.seconds, minlength=size).astype(np.int64)
    place = np.repeat(at, count)
    j = np.arange(place.size) - np.repeat(np.cumsum(count) - count, count)
    who = played.who[place]
    cleared = reached[place]
    number = log.replays[who] + 1 + j
    log.replays[played.who[at]] += count
    return Plays(
        place=place, k=tries[place] + j, cleared=cleared, stage=cleared,
        start=played.start[place] + spent[place] + j * settings.sweep_seconds,
        seconds=np.full(place.size, settings.sweep_seconds), energy=np.repeat(energy, count)
        - j * cost, number=number, won=np.ones(place.size, dtype=np.bool_),
        is_sweep=np.ones(place.size, dtype=np.bool_),
    )  # fmt: skip


def _joined(one: Plays, other: Plays) -> Plays:
    """Return all plays in order of visits and time."""
    if not one.place.size or not other.place.size:
        return one if one.place.size else other
    both = {
        f.name: np.concatenate([getattr(one, f.name), getattr(other, f.name)])
        for f in fields(Plays)
    }
    order = np.argsort(both["place"] * _REPETITIONS + both["k"], kind="stable")
    return Plays(**{name: values[order] for name, values in both.items()})


def _write_energy(game: Game, log: EventLog, visit: Visit, played: Played, plays: Plays) -> None:
    """Write what was regained and paid before each play."""
    cost, who = game.rules.params.energy.per_stage, played.who[plays.place]
    before = np.empty_like(plays.energy)
    before[1:] = plays.energy[:-1] - cost
    first = plays.k == 0
    before[first] = played.energy[plays.place[first]]
    some = np.flatnonzero(plays.energy > before)
    marks, places = _marks(log, plays, who), repeated(plays.k)
    log.add(
        SOURCE, visit.when, who[some], _READ + places[some], plays.start[some], marks[some],
        currency=ENERGY, amount=(plays.energy - before)[some], balance_after=plays.energy[some],
        reason=_REGEN,
    )  # fmt: skip
    log.add(
        SINK, visit.when, who, _ENTRY + places, plays.start, marks,
        currency=ENERGY, amount=cost, balance_after=plays.energy - cost, reason=_STAGE_ENTRY,
    )  # fmt: skip
    log.purse[ENERGY][who] = plays.energy - cost  # the last of each visit stays
    log.add(
        "stage_start", visit.when, who, _START + places, plays.start, marks,
        stage_index=plays.stage, attempt_no=np.minimum(plays.number, _MOST),
        team_power=played.power[plays.place], is_sweep=plays.is_sweep,
    )  # fmt: skip


def _write_results(game: Game, log: EventLog, visit: Visit, played: Played, plays: Plays) -> None:
    """Write how each play ended, and the gold of those won."""
    rules, end = game.rules.campaign, plays.start + plays.seconds
    who = played.who[plays.place]
    marks, places = _marks(log, plays, who), repeated(plays.k)
    won, lost = np.flatnonzero(plays.won), np.flatnonzero(~plays.won)
    power = played.power[plays.place]
    log.add(
        "stage_fail", visit.when, who[lost], _RESULT + places[lost], end[lost], marks[lost],
        stage_index=plays.stage[lost], seconds=plays.seconds[lost], fail_reason=0,
        team_power=power[lost], required_power=log.settings.required[plays.cleared[lost]],
    )  # fmt: skip
    if not won.size:
        return
    who, stage, end = who[won], plays.stage[won], end[won]
    vip = visit.day.state.vip[played.pos][plays.place[won]]
    gold = rules.gold[vip * rules.exp.size + stage]
    marks, places = marks[won], places[won]
    if log.wants("stage_complete"):
        stars, loot = _details(log, visit, (visit.ids[played.pos[plays.place[won]]], plays.k[won]),
                               (stage, power[won]))  # fmt: skip
        log.add(
            "stage_complete", visit.when, who, _RESULT + places, end, marks,
            stage_index=stage, seconds=plays.seconds[won], stars=stars,
            is_first_clear=~plays.is_sweep[won], gold=gold, exp=rules.exp[stage], loot_item=loot,
        )  # fmt: skip
    running = np.cumsum(gold)
    first = np.ones(won.size, dtype=np.bool_)
    first[1:] = plays.place[won][1:] != plays.place[won][:-1]
    base = (running - gold)[first][np.cumsum(first) - 1]
    after = log.purse[GOLD][who] + running - base
    paid = slice(None) if gold.all() else np.flatnonzero(gold)
    log.add(
        SOURCE, visit.when, who[paid], _GOLD + places[paid], end[paid], marks[paid],
        currency=GOLD, amount=gold[paid], balance_after=after[paid], reason=_REWARD,
    )  # fmt: skip
    log.purse[GOLD][who] = after  # the last of each visit stays


def _marks(log: EventLog, plays: Plays, who: Ints) -> Ints:
    """Return marks with the chapter of the stage that was next at each play."""
    marks = log.marks[who]
    return marks - (marks & 0xFF) + log.settings.chapter[plays.cleared]


def _details(
    log: EventLog, visit: Visit, addresses: tuple[NDArray[np.uint64], Ints],
    stages: tuple[Ints, Ints],
) -> tuple[Ints, Ints]:  # fmt: skip
    """Return stars and cosmetic items, -1 without, of plays won: (n,)."""
    ids, k = addresses
    stage, power = stages
    steps = visit.reps(0, 1) + k.astype(np.uint64)
    u = log.draws.uniform("stage_stars", step=steps, entities=ids)
    easy, all_three = (power >= least[stage - 1] for least in log.settings.star_power)
    stars = np.where(easy, 3 - (u >= _THIRD_STAR), 1 + (u >= _ONE_STAR) + (u >= _TWO_STARS))
    stars[all_three] = 3
    chance = log.settings.rules.params.campaign.loot_chance
    v = log.draws.uniform("stage_loot", step=steps, entities=ids)
    item = 1 + np.floor(v / chance * _LOOT_ITEMS) if chance else np.zeros(v.size)
    return stars, np.where(v < chance, np.minimum(item, _LOOT_ITEMS), -1).astype(np.int64)
