"""Declare what sets kinds of players apart, and the six kinds that ship."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from engines.idle_rpg.ranges import pair_problems
from runner.contract import REQUIRED, ParamGroup, Problem, Share, param, shown

_SESSION_MODE = 1.2  # mode of the sessions of a day over their smallest number
_FIRST_MODE, _LATER_MODE = 0.7, 1.3  # modes of session minutes, see `sessions`


def _fraction(doc: str) -> Any:
    return param(REQUIRED, unit="fraction", low=0, high=1, doc=doc)


def _pair(unit: str, doc: str, *, high: float | None = None) -> Any:
    return param(REQUIRED, unit=unit, low=0, high=high, doc=f"{doc}, [lowest, highest]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archetype(ParamGroup):
    """A kind of player: how common, how loyal, how active, how generous."""

    share: Share = param("auto", unit="fraction", low=0, high=1, doc="of installs; auto = the rest")
    payer: bool = param(REQUIRED, doc="false: every purchase chance is multiplied by iap.free_gate")
    spend_monthly_usd: tuple[float, ...] = _pair("USD", "budget of a 30-day window", high=1e6)
    sessions_per_day: tuple[float, ...] = _pair("count", "sessions of an active day", high=100)
    session_minutes: tuple[float, ...] = _pair("minutes", "length of a session", high=120)
    d1: float = _fraction("active on day 1")
    d7: float = _fraction("active on day 7")
    d30: float = _fraction("active on day 30")
    d90: float = _fraction("active on day 90")
    floor: float = _fraction("the retention curve never falls below it")
    early_decay: float = param(
        0.1, unit="fraction_per_day", low=0, high=100, doc="two_phase only: decay up to day 7"
    )
    late_decay: float = param(
        0.02, unit="fraction_per_day", low=0, high=100, doc="two_phase only: decay after day 7"
    )
    ad_watch_probability: float = _fraction("watches an ad when offered one")
    gacha_pulls_per_week: tuple[int, ...] = _pair("count", "cap of an agent-week", high=10_000)
    gacha_desire: float = param(REQUIRED, unit="fraction", low=0, high=100, doc="wish to pull")
    arena_engagement: float = _fraction("fights the next arena battle")
    guild_engagement: float = _fraction("joins and attacks with a guild")
    iap_multiplier: float = param(
        REQUIRED, unit="ratio", low=0, high=1000, doc="multiplies every purchase chance"
    )
    multi_pull_with_gems: bool = param(False, doc="buys ten pulls at once with gems")
    buys_arena_attempts: bool = param(False, doc="buys arena attempts with gems")
    gem_packs: tuple[str, ...] = param(
        REQUIRED,
        choices=lambda root: tuple(root.iap.products),
        doc="products bought at triggers that have none of their own, equally likely",
    )

    def problems(self) -> list[Problem]:
        """Refuse empty ranges, modes outside their range, and a curve that rises."""
        found = pair_problems(
            self, "spend_monthly_usd", "sessions_per_day", "session_minutes", "gacha_pulls_per_week"
        )
        if found:
            return found
        found = [] if self.gem_packs else [Problem("gem_packs", "[]", "must name a product")]
        return found + self._session_problems() + self._curve_problems()

    def _session_problems(self) -> list[Problem]:
        (fewest, most), (shortest, longest) = self.sessions_per_day, self.session_minutes
        found = []
        if fewest <= 0 or most < _SESSION_MODE * fewest:
            allowed = f"needs lowest > 0 and highest >= {_SESSION_MODE:g} * lowest"
            found.append(Problem("sessions_per_day", shown([fewest, most]), allowed))
        if shortest < 1 or longest < _LATER_MODE / _FIRST_MODE * shortest:
            allowed = f"needs lowest >= 1 and highest >= {_LATER_MODE:g}/{_FIRST_MODE:g} * lowest"
            found.append(Problem("session_minutes", shown([shortest, longest]), allowed))
        return found

    def _curve_problems(self) -> list[Problem]:
        points = {name: getattr(self, name) for name in ("d1", "d7", "d30", "d90", "floor")}
        names = list(points)
        found = [
            Problem(later, shown(points[later]), f"must be <= {earlier} = {points[earlier]:g}")
            for earlier, later in itertools.pairwise(names)
            if points[later] > points[earlier]
        ]
        return found + ([] if self.d90 > 0 else [Problem("d90", "0", "must be > 0 fraction")])


ARCHETYPES = {
    "whale": Archetype(
        share=0.003, payer=True, spend_monthly_usd=(100.0, 500.0), sessions_per_day=(3.0, 6.0),
        session_minutes=(15.0, 45.0), d1=0.85, d7=0.70, d30=0.55, d90=0.40, floor=0.35,
        early_decay=0.03, late_decay=0.008, ad_watch_probability=0.10,
        gacha_pulls_per_week=(20, 100), gacha_desire=0.70, arena_engagement=0.95,
        guild_engagement=0.90, iap_multiplier=3.0, multi_pull_with_gems=True,
        buys_arena_attempts=True, gem_packs=("gems_tier4", "gems_tier5"),
    ),
    "dolphin": Archetype(
        share=0.012, payer=True, spend_monthly_usd=(10.0, 100.0), sessions_per_day=(2.0, 4.0),
        session_minutes=(10.0, 30.0), d1=0.70, d7=0.45, d30=0.25, d90=0.12, floor=0.08,
        early_decay=0.07, late_decay=0.015, ad_watch_probability=0.40,
        gacha_pulls_per_week=(5, 30), gacha_desire=0.50, arena_engagement=0.80,
        guild_engagement=0.70, iap_multiplier=1.5, multi_pull_with_gems=True,
        buys_arena_attempts=True, gem_packs=("gems_tier2", "gems_tier3", "gems_tier4"),
    ),
    "minnow": Archetype(
        share=0.035, payer=True, spend_monthly_usd=(1.0, 15.0), sessions_per_day=(1.0, 3.0),
        session_minutes=(5.0, 20.0), d1=0.55, d7=0.30, d30=0.12, d90=0.05, floor=0.03,
        early_decay=0.09, late_decay=0.020, ad_watch_probability=0.60,
        gacha_pulls_per_week=(2, 10), gacha_desire=0.35, arena_engagement=0.60,
        guild_engagement=0.50, iap_multiplier=0.8, gem_packs=("gems_tier1", "gems_tier2"),
    ),
    "free_engaged": Archetype(
        share=0.25, payer=False, spend_monthly_usd=(0.0, 0.0), sessions_per_day=(2.0, 4.0),
        session_minutes=(10.0, 25.0), d1=0.50, d7=0.25, d30=0.10, d90=0.04, floor=0.02,
        early_decay=0.10, late_decay=0.022, ad_watch_probability=0.85,
        gacha_pulls_per_week=(3, 15), gacha_desire=0.40, arena_engagement=0.70,
        guild_engagement=0.60, iap_multiplier=0.1, gem_packs=("gems_tier1", "gems_tier2"),
    ),
    "free_casual": Archetype(
        share="auto", payer=False, spend_monthly_usd=(0.0, 0.0), sessions_per_day=(0.3, 1.5),
        session_minutes=(3.0, 12.0), d1=0.40, d7=0.15, d30=0.05, d90=0.02, floor=0.01,
        early_decay=0.14, late_decay=0.025, ad_watch_probability=0.50,
        gacha_pulls_per_week=(1, 5), gacha_desire=0.20, arena_engagement=0.30,
        guild_engagement=0.20, iap_multiplier=0.05, gem_packs=("gems_tier1", "gems_tier2"),
    ),
    "free_churner": Archetype(
        share=0.25, payer=False, spend_monthly_usd=(0.0, 0.0), sessions_per_day=(1.0, 2.0),
        session_minutes=(2.0, 8.0), d1=0.25, d7=0.05, d30=0.01, d90=0.002, floor=0.001,
        early_decay=0.25, late_decay=0.030, ad_watch_probability=0.30,
        gacha_pulls_per_week=(0, 2), gacha_desire=0.10, arena_engagement=0.10,
        guild_engagement=0.05, iap_multiplier=0.02, gem_packs=("gems_tier1", "gems_tier2"),
    ),
}  # fmt: skip
