"""Declare the events of play: sessions, balances, stages and heroes."""

from __future__ import annotations

from engines.idle_rpg.columns import category, column
from engines.idle_rpg.events.envelope import event_table
from engines.idle_rpg.events.words import (
    CURRENCIES,
    FAIL_REASONS,
    PITIES,
    SINK_REASONS,
    SOURCE_REASONS,
    SUMMON_TYPES,
    TEAM_REASONS,
    TUTORIAL_STEPS,
)
from engines.idle_rpg.labels import source_names, variant_names
from engines.idle_rpg.params import Params, enabled_tests
from engines.idle_rpg.rules import RARITIES
from runner.contract import Column, TableSchema

_BANNER = (
    column("banner_index", "int16", "null: the standard banner", nullable=True),
    column("is_limited", "bool"),
)
_HERO = (column("hero_id", "int16"), category("rarity", RARITIES))
_POWERS = (column("power_before", "float64"), column("power_after", "float64"))


def session_types(params: Params) -> tuple[TableSchema, ...]:
    """Return the types of sessions, and of exposures where there are tests."""
    return (
        event_table(
            "session_start", "A session begins.",
            column("is_first_session", "bool", "of the agent's life"),
            column("seconds_since_last", "int32", "since the last session's end", nullable=True),
            category("source", source_names(params), "where the agent came from"),
        ),
        event_table(
            "session_end", "A session ends.",
            column("seconds", "int32"),
            column("stages_played", "int16", "attempts and replays"),
            column("gems_spent", "int32"),
            column("gold_spent", "int64"),
        ),
        *_exposure_types(params),
        event_table(
            "player_state_snapshot", "The agent at the start of the first session of a day.",
            column("gold", "int64"), column("gems", "int64"), column("energy", "int16"),
            column("tickets", "int32"),
            *(column(f"heroes_{name}", "int8", "different heroes owned") for name in RARITIES),
            column("max_hero_level", "int16"), column("max_hero_stars", "int8"),
            column("team_power", "int32"), column("stages_cleared", "int16"),
            column("arena_rating", "int16"), column("guild_id", "int16", nullable=True),
            column("total_sessions", "int32", "before this one"),
            column("total_minutes", "float64", "before this session"),
            column("total_pulls", "int32"),
            column("counter", "int8", "pulls since the last legendary"),
        ),
        event_table(
            "tutorial_step", "A step of the tutorial was shown; the time is that of its end.",
            column("step_no", "int8"), category("step", TUTORIAL_STEPS),
            column("seconds", "int16"), column("is_skipped", "bool"),
        ),
        event_table(
            "tutorial_complete", "The tutorial was seen to its end.",
            column("seconds", "int16"), column("steps_completed", "int8"),
            column("steps_skipped", "int8"),
        ),
    )  # fmt: skip


def _exposure_types(params: Params) -> tuple[TableSchema, ...]:
    tests = enabled_tests(params)
    exposure = event_table(
        "ab_exposure", "A test begins to act on the agent.",
        category("test", tuple(tests)), category("variant", variant_names(params)),
    )  # fmt: skip
    return (exposure,) if tests else ()


def economy_types() -> tuple[TableSchema, ...]:
    """Return the types of balances that rise and fall."""

    def columns(reasons: tuple[str, ...]) -> tuple[Column, ...]:
        return (
            category("currency", CURRENCIES),
            column("amount", "int64"),
            column("balance_after", "int64"),
            category("reason", reasons),
        )

    return (
        event_table("economy_source", "A balance rises.", *columns(SOURCE_REASONS)),
        event_table("economy_sink", "A balance falls.", *columns(SINK_REASONS)),
    )


def campaign_types() -> tuple[TableSchema, ...]:
    """Return the types of stages."""
    stage = column("stage_index", "int16", "from 1")
    return (
        event_table(
            "stage_start", "A stage is attempted or replayed.",
            stage, column("attempt_no", "int16", "at this stage, replays included"),
            column("team_power", "int32"), column("is_sweep", "bool", "a certain replay"),
        ),
        event_table(
            "stage_complete", "A stage is won.",
            stage, column("seconds", "int16"), column("stars", "int8"),
            column("is_first_clear", "bool"), column("gold", "int32"), column("exp", "int32"),
            column("loot_item", "int8", "cosmetic, 1 to 50", nullable=True),
        ),
        event_table(
            "stage_fail", "A stage is lost.",
            stage, column("seconds", "int16"), category("fail_reason", FAIL_REASONS),
            column("team_power", "int32"), column("required_power", "int64"),
        ),
    )  # fmt: skip


def hero_types() -> tuple[TableSchema, ...]:
    """Return the types of pulls, heroes and teams."""
    return (
        event_table(
            "gacha_banner_view", "The summoning altar is visited, funds or not.",
            *_BANNER, column("featured_hero_id", "int16", nullable=True),
            column("gems", "int64"), column("tickets", "int32"),
        ),
        event_table(
            "gacha_summon", "One pull.",
            *_BANNER, category("summon_type", SUMMON_TYPES),
            column("pull_index", "int8", "from 0"), category("currency", CURRENCIES[1:3]),
            column("cost", "int32", "of all ten pulls at the first, else 0"), *_HERO,
            column("is_new", "bool"), column("is_featured", "bool"),
            column("counter_before", "int8"), column("counter_after", "int8"),
            category("pity", PITIES, "what sets the legendary rate of this pull"),
        ),
        event_table(
            "hero_levelup", "Gold buys a hero level.",
            *_HERO, column("old_level", "int16"), column("new_level", "int16"),
            column("gold", "int64"), *_POWERS,
        ),
        event_table(
            "hero_ascend", "Copies bring a star.",
            *_HERO, column("old_stars", "int8"), column("new_stars", "int8"),
            column("copies", "int16"), *_POWERS,
        ),
        event_table(
            "hero_team_change", "A hero enters or leaves the team; one row per hero that enters.",
            column("hero_in", "int16", nullable=True), column("hero_out", "int16", nullable=True),
            column("team_power_before", "int32"), column("team_power_after", "int32"),
            category("reason", TEAM_REASONS),
        ),
    )  # fmt: skip
