"""Attempt stage after stage in a visit to the campaign, until chance, energy or time stops it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.campaign import Played
from engines.idle_rpg.game import Game, Visit, regenerated
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import ATTEMPTS, MANY, STAGE_STREAMS
from runner.contract import Floats

_ATTEMPTS_DRAWN = 4096  # attempts played at once: many of few agents, few of many
_LEAST = 2  # of one agent
_STUCK_AFTER = 3  # losses in a row that bring the trigger stuck_progression
CLEARED, ENERGY, CLOCK, TIME, STREAK, STUCK, TRIES, STATE = range(8)
STOPPED, REFUSED, LACKED = 0, 1, 2


@dataclass(slots=True, kw_only=True)
class Run:
    """The campaign visits of one call.

    `rows`: int64 (8, m) of what changes (stages cleared, energy, its clock, seconds left for the
    campaign, losing streak, reached the stuck streak, attempts, state).
    The other arrays, (m,), stay: `pos` places of the sessions, `plays` where there is a visit,
    `deadline` in seconds since midnight of the install day, `reach` as in `players.State`, `cap`
    and `period` of energy.
    """

    pos: Ints | slice
    plays: NDArray[np.bool_]
    rows: Ints
    deadline: Ints
    reach: Ints
    vip: Ints
    cap: Ints
    period: Ints | int

    def some(self, place: Ints) -> Run:
        """Return the visits at `place` as a run of their own."""
        pos = place if isinstance(self.pos, slice) else self.pos[place]
        period = self.period if isinstance(self.period, int) else self.period[place]
        return Run(
            pos=pos, plays=self.plays[place], rows=self.rows.take(place, axis=1),
            deadline=self.deadline[place], reach=self.reach[place], vip=self.vip[place],
            cap=self.cap[place], period=period,
        )  # fmt: skip


def attempt_stages(game: Game, visit: Visit, run: Run, played: Played | None) -> None:
    """Attempt the next stage until refused, out of energy or time; `run.rows` is updated."""
    most = game.rules.params.campaign.max_stages_per_session
    place, live, first = np.arange(run.plays.size), run, 0
    if place.size > MANY:
        place = _willing(game, visit, run)
        live = run.some(place)
    while first < most and place.size:
        together = max(_LEAST, min(ATTEMPTS, _ATTEMPTS_DRAWN // place.size))
        end = min(most, first + together)
        goes_on = _attempt_some(game, visit, live, (first, end), played).nonzero()[0]
        if live is not run:
            for row, played_on in zip(run.rows, live.rows, strict=True):
                row[place] = played_on
        place, live, first = place[goes_on], live.some(goes_on), end


def _willing(game: Game, visit: Visit, run: Run) -> Ints:
    """Return the places of the visits that want the first stage; the others refuse it."""
    rules = game.rules.campaign
    (u,) = visit.luck.repeated(STAGE_STREAMS[:1], (0, 1), run.pos)
    reached = rules.reach.take(run.reach + run.rows[CLEARED])
    wants = (u[0] < rules.attempt.take(reached)) & run.plays
    np.multiply(run.plays > wants, REFUSED, out=run.rows[STATE])
    return np.flatnonzero(wants)


def _attempt_some(
    game: Game, visit: Visit, run: Run, attempts: tuple[int, int], played: Played | None
) -> NDArray[np.bool_]:
    """Make the attempts first, ..., end - 1 as far as it goes; return who made them all: (m,).

    Seconds and energy do not depend on what is won, so they are looked up beforehand.
    """
    n, m, rows = attempts[1] - attempts[0], run.plays.size, run.rows
    u = visit.luck.repeated(STAGE_STREAMS, attempts, run.pos)
    lengths, left = _seconds_left(game, rows[TIME], u[1])
    energy, clock = _energy_before(game, run, left)
    can = energy[:-1] >= game.rules.params.energy.per_stage
    cleared = rows[CLEARED].copy()
    goes, won = _play_through(game, run, (u[0], u[2]), (can, left[1:] >= 0))
    if played is not None:
        played.note_attempts(run.pos, attempts[0], cleared, (goes, won, lengths, energy[:-1]))
    made = goes.view(np.int8).sum(axis=0, dtype=np.int8).astype(np.int64)
    rows[TRIES] += made
    stop = made * m + np.arange(m)
    rows[ENERGY], rows[CLOCK] = energy.take(stop), clock.take(stop)
    rows[TIME] = left.take(stop)
    return np.asarray(goes[n - 1])


def _seconds_left(game: Game, time: Ints, u: Floats) -> tuple[Ints, Ints]:
    """Return the seconds of attempts (n, m), and those left before each and after the last.

    `time`: int64 (m,), seconds left now; the second result is (n + 1, m).
    """
    low, high = game.rules.params.campaign.stage_seconds
    lengths = (u * (high - low + 1)).astype(np.int64)
    lengths += low
    left = np.empty((len(u) + 1, time.size), dtype=np.int64)
    left[0] = time
    for k, seconds in enumerate(lengths):
        np.subtract(left[k], seconds, out=left[k + 1])
    return lengths, left


def _energy_before(game: Game, run: Run, left: Ints) -> tuple[Ints, Ints]:
    """Return energy and clock before each attempt and after the last, if all are made.

    `left`: int64 (n + 1, m), seconds left at these moments; the results are alike. Where energy
    cannot get back to its cap between stages, what is gained adds up and can be read at once.
    """
    cost, longest = game.rules.params.energy.per_stage, game.rules.params.campaign.stage_seconds[1]
    now = (run.deadline - left) * 1000
    shortest = run.period if isinstance(run.period, int) else int(run.period.min())
    if shortest * (cost - 1) >= longest * 1000:
        gained = (now - run.rows[CLOCK]) // run.period
        paid = cost * np.arange(left.shape[0])[:, None]
        return run.rows[ENERGY] + gained - paid, run.rows[CLOCK] + gained * run.period
    energy, clock = np.empty_like(now), np.empty_like(now)
    has, since = run.rows[ENERGY], run.rows[CLOCK]
    for k in range(left.shape[0]):
        has, since = regenerated(has, since, run.cap, now[k], run.period)
        energy[k], clock[k] = has, since
        has = has - cost
    return energy, clock


def _play_through(
    game: Game, run: Run, luck: tuple[Floats, Floats], can: tuple[NDArray[np.bool_], ...]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Play attempt after attempt; return which are made and which are won, each (n, m).

    `luck` decides on wish and success, `can`: enough energy, enough time; each (n, m).
    """
    rules, rows, ((wish, success), (energy, time)) = game.rules.campaign, run.rows, (luck, can)
    wants, goes, won = np.zeros((3, *wish.shape), dtype=np.bool_)
    place, going, able = run.reach + rows[CLEARED], run.plays, energy & time
    for k in range(len(wish)):
        reached = rules.reach.take(place)
        np.less(wish[k], rules.attempt.take(reached), out=wants[k])
        wants[k] &= going
        going = np.logical_and(wants[k], able[k], out=goes[k])
        if not going.any():
            break
        np.less(success[k], rules.success.take(reached), out=won[k])
        won[k] &= going
        place += won[k]
    before = np.concatenate([run.plays[None], goes[:-1]])
    np.multiply((before > wants).any(axis=0), REFUSED, out=rows[STATE])
    rows[STATE][(wants > energy).any(axis=0)] = LACKED
    rows[CLEARED] = place - run.reach
    _follow_streak(rows, goes[: k + 1], won[: k + 1])
    return goes, won


def _follow_streak(rows: Ints, made: NDArray[np.bool_], won: NDArray[np.bool_]) -> None:
    """Lengthen the losing streak with each loss, and end it with a win; both (n, m)."""
    lost = made > won
    streak, longest = rows[STREAK], np.zeros(lost.shape[1], dtype=np.int64)
    for loss, win in zip(lost, won, strict=True):
        streak += loss
        streak *= ~win
        np.maximum(longest, streak, out=longest)
    rows[STUCK] |= lost.any(axis=0) & (longest >= _STUCK_AFTER)
