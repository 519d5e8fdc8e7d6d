"""Declare A/B tests as data: variants, weights and what each variant changes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from engines.idle_rpg.params_market import TUTORIAL_STEPS
from engines.idle_rpg.params_play import amount, count
from engines.idle_rpg.ranges import sum_problems
from runner.contract import REQUIRED, ParamGroup, Problem, group, groups, param, shown

SPLIT = "split"
ALL_TRIGGERS = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionWindow(ParamGroup):
    """Multiplies retention on some days after the exposure."""

    from_day: int = count(0, "first age", high=365, unit="day")
    to_day: int = count(0, "last age", high=365, unit="day")
    value: float = amount(1.0, "ratio", "of retention", high=100)

    def problems(self) -> list[Problem]:
        """Refuse an empty window."""
        if self.from_day <= self.to_day:
            return []
        return [Problem("to_day", shown(self.to_day), f"must be >= from_day = {self.from_day} day")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesireMultiplier(ParamGroup):
    """Multiplies the chance of a pull visit."""

    from_counter: int = count(0, "from this pity counter on", high=120)
    value: float = amount(1.0, "ratio", "of the chance of a pull visit", high=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesireAdd(ParamGroup):
    """Adds to the desire to pull, before its limit at 1."""

    from_counter: int = count(0, "from this pity counter on", high=120)
    value: float = param(0.0, unit="fraction", low=-100, high=100, doc="added to the desire")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(ParamGroup):
    """A gift at exposure."""

    gems: int = count(0, "given once", unit="gems")
    tickets: int = count(0, "given once", unit="tickets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects(ParamGroup):
    """What a variant changes; what is not given changes nothing."""

    noun: ClassVar[str] = "effect"

    retention_at: Mapping[str, float] = param(
        {}, unit="ratio", low=0, high=100, doc="multiplies retention on these ages, see README"
    )
    retention_window: RetentionWindow = group(RetentionWindow, doc="multiplies retention")
    sessions_multiplier: float = amount(
        1.0, "ratio", "sessions of an active day, after the floor of one", high=100, positive=True
    )
    session_minutes_multiplier: float = amount(
        1.0, "ratio", "drawn minutes", high=100, positive=True
    )
    tutorial_steps: int | None = param(
        None, unit="count", low=1, high=TUTORIAL_STEPS, doc="steps shown"
    )
    energy_regen_min: float | None = param(
        None, unit="minutes", low=0, low_open=True, high=1440, doc="per unit of energy"
    )
    energy_purchase_multiplier: float = amount(
        1.0, "ratio", "chance of a purchase when out of energy", high=1000
    )
    price_usd: Mapping[str, float] = param(
        {}, unit="USD", low=0, low_open=True, high=1e6, doc="price asked, by product"
    )
    iap_multiplier: Mapping[str, float] = param(
        {}, unit="ratio", low=0, high=1000, doc="chance of a purchase, by trigger or `all`"
    )
    gacha_desire_multiplier: DesireMultiplier = group(DesireMultiplier, doc="pull visits")
    gacha_desire_add: DesireAdd = group(DesireAdd, doc="desire to pull")
    action_multiplier: Mapping[str, float] = param(
        {}, unit="ratio", low=0, high=1000, doc="chance in a session, by action"
    )
    ad_reward_gems: int | None = param(
        None, unit="gems", low=0, high=1_000_000, doc="of a completed ad"
    )
    grant: Grant = group(Grant, doc="gift at exposure")

    def problems(self) -> list[Problem]:
        """Refuse ages that are none."""
        return [
            Problem(f"retention_at.{day}", "", "must be an age of 1 day or more")
            for day in self.retention_at
            if not day.isdigit() or int(day) < 1
        ]

    def settings(self) -> Iterator[tuple[str, str]]:
        """Give the quantities that this variant sets, each with its path."""
        for name in ("tutorial_steps", "energy_regen_min", "ad_reward_gems"):
            if getattr(self, name) is not None:
                yield name, name
        for product in self.price_usd:
            yield f"price_usd.{product}", f"price_usd.{product}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant(ParamGroup):
    """One side of a test."""

    weight: float = param(
        REQUIRED, unit="fraction", low=0, low_open=True, high=1, doc="of agents under split"
    )
    effects: Effects = group(Effects, doc="what it changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(ParamGroup):
    """An A/B test inside the population, or forced on everyone by an arm of the study."""

    enabled: bool = param(True, doc="false removes the test")
    control: str = param("control", doc="the variant that others are compared with")
    assign: str = param("control", doc="split = by weight; a variant = everyone")
    active_from_day: int = count(0, "age from which players are exposed", high=365, unit="day")
    variants: Mapping[str, Variant] = groups({}, doc="the sides of the test")

    @property
    def variant_names(self) -> tuple[str, ...]:
        """Names of the variants in the order written."""
        return tuple(self.variants)

    def problems(self) -> list[Problem]:
        """Refuse an assignment or a control that is no variant, and weights beside 1."""
        if not self.variants:
            return [Problem("variants", "{}", "must hold a variant")]
        known = ", ".join(self.variants)
        found = []
        if self.control not in self.variants:
            found.append(Problem("control", shown(self.control), f"must be a variant: {known}"))
        if self.assign != SPLIT and self.assign not in self.variants:
            allowed = f"must be split or a variant: {known}"
            found.append(Problem("assign", shown(self.assign), allowed))
        return found + sum_problems("variants", {n: v.weight for n, v in self.variants.items()})


def conflict_problems(tests: Mapping[str, Test]) -> list[Problem]:
    """Return quantities that two enabled tests set."""
    first: dict[str, tuple[str, str]] = {}
    found = []
    for name, test in tests.items():
        if not test.enabled:
            continue
        for variant, side in test.variants.items():
            for quantity, path in side.effects.settings():
                here = f"ab.{name}.variants.{variant}.effects.{path}"
                owner, there = first.setdefault(quantity, (name, here))
                if owner != name:
                    found.append(Problem(here, "", f"is set by {there} too; one test may set it"))
    return found


def retention_multiplier(points: Mapping[str, float], day: int) -> float:
    """Return the multiplier of the retention curve at an age of 1 day or more.

    Between the days given it is interpolated geometrically, starting from 1 at day 0 (linearly
    where an end is 0); after the last day it stays.
    """
    before, value = 0, 1.0
    for later, target in sorted((int(d), float(m)) for d, m in points.items()):
        if day <= later:
            share = (day - before) / (later - before)
            if value <= 0 or target <= 0:
                return value + (target - value) * share
            return math.exp(math.log(value) * (1 - share) + math.log(target) * share)
        before, value = later, target
    return value
