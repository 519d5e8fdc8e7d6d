"""Collect what waits: idle rewards, the daily login, quests; and watch ads."""

from __future__ import annotations

import numpy as np

from engines.idle_rpg.events import rewards
from engines.idle_rpg.game import Game, Visit, gate, passes
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.players import GEMS, GOLD, TODAY

_LEAST_IDLE = 60  # seconds
_ROUNDING = 1e-9  # keeps 5,625 from becoming 5,624.999...
_MINUTE = 60
_ALL_QUESTS = 31  # the five quests as bits


def claim_idle(game: Game, visit: Visit) -> None:
    """Collect the gold and experience that accrued since the last claim."""
    players, given = game.players, game.rules.params.idle
    seconds = game.rules.params.actions.claim_idle_rewards.seconds
    waited = visit.end - visit.left - players.idle_from[visit.who]
    possible = np.flatnonzero((visit.left >= seconds) & (waited >= _LEAST_IDLE))
    pos = gate(game, visit, "claim_idle_rewards", possible)
    if not pos.size:
        return
    who = visit.who[pos]
    gold = idle_gold(game, who, waited[pos])
    exp = np.floor(given.exp_share * gold + _ROUNDING).astype(np.int64)
    game.earn(GOLD, who, gold)
    players.exp[who] += exp
    rewards.claim_idle(game, visit, pos, (waited[pos], gold, exp))
    players.idle_from[who] = visit.now(pos)
    visit.left[pos] -= seconds


def idle_gold(game: Game, who: Ints, seconds: Ints) -> Ints:
    """Return the gold that accrues in some seconds, up to the cap: int64 (m,)."""
    players, rules = game.players, game.rules
    most = rules.params.idle.cap_hours * 3600.0
    stages = rules.params.campaign.n_stages + 1
    rate = rules.gold_per_second[players.vip[who] * stages + players.cleared[who]]
    gold = np.floor(rate * np.minimum(seconds, most) + _ROUNDING)
    return np.asarray(gold, dtype=np.int64)


def claim_login(game: Game, visit: Visit) -> None:
    """Collect the reward of the day in the login streak, and the gems of an active pass."""
    players, age = game.players, visit.age
    seconds = game.rules.params.actions.claim_daily_login.seconds
    unclaimed = players.login_age[visit.who] != age
    pos = gate(
        game, visit, "claim_daily_login", np.flatnonzero(unclaimed & (visit.left >= seconds))
    )
    if not pos.size:
        return
    who = visit.who[pos]
    follows = players.login_age[who] == age - 1
    players.login_streak[who] = np.where(follows, players.login_streak[who] + 1, 1)
    players.login_age[who] = age
    cycle = game.rules.login_rewards
    day = (players.login_streak[who] - 1) % cycle.shape[1]
    for currency in np.flatnonzero(cycle.any(axis=1)).tolist():
        amount = cycle[currency, day]
        given = np.flatnonzero(amount)
        if given.size:
            game.earn(currency, who[given], amount[given])
    has_pass = players.pass_until[who] >= age
    rewards.claim_login(game, visit, pos, day, has_pass)
    holders = who[has_pass]
    if holders.size:
        game.earn(GEMS, holders, game.rules.params.iap.monthly_pass.daily_gems)
    visit.left[pos] -= seconds


def check_quests(game: Game, visit: Visit) -> None:
    """Look at today's quests, which makes their rewards claimable."""
    players, rules = game.players, game.rules
    seconds = rules.params.actions.check_daily_quests.seconds
    is_open = players.exp[visit.who] >= rules.level_exp[rules.params.levels.unlock.quests - 1]
    fresh = is_open & (players.quests_seen[visit.who] != visit.age)
    pos = np.flatnonzero(fresh & (visit.left >= seconds))
    pos = gate(game, visit, "check_daily_quests", pos)
    players.quests_seen[visit.who[pos]] = visit.age
    visit.left[pos] -= seconds


def claim_quests(game: Game, visit: Visit) -> None:
    """Collect the rewards of completed quests of today."""
    players, given = game.players, game.rules.params.quests
    seconds = game.rules.params.actions.claim_quest_rewards.seconds
    open_ones = players.quests_seen[visit.who] == visit.age
    open_ones &= players.quests_paid[visit.who] != _ALL_QUESTS
    pos = np.flatnonzero(open_ones & (visit.left >= seconds))
    if not pos.size:
        return
    done = completed_quests(game, visit, visit.who[pos])
    unpaid = done & ~players.quests_paid[visit.who[pos]]
    due = np.flatnonzero(unpaid)
    if not due.size:
        return
    due = due[passes(game, visit, "claim_quest_rewards", pos[due])]
    who = visit.who[pos[due]]
    game.earn(GEMS, who, np.bitwise_count(unpaid[due]).astype(np.int64) * given.reward_gems)
    players.quests_paid[who] |= done[due]
    rewards.claim_quests(game, visit, pos[due], unpaid[due])
    visit.left[pos[due]] -= seconds


def completed_quests(game: Game, visit: Visit, who: Ints) -> Ints:
    """Return today's completed quests as bits: plays, pulls, upgrades, arena wins, logins."""
    targets = game.rules.params.quests.targets
    plays = game.today("attempts", who) + game.today("sweeps", who)
    done = (plays >= targets.plays) * 1
    done += (game.today("pulls", who) >= targets.pulls) * 2
    done += (game.today("upgrades", who) >= targets.upgrades) * 4
    done += (game.today("arena_wins", who) >= targets.arena_wins) * 8
    done += (game.players.login_age[who] == visit.age) * 16
    return done


def watch_ads(game: Game, visit: Visit) -> None:
    """Watch an ad for gems; some are skipped and bring nothing."""
    players, given = game.players, game.rules.params.ads
    seconds = game.rules.params.actions.watch_ads.seconds
    now = visit.end - visit.left
    rested = now - players.ad_from[visit.who] >= given.cooldown_min * _MINUTE
    below = players.today[visit.who, TODAY["ads"]] < given.max_per_day
    offered = np.flatnonzero(rested & below & (visit.left >= seconds))
    if not offered.size:
        return
    who = visit.who[offered]
    players.ad_offers[who] += 1
    wish = game.ad_wish[players.profile.archetype[who]]
    rich = players.balance[GEMS][who] > given.rich_over_gems
    placement = rewards.offer_ads(game, visit, offered)
    watches = passes(
        game, visit, "watch_ads", offered, np.where(rich, wish * given.rich_multiplier, wish)
    )
    pos = offered[watches]
    if not pos.size:
        return
    who = visit.who[pos]
    early = now[pos] - players.ad_seen_at[who] < given.cooldown_min * _MINUTE
    game.fault("ads", early.any(), f"ads of an agent follow too soon at age {visit.age}")
    players.ad_seen_at[who] = players.ad_from[who] = now[pos]
    players.ads_started[who] += 1
    u = game.draws.uniform("ad_skip", step=visit.step, entities=visit.ids[pos])
    is_seen = u >= given.skip_rate
    seen, reward = who[is_seen], game.effects.ad_reward
    gems = given.reward_gems if reward is None else reward[seen]
    game.earn(GEMS, seen, gems)
    if placement is not None:
        rewards.watch_ads(game, visit, pos, placement[watches], (is_seen, gems))
    game.count("ads", seen)
    visit.left[pos] -= seconds
