"""Write down what agents collect: idle gold, the daily login, quests; and the ads they watch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.events.order import ADS, CLAIM, IDLE, LOGIN, slot
from engines.idle_rpg.events.words import AD_NETWORKS, AD_PLACEMENTS, GEMS, GOLD, QUESTS
from engines.idle_rpg.game import Game, Visit, regenerated
from engines.idle_rpg.lookup import Ints

_SKIPPED_LOW, _SKIPPED_SPAN = 5, 11  # an ad is left after 5 to 15 s
_STAGE_FAIL, _REFILL, _MAIN_SCREEN = range(3)


def claim_idle(game: Game, visit: Visit, pos: Ints, claimed: tuple[Ints, Ints, Ints]) -> None:
    """Write idle claims, before their time passes: seconds waited, gold, experience, each (m,)."""
    log = game.log
    if log is None:
        return
    who, at, (waited, gold, exp) = visit.who[pos], visit.now(pos), claimed
    log.add(
        "idle_reward_claim", visit.when, who, slot(IDLE), at,
        idle_seconds=waited, gold=gold, exp=exp,
    )  # fmt: skip
    log.gain(visit.when, who, slot(IDLE, 0, 1), at, GOLD, gold, "idle_reward")
    end = at + game.rules.params.actions.claim_idle_rewards.seconds
    log.rise(visit.when, IDLE, who, end, game.players.exp[who])


def claim_login(game: Game, visit: Visit, pos: Ints, day: Ints, passes: NDArray[np.bool_]) -> None:
    """Write logins, before their time passes: day in the cycle and whether a pass pays, (m,)."""
    log = game.log
    if log is None:
        return
    who, at, when = visit.who[pos], visit.now(pos), visit.when
    rewards = game.rules.login_rewards
    currency, amount = rewards.argmax(axis=0)[day], rewards.max(axis=0)[day]
    pass_gems = np.where(passes, game.rules.params.iap.monthly_pass.daily_gems, 0)
    log.add(
        "daily_login", when, who, slot(LOGIN), at,
        login_streak=game.players.login_streak[who], currency=currency, amount=amount,
        pass_gems=pass_gems,
    )  # fmt: skip
    for each in np.unique(currency).tolist():
        given = np.flatnonzero(currency == each)
        place = slot(LOGIN, 0, 1)
        log.gain(when, who[given], place, at[given], each, amount[given], "login_reward")
    log.gain(when, who, slot(LOGIN, 0, 2), at, GEMS, pass_gems, "login_reward")


def claim_quests(game: Game, visit: Visit, pos: Ints, fresh: Ints) -> None:
    """Write quests paid, given as bits (m,), before the time of the claim passes."""
    log = game.log
    if log is None:
        return
    gems = game.rules.params.quests.reward_gems
    for quest in range(len(QUESTS)):
        some = pos[(fresh >> quest & 1).astype(np.bool_)]
        who, at = visit.who[some], visit.now(some)
        place = slot(CLAIM, quest)
        log.add("quest_complete", visit.when, who, place, at, quest=quest, gems=gems)
        log.gain(visit.when, who, place + 1, at, GEMS, gems, "quest_reward")


def offer_ads(game: Game, visit: Visit, pos: Ints) -> Ints | None:
    """Write the ads that could be watched now; return where they are placed, (m,)."""
    log, players = game.log, game.players
    if log is None:
        return None
    who, at = visit.who[pos], visit.now(pos)
    energy, _ = regenerated(
        players.energy[who], players.clock[who], game.rules.energy_cap[players.vip[who]],
        at * 1000, game.regen_ms(who),
    )  # fmt: skip
    at_rest = np.full(pos.size, _MAIN_SCREEN)
    if log.settings.places_ads:
        u = log.draws.uniform("ad_placement", step=visit.step, entities=visit.ids[pos])
        at_rest += (u * (len(AD_PLACEMENTS) - _MAIN_SCREEN)).astype(np.int64)
    short = energy < game.rules.params.energy.per_stage
    place = np.where(log.lost[who], _STAGE_FAIL, np.where(short, _REFILL, at_rest))
    seen = game.today("ads", who)
    log.add("ad_opportunity", visit.when, who, slot(ADS), at, placement=place, ads_today=seen)
    return place


def watch_ads(
    game: Game, visit: Visit, pos: Ints, placement: Ints,
    watched: tuple[NDArray[np.bool_], Ints | int],
) -> None:  # fmt: skip
    """Write ads begun, before their time passes: whether seen to the end (m,), gems of those."""
    log = game.log
    if log is None:
        return
    who, at, when, (is_seen, gems) = visit.who[pos], visit.now(pos), visit.when, watched
    network = np.zeros(pos.size, dtype=np.int64)
    if log.settings.names_networks:
        u = log.draws.uniform("ad_network", step=visit.step, entities=visit.ids[pos])
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
        u = log.draws.uniform("ad_skip_seconds", step=visit.step, entities=visit.ids[pos[left]])
        seconds = _SKIPPED_LOW + (u * _SKIPPED_SPAN).astype(np.int64)
        seconds = np.minimum(seconds, game.rules.params.actions.watch_ads.seconds)
        log.add(
            "ad_skipped", when, who[left], slot(ADS, 0, 2), at[left] + seconds, seconds=seconds,
            placement=placement[left], network=network[left],
        )  # fmt: skip
