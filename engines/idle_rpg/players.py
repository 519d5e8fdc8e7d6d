"""Hold the state of a block of players as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.experiments import UNEXPOSED
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import TRIGGERS
from engines.idle_rpg.population import Profile
from engines.idle_rpg.rules import LEGENDARY, UNOWNED, Rules
from runner.contract import Draws, Floats

NEVER = -1000  # an age long before the install
GOLD, GEMS, TICKETS = 0, 1, 2
MARKED_DAYS = (1, 7, 30)
EMPTY = 127  # no candidate in this place: heroes are twice their id, plus one in the team

DAY_COUNTS = (
    "sessions", "seconds", "attempts", "sweeps", "wins", "losses", "upgrades", "pulls",
    "legendaries", "ads", "arena_battles", "arena_wins", "guild_attacks", "purchases",
    "revenue_cents",
)  # fmt: skip
TODAY = {name: row for row, name in enumerate(DAY_COUNTS)}


@dataclass(slots=True, kw_only=True)
class Players:
    """One row per agent of a block, in order of their numbers; ages are days since install.

    Attributes:
        profile: who they are.
        variants, exposed, active_at_exposure: int64 (n_tests, n); age of exposure, -1 before, and
            the active days up to it.
        static: float64, retention multiplier of the origin; money: the same for purchases.
        alive_share: float64, a(d) of section "Retention" in the README; chance: today's p'.
        last_age, churn_age: last active age, age of permanent churn; -1 = none.
        balance: int64 (3, n): gold, gems, tickets.
        energy: int64, at `clock`; clock: int64, milliseconds since midnight of the install day.
        idle_from, ad_from: int64, seconds since midnight of the install day.
        cell: int16 (n, heroes), see `rules.Heroes`, -1 = not owned; copies: int16 (n, heroes).
        candidates: int16 (n, candidates), strongest heroes by id, see `EMPTY`.
        likes: bool (n, legendaries).
        fired, firings, bought: int32 (n_triggers, n): age of the last firing, firings and
            purchases so far.
        by_30, by_60: int64, active days up to these ages.
        on_day: bool (3, n), active on the days of `MARKED_DAYS`.
        pulls_before: int64, pulls up to the present agent-week; ad_seen_at: int64, start of the
            last ad, seconds since midnight of the install day: kept for checks alone.
        today: int64 (n, len(DAY_COUNTS)), counts of the agent's present day.
        totals: int64, the same over the life.
    """

    profile: Profile
    variants: Ints
    exposed: Ints
    active_at_exposure: Ints
    static: Floats
    money: Floats
    alive_share: Floats
    chance: Floats
    last_age: Ints
    churn_age: Ints
    active_days: Ints
    balance: Ints
    energy: Ints
    clock: Ints
    install_at: Ints
    exp: Ints
    cleared: Ints
    streak: Ints
    team_power: Ints
    vip: Ints
    idle_from: Ints
    ad_from: Ints
    ad_seen_at: Ints
    login_age: Ints
    login_streak: Ints
    pass_until: Ints
    quests_seen: Ints
    quests_paid: Ints
    cell: NDArray[np.int16]
    copies: NDArray[np.int16]
    candidates: NDArray[np.int16]
    likes: NDArray[np.bool_]
    counter: Ints
    legendary_age: Ints
    week_pulls: Ints
    pulls_before: Ints
    guild: Ints
    guild_asked: Ints
    guild_attacked: Ints
    guild_age: Ints
    fired: NDArray[np.int32]
    firings: NDArray[np.int32]
    bought: NDArray[np.int32]
    first_purchase: Ints
    window_cents: Ints
    week_days: Ints
    window_days: Ints
    tutorial_shown: Ints
    tutorial_done: NDArray[np.bool_]
    ad_offers: Ints
    ads_started: Ints
    over50_possible: Ints
    over50_fired: Ints
    arena_used: Ints
    arena_bought: Ints
    by_30: Ints
    by_60: Ints
    on_day: NDArray[np.bool_]
    today: Ints
    totals: Ints

    @property
    def size(self) -> int:
        """Number of agents in the block."""
        return int(self.profile.ids.size)

    def total(self, name: str) -> Ints:
        """Return a count over the life of each agent."""
        return self.totals[:, TODAY[name]]


def new_players(rules: Rules, draws: Draws, profile: Profile, variants: Ints) -> Players:
    """Return players as they install: start values and three different commons."""
    params, n = rules.params, profile.ids.size
    start = params.start
    heroes = int(rules.heroes.first[-1])

    def full(value: int) -> Ints:
        return np.full(n, value, dtype=np.int64)

    retention = np.array([origin.retention for origin in rules.origins])
    money = np.array([origin.monetisation for origin in rules.origins])
    balance = np.repeat(np.array([[start.gold], [start.gems], [start.tickets]]), n, axis=1)
    return Players(
        profile=profile,
        variants=variants,
        exposed=np.full(variants.shape, UNEXPOSED, dtype=np.int64),
        active_at_exposure=np.zeros(variants.shape, dtype=np.int64),
        static=retention[profile.origin], money=money[profile.origin],
        alive_share=np.ones(n), chance=np.ones(n),
        last_age=full(-1), churn_age=full(-1), active_days=full(0),
        balance=balance, energy=full(start.energy), clock=full(0),
        install_at=full(0), exp=full(0), cleared=full(0), streak=full(0), team_power=full(0),
        vip=full(0), idle_from=full(0), ad_from=full(-(10**9)), ad_seen_at=full(-(10**9)),
        login_age=full(NEVER),
        login_streak=full(0), pass_until=full(-1), quests_seen=full(-1), quests_paid=full(0),
        cell=np.full((n, heroes), UNOWNED, dtype=np.int16),
        copies=np.zeros((n, heroes), dtype=np.int16),
        candidates=np.full((n, params.heroes.candidates), EMPTY, dtype=np.int16),
        likes=draw_taste(rules, draws, profile.ids),
        counter=full(0), legendary_age=full(NEVER), week_pulls=full(0), pulls_before=full(0),
        guild=full(-1), guild_asked=full(-1), guild_attacked=full(-1), guild_age=full(NEVER),
        fired=np.full((len(TRIGGERS), n), -1, dtype=np.int32),
        firings=np.zeros((len(TRIGGERS), n), dtype=np.int32),
        bought=np.zeros((len(TRIGGERS), n), dtype=np.int32),
        first_purchase=full(-1), window_cents=full(0), week_days=full(0), window_days=full(0),
        tutorial_shown=full(0), tutorial_done=np.zeros(n, dtype=np.bool_),
        ad_offers=full(0), ads_started=full(0), over50_possible=full(0), over50_fired=full(0),
        arena_used=full(0), arena_bought=full(0), by_30=full(0), by_60=full(0),
        on_day=np.zeros((len(MARKED_DAYS), n), dtype=np.bool_),
        today=np.zeros((n, len(DAY_COUNTS)), dtype=np.int64),
        totals=np.zeros((n, len(DAY_COUNTS)), dtype=np.int64),
    )  # fmt: skip


def draw_taste(rules: Rules, draws: Draws, ids: Ints) -> NDArray[np.bool_]:
    """Return which legendaries each agent likes, fixed for life: bool (n, legendaries)."""
    first, end = rules.heroes.first[LEGENDARY], rules.heroes.first[LEGENDARY + 1]
    share = rules.params.gacha.wanted_share
    liked = [draws.uniform("taste", step=int(h), entities=ids) < share for h in range(first, end)]
    return np.stack(liked, axis=1)


def starting_heroes(rules: Rules, draws: Draws, ids: Ints) -> Ints:
    """Return three different commons for each agent: int64 (n, 3)."""
    left = rules.params.heroes.pool.common
    chosen: list[Ints] = []
    for step in range(3):
        u = draws.uniform("starting_heroes", step=step, entities=ids)
        pick = (u * (left - step)).astype(np.int64)
        for before in np.sort(np.stack(chosen), axis=0) if chosen else ():
            pick += pick >= before
        chosen.append(pick)
    return np.stack(chosen, axis=1)
