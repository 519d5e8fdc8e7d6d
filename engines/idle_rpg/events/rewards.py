"""Write down what agents collect: idle gold, the daily login, quests; and the ads they watch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.order import ADS, CLAIM, IDLE, LOGIN, slot
from engines.idle_rpg.events.words import AD_NETWORKS, AD_PLACEMENTS, GEMS, GOLD, QUESTS
from engines.idle_rpg.game import Game, Visit, regen_period, regenerated
from engines.idle_rpg.lookup import Ints

_SKIPPED_LOW, _SKIPPED_SPAN = 5, 11  # an ad is left after 5 to 15 s
_STAGE_FAIL, _REFILL, _MAIN_SCREEN = range(3)


def claim_idle(game: Game, visit: Visit, pos: Ints, claimed: tuple[Ints, Ints, Ints]) -> None:
    """Write idle claims, before their time passes: seconds waited, gold, experience, each (m,)."""
    log = game.log
    if log is None:
        return
    who, at, (waited, gold, exp) = visit.who(pos), visit.now(pos), claimed
    log.add(
        "idle_reward_claim", visit.when, who, slot(IDLE), at,
        idle_seconds=waited, gold=gold, exp=exp,
    )  # fmt: skip
    log.gain(visit.when, who, slot(IDLE, 0, 1), at, GOLD, gold, "idle_reward")
    end = at + game.rules.params.actions.claim_idle_rewards.seconds
    log.rise(visit.when, IDLE, who, end, visit.day.state.exp[pos])


def claim_login(game: Game, visit: Visit, pos: Ints, rewards: Ints) -> None:
    """Write logins, before their time passes: rewards int64 (3, m) of gold, gems and tickets."""
    log = game.log
    if log is None:
        return
    who, at, when = visit.who(pos), visit.now(pos), visit.when
    state, daily = visit.day.state, game.rules.params.iap.monthly_pass.daily_gems
    currency, amount = rewards.argmax(axis=0), rewards.max(axis=0)
    pass_gems = np.where(state.pass_until[pos] >= visit.age, daily, 0)
    log.add(
        "daily_login", when, who, slot(LOGIN), at,
        login_streak=state.login_streak[pos], currency=currency, amount=amount,
        pass_gems=pass_gems,
    )  # fmt: skip
    for each in range(len(rewards)):
        log.gain(when, who, slot(LOGIN, 0, 1), at, each, rewards[each], "login_reward")
    log.gain(when, who, slot(LOGIN, 0, 2), at, GEMS, pass_gems, "login_reward")


def claim_quests(game: Game, visit: Visit, fresh: NDArray[np.uint8]) -> None:
    """Write quests paid, given as bits (m,) of all sessions, before the time of a claim passes."""
    log = game.log
    if log is None:
        return
    gems = game.rules.params.quests.reward_gems
    for quest in range(len(QUESTS)):
        some = (fresh >> quest & 1).nonzero()[0]
        who, at = visit.who(some), visit.now(some)
        place = slot(CLAIM, quest)
        log.add("quest_complete", visit.when, who, place, at, quest=quest, gems=gems)
        log.gain(visit.when, who, place + 1, at, GEMS, gems, "quest_reward")


def offer_ads(game: Game, visit: Visit, offered: NDArray[np.bool_]) -> None:
    """Write the ads that could be watched now: bool (m,) of all sessions."""
    log, day = game.log, visit.day
    if log is None or not log.settings.places_ads:
        return
    pos = offered.nonzero()[0]
    who, at, state = visit.who(pos), visit.now(pos), day.state
    energy, _ = regenerated(
        state.energy[pos], state.clock[pos], game.rules.energy_cap[state.vip[pos]], at * 1000,
        regen_period(game.rules, day.effects, pos),
    )  # fmt: skip
    u = visit.luck.once("ad_placement", pos)
    at_rest = _MAIN_SCREEN + (u * (len(AD_PLACEMENTS) - _MAIN_SCREEN)).astype(np.int64)
    short = energy < game.rules.params.energy.per_stage
    place = np.where(log.lost[who], _STAGE_FAIL, np.where(short, _REFILL, at_rest))
    log.placement[who] = place
    log.add(
        "ad_opportunity", visit.when, who, slot(ADS), at,
        placement=place, ads_today=day.today("ads")[pos],
    )  # fmt: skip


def watch_ads(
    game: Game, visit: Visit, pos: Ints, is_seen: NDArray[np.bool_], gems: Ints | int
) -> None:
    """Write ads begun, before their time passes: whether seen to the end (m,), gems of those."""
    log = game.log
    if log is None:
        return
    who, at, when = visit.who(pos), visit.now(pos), visit.when
    placement = log.placement[who]
    network = np.zeros(pos.size, dtype=np.int64)
    if log.settings.names_networks:
        u = visit.luck.once("ad_network", pos)
        network = (u * len(AD_NETWORKS)).astype(np.int64)
    begun = {"placement": placement, "network": network}
    log.add("ad_started", when, who, slot(ADS, 0, 1), at, **begun)
    seen, left = np.flatnonzero(is_seen), np.flatnonzero(~is_seen)
    end = at + game.rules.params.actions.watch_ads.seconds
    log.add(
        "ad_completed", when, who[seen], slot(ADS, 0, 2), end[seen], gems=gems,
        placement=placement[seen], network=network[seen],
    )  # fmt: skip
    log.gain(when, who[seen], slot(ADS, 0, 3), end[seen], GEMS, gems, "ad_reward")
    if log.wants("ad_skipped") and left.size:
        u = visit.luck.once("ad_skip_seconds", pos[left])
        seconds = _SKIPPED_LOW + (u * _SKIPPED_SPAN).astype(np.int64)
        seconds = np.minimum(seconds, game.rules.params.actions.watch_ads.seconds)
        log.add(
            "ad_skipped", when, who[left], slot(ADS, 0, 2), at[left] + seconds, seconds=seconds,
            placement=placement[left], network=network[left],
        )  # fmt: skip
