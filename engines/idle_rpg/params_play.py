"""Declare the parameters of players' days: installs, retention, sessions, progress."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engines.idle_rpg.ranges import pair_problems, rising_problems, sum_problems
from runner.contract import REQUIRED, ParamGroup, Problem, group, param, shown

_BUCKET = re.compile(r"(\d{1,2})-(\d{1,2})\Z")
HOURS = 24
MOST_DAYS = 365


def count(
    default: int, doc: str, *, low: int = 0, high: int = 1_000_000, unit: str = "count"
) -> Any:
    """Declare a whole number."""
    return param(default, unit=unit, low=low, high=high, doc=doc)


def fraction(default: float, doc: str) -> Any:
    """Declare a number from 0 to 1."""
    return param(default, unit="fraction", low=0, high=1, doc=doc)


def amount(
    default: float, unit: str, doc: str, *, high: float = 1e6, positive: bool = False
) -> Any:
    """Declare a number from 0, or above 0 if `positive`."""
    return param(default, unit=unit, low=0, low_open=positive, high=high, doc=doc)


def weights(default: Mapping[str, float], doc: str) -> Any:
    """Declare named fractions that sum to 1."""
    return param(default, unit="fraction", low=0, high=1, doc=f"{doc}; they sum to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Population(ParamGroup):
    """Who installs, and when."""

    n_agents: int = count(5000, "installs over the whole window", low=1, high=10_000_000)
    install_schedule: str = param(
        "decay", choices=("decay", "uniform", "custom"), doc="how installs spread over the window"
    )
    install_window_days: int = count(30, "days with installs", low=1, high=MOST_DAYS, unit="days")
    install_decay_per_day: float = param(
        0.02, unit="fraction_per_day", low=0, high=1, doc="decay: weight exp(-k(t-1)) on day t"
    )
    custom_installs: Mapping[str, float] = param(
        {}, unit="weight", low=0, high=1e9, doc="custom: weight of installs by sim_day"
    )
    allocation: str = param(
        "random",
        choices=("random", "balanced"),
        doc="independent draws, or quasi-random ones with less noise between replicates",
    )
    country_weights: Mapping[str, float] = weights(
        {"RU": 0.40, "US": 0.15, "DE": 0.10, "BR": 0.10, "JP": 0.08, "KR": 0.07, "ZZ": 0.10},
        "countries, a label without effect",
    )
    platform_weights: Mapping[str, float] = weights(
        {"ios": 0.45, "android": 0.55}, "platforms, a label without effect"
    )
    app_version_weights: Mapping[str, float] = weights(
        {"v1_0_0": 0.05, "v1_0_1": 0.10, "v1_1_0": 0.25, "v1_2_0": 0.60},
        "versions, a label without effect",
    )

    def problems(self) -> list[Problem]:
        """Refuse weights that do not sum to 1 and custom schedules that do not fit."""
        named = ("country_weights", "platform_weights", "app_version_weights")
        found = [p for name in named for p in sum_problems(name, getattr(self, name))]
        return found + (self._custom_problems() if self.install_schedule == "custom" else [])

    def _custom_problems(self) -> list[Problem]:
        found = []
        for day, weight in self.custom_installs.items():
            if not day.isdigit() or not 1 <= int(day) <= self.install_window_days:
                allowed = f"must be a day from 1 to {self.install_window_days}"
                found.append(Problem(f"custom_installs.{day}", shown(weight), allowed))
        if not found and sum(self.custom_installs.values()) <= 0:
            found.append(Problem("custom_installs", "", "must hold a weight > 0 for custom"))
        return found


_LAST_YEAR = 9000  # dates end with the year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(ParamGroup):
    """Where the run lies in the calendar."""

    start_date: str = param("2025-01-01", doc="date of sim_day 1, YYYY-MM-DD")

    def problems(self) -> list[Problem]:
        """Refuse what is no date, and what would let a run leave the years 1 to 9999."""
        try:
            start = datetime.date.fromisoformat(self.start_date)
        except ValueError:
            return [Problem("start_date", shown(self.start_date), "must be a date YYYY-MM-DD")]
        if start.year > _LAST_YEAR:
            allowed = f"must not be after the year {_LAST_YEAR}"
            return [Problem("start_date", shown(self.start_date), allowed)]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(ParamGroup):
    """What a player owns at install."""

    gold: int = count(1000, "gold at install", unit="gold", high=10**9)
    gems: int = count(100, "gems at install", unit="gems", high=10**9)
    tickets: int = count(5, "summon tickets at install", unit="tickets")
    energy: int = count(120, "energy at install", unit="energy")


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicModifiers(ParamGroup):
    """What happened lately multiplies the day's return probability."""

    cap: float = param(0.99, unit="fraction", low=0, low_open=True, high=1, doc="limit of a boost")
    losses_over: int = count(3, "campaign losses in a row that are still harmless", high=1000)
    losses_multiplier: float = fraction(0.85, "after more losses in a row")
    legendary_days: int = count(3, "how long a legendary pull is recent", high=365, unit="days")
    legendary_multiplier: float = param(
        1.15, unit="ratio", low=1, high=100, doc="after a recent legendary pull"
    )
    guild_days: int = count(7, "how long a guild join or attack counts", high=365, unit="days")
    guild_multiplier: float = param(
        1.10, unit="ratio", low=1, high=100, doc="for members who joined or attacked lately"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(ParamGroup):
    """How the archetypes' retention becomes a daily decision."""

    curve: str = param(
        "anchored", choices=("anchored", "two_phase"), doc="through the table, or the formula"
    )
    cap: float = param(
        0.99, unit="fraction", low=0, low_open=True, high=1, doc="limit of retention from day 1 on"
    )
    churn_on_miss: Mapping[str, float] = param(
        {"7": 0.10, "30": 0.30, "60": 0.50, "later": 0.70},
        unit="fraction", low=0, high=1,
        doc="chance that a missed day is for ever, by age up to the key",
    )  # fmt: skip
    dynamic_modifiers: bool = param(True, doc="false switches the three dynamic modifiers off")
    dynamic: DynamicModifiers = group(DynamicModifiers, doc="dynamic modifiers")

    def problems(self) -> list[Problem]:
        """Refuse a churn table without an end or with a key that is no age."""
        found = [
            Problem(f"churn_on_miss.{key}", "", "must be an age in days, or 'later'")
            for key in self.churn_on_miss
            if key != "later" and not key.isdigit()
        ]
        if "later" not in self.churn_on_miss:
            found.append(Problem("churn_on_miss.later", "", "must be given"))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions(ParamGroup):
    """How an active day divides into sessions."""

    weekend_multiplier: float = amount(
        1.2, "ratio", "sessions on Saturday and Sunday", high=10, positive=True
    )
    rounding: str = param(
        "unbiased",
        choices=("unbiased", "nearest"),
        doc="floor(x + u), or to the nearest (damps small lifts)",
    )
    max_per_day: int = count(12, "sessions of a day at most", low=1, high=15)
    min_gap_seconds: int = count(300, "between two sessions", high=3600, unit="seconds")
    min_minutes: int = count(2, "shortest session", low=1, high=120, unit="minutes")
    hour_weights: Mapping[str, float] = weights(
        {
            "0-7": 0.05, "7-9": 0.15, "9-12": 0.10, "12-14": 0.20, "14-18": 0.10,
            "18-21": 0.25, "21-24": 0.15,
        },
        "starts by hour of day",
    )  # fmt: skip

    def hour_edges(self) -> list[tuple[int, int]]:
        """Return first and last hour of each bucket, as written."""
        found = (_BUCKET.match(name) for name in self.hour_weights)
        return [(int(m[1]), int(m[2])) for m in found if m]

    def problems(self) -> list[Problem]:
        """Refuse buckets that leave a gap."""
        edges = self.hour_edges()
        chain = [0, *(end for _, end in edges)]
        whole = len(edges) == len(self.hour_weights) and chain[-1] == HOURS
        if not whole or any(a != s or s >= e for a, (s, e) in zip(chain, edges, strict=False)):
            return [Problem("hour_weights", "", "must cover 0-24 in order, such as 0-7, 7-24")]
        return sum_problems("hour_weights", self.hour_weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy(ParamGroup):
    """What limits the campaign."""

    cap: int = count(120, "most energy, before the VIP bonus", low=1, unit="energy")
    regen_min: float = amount(5.0, "minutes", "per unit of energy", high=1440, positive=True)
    per_stage: int = count(6, "energy of one stage", low=1, unit="energy")
    refill_price_gems: int = count(100, "refill after an out_of_energy purchase", unit="gems")

    def problems(self) -> list[Problem]:
        """Refuse a cap below the price of a stage."""
        if self.cap >= self.per_stage:
            return []
        return [Problem("cap", shown(self.cap), f"must be >= per_stage = {self.per_stage} energy")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps(ParamGroup):
    """A chance by steps: the first threshold that a ratio reaches gives the chance."""

    ratio_at_least: tuple[float, ...] = param(
        REQUIRED, unit="ratio", low=0, high=100, doc="thresholds, falling, the last one 0"
    )
    chance: tuple[float, ...] = param(
        REQUIRED, unit="fraction", low=0, high=1, doc="one for each threshold, not rising"
    )

    def problems(self) -> list[Problem]:
        """Refuse steps that do not fall to 0, or chances that rise."""
        ratios, chances = self.ratio_at_least, self.chance
        found = []
        if not ratios or ratios[-1] != 0 or rising_problems("", ratios[::-1]):
            found.append(Problem("ratio_at_least", shown(list(ratios)), "must fall and end at 0"))
        if len(chances) != len(ratios) or list(chances) != sorted(chances, reverse=True):
            allowed = "needs one chance for each threshold, none above the one before"
            found.append(Problem("chance", shown(list(chances)), allowed))
        return found


def steps(ratios: tuple[float, ...], chances: tuple[float, ...], doc: str) -> Any:
    """Declare a chance by steps with its defaults."""

    def default() -> Steps:
        return Steps(ratio_at_least=ratios, chance=chances)

    return group(default, doc=doc)  # type: ignore[arg-type]  # a factory serves as well as a class


@dataclass(frozen=True, slots=True, kw_only=True)
class StageGold(ParamGroup):
    """Gold of a stage."""

    base: int = count(100, "in chapter 1", unit="gold")
    per_chapter: int = count(50, "more for each further chapter", unit="gold")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageExp(ParamGroup):
    """Experience of a stage."""

    base: int = count(20, "in chapter 1", unit="exp")
    per_chapter: int = count(10, "more for each further chapter", unit="exp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign(ParamGroup):
    """Stages: who tries, who wins, what it takes and pays."""

    n_stages: int = count(200, "stages of the campaign", low=1, high=1000)
    base_power: float = amount(100.0, "power", "required by stage 1", positive=True)
    power_growth: float = param(1.08, unit="ratio", low=1, high=1.2, doc="from stage to stage")
    attempt_chance: Steps = steps(  # noqa: RUF009 - a field, as from `param`
        (1.2, 1.0, 0.8, 0.0), (1.0, 0.8, 0.4, 0.1), "tries the next stage, by power over required"
    )
    success_chance: Steps = steps(  # noqa: RUF009
        (1.3, 1.1, 1.0, 0.9, 0.8, 0.0), (0.98, 0.85, 0.70, 0.45, 0.25, 0.10),
        "wins it, by power over required",
    )  # fmt: skip
    stage_seconds: tuple[int, ...] = param(
        (30, 120), unit="seconds", low=1, high=3600, doc="length of an attempt, [lowest, highest]"
    )
    time_share: float = fraction(0.6, "of a session's drawn minutes")
    sweep: bool = param(True, doc="replay the last cleared stage when the next is refused")
    sweep_seconds: int = count(30, "length of a replay", low=1, high=3600, unit="seconds")
    max_stages_per_session: int = count(60, "attempts and replays", low=1, high=60)
    loot_chance: float = fraction(0.3, "a win brings a cosmetic item; seen in events alone")
    gold: StageGold = group(StageGold, doc="gold of a win")
    exp: StageExp = group(StageExp, doc="experience of a win")

    def problems(self) -> list[Problem]:
        """Refuse an empty range, and powers beyond what whole numbers hold."""
        found = pair_problems(self, "stage_seconds")
        if self.base_power * self.power_growth**self.n_stages > 1e15:  # noqa: PLR2004 - exact integers
            allowed = "makes the last stage require more than 1e15 power"
            found.append(Problem("power_growth", shown(self.power_growth), allowed))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle(ParamGroup):
    """What accrues while the player is away."""

    gold_per_hour: float = amount(500.0, "gold_per_hour", "without any stage cleared")
    per_stage: float = amount(0.05, "ratio", "more gold for each cleared stage", high=100)
    cap_hours: float = amount(12.0, "hours", "accrues at most this long", high=720)
    exp_share: float = fraction(0.10, "experience per gold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock(ParamGroup):
    """Player levels that open parts of the game."""

    gacha: int = count(3, "level that opens summoning", low=1, high=1000, unit="level")
    quests: int = count(5, "level that opens daily quests", low=1, high=1000, unit="level")
    arena: int = count(10, "level that opens the arena", low=1, high=1000, unit="level")
    guild: int = count(15, "level that opens guilds", low=1, high=1000, unit="level")


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels(ParamGroup):
    """Player levels."""

    base_exp: float = amount(
        100.0, "exp", "level L costs floor(base * growth^(L-1))", positive=True
    )
    growth: float = param(1.12, unit="ratio", low=1, high=2, doc="from level to level")
    max: int = count(100, "highest level", low=1, high=1000, unit="level")
    unlock: Unlock = group(Unlock, doc="what opens when")

    def problems(self) -> list[Problem]:
        """Refuse what could never open, and costs beyond what whole numbers hold."""
        found = [
            Problem(f"unlock.{name}", shown(level), f"must be <= max = {self.max} level")
            for name in ("gacha", "quests", "arena", "guild")
            if (level := getattr(self.unlock, name)) > self.max
        ]
        if self.base_exp * self.growth**self.max > 1e15:  # noqa: PLR2004 - exact integers
            found.append(Problem("growth", shown(self.growth), "makes levels cost more than 1e15"))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroPool(ParamGroup):
    """How many heroes exist, by rarity; ids count up from the commons."""

    common: int = count(20, "heroes", low=3, high=30)
    rare: int = count(15, "heroes", low=1, high=12 + 3)
    epic: int = count(10, "heroes", low=1, high=10)
    legendary: int = count(5, "heroes", low=2, high=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRarity(ParamGroup):
    """A number for each rarity, power at level 1 by default."""

    common: float = amount(50.0, "power", "of a common", positive=True)
    rare: float = amount(100.0, "power", "of a rare", positive=True)
    epic: float = amount(200.0, "power", "of an epic", positive=True)
    legendary: float = amount(400.0, "power", "of a legendary", positive=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RarityFactor(ParamGroup):
    """How much a rarity is favoured in upgrades."""

    common: float = amount(0.5, "ratio", "of a common", positive=True)
    rare: float = amount(0.8, "ratio", "of a rare", positive=True)
    epic: float = amount(1.2, "ratio", "of an epic", positive=True)
    legendary: float = amount(1.5, "ratio", "of a legendary", positive=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heroes(ParamGroup):
    """Heroes: pool, power, stars, team."""

    pool: HeroPool = group(HeroPool, doc="heroes by rarity")
    base_power: ByRarity = group(ByRarity, doc="power at level 1 with one star")
    power_per_level: float = amount(10.0, "power", "of each level above 1", positive=True)
    star_multiplier: float = param(1.2, unit="ratio", low=1, high=5, doc="of each star above 1")
    max_level: int = count(100, "highest hero level", low=1, high=500, unit="level")
    copies_for_stars: tuple[int, ...] = param(
        (2, 4, 8, 16), unit="count", low=2, high=100, doc="copies owned for 2, 3, 4, 5 stars"
    )
    team_size: int = count(5, "heroes in the team", low=1, high=8)
    candidates: int = count(8, "strongest heroes considered for an upgrade", low=1, high=16)

    def problems(self) -> list[Problem]:
        """Refuse copies that do not rise, and a team larger than its candidates."""
        found = rising_problems("copies_for_stars", self.copies_for_stars)
        if len(self.copies_for_stars) != 4:  # noqa: PLR2004 - stars 2 to 5
            found.append(Problem("copies_for_stars", "", "needs four numbers, for 2 to 5 stars"))
        if self.candidates < self.team_size:
            allowed = f"must be >= team_size = {self.team_size} count"
            found.append(Problem("candidates", shown(self.candidates), allowed))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade(ParamGroup):
    """How gold turns into hero levels."""

    base_cost: float = amount(
        100.0, "gold", "from level L: floor(base * growth^(L-1))", positive=True
    )
    growth: float = param(1.15, unit="ratio", low=1, high=2, doc="from level to level")
    do_chance: float = fraction(0.70, "goes on to the next upgrade")
    max_per_session: int = count(5, "upgrades of a session", high=20)
    main_team_factor: float = amount(1.5, "ratio", "favours heroes of the team", positive=True)
    rarity_factor: RarityFactor = group(RarityFactor, doc="favours rarities")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vip(ParamGroup):
    """What lifetime spend brings."""

    thresholds_usd: tuple[float, ...] = param(
        (0.0, 5.0, 15.0, 30.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0),
        unit="USD", low=0, high=1e7, doc="lifetime spend of VIP levels 0, 1, ...",
    )  # fmt: skip
    energy_bonus: tuple[int, ...] = param(
        (0, 10, 10, 10, 10, 20, 20, 20, 30, 30, 40),
        unit="energy", low=0, high=10_000, doc="added to the energy cap, by VIP level",
    )  # fmt: skip
    gold_bonus: tuple[float, ...] = param(
        (0.0, 0.0, 0.0, 0.2, 0.2, 0.2, 0.2, 0.5, 0.5, 1.0, 1.0),
        unit="fraction", low=0, high=10, doc="more stage, sweep and idle gold, by VIP level",
    )  # fmt: skip

    def problems(self) -> list[Problem]:
        """Refuse thresholds that do not rise from 0 and bonuses of another length."""
        found = rising_problems("thresholds_usd", self.thresholds_usd)
        if not self.thresholds_usd or self.thresholds_usd[0] != 0:
            found.append(Problem("thresholds_usd", "", "must start at 0"))
        size = len(self.thresholds_usd)
        return found + [
            Problem(name, "", f"needs {size} numbers, one for each VIP level")
            for name in ("energy_bonus", "gold_bonus")
            if len(getattr(self, name)) != size
        ]
