"""Compile parameters into the arrays that a run looks things up in."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.curve import churn_chances, retention_curve
from engines.idle_rpg.lookup import (
    Ints,
    cents,
    exact,
    floored_share,
    growth_table,
    least_whole,
    level_totals,
)
from engines.idle_rpg.params import TRIGGERS, Params, shares
from engines.idle_rpg.params_market import CURRENCIES
from engines.idle_rpg.params_play import HOURS, Steps
from runner.contract import Floats

RARITIES = ("common", "rare", "epic", "legendary")
LEGENDARY = 3
MOST_STARS = 5
UNOWNED = -1
WORTH_STEP = 16  # most candidates
SCALE = 10_000  # hero power in ten-thousandths: sums are exact
_STRENGTH_STEP = 64  # more than any id
_STAGES_PER_CHAPTER = 10
_LISTED = 16_384  # team powers looked up without a search: all, by default
_UNREACHABLE = np.iinfo(np.int64).max // 4
_WEEKEND = 5  # Saturday, as Python counts weekdays
EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a player comes from: a regular source, or a traffic event."""

    source: str
    event: str | None
    retention: float
    monetisation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Stages.

    Attributes:
        least_power: int64 (n_steps, n_stages + 1): column n-1 holds the team power from which
            each step of the chances is reached at stage n; the last column is out of reach.
        attempt, success: float64 (n_steps + 2,), chance by number of steps reached; the last is
            0, for players past the last stage.
        powers: int64, distinct values of `least_power`, rising; reach: int8, flat, steps reached
            by number of powers reached and stages cleared; rows: int64, where the stages of a
            team begin in it, by its power, see `reach_rows`.
        gold, exp: gold by VIP level and stage, exp by stage; running sums over stages 1..n.
    """

    least_power: Ints
    attempt: Floats
    success: Floats
    powers: Ints
    reach: NDArray[np.int8]
    rows: Ints
    gold: Ints
    gold_sum: Ints
    exp: Ints
    exp_sum: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Heroes:
    """Heroes. A *cell* is (rarity * 5 + stars - 1) * width + level, all that sets a hero's worth.

    Attributes:
        rarity: int64 (n_heroes,); first: first hero id of each rarity, with the end.
        width: cells from one star to the next.
        power: int64 (n_cells,) in 1/10,000 power; strength: int32 (n_cells + 1,), its dense rank
            from 1 in steps of 64; 0 at the first place (no hero has level 0) and the last, which
            both stand for no hero.
        cost: int64 (n_cells,) gold of the next level, out of reach at the last; price: the same
            by *grade*, which is twice the cell, plus one for members of the team; team_power:
            int64 (2 * n_cells,), power by grade, 0 outside the team.
        worth: int32 (2 * n_cells,), by grade, dense rank from 1 of an upgrade's return in steps
            of `WORTH_STEP`.
        stars_by_copies: int64 (most + 1,).
    """

    rarity: Ints
    first: Ints
    width: int
    power: Ints
    strength: NDArray[np.int32]
    cost: Ints
    price: Ints
    team_power: Ints
    worth: NDArray[np.int32]
    stars_by_copies: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What follows from the parameters alone.

    Attributes:
        curve: float64 (n_archetypes, days + 1); churn: float64 (days + 1,).
        budget_low, budget_high: float64 (n_archetypes,), cents of a 30-day window.
        pull_caps: int64 (2, n_archetypes + 1), lowest and highest of an agent-week, bots last.
        login_rewards: int64 (3, days of the cycle), of gold, gems and tickets.
        banner: int64 (horizon + 1,), index of the banner on a sim_day, -1 between banners.
        banner_ends: bool (horizon + 1,), the banner is in its last days.
        gold_per_second: float64 (vip, cleared), idle gold, flat.
    """

    params: Params
    horizon: int
    archetypes: tuple[str, ...]
    shares: Mapping[str, float]
    origins: tuple[Origin, ...]
    curve: Floats
    churn: Floats
    is_weekend: NDArray[np.bool_]
    first_day: int
    banner: Ints
    banner_ends: NDArray[np.bool_]
    hour_edges: Floats
    hour_shares: Floats
    campaign: Campaign
    gold_per_second: Floats
    level_exp: Ints
    heroes: Heroes
    pull_edges: Floats
    vip_cents: Ints
    energy_cap: Ints
    price_cents: Ints
    product_names: tuple[str, ...]
    packs: Ints
    pack_counts: Ints
    product_gems: Ints
    product_tickets: Ints
    budget_low: Floats
    budget_high: Floats
    purchase_chance: Floats
    pull_caps: Ints
    login_rewards: Ints

    def by_archetype(self, field: str) -> NDArray[np.float64]:
        """Return a number of each archetype: float64 (n_archetypes,)."""
        kinds = self.params.archetypes.values()
        return np.array([getattr(kind, field) for kind in kinds], dtype=np.float64)


def prepare(params: Params, files: Mapping[str, Path], horizon: int) -> Rules:
    """Return the compiled rules of a parameter set."""
    kinds = params.archetypes.values()
    start = datetime.date.fromisoformat(params.calendar.start_date)
    names = tuple(params.iap.products)
    banner, ends = _banners(params, horizon)
    packs, pack_counts = _packs(params, names)
    return Rules(
        params=params,
        horizon=horizon,
        archetypes=tuple(params.archetypes),
        shares=shares(params),
        origins=_origins(params),
        curve=np.array([retention_curve(k, params.retention.curve, horizon) for k in kinds]),
        churn=churn_chances(params.retention, horizon),
        is_weekend=np.array(
            [(start.weekday() + t - 1) % 7 >= _WEEKEND for t in range(horizon + 1)]
        ),
        first_day=(start - EPOCH).days,
        banner=banner,
        banner_ends=ends,
        hour_edges=np.array([0, *(end for _, end in params.sessions.hour_edges())]) * 3600.0,
        hour_shares=np.cumsum([0.0, *params.sessions.hour_weights.values()]) * (24 / HOURS),
        campaign=_campaign(params),
        gold_per_second=_idle_gold(params),
        level_exp=level_totals(params.levels.base_exp, params.levels.growth, params.levels.max),
        heroes=_heroes(params),
        pull_edges=_pull_edges(params),
        vip_cents=np.array([cents(usd) for usd in params.vip.thresholds_usd], dtype=np.int64),
        energy_cap=params.energy.cap + np.array(params.vip.energy_bonus, dtype=np.int64),
        price_cents=np.array([cents(p.price_usd) for p in params.iap.products.values()]),
        product_names=names,
        packs=packs,
        pack_counts=pack_counts,
        product_gems=np.array([p.gems for p in params.iap.products.values()]),
        product_tickets=np.array([p.tickets for p in params.iap.products.values()]),
        budget_low=_budget_ends(params)[0],
        budget_high=_budget_ends(params)[1],
        purchase_chance=_purchase_chance(params),
        pull_caps=np.array([*(k.gacha_pulls_per_week for k in kinds), [0, 0]]).T,
        login_rewards=_login_rewards(params),
    )


def _origins(params: Params) -> tuple[Origin, ...]:
    regular = [
        Origin(
            source=name, event=None,
            retention=s.retention_multiplier, monetisation=s.monetisation_multiplier,
        )
        for name, s in params.traffic.sources.items()
    ]  # fmt: skip
    bursts = [
        Origin(
            source=e.source, event=name,
            retention=e.retention_multiplier, monetisation=e.monetisation_multiplier,
        )
        for name, e in params.traffic.events.items()
    ]  # fmt: skip
    return (*regular, *bursts)


def origin_sources(params: Params) -> list[str]:
    """Return the source of each origin: regular sources, then those of events."""
    return [origin.source for origin in _origins(params)]


def _banners(params: Params, horizon: int) -> tuple[Ints, NDArray[np.bool_]]:
    length, gap = params.gacha.banner_days, params.gacha.banner_gap_days
    index, place = np.divmod(np.arange(horizon + 1) - 1, length + gap)
    runs = (place < length) & (index >= 0)
    ends = runs & (place >= length - params.gacha.banner_ending_days)
    return np.where(runs, index, -1), ends


def step_chances(steps: Steps, ratios: list[float]) -> Floats:
    """Return the chance by how many of `ratios` (rising) a ratio has reached: (len + 1,)."""
    found = []
    for reached in (0.0, *ratios):
        pairs = zip(steps.ratio_at_least, steps.chance, strict=True)
        found.append(next(chance for least, chance in pairs if reached >= least))
    return np.array(found)


def _campaign(params: Params) -> Campaign:
    given = params.campaign
    ratios = sorted(
        {r for s in (given.attempt_chance, given.success_chance) for r in s.ratio_at_least} - {0.0}
    )
    required = growth_table(given.base_power, given.power_growth, given.n_stages)
    least = np.full((len(ratios), given.n_stages + 1), _UNREACHABLE)
    least[:, :-1] = least_whole(required, ratios)
    powers = np.unique(least[:, :-1])
    chapter = np.arange(given.n_stages) // _STAGES_PER_CHAPTER
    plain = np.concatenate([[0], given.gold.base + given.gold.per_chapter * chapter])
    gold = np.array([floored_share(plain, bonus) for bonus in params.vip.gold_bonus])
    exp = np.concatenate([[0], given.exp.base + given.exp.per_chapter * chapter])
    return Campaign(
        least_power=least,
        attempt=np.append(step_chances(given.attempt_chance, ratios), 0.0),
        success=np.append(step_chances(given.success_chance, ratios), 0.0),
        powers=powers,
        reach=_reach(least, powers),
        rows=_found_rows(powers, np.arange(_LISTED), given.n_stages + 1),
        gold=gold.reshape(-1),
        gold_sum=np.cumsum(gold, axis=1).reshape(-1),
        exp=exp,
        exp_sum=np.cumsum(exp),
    )


def _reach(least_power: Ints, powers: Ints) -> NDArray[np.int8]:
    """Return the steps reached, by powers reached (0, 1, ...) and stages cleared, flat."""
    reached = np.arange(powers.size + 1)[:, None]
    found = np.zeros((powers.size + 1, least_power.shape[1]), dtype=np.int8)
    for needed in np.searchsorted(powers, least_power, side="left"):
        found += reached > needed
    found[:, -1] = least_power.shape[0] + 1
    return found.reshape(-1)


def reach_rows(campaign: Campaign, power: Ints) -> Ints:
    """Return where the stages of teams begin in `campaign.reach`: (m,)."""
    rows = campaign.rows.take(power, mode="clip")
    beyond = (power >= campaign.rows.size).nonzero()[0]
    if beyond.size:
        rows[beyond] = _found_rows(campaign.powers, power[beyond], campaign.exp_sum.size)
    return rows


def _found_rows(powers: Ints, power: Ints, stages: int) -> Ints:
    return np.asarray(np.searchsorted(powers, power, side="right") * stages)


def _idle_gold(params: Params) -> Floats:
    cleared = np.arange(params.campaign.n_stages + 1)
    hourly = params.idle.gold_per_hour * (1.0 + params.idle.per_stage * cleared)
    bonus = 1.0 + np.array(params.vip.gold_bonus)
    return np.asarray(bonus[:, None] * hourly / 3600.0).reshape(-1)


def _heroes(params: Params) -> Heroes:
    given, pool = params.heroes, params.heroes.pool
    sizes = [getattr(pool, name) for name in RARITIES]
    width = given.max_level + 1
    cells = [
        (rarity, star, level)
        for rarity in range(len(RARITIES)) for star in range(MOST_STARS) for level in range(width)
    ]  # fmt: skip
    star_factor = [exact(given.star_multiplier) ** star for star in range(MOST_STARS)]
    base = [exact(getattr(given.base_power, name)) for name in RARITIES]
    step = exact(given.power_per_level)
    power = np.array(
        [_whole((base[r] + step * (lv - 1)) * star_factor[s]) for r, s, lv in cells], dtype=np.int64
    )
    costs = np.concatenate([[_UNREACHABLE], growth_table(
        params.upgrade.base_cost, params.upgrade.growth, given.max_level)])  # fmt: skip
    costs[given.max_level] = _UNREACHABLE
    cost = np.tile(costs, len(RARITIES) * MOST_STARS)
    favour = np.repeat(
        [getattr(params.upgrade.rarity_factor, name) for name in RARITIES], MOST_STARS * width
    )
    gain = np.tile(np.repeat([float(step * f) for f in star_factor], width), len(RARITIES))
    free = np.full(cost.size, np.inf)  # upgrades that cost less than one gold are free
    alone = np.divide(gain, cost, out=free, where=cost > 0) * favour
    copies = np.arange(max(given.copies_for_stars) + 1)
    return Heroes(
        rarity=np.repeat(np.arange(len(RARITIES)), sizes),
        first=np.concatenate([[0], np.cumsum(sizes)]),
        width=width,
        power=power,
        strength=_strengths(power),
        cost=cost,
        price=np.repeat(cost, 2),
        team_power=np.stack([np.zeros_like(power), power], axis=1).reshape(-1),
        worth=_ranks(
            np.stack([alone, alone * params.upgrade.main_team_factor], axis=1).reshape(-1)
        ),
        stars_by_copies=np.searchsorted(given.copies_for_stars, copies, side="right").astype(
            np.int64
        ),
    )


def _strengths(power: Ints) -> NDArray[np.int32]:
    """Return dense ranks from 1, in steps that leave room for ids; 0 of no hero, first and last."""
    ranks = np.append(np.unique(power, return_inverse=True)[1] + 1, 0)
    ranks[0] = 0
    return (ranks * _STRENGTH_STEP).astype(np.int32)


def _ranks(score: Floats) -> NDArray[np.int32]:
    """Return dense ranks from 1, in steps that leave room to break ties."""
    places = np.unique(score, return_inverse=True)[1].reshape(score.shape)
    return ((places + 1) * WORTH_STEP).astype(np.int32)


def _whole(power: Fraction) -> int:
    scaled = power * SCALE
    return scaled.numerator // scaled.denominator


def _pull_edges(params: Params) -> Floats:
    """Return, by counter, where legendary, epic and rare end in [0, 1): (hard_pity, 3)."""
    given = params.gacha
    counter = np.arange(given.hard_pity)
    rate = np.full(given.hard_pity, given.rates["legendary"])
    if given.soft_pity:
        rise = given.soft_pity_step * (counter - given.soft_pity_from + 1)
        rate = np.where(counter >= given.soft_pity_from, np.minimum(1.0, rate + rise), rate)
    rate[-1] = 1.0
    rest = (1.0 - rate) / (1.0 - given.rates["legendary"])
    epic = rate + rest * given.rates["epic"]
    return np.stack([rate, epic, epic + rest * given.rates["rare"]], axis=1)


def _packs(params: Params, names: tuple[str, ...]) -> tuple[Ints, Ints]:
    listed = [[names.index(p) for p in kind.gem_packs] for kind in params.archetypes.values()]
    most = max(len(packs) for packs in listed)
    table = np.array([packs + packs[:1] * (most - len(packs)) for packs in listed], dtype=np.int64)
    return table, np.array([len(packs) for packs in listed], dtype=np.int64)


def _purchase_chance(params: Params) -> Floats:
    """Return the chance at each trigger by archetype, without sources and tests: (8, n)."""
    base = np.array([getattr(params.iap.triggers, name).base for name in TRIGGERS])
    kinds = params.archetypes.values()
    own = [k.iap_multiplier * (1.0 if k.payer else params.iap.free_gate) for k in kinds]
    return np.outer(base, own)


def _budget_ends(params: Params) -> Floats:
    converted = params.iap.converted_budget_usd
    kinds = params.archetypes.values()
    return np.array([k.spend_monthly_usd if k.payer else converted for k in kinds]).T * 100.0


def _login_rewards(params: Params) -> Ints:
    days = params.login.rewards()
    found = np.zeros((len(CURRENCIES), len(days)), dtype=np.int64)
    for day, (currency, amount) in enumerate(days):
        found[CURRENCIES.index(currency), day] = amount
    return found
