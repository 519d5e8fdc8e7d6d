"""Play the campaign: stages until chance, energy or time stops it, then replays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
from engines.idle_rpg.game import Game, Visit, happening, regen_period, regenerated
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import GEMS, GOLD
from engines.idle_rpg.shop import offer


def play_campaign(game: Game, visit: Visit) -> None:
    """Play stages in the sessions that want to, then make the two offers.

    Nearly all want to: the others are in the arrays too, and nothing happens to them.
    """
    plays = happening(game, visit, "spend_energy_campaign", visit.left > 0)
    if not plays.any():
        return
    run = _begin(game, visit, plays)
    played = begin_campaign(game, visit, plays, run.rows[ENERGY])
    attempt_stages(game, visit, run, played)
    swept = _sweep_stages(game, run, played)
    _settle(game, visit, run, swept)
    write_campaign(game, visit, played)
    _make_offers(game, visit, run)
    settle_campaign(game, visit, played)


def _begin(game: Game, visit: Visit, plays: NDArray[np.bool_]) -> Run:
    state, everyone = visit.day.state, slice(visit.size)
    now, vip = visit.end - visit.left, state.vip[everyone]
    time = np.minimum(visit.left, visit.campaign_seconds) * plays
    run = Run(
        pos=everyone, plays=plays, rows=np.zeros((8, visit.size), dtype=np.int64),
        deadline=now + time, reach=state.reach[everyone], vip=vip,
        cap=game.rules.energy_cap.take(vip),
        period=regen_period(game.rules, visit.day.effects, everyone),
    )  # fmt: skip
    run.rows[CLEARED] = state.cleared[everyone]
    run.rows[ENERGY], run.rows[CLOCK] = regenerated(
        state.energy[everyone], state.clock[everyone], run.cap, now * 1000, run.period
    )
    run.rows[TIME] = time
    run.rows[STREAK] = state.streak[everyone]
    return run


def _sweep_stages(game: Game, run: Run, played: Played | None) -> Ints:
    """Replay the last cleared stage where the next was refused, as far as energy and time go.

    Return how often: (m,).
    """
    settings, rows = game.rules.params.campaign, run.rows
    cost, seconds = game.rules.params.energy.per_stage, settings.sweep_seconds
    if not settings.sweep:
        return np.zeros_like(run.cap)
    can = (rows[STATE] == REFUSED) & (rows[CLEARED] >= 1)
    number: Ints = np.minimum(rows[ENERGY] // cost, rows[TIME] // seconds)
    np.minimum(number, settings.max_stages_per_session - rows[TRIES], out=number)
    number *= can
    if played is not None:
        played.note_sweeps(can.nonzero()[0], number, rows[ENERGY])
    rows[ENERGY] -= number * cost
    rows[TIME] -= number * seconds
    rows[ENERGY], rows[CLOCK] = regenerated(
        rows[ENERGY], rows[CLOCK], run.cap, (run.deadline - rows[TIME]) * 1000, run.period
    )
    can &= (rows[ENERGY] < cost) & (rows[TIME] >= seconds)
    rows[STATE][can] = LACKED
    return number


def _settle(game: Game, visit: Visit, run: Run, swept: Ints) -> None:
    """Pay for the stages won and swept, and keep what the campaign has changed.

    Stages won are consecutive, so running sums give gold and experience.
    """
    rules, day, state, rows = game.rules.campaign, visit.day, visit.day.state, run.rows
    everyone, last = slice(visit.size), rows[CLEARED]
    first, row = state.cleared[everyone], run.vip * rules.exp_sum.size
    gold = rules.gold_sum.take(row + last) - rules.gold_sum.take(row + first)
    game.earn_all(state, GOLD, gold + swept * rules.gold.take(row + last))
    exp = rules.exp_sum.take(last) - rules.exp_sum.take(first)
    state.exp[everyone] += exp + swept * rules.exp.take(last)
    day.today("attempts")[everyone] += rows[TRIES]
    day.today("wins")[everyone] += last - first
    day.today("sweeps")[everyone] += swept
    state.cleared[everyone], state.streak[everyone] = last, rows[STREAK]
    state.energy[everyone], state.clock[everyone] = rows[ENERGY], rows[CLOCK]
    visit.left[:] = visit.end - (run.deadline - rows[TIME])
    game.lowest = min(game.lowest, int(rows[ENERGY].min()))
    game.visits += int(np.count_nonzero(run.plays))
    game.lacked += int(np.count_nonzero(rows[STATE] == LACKED))


def _make_offers(game: Game, visit: Visit, run: Run) -> None:
    """Make the offers of the campaign; the second only where the first did not complete."""
    lacked = (run.rows[STATE] == LACKED).nonzero()[0]
    stuck = run.rows[STUCK].nonzero()[0]
    bought, _ = offer(game, visit, ("out_of_energy", lacked), ("stuck_progression", stuck))
    _refill(game, visit, bought)


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
