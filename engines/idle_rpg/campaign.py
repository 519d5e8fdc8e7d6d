"""Play the campaign: stages until chance, energy or time stops it, then replays."""

from __future__ import annotations

import numpy as np

from engines.idle_rpg.attempts import (
    CLEARED,
    CLOCK,
    ENERGY,
    LACKED,
    REFUSED,
    STATE,
    STREAK,
    STUCK,
    TIME,
    TRIES,
    Run,
    attempt_stages,
)
from engines.idle_rpg.events.campaign import (
    Played,
    begin_campaign,
    settle_campaign,
    write_campaign,
)
from engines.idle_rpg.events.purchases import refill_energy
from engines.idle_rpg.game import Game, Visit, gate, regen_period, regenerated
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import GEMS, GOLD
from engines.idle_rpg.shop import offer, without


def play_campaign(game: Game, visit: Visit) -> None:
    """Play stages in the sessions that want to, then make the two offers."""
    pos = gate(game, visit, "spend_energy_campaign", visit.left > 0)
    if not pos.size:
        return
    run = _begin(game, visit, pos)
    begun = run.rows[: STREAK + 1].copy()
    played = begin_campaign(game, visit, pos, begun[ENERGY])
    attempt_stages(game, visit, run, played)
    _settle_attempts(game, visit, run, begun)
    _sweep_stages(game, visit, run, played)
    _finish(game, visit, run, begun)
    write_campaign(game, visit, played, run.rows[ENERGY])
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
    run.rows[CLEARED] = state.cleared[pos]
    run.rows[ENERGY], run.rows[CLOCK] = regenerated(
        state.energy[pos], state.clock[pos], run.cap, now * 1000, run.period
    )
    run.rows[TIME] = time
    run.rows[STREAK] = state.streak[pos]
    return run


def _settle_attempts(game: Game, visit: Visit, run: Run, begun: Ints) -> None:
    """Pay for the stages won: they are consecutive, so running sums give gold and experience."""
    rules, state, day, pos = game.rules.campaign, visit.day.state, visit.day, run.pos
    size = rules.exp_sum.size
    first, last = begun[CLEARED], run.rows[CLEARED]
    gold = rules.gold_sum[run.vip * size + last] - rules.gold_sum[run.vip * size + first]
    game.earn(state, GOLD, pos, gold)
    state.exp[pos] += rules.exp_sum[last] - rules.exp_sum[first]
    state.cleared[pos] = last
    state.streak[pos] = run.rows[STREAK]
    day.today("attempts")[pos] += run.rows[TRIES]
    day.today("wins")[pos] += last - first


def _sweep_stages(game: Game, visit: Visit, run: Run, played: Played | None) -> None:
    """Replay the last cleared stage where the next was refused, as far as energy and time go."""
    settings, rules, state = game.rules.params.campaign, game.rules.campaign, visit.day.state
    cost, seconds = game.rules.params.energy.per_stage, settings.sweep_seconds
    if not settings.sweep:
        return
    can, rows = (run.rows[STATE] == REFUSED) & (run.rows[CLEARED] >= 1), run.rows
    number = np.minimum(rows[ENERGY] // cost, rows[TIME] // seconds)
    np.minimum(number, settings.max_stages_per_session - rows[TRIES], out=number)
    number *= can
    if played is not None:
        here = can.nonzero()[0]
        played.sweeps = np.stack([here, number[here], rows[ENERGY, here]])
    rows[ENERGY] -= number * cost
    rows[TIME] -= number * seconds
    rows[ENERGY], rows[CLOCK] = regenerated(
        rows[ENERGY], rows[CLOCK], run.cap, run.deadline - rows[TIME] * 1000, run.period
    )
    lacks = can & (rows[ENERGY] < cost) & (rows[TIME] >= seconds)
    rows[STATE] = np.where(lacks, LACKED, rows[STATE])
    cell = run.vip * rules.exp_sum.size + rows[CLEARED]
    game.earn(state, GOLD, run.pos, number * rules.gold.take(cell))
    state.exp[run.pos] += number * rules.exp.take(rows[CLEARED])
    visit.day.today("sweeps")[run.pos] += number


def _finish(game: Game, visit: Visit, run: Run, begun: Ints) -> None:
    state = visit.day.state
    state.energy[run.pos], state.clock[run.pos] = run.rows[ENERGY], run.rows[CLOCK]
    visit.left[run.pos] -= begun[TIME] - run.rows[TIME]
    game.lowest = min(game.lowest, int(run.rows[ENERGY].min()))
    game.visits += run.pos.size
    game.lacked += int(np.count_nonzero(run.rows[STATE] == LACKED))


def _make_offers(game: Game, visit: Visit, run: Run) -> None:
    """Make the offers of the campaign; the second only where the first did not complete."""
    lacked = (run.rows[STATE] == LACKED).nonzero()[0]
    bought = offer(game, visit, "out_of_energy", run.pos[lacked])
    _refill(game, visit, bought)
    stuck = run.pos[run.rows[STUCK].nonzero()[0]]
    offer(game, visit, "stuck_progression", without(stuck, bought, visit))


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
