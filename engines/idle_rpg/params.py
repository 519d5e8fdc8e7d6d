"""Declare the parameters of the game, its players, its traffic and its tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engines.idle_rpg.archetypes import ARCHETYPES, Archetype
from engines.idle_rpg.params_ab import ALL_TRIGGERS, Test, conflict_problems
from engines.idle_rpg.params_market import (
    Actions,
    Ads,
    Arena,
    Gacha,
    Guild,
    Iap,
    Login,
    Quests,
    Traffic,
    Triggers,
    Tutorial,
)
from engines.idle_rpg.params_play import (
    Calendar,
    Campaign,
    Energy,
    Heroes,
    Idle,
    Levels,
    Population,
    Retention,
    Sessions,
    Start,
    Upgrade,
    Vip,
)
from runner.contract import (
    ParamGroup,
    Problem,
    complete_shares,
    field_specs,
    group,
    groups,
    nearest,
    shown,
)

BOT = "bot"
TRIGGERS = tuple(field_specs(Triggers))
ACTIONS = tuple(field_specs(Actions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(ParamGroup):
    """Everything that determines a run."""

    population: Population = group(Population, doc="who installs")
    calendar: Calendar = group(Calendar, doc="dates")
    start: Start = group(Start, doc="what a player owns at install")
    archetypes: Mapping[str, Archetype] = groups(ARCHETYPES, doc="kinds of players")
    retention: Retention = group(Retention, doc="who comes back")
    sessions: Sessions = group(Sessions, doc="how an active day is spent")
    actions: Actions = group(Actions, doc="what a session may hold")
    energy: Energy = group(Energy, doc="energy")
    campaign: Campaign = group(Campaign, doc="stages")
    idle: Idle = group(Idle, doc="idle rewards")
    levels: Levels = group(Levels, doc="player levels")
    heroes: Heroes = group(Heroes, doc="heroes")
    upgrade: Upgrade = group(Upgrade, doc="hero levels for gold")
    vip: Vip = group(Vip, doc="rewards for spending")
    gacha: Gacha = group(Gacha, doc="summoning")
    iap: Iap = group(Iap, doc="purchases")
    ads: Ads = group(Ads, doc="rewarded ads")
    arena: Arena = group(Arena, doc="arena")
    guild: Guild = group(Guild, doc="guilds")
    quests: Quests = group(Quests, doc="daily quests")
    login: Login = group(Login, doc="daily login")
    tutorial: Tutorial = group(Tutorial, doc="the first minutes")
    traffic: Traffic = group(Traffic, doc="where players come from")
    ab: Mapping[str, Test] = groups({}, doc="A/B tests")

    def problems(self) -> list[Problem]:
        """Return what is wrong between groups."""
        return [
            *self._archetype_problems(),
            *self._start_problems(),
            *_effect_problems(self),
            *conflict_problems(self.ab),
        ]

    def _archetype_problems(self) -> list[Problem]:
        if not self.archetypes:
            return [Problem("archetypes", "{}", "must hold an archetype")]
        if BOT in self.archetypes:
            return [Problem(f"archetypes.{BOT}", "", "is the name of bots; choose another")]
        try:
            shares(self)
        except ValueError as error:
            return [Problem("archetypes", "", str(error))]
        return []

    def _start_problems(self) -> list[Problem]:
        if self.start.energy <= self.energy.cap:
            return []
        allowed = f"must be <= energy.cap = {self.energy.cap} energy"
        return [Problem("start.energy", shown(self.start.energy), allowed)]


def shares(params: Params) -> dict[str, float]:
    """Return the share of each archetype, `auto` completed, in declared order."""
    return complete_shares({name: kind.share for name, kind in params.archetypes.items()})


def enabled_tests(params: Params) -> dict[str, Test]:
    """Return the tests that take part, by name in alphabetical order."""
    return {name: test for name, test in sorted(params.ab.items()) if test.enabled}


def _effect_problems(params: Params) -> list[Problem]:
    known: dict[str, tuple[str, Iterable[str]]] = {
        "action_multiplier": ("action", ACTIONS),
        "iap_multiplier": ("trigger", (*TRIGGERS, ALL_TRIGGERS)),
        "price_usd": ("product", params.iap.products),
    }
    found = []
    for name, test in params.ab.items():
        for variant, side in test.variants.items():
            for effect, (noun, names) in known.items():
                at = f"ab.{name}.variants.{variant}.effects.{effect}"
                given = getattr(side.effects, effect)
                found += [_unknown(f"{at}.{key}", noun, key, names) for key in given
                          if key not in names]  # fmt: skip
    return found


def _unknown(path: str, noun: str, key: str, known: Iterable[str]) -> Problem:
    allowed = f"unknown {noun}{nearest(key, known)}; known: {', '.join(known)}"
    return Problem(path, "", allowed)
