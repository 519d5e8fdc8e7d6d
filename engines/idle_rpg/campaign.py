"""Play the campaign: stages until chance, energy or time stops it, then replays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.campaign import (
    Played,
    begin_campaign,
    settle_campaign,
    write_campaign,
)
from engines.idle_rpg.events.purchases import refill_energy
from engines.idle_rpg.game import Game, Visit, gate, regen_period, regenerated
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.luck import ATTEMPTS, STAGE_STREAMS
from engines.idle_rpg.players import GEMS, GOLD
from engines.idle_rpg.shop import offer
from runner.contract import Floats

_ATTEMPTS_DRAWN = 4096  # attempts played at once: many of few agents, few of many
_LEAST = 2  # of one agent
_STUCK_AFTER = 3  # losses in a row that bring the trigger stuck_progression
_CLEARED, _ENERGY, _CLOCK, _TIME, _STREAK, _STUCK, _TRIES, _STATE = range(8)
_STOPPED, _REFUSED, _LACKED = 0, 1, 2


@dataclass(slots=True, kw_only=True)
class Run:
    """The campaign visits of one call.

    `rows`: int64 (8, m) of what changes (stages cleared, energy, its clock, seconds left for the
    campaign, losing streak, reached the stuck streak, attempts, state).
    The other arrays, (m,), stay: `pos` places of the sessions, `deadline` in milliseconds since
    midnight of the install day, `reach` as in `players.State`, `cap` and `period` of energy.
    """

    pos: Ints
    rows: Ints
    deadline: Ints
    reach: Ints
    vip: Ints
    cap: Ints
    period: Ints | int

    def some(self, place: Ints) -> Run:
        """Return the visits at `place` as a run of their own."""
        period = self.period if isinstance(self.period, int) else self.period[place]
        return Run(
            pos=self.pos[place], rows=self.rows[:, place], deadline=self.deadline[place],
            reach=self.reach[place], vip=self.vip[place], cap=self.cap[place], period=period,
        )  # fmt: skip


def play_campaign(game: Game, visit: Visit) -> None:
    """Play stages in the sessions that want to, then make the two offers."""
    pos = gate(game, visit, "spend_energy_campaign", visit.left > 0)
    if not pos.size:
        return
    run = _begin(game, visit, pos)
    begun = run.rows[: _STREAK + 1].copy()
    played = begin_campaign(game, visit, pos, begun[_ENERGY])
    _attempt_stages(game, visit, run, played)
    _settle_attempts(game, visit, run, begun)
    _sweep_stages(game, visit, run, played)
    _finish(game, visit, run, begun)
    write_campaign(game, visit, played, run.rows[_ENERGY])
    _make_offers(game, visit, run)
    settle_campaign(game, visit, pos)


def _begin(game: Game, visit: Visit, pos: Ints) -> Run:
    state, now = visit.day.state, visit.now(pos)
    time = np.minimum(visit.left[pos], visit.campaign_seconds[pos])
    vip = state.vip[pos]
    run = Run(
        pos=pos, rows=np.zeros((8, pos.size), dtype=np.int64), deadline=(now + time) * 1000,
        reach=state.reach[pos], vip=vip, cap=game.rules.energy_cap[vip],
        period=regen_period(game.rules, visit.day.effects, pos),
    )  # fmt: skip
    run.rows[_CLEARED] = state.cleared[pos]
    run.rows[_ENERGY], run.rows[_CLOCK] = regenerated(
        state.energy[pos], state.clock[pos], run.cap, now * 1000, run.period
    )
    run.rows[_TIME] = time
    run.rows[_STREAK] = state.streak[pos]
    return run


def _attempt_stages(game: Game, visit: Visit, run: Run, played: Played | None) -> None:
    """Attempt the next stage until refused, out of energy or time; `run.rows` is updated."""
    most = game.rules.params.campaign.max_stages_per_session
    place, live, first = np.arange(run.pos.size), run, 0
    while first < most and place.size:
        together = max(_LEAST, min(ATTEMPTS, _ATTEMPTS_DRAWN // place.size))
        end = min(most, first + together)
        goes_on = _attempt_some(game, visit, live, (first, end), played).nonzero()[0]
        if live is not run:
            run.rows[:, place] = live.rows
        place, live, first = place[goes_on], live.some(goes_on), end


def _attempt_some(
    game: Game, visit: Visit, run: Run, attempts: tuple[int, int], played: Played | None
) -> NDArray[np.bool_]:
    """Make the attempts first, ..., end - 1 as far as it goes; return who made them all: (m,).

    All are played through beforehand, and those after the first that cannot be made are dropped:
    length and energy do not depend on what is won.
    """
    settings, rules = game.rules.params.campaign, game.rules.campaign
    n, m = attempts[1] - attempts[0], run.pos.size
    u = visit.luck.repeated(STAGE_STREAMS, attempts, run.pos)
    low, span = settings.stage_seconds[0], settings.stage_seconds[1] - settings.stage_seconds[0] + 1
    lengths = low + (u[1] * span).astype(np.int64)
    left = run.rows[_TIME] - np.concatenate([np.zeros((1, m), np.int64), lengths.cumsum(axis=0)])
    reached, won = _play_through(rules.reach, rules.success, run, u[2])
    energy, clock = _energy_before(game, run, left)
    wants = u[0] < rules.attempt[reached]
    has_energy = energy[:-1] >= game.rules.params.energy.per_stage
    goes = np.logical_and.accumulate(wants & has_energy & (left[1:] >= 0), axis=0)
    made = goes.sum(axis=0)
    all_made: NDArray[np.bool_] = made == n
    last, here = np.minimum(made, n - 1), np.arange(m)
    lacks = np.where(has_energy[last, here], _STOPPED, _LACKED)
    rows = run.rows
    if played is not None:
        attempted = (goes, won, lengths, energy[:-1])
        played.note_attempts(run.pos, attempts[0], rows[_CLEARED], attempted)
    rows[_STATE] = np.where(all_made, _STOPPED, np.where(wants[last, here], lacks, _REFUSED))
    rows[_ENERGY], rows[_CLOCK] = energy[made, here], clock[made, here]
    rows[_TIME] = left[made, here]
    _count_results(rows, goes, goes & won)
    return all_made


def _play_through(
    reach: NDArray[np.int8], success: Floats, run: Run, u: Floats
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Return the steps reached at each attempt and whether it would be won, each (n, m)."""
    reached, won = np.empty(u.shape, dtype=np.int8), np.empty(u.shape, dtype=np.bool_)
    place = run.reach + run.rows[_CLEARED]
    for k in range(u.shape[0]):
        reach.take(place, out=reached[k], mode="clip")
        np.less(u[k], success.take(reached[k]), out=won[k])
        place += won[k]
    return reached, won


def _energy_before(game: Game, run: Run, left: Ints) -> tuple[Ints, Ints]:
    """Return energy and clock before each attempt and after the last, if all are made.

    `left`: int64 (n + 1, m), seconds left at these moments; the results are alike. Where energy
    cannot get back to its cap between stages, what is gained adds up and can be read at once.
    """
    cost, longest = game.rules.params.energy.per_stage, game.rules.params.campaign.stage_seconds[1]
    now = run.deadline - left * 1000
    if int(np.min(run.period)) * (cost - 1) >= longest * 1000:
        gained = (now - run.rows[_CLOCK]) // run.period
        paid = cost * np.arange(left.shape[0])[:, None]
        return run.rows[_ENERGY] + gained - paid, run.rows[_CLOCK] + gained * run.period
    energy, clock = np.empty_like(now), np.empty_like(now)
    has, since = run.rows[_ENERGY], run.rows[_CLOCK]
    for k in range(left.shape[0]):
        has, since = regenerated(has, since, run.cap, now[k], run.period)
        energy[k], clock[k] = has, since
        has = has - cost
    return energy, clock


def _count_results(rows: Ints, goes: NDArray[np.bool_], won: NDArray[np.bool_]) -> None:
    """Count attempts and wins, and follow the losing streak through attempts (n, m)."""
    n, m = goes.shape
    made = goes.sum(axis=0)
    rows[_TRIES] += made
    rows[_CLEARED] += won.sum(axis=0)
    lost = np.empty((n + _STUCK_AFTER - 1, m), dtype=np.bool_)
    for k in range(1, _STUCK_AFTER):  # losses before the first attempt
        lost[-n - k] = rows[_STREAK] >= k
    np.greater(goes, won, out=lost[-n:])
    stuck = lost[-n:].copy()
    for k in range(1, _STUCK_AFTER):
        stuck &= lost[_STUCK_AFTER - 1 - k : _STUCK_AFTER - 1 - k + n]
    rows[_STUCK] |= stuck.any(axis=0)
    last_won = (won * np.arange(1, n + 1)[:, None]).max(axis=0)
    rows[_STREAK] = np.where(last_won > 0, made - last_won, rows[_STREAK] + made)


def reached_steps(least_power: Ints, cleared: Ints, power: Ints) -> Ints:
    """Return how many steps of the chances a team reaches at the stage after `cleared`: (m,)."""
    return np.asarray((least_power.take(cleared, axis=1) <= power).sum(axis=0))


def _settle_attempts(game: Game, visit: Visit, run: Run, begun: Ints) -> None:
    """Pay for the stages won: they are consecutive, so running sums give gold and experience."""
    rules, state, day, pos = game.rules.campaign, visit.day.state, visit.day, run.pos
    size = rules.exp_sum.size
    first, last = begun[_CLEARED], run.rows[_CLEARED]
    gold = rules.gold_sum[run.vip * size + last] - rules.gold_sum[run.vip * size + first]
    game.earn(state, GOLD, pos, gold)
    state.exp[pos] += rules.exp_sum[last] - rules.exp_sum[first]
    state.cleared[pos] = last
    state.streak[pos] = run.rows[_STREAK]
    wins = last - first
    day.today("attempts")[pos] += run.rows[_TRIES]
    day.today("wins")[pos] += wins
    day.today("losses")[pos] += run.rows[_TRIES] - wins


def _sweep_stages(game: Game, visit: Visit, run: Run, played: Played | None) -> None:
    """Replay the last cleared stage where the next was refused, as far as energy and time go."""
    settings, rules, state = game.rules.params.campaign, game.rules.campaign, visit.day.state
    cost, seconds = game.rules.params.energy.per_stage, settings.sweep_seconds
    if not settings.sweep:
        return
    can = ((run.rows[_STATE] == _REFUSED) & (run.rows[_CLEARED] >= 1)).nonzero()[0]
    if not can.size:
        return
    some = run.some(can)
    rows = some.rows
    room = settings.max_stages_per_session - rows[_TRIES]
    number = np.minimum(np.minimum(rows[_ENERGY] // cost, rows[_TIME] // seconds), room)
    if played is not None:
        played.sweeps = np.stack([can, number, rows[_ENERGY]])
    rows[_ENERGY] -= number * cost
    rows[_TIME] -= number * seconds
    rows[_ENERGY], rows[_CLOCK] = regenerated(
        rows[_ENERGY], rows[_CLOCK], some.cap, some.deadline - rows[_TIME] * 1000, some.period
    )
    lacks = (rows[_ENERGY] < cost) & (rows[_TIME] >= seconds)
    rows[_STATE][lacks] = _LACKED
    run.rows[:, can] = rows
    cell = some.vip * rules.exp_sum.size + rows[_CLEARED]
    game.earn(state, GOLD, some.pos, number * rules.gold[cell])
    state.exp[some.pos] += number * rules.exp[rows[_CLEARED]]
    visit.day.today("sweeps")[some.pos] += number


def _finish(game: Game, visit: Visit, run: Run, begun: Ints) -> None:
    state = visit.day.state
    state.energy[run.pos], state.clock[run.pos] = run.rows[_ENERGY], run.rows[_CLOCK]
    visit.left[run.pos] -= begun[_TIME] - run.rows[_TIME]
    game.lowest = min(game.lowest, int(run.rows[_ENERGY].min()))
    game.visits += run.pos.size
    game.lacked += int(np.count_nonzero(run.rows[_STATE] == _LACKED))


def _make_offers(game: Game, visit: Visit, run: Run) -> None:
    """Make the offers of the campaign; the second only where the first did not complete."""
    lacked = (run.rows[_STATE] == _LACKED).nonzero()[0]
    bought = offer(game, visit, "out_of_energy", run.pos[lacked])
    _refill(game, visit, bought)
    stuck = run.pos[run.rows[_STUCK].nonzero()[0]]
    if bought.size:
        stuck = stuck[~np.isin(stuck, bought)]
    offer(game, visit, "stuck_progression", stuck)


def _refill(game: Game, visit: Visit, pos: Ints) -> None:
    """Fill the energy of those who just bought for lack of it, against gems."""
    if not pos.size:
        return
    price, state = game.rules.params.energy.refill_price_gems, visit.day.state
    pos = pos[state.gems[pos] >= price]
    game.spend(state, GEMS, pos, price)
    state.energy[pos] = game.rules.energy_cap[state.vip[pos]]
    state.clock[pos] = visit.now(pos) * 1000
    refill_energy(game, visit, pos, price)
