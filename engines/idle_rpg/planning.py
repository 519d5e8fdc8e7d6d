"""Tell the planner what changes nothing, what to know beforehand, and what a run costs."""

from __future__ import annotations

from collections.abc import Iterator

from engines.idle_rpg.params import Params, shares
from engines.idle_rpg.params_ab import SPLIT

_START_SECONDS, _AGENT_SECONDS = 0.3, 2.5e-5


def cost(params: Params, horizon: int) -> float:
    """Estimate the CPU seconds of a run without tables."""
    events = sum(event.volume for event in params.traffic.events.values())
    agents = params.population.n_agents + events
    return _START_SECONDS * horizon / 90 + _AGENT_SECONDS * agents


def inert_paths(params: Params) -> list[str]:
    """Return the paths that change nothing under these parameters."""
    return [
        *_inert_population(params),
        *_inert_archetypes(params),
        *_inert_retention(params),
        *_inert_play(params),
        *_inert_tests(params),
    ]


def _inert_population(params: Params) -> Iterator[str]:
    population = params.population
    if population.install_schedule != "decay":
        yield "population.install_decay_per_day"
    if population.install_schedule != "custom":
        yield from (f"population.custom_installs.{day}" for day in population.custom_installs)


def _inert_archetypes(params: Params) -> Iterator[str]:
    absent = {name for name, share in shares(params).items() if share == 0}
    for name, kind in params.archetypes.items():
        at = f"archetypes.{name}"
        if params.retention.curve == "two_phase":
            yield from (f"{at}.{leaf}" for leaf in ("d7", "d30", "d90"))
        else:
            yield from (f"{at}.{leaf}" for leaf in ("early_decay", "late_decay"))
        if name in absent:
            leaves = ("d1", "floor", "gacha_desire", "ad_watch_probability", "iap_multiplier",
                      "arena_engagement", "guild_engagement")  # fmt: skip
            yield from (f"{at}.{leaf}" for leaf in leaves)
        if not kind.payer:
            yield f"{at}.spend_monthly_usd"


def _inert_retention(params: Params) -> Iterator[str]:
    if not params.retention.dynamic_modifiers:
        given = params.retention.dynamic
        yield from (f"retention.dynamic.{name}" for name in given.__dataclass_fields__)


def _inert_play(params: Params) -> Iterator[str]:
    if not params.campaign.sweep:
        yield "campaign.sweep_seconds"
    if not params.gacha.soft_pity:
        yield from ("gacha.soft_pity_from", "gacha.soft_pity_step")
    if params.upgrade.max_per_session == 0:
        yield "upgrade.do_chance"


def _inert_tests(params: Params) -> Iterator[str]:
    for name, test in params.ab.items():
        for variant, side in test.variants.items():
            at = f"ab.{name}.variants.{variant}"
            effects = side.effects
            if test.assign != SPLIT:
                yield f"{at}.weight"
            if effects.retention_window.value == 1.0:
                yield from (f"{at}.effects.retention_window.{k}" for k in ("from_day", "to_day"))
            if effects.gacha_desire_multiplier.value == 1.0:
                yield f"{at}.effects.gacha_desire_multiplier.from_counter"
            if effects.gacha_desire_add.value == 0.0:
                yield f"{at}.effects.gacha_desire_add.from_counter"


def plan_notes(params: Params) -> list[str]:
    """Return remarks that are worth reading before believing the numbers."""
    notes = []
    if params.retention.dynamic_modifiers:
        notes.append(
            "dynamic modifiers are on: realised retention departs from the archetypes' table; "
            "retention.dynamic_modifiers=false meets it exactly"
        )
    if params.retention.curve == "two_phase":
        notes.append("two_phase retention jumps up on day 8: retention_falls needs an exception")
    payers = sum(shares(params)[name] for name, kind in params.archetypes.items() if kind.payer)
    if payers == 0:
        notes.append("no archetype pays: revenue comes from rare conversions alone")
    return notes
