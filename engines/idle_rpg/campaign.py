"""Play the campaign: stages until chance, energy or time stops it, then replays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.campaign import Played, settle_campaign, write_campaign
from engines.idle_rpg.events.purchases import refill_energy
from engines.idle_rpg.game import Game, Rolls, Visit, gate, refresh_energy, regenerated
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import GEMS, GOLD
from engines.idle_rpg.shop import offer

_TOGETHER = 8  # attempts drawn at once where few play
_STUCK_AFTER = 3  # losses in a row that bring the trigger stuck_progression
_PLACE, _CLEARED, _ENERGY, _CLOCK, _TIME, _STREAK, _STUCK, _TRIES, _STATE = range(9)
_STOPPED, _REFUSED, _LACKED = 0, 1, 2


@dataclass(slots=True, kw_only=True)
class Run:
    """The campaign visits of one call.

    `rows`: int64 (9, m) of what changes (place in the call, stages cleared, energy, its clock,
    seconds left for the campaign, losing streak, reached the stuck streak, attempts, state).
    The other arrays, (m,), stay: `deadline` in seconds since midnight of the install day.
    """

    pos: Ints
    who: Ints
    rows: Ints
    deadline: Ints
    power: Ints
    cap: Ints
    period: Ints | int


def play_campaign(game: Game, visit: Visit) -> None:
    """Play stages in the sessions that want to, then make the two offers."""
    pos = gate(game, visit, "spend_energy_campaign", np.flatnonzero(visit.left > 0))
    if not pos.size:
        return
    run = _begin(game, visit, pos)
    begun = run.rows.copy()
    played = Played(
        pos=pos, who=run.who, start=visit.now(pos), cleared=begun[_CLEARED], energy=begun[_ENERGY],
        power=run.power,
    )  # fmt: skip
    _attempt_stages(game, visit, run, played)
    wins, losses = _settle_attempts(game, run, begun)
    _sweep_stages(game, run, played)
    _finish(game, visit, run, begun, (wins, losses))
    write_campaign(game, visit, played, run.rows[_ENERGY], visit.now(pos))
    _make_offers(game, visit, run)
    settle_campaign(game, visit, pos)


def _begin(game: Game, visit: Visit, pos: Ints) -> Run:
    players, who = game.players, visit.who[pos]
    time = np.minimum(visit.left[pos], visit.campaign_seconds[pos])
    now = visit.now(pos)
    rows = np.zeros((9, pos.size), dtype=np.int64)
    rows[_PLACE] = np.arange(pos.size)
    rows[_CLEARED] = players.cleared[who]
    rows[_ENERGY] = refresh_energy(game, who, now)
    rows[_CLOCK] = players.clock[who]
    rows[_TIME] = time
    rows[_STREAK] = players.streak[who]
    return Run(
        pos=pos, who=who, rows=rows, deadline=now + time, power=players.team_power[who],
        cap=game.rules.energy_cap[players.vip[who]], period=game.regen_ms(who),
    )  # fmt: skip


def _attempt_stages(game: Game, visit: Visit, run: Run, played: Played) -> None:
    """Attempt the next stage until refused, out of energy or time; `run.rows` is updated."""
    settings, rules = game.rules.params.campaign, game.rules.campaign
    cost = game.rules.params.energy.per_stage
    low, span = settings.stage_seconds[0], settings.stage_seconds[1] - settings.stage_seconds[0] + 1
    ids, live = visit.ids[run.pos], run.rows.copy()
    regains_always = game.log is not None or not _may_regain_late(game, run)
    tries, lengths, successes = (
        Rolls(game, visit, stream, ids, _TOGETHER)
        for stream in ("stage_attempt", "stage_seconds", "stage_success")
    )
    for k in range(settings.max_stages_per_session):
        place = live[_PLACE]
        reached = reached_steps(rules.least_power, live[_CLEARED], run.power[place])
        wants = tries.at(k, place) < rules.attempt[reached]
        wants &= live[_CLEARED] < settings.n_stages
        if regains_always or (live[_ENERGY] < cost).any():
            _regain(live, run)
        has_energy = live[_ENERGY] >= cost
        length = low + (lengths.at(k, place) * span).astype(np.int64)
        goes = wants & has_energy & (live[_TIME] >= length)
        if not goes.all():
            live[_STATE] = np.where(wants, np.where(has_energy, _STOPPED, _LACKED), _REFUSED)
            over = np.flatnonzero(~goes)
            run.rows[:, place[over]] = live.take(over, axis=1)
            on = np.flatnonzero(goes)
            live, place, reached, length = live.take(on, axis=1), place[on], reached[on], length[on]
            if not on.size:
                return
        won = successes.at(k, place) < rules.success[reached]
        if game.log is not None:
            round_ = np.stack([place, live[_CLEARED], length, live[_ENERGY], won])
            played.attempts.append(round_)
        live[_ENERGY] -= cost
        live[_TIME] -= length
        live[_CLEARED] += won
        live[_TRIES] += 1
        live[_STREAK] = np.where(won, 0, live[_STREAK] + 1)
        live[_STUCK] |= live[_STREAK] >= _STUCK_AFTER
    run.rows[:, live[_PLACE]] = live


def _may_regain_late(game: Game, run: Run) -> bool:
    """Tell whether energy cannot get back to its cap between stages, as each costs more than it.

    Then reading it late changes nothing: what is gained by the first and what is gained by the
    second of two readings add up.
    """
    longest = game.rules.params.campaign.stage_seconds[1] * 1000
    return int(np.min(run.period)) * (game.rules.params.energy.per_stage - 1) >= longest


def reached_steps(least_power: Ints, cleared: Ints, power: Ints) -> Ints:
    """Return how many steps of the chances a team reaches at the stage after `cleared`: (m,)."""
    return np.asarray((least_power.take(cleared, axis=1) <= power).sum(axis=0))


def _regain(rows: Ints, run: Run) -> None:
    """Bring energy up to date at the present second of each visit."""
    place = rows[_PLACE]
    now = (run.deadline[place] - rows[_TIME]) * 1000
    period = run.period if isinstance(run.period, int) else run.period[place]
    rows[_ENERGY], rows[_CLOCK] = regenerated(
        rows[_ENERGY], rows[_CLOCK], run.cap[place], now, period
    )


def _settle_attempts(game: Game, run: Run, begun: Ints) -> tuple[Ints, Ints]:
    """Pay for the stages won: they are consecutive, so running sums give gold and experience."""
    rules, players, vip = game.rules.campaign, game.players, game.players.vip[run.who]
    size = rules.exp_sum.size
    first, last = begun[_CLEARED], run.rows[_CLEARED]
    gold = rules.gold_sum[vip * size + last] - rules.gold_sum[vip * size + first]
    game.earn(GOLD, run.who, gold)
    players.exp[run.who] += rules.exp_sum[last] - rules.exp_sum[first]
    players.cleared[run.who] = last
    players.streak[run.who] = run.rows[_STREAK]
    wins = last - first
    return wins, run.rows[_TRIES] - wins


def _sweep_stages(game: Game, run: Run, played: Played) -> None:
    """Replay the last cleared stage where the next was refused, as far as energy and time go."""
    settings, rules = game.rules.params.campaign, game.rules.campaign
    cost, seconds = game.rules.params.energy.per_stage, settings.sweep_seconds
    if not settings.sweep:
        return
    can = np.flatnonzero((run.rows[_STATE] == _REFUSED) & (run.rows[_CLEARED] >= 1))
    if not can.size:
        return
    rows = run.rows[:, can]
    _regain(rows, run)
    room = settings.max_stages_per_session - rows[_TRIES]
    number = np.minimum(np.minimum(rows[_ENERGY] // cost, rows[_TIME] // seconds), room)
    played.sweeps = np.stack([can, number, rows[_ENERGY]])
    rows[_ENERGY] -= number * cost
    rows[_TIME] -= number * seconds
    _regain(rows, run)
    rows[_STATE] = np.where(
        (rows[_ENERGY] < cost) & (rows[_TIME] >= seconds), _LACKED, rows[_STATE]
    )
    run.rows[:, can] = rows
    who, size = run.who[can], rules.exp_sum.size
    cell = game.players.vip[who] * size + rows[_CLEARED]
    game.earn(GOLD, who, number * rules.gold[cell])
    game.players.exp[who] += number * rules.exp[rows[_CLEARED]]
    game.count("sweeps", who, number)


def _finish(game: Game, visit: Visit, run: Run, begun: Ints, results: tuple[Ints, Ints]) -> None:
    players, (wins, losses) = game.players, results
    players.energy[run.who], players.clock[run.who] = run.rows[_ENERGY], run.rows[_CLOCK]
    visit.left[run.pos] -= begun[_TIME] - run.rows[_TIME]
    game.lowest = min(game.lowest, int(run.rows[_ENERGY].min()))
    game.count("attempts", run.who, run.rows[_TRIES])
    game.count("wins", run.who, wins)
    game.count("losses", run.who, losses)
    game.visits += run.who.size
    game.lacked += int(np.count_nonzero(run.rows[_STATE] == _LACKED))


def _make_offers(game: Game, visit: Visit, run: Run) -> None:
    """Make the offers of the campaign; the second only where the first did not complete."""
    lacked = np.flatnonzero(run.rows[_STATE] == _LACKED)
    bought = offer(game, visit, "out_of_energy", run.pos[lacked])
    _refill(game, visit, bought)
    stuck = run.rows[_STUCK].astype(np.bool_)
    stuck &= ~_member(run.pos, bought)
    offer(game, visit, "stuck_progression", run.pos[stuck])


def _member(pos: Ints, bought: Ints) -> NDArray[np.bool_]:
    return np.isin(pos, bought) if bought.size else np.zeros(pos.size, dtype=np.bool_)


def _refill(game: Game, visit: Visit, pos: Ints) -> None:
    """Fill the energy of those who just bought for lack of it, against gems."""
    if not pos.size:
        return
    price, players = game.rules.params.energy.refill_price_gems, game.players
    pos = pos[players.balance[GEMS][visit.who[pos]] >= price]
    who = visit.who[pos]
    game.spend(GEMS, who, price)
    players.energy[who] = game.rules.energy_cap[players.vip[who]]
    players.clock[who] = visit.now(pos) * 1000
    refill_energy(game, visit, pos, price)
