"""Hold the state of a block of players as arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.experiments import UNEXPOSED
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import TRIGGERS
from engines.idle_rpg.population import Profile
from engines.idle_rpg.rules import LEGENDARY, UNOWNED, Rules
from runner.contract import Draws, Floats

NEVER = -1000  # an age long before the install
_LONG_AGO = -(10**9)  # seconds
GOLD, GEMS, TICKETS = 0, 1, 2  # their rows in a state
MARKED_DAYS = (1, 7, 30)
NO_HERO = 63  # stands for the id of a hero where there is none: the largest of six bits

_OF_LIFE = ("sessions", "seconds", "pulls", "legendaries", "ads", "purchases", "revenue_cents")
_COMPARED = ("ad_offers", "ads_started", "over50_possible", "over50_fired")  # for tests alone
_OF_DAY = (
    "attempts", "sweeps", "wins", "upgrades", "arena_battles", "arena_wins", "guild_attacks",
)  # fmt: skip
DAY_COUNTS = (*_OF_LIFE, *_OF_DAY)
LIFE_COUNTS = (*_OF_LIFE, *_COMPARED)  # those of a day that are added up over the life
COUNTS = (*LIFE_COUNTS, *_OF_DAY)
TODAY = {name: row for row, name in enumerate(COUNTS)}


@dataclass(slots=True, kw_only=True)
class State:
    """What sessions read and change, one row of `matrix` each; ages are days since install.

    Attributes:
        matrix: int64 (n_quantities + n_counts, n), the quantities below, then the first of
            `COUNTS` over the life up to yesterday. Of all players the numbers of one lie together,
            as a day copies them; of a day's players the numbers of one quantity, as sessions read
            them.
        gold, gems, tickets: the balances, in the order of currencies.
        energy, clock: energy at the clock, which is milliseconds since midnight of the install day.
        streak: campaign losses in a row; legendary_age: of the last legendary.
        guild, guild_age: number of the guild, -1 = none; age of the last join or attack.
        team_power; reach: row of the team in `rules.Campaign.reach`.
        idle_from, ad_from: seconds since midnight of the install day; ad_seen_at: the start of
            the last ad, kept for a check alone.
        counter: pulls since the last legendary; week_pulls: pulls of the agent-week.
        window_cents: spent in the present window of 30 days.
    """

    matrix: Ints
    gold: Ints
    gems: Ints
    tickets: Ints
    energy: Ints
    clock: Ints
    streak: Ints
    legendary_age: Ints
    guild: Ints
    guild_age: Ints
    exp: Ints
    cleared: Ints
    team_power: Ints
    reach: Ints
    vip: Ints
    idle_from: Ints
    ad_from: Ints
    ad_seen_at: Ints
    login_age: Ints
    login_streak: Ints
    pass_until: Ints
    counter: Ints
    week_pulls: Ints
    window_cents: Ints

    @property
    def totals(self) -> Ints:
        """Counts over the life: int64 (n_counts, n)."""
        rows: Ints = self.matrix[len(QUANTITIES) :]
        return rows


QUANTITIES = tuple(f.name for f in fields(State) if f.name != "matrix")


def state_of(matrix: Ints) -> State:
    """Return the first rows of a matrix, see `State`, by name."""
    return State(matrix=matrix, **dict(zip(QUANTITIES, matrix, strict=False)))


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
        state: what sessions change; during a day the copy of `day.Day` is the valid one.
        install_at: int64, seconds since midnight of the install day.
        cell: int16 (n, heroes), see `rules.Heroes`, -1 = not owned; copies: int16 (n, heroes).
        strongest: int16 (n, 2, candidates), ids of the strongest heroes, rising, then `NO_HERO`,
            and their grades, see `rules.Heroes`, 0 for no hero; a day has the valid copy, as of
            the state.
        likes: bool (n, legendaries).
        firings, bought: int32 (n, n_triggers): firings and purchases so far; no firings without
            a test that splits agents, as with what `totals` holds for tests alone.
        week_days, window_days: active days of the present agent-week and window.
        by_30, by_60: int64, active days up to these ages.
        on_day: bool (3, n), active on the days of `MARKED_DAYS`.
        pulls_before: int64, pulls up to the present agent-week, kept for a check alone.
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
    week_days: Ints
    window_days: Ints
    install_at: Ints
    state: State
    cell: NDArray[np.int16]
    copies: NDArray[np.int16]
    strongest: NDArray[np.int16]
    likes: NDArray[np.bool_]
    firings: NDArray[np.int32]
    bought: NDArray[np.int32]
    first_purchase: Ints
    tutorial_shown: Ints
    tutorial_done: NDArray[np.bool_]
    pulls_before: Ints
    by_30: Ints
    by_60: Ints
    on_day: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of agents in the block."""
        return int(self.profile.ids.size)

    def total(self, name: str) -> Ints:
        """Return a count over the life of each agent."""
        row: Ints = self.state.totals[TODAY[name]]
        return row


def new_players(
    rules: Rules, draws: Draws, profile: Profile, variants: Ints, *, compared: bool
) -> Players:
    """Return players as they install: start values and no heroes.

    Variants of a test will be `compared`, or else what is for this alone is left out.
    """
    params, n = rules.params, profile.ids.size
    heroes, triggers = int(rules.heroes.first[-1]), len(TRIGGERS)
    counts = LIFE_COUNTS if compared else _OF_LIFE

    def full(value: int) -> Ints:
        return np.full(n, value, dtype=np.int64)

    retention = np.array([origin.retention for origin in rules.origins])
    money = np.array([origin.monetisation for origin in rules.origins])
    strongest = np.zeros((n, 2, params.heroes.candidates), dtype=np.int16)
    strongest[:, 0] = NO_HERO
    return Players(
        profile=profile,
        variants=variants,
        exposed=np.full(variants.shape, UNEXPOSED, dtype=np.int64),
        active_at_exposure=np.zeros(variants.shape, dtype=np.int64),
        static=retention[profile.origin], money=money[profile.origin],
        alive_share=np.ones(n), chance=np.ones(n),
        last_age=full(-1), churn_age=full(-1), active_days=full(0),
        week_days=full(0), window_days=full(0), install_at=full(0),
        state=_first_state(rules, n, len(counts)),
        cell=np.full((n, heroes), UNOWNED, dtype=np.int16),
        copies=np.zeros((n, heroes), dtype=np.int16),
        strongest=strongest, likes=draw_taste(rules, draws, profile.ids),
        firings=np.zeros((n, triggers if compared else 0), dtype=np.int32),
        bought=np.zeros((n, triggers), dtype=np.int32),
        first_purchase=full(-1), tutorial_shown=full(0), tutorial_done=np.zeros(n, dtype=np.bool_),
        pulls_before=full(0), by_30=full(0), by_60=full(0),
        on_day=np.zeros((len(MARKED_DAYS), n), dtype=np.bool_),
    )  # fmt: skip


def _first_state(rules: Rules, n: int, counts: int) -> State:
    start = rules.params.start
    values = dict.fromkeys(QUANTITIES, 0) | {
        "gold": start.gold, "gems": start.gems, "tickets": start.tickets, "energy": start.energy,
        "ad_from": _LONG_AGO, "ad_seen_at": _LONG_AGO, "login_age": NEVER, "pass_until": -1,
        "legendary_age": NEVER, "guild": -1, "guild_age": NEVER,
    }  # fmt: skip
    together = np.empty((n, len(QUANTITIES) + counts), dtype=np.int64)
    together[:] = [*(values[name] for name in QUANTITIES), *[0] * counts]
    return state_of(together.T)


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
