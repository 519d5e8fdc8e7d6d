"""Compile what only the event log needs from the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.idle_rpg.events.order import id_key
from engines.idle_rpg.events.words import unlocked_place, unlocks
from engines.idle_rpg.labels import source_names, variant_names
from engines.idle_rpg.lookup import Ints, growth_table, least_whole
from engines.idle_rpg.params import enabled_tests
from engines.idle_rpg.params_ab import Grant
from engines.idle_rpg.rules import Rules
from runner.contract import Draws, TableSchema

_STAGES_PER_CHAPTER = 10
_STAR_RATIOS = [1.1, 1.3]
_NETWORKED = frozenset({"event_ad_started", "event_ad_completed", "event_ad_skipped"})
_PLACED = _NETWORKED | {"event_ad_opportunity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What follows from the parameters for events alone.

    Attributes:
        event_key: what the ids of this run are shifted by.
        required: int64 (n_stages,), power that each stage requires.
        star_power: int64 (2, n_stages), power from which stars come easier, and all three come.
        chapter: int64 (n_stages + 1,), of the next stage by stages cleared.
        level_exp: int64 (levels,), experience at which each level is reached.
        unlock_levels: int64 (k,), levels that open something, rising.
        source_of_origin: int64 (n_origins,), place of each origin's source among all sources.
        places_ads, names_networks: whether somebody collects what says so.
        exposures: by test and variant, the variant's place among all variants and its grant.
    """

    rules: Rules
    event_key: int
    required: Ints
    star_power: Ints
    chapter: Ints
    unlock_levels: Ints
    source_of_origin: Ints
    places_ads: bool
    names_networks: bool
    exposures: tuple[tuple[tuple[int, Grant], ...], ...]

    def level_of(self, exp: Ints) -> Ints:
        """Return the player level at some experience: (m,)."""
        return np.searchsorted(self.rules.level_exp, exp, side="right").astype(np.int64)

    def unlocked(self, old: Ints, new: Ints) -> Ints:
        """Return what levels above `old` up to `new` open, as a place among the texts, or -1."""
        first = np.searchsorted(self.unlock_levels, old, side="right")
        last = np.searchsorted(self.unlock_levels, new, side="right") - 1
        places = [
            unlocked_place(int(i), int(j)) if i <= j else -1
            for i, j in zip(first, last, strict=True)
        ]
        return np.array(places, dtype=np.int64)


def compile_settings(rules: Rules, draws: Draws, schemas: Sequence[TableSchema]) -> Settings:
    """Return the settings of a run that collects some types."""
    given, collected = rules.params.campaign, {schema.name for schema in schemas}
    required = growth_table(given.base_power, given.power_growth, given.n_stages)
    cleared = np.arange(given.n_stages + 1)
    sources, variants = source_names(rules.params), variant_names(rules.params)
    return Settings(
        rules=rules,
        event_key=id_key(draws),
        required=required,
        star_power=least_whole(required, _STAR_RATIOS),
        chapter=1 + np.minimum(cleared, given.n_stages - 1) // _STAGES_PER_CHAPTER,
        unlock_levels=np.array([level for level, _ in unlocks(rules.params)], dtype=np.int64),
        source_of_origin=np.array([sources.index(origin.source) for origin in rules.origins]),
        places_ads=not _PLACED.isdisjoint(collected),
        names_networks=not _NETWORKED.isdisjoint(collected),
        exposures=tuple(
            tuple((variants.index(name), v.effects.grant) for name, v in test.variants.items())
            for test in enabled_tests(rules.params).values()
        ),
    )
