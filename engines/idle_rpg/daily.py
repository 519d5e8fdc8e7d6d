"""Collect what waits: idle rewards, the daily login, quests; and watch ads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events import rewards
from engines.idle_rpg.game import Game, Visit, gate, happening
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import GEMS, GOLD

_LEAST_IDLE = 60  # seconds
_ROUNDING = 1e-9  # keeps 5,625 from becoming 5,624.999...
_MINUTE = 60
_ALL_QUESTS = np.uint8(31)  # the five quests as bits


def claim_idle(game: Game, visit: Visit) -> None:
    """Collect the gold and experience that accrued since the last claim."""
    state, given, size = visit.day.state, game.rules.params.idle, visit.size
    seconds = game.rules.params.actions.claim_idle_rewards.seconds
    since = state.idle_from[:size]
    waited = visit.end - visit.left - since
    possible = (visit.left >= seconds) & (waited >= _LEAST_IDLE)
    claims = happening(game, visit, "claim_idle_rewards", possible)
    gold = idle_gold(game, visit, waited) * claims  # nearly everybody claims: no selection
    exp = (given.exp_share * gold + _ROUNDING).astype(np.int64)
    game.earn_all(state, GOLD, gold)
    state.exp[:size] += exp
    if game.log is not None:
        pos = claims.nonzero()[0]
        rewards.claim_idle(game, visit, pos, (waited[pos], gold[pos], exp[pos]))
    since += waited * claims
    visit.left -= seconds * claims


def idle_gold(game: Game, visit: Visit, seconds: Ints) -> Ints:
    """Return the gold that accrues in some seconds, up to the cap: int64 (m,)."""
    state, rules, size = visit.day.state, game.rules, visit.size
    most = rules.params.idle.cap_hours * 3600.0
    stages = rules.params.campaign.n_stages + 1
    rate = rules.gold_per_second.take(state.vip[:size] * stages + state.cleared[:size])
    return np.asarray((rate * np.minimum(seconds, most) + _ROUNDING).astype(np.int64))


def claim_login(game: Game, visit: Visit) -> None:
    """Collect the reward of the day in the login streak, and the gems of an active pass."""
    state, age = visit.day.state, visit.age
    seconds = game.rules.params.actions.claim_daily_login.seconds
    unclaimed = state.login_age[: visit.size] != age
    pos = gate(game, visit, "claim_daily_login", unclaimed & (visit.left >= seconds))
    if not pos.size:
        return
    streak = np.where(state.login_age[pos] == age - 1, state.login_streak[pos] + 1, 1)
    state.login_streak[pos], state.login_age[pos] = streak, age
    cycle = game.rules.login_rewards
    amount = cycle.take((streak - 1) % cycle.shape[1], axis=1)
    rewards.claim_login(game, visit, pos, amount)
    for currency in np.flatnonzero(cycle.any(axis=1)).tolist():
        game.earn(state, currency, pos, amount[currency])
    holders = pos[state.pass_until[pos] >= age]
    if holders.size:
        game.earn(state, GEMS, holders, game.rules.params.iap.monthly_pass.daily_gems)
    visit.left[pos] -= seconds


def check_quests(game: Game, visit: Visit) -> None:
    """Look at today's quests, which makes their rewards claimable."""
    state, rules, size = visit.day.state, game.rules, visit.size
    seconds, seen = rules.params.actions.check_daily_quests.seconds, visit.day.quests_seen[:size]
    possible = state.exp[:size] >= rules.level_exp[rules.params.levels.unlock.quests - 1]
    possible &= ~seen
    possible &= visit.left >= seconds
    looks = happening(game, visit, "check_daily_quests", possible)
    seen |= looks
    visit.left -= seconds * looks


def claim_quests(game: Game, visit: Visit) -> None:
    """Collect the rewards of completed quests of today."""
    day, given, size = visit.day, game.rules.params.quests, visit.size
    seconds = game.rules.params.actions.claim_quest_rewards.seconds
    paid = day.quests_paid[:size]
    possible = day.quests_seen[:size] & (paid != _ALL_QUESTS)
    possible &= visit.left >= seconds
    claims = happening(game, visit, "claim_quest_rewards", possible)
    if not claims.any():
        return
    due = completed_quests(game, visit) & ~paid
    due *= claims
    game.earn_all(day.state, GEMS, np.bitwise_count(due) * np.int64(given.reward_gems))
    paid |= due
    rewards.claim_quests(game, visit, due)
    visit.left -= seconds * (due > 0)


def completed_quests(game: Game, visit: Visit) -> NDArray[np.uint8]:
    """Return today's completed quests as bits: plays, pulls, upgrades, arena wins, logins."""
    targets, day, size = game.rules.params.quests.targets, visit.day, visit.size
    plays = day.today("attempts")[:size] + day.today("sweeps")[:size]
    found = (plays >= targets.plays).view(np.uint8)
    found |= (day.today("pulls")[:size] >= targets.pulls).view(np.uint8) << 1
    found |= (day.today("upgrades")[:size] >= targets.upgrades).view(np.uint8) << 2
    found |= (day.today("arena_wins")[:size] >= targets.arena_wins).view(np.uint8) << 3
    found |= (day.state.login_age[:size] == visit.age).view(np.uint8) << 4
    return found


def watch_ads(game: Game, visit: Visit) -> None:
    """Watch an ad for gems; some are skipped and bring nothing."""
    day, given, size = visit.day, game.rules.params.ads, visit.size
    state, rest = day.state, game.rules.params.ads.cooldown_min * _MINUTE
    seconds = game.rules.params.actions.watch_ads.seconds
    offered = visit.end - visit.left - state.ad_from[:size] >= rest
    offered &= day.today("ads")[:size] < given.max_per_day
    offered &= visit.left >= seconds
    if not offered.any():
        return
    if game.compared:
        day.today("ad_offers")[:size] += offered
    wish = game.ad_wish[day.kind[:size]]
    is_rich = state.gems[:size] > given.rich_over_gems
    decision = np.where(is_rich, wish * given.rich_multiplier, wish)
    rewards.offer_ads(game, visit, offered)
    pos = gate(game, visit, "watch_ads", offered, decision)
    if not pos.size:
        return
    now = visit.now(pos)
    early = now - state.ad_seen_at[pos] < rest
    game.fault("ads", early.any(), f"ads of an agent follow too soon at age {visit.age}")
    state.ad_seen_at[pos] = state.ad_from[pos] = now
    if game.compared:
        day.today("ads_started")[pos] += 1
    is_seen = visit.luck.once("ad_skip", pos) >= given.skip_rate
    seen, reward = pos[is_seen], day.effects.ad_reward
    gems = given.reward_gems if reward is None else reward[seen]
    game.earn(state, GEMS, seen, gems)
    day.today("ads")[seen] += 1
    rewards.watch_ads(game, visit, pos, is_seen, gems)
    visit.left[pos] -= seconds
