"""Declare the tables of events: one type each, a common envelope before its own columns."""

from __future__ import annotations

from engines.idle_rpg.columns import agent_key, category, column
from engines.idle_rpg.events.words import (
    AD_NETWORKS,
    AD_PLACEMENTS,
    BATTLE_RESULTS,
    CURRENCIES,
    FAIL_REASONS,
    IAP_FAIL_REASONS,
    PITIES,
    QUESTS,
    SINK_REASONS,
    SOURCE_REASONS,
    SUMMON_TYPES,
    TEAM_REASONS,
    TUTORIAL_STEPS,
    unlocked_texts,
)
from engines.idle_rpg.labels import source_names, variant_names
from engines.idle_rpg.params import TRIGGERS, Params, enabled_tests
from engines.idle_rpg.rules import RARITIES
from runner.contract import Column, Growth, TableSchema

PREFIX = "event_"
_GROWTH: frozenset[Growth] = frozenset({"population", "horizon"})
ENVELOPE = (
    Column(name="event_id", kind="uint64", doc="unique in a run, equal for equal seeds"),
    agent_key("agent_id"),
    column("event_at", "timestamp"),
    column("sim_day", "int16"),
    column("age_day", "int16"),
    column("session_no", "int8", "from 0, by day"),
    column("event_order", "int32", "rises with time within an agent's day"),
    column("player_level", "int16"),
    column("vip_level", "int8"),
    column("chapter", "int8", "of the next stage"),
    column("total_spent_usd", "float64"),
)
_BANNER = (
    column("banner_index", "int16", "null: the standard banner", nullable=True),
    column("is_limited", "bool"),
)
_HERO = (column("hero_id", "int16"), category("rarity", RARITIES))
_POWERS = (column("power_before", "float64"), column("power_after", "float64"))
_NETWORK = category("network", AD_NETWORKS)
_PLACEMENT = category("placement", AD_PLACEMENTS)


def event_tables(params: Params) -> tuple[TableSchema, ...]:
    """Return one table per event type, exposures only where there are tests."""
    return (
        *_session_types(params), *_economy_types(), *_campaign_types(), *_reward_types(params),
        *_hero_types(), *_purchase_types(params), *_social_types(),
    )  # fmt: skip


def _event(name: str, doc: str, *columns: Column) -> TableSchema:
    return TableSchema(
        name=f"{PREFIX}{name}", doc=doc, columns=(*ENVELOPE, *columns),
        key=("agent_id", "age_day", "event_order"), prefix_stable=_GROWTH,
    )  # fmt: skip


def _session_types(params: Params) -> tuple[TableSchema, ...]:
    return (
        _event(
            "session_start", "A session begins.",
            column("is_first_session", "bool", "of the agent's life"),
            column("seconds_since_last", "int32", "since the last session's end", nullable=True),
            category("source", source_names(params), "where the agent came from"),
        ),
        _event(
            "session_end", "A session ends.",
            column("seconds", "int32"),
            column("stages_played", "int16", "attempts and replays"),
            column("gems_spent", "int32"),
            column("gold_spent", "int64"),
        ),
        *_exposure_types(params),
        _event(
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
        _event(
            "tutorial_step", "A step of the tutorial was shown; the time is that of its end.",
            column("step_no", "int8"), category("step", TUTORIAL_STEPS),
            column("seconds", "int16"), column("is_skipped", "bool"),
        ),
        _event(
            "tutorial_complete", "The tutorial was seen to its end.",
            column("seconds", "int16"), column("steps_completed", "int8"),
            column("steps_skipped", "int8"),
        ),
    )  # fmt: skip


def _exposure_types(params: Params) -> tuple[TableSchema, ...]:
    tests = enabled_tests(params)
    exposure = _event(
        "ab_exposure", "A test begins to act on the agent.",
        category("test", tuple(tests)), category("variant", variant_names(params)),
    )  # fmt: skip
    return (exposure,) if tests else ()


def _economy_types() -> tuple[TableSchema, ...]:
    def columns(reasons: tuple[str, ...]) -> tuple[Column, ...]:
        return (
            category("currency", CURRENCIES),
            column("amount", "int64"),
            column("balance_after", "int64"),
            category("reason", reasons),
        )

    return (
        _event("economy_source", "A balance rises.", *columns(SOURCE_REASONS)),
        _event("economy_sink", "A balance falls.", *columns(SINK_REASONS)),
    )


def _campaign_types() -> tuple[TableSchema, ...]:
    stage = column("stage_index", "int16", "from 1")
    return (
        _event(
            "stage_start", "A stage is attempted or replayed.",
            stage, column("attempt_no", "int16", "at this stage, replays included"),
            column("team_power", "int32"), column("is_sweep", "bool", "a certain replay"),
        ),
        _event(
            "stage_complete", "A stage is won.",
            stage, column("seconds", "int16"), column("stars", "int8"),
            column("is_first_clear", "bool"), column("gold", "int32"), column("exp", "int32"),
            column("loot_item", "int8", "cosmetic, 1 to 50", nullable=True),
        ),
        _event(
            "stage_fail", "A stage is lost.",
            stage, column("seconds", "int16"), category("fail_reason", FAIL_REASONS),
            column("team_power", "int32"), column("required_power", "int64"),
        ),
    )  # fmt: skip


def _reward_types(params: Params) -> tuple[TableSchema, ...]:
    return (
        _event(
            "idle_reward_claim", "Gold that accrued while away is collected.",
            column("idle_seconds", "int32", "since the last claim"), column("gold", "int64"),
            column("exp", "int32"),
        ),
        _event(
            "daily_login", "The reward of the day is collected.",
            column("login_streak", "int16"), category("currency", CURRENCIES[:3]),
            column("amount", "int32"), column("pass_gems", "int16"),
        ),
        _event(
            "player_levelup", "The player level rises, by one or more.",
            column("old_level", "int16"), column("new_level", "int16"),
            category("unlocked", unlocked_texts(params), "what the new levels open", nullable=True),
        ),
        _event(
            "quest_complete", "The reward of a daily quest is collected.",
            category("quest", QUESTS), column("gems", "int32"),
        ),
        _event(
            "ad_opportunity", "An ad could be watched; once per session at most.",
            _PLACEMENT, column("ads_today", "int8", "completed so far"),
        ),
        _event("ad_started", "An ad begins.", _PLACEMENT, _NETWORK),
        _event(
            "ad_completed", "An ad was watched to its end.",
            _PLACEMENT, _NETWORK, column("gems", "int32"),
        ),
        _event(
            "ad_skipped", "An ad was left; no reward.",
            _PLACEMENT, _NETWORK, column("seconds", "int16", "watched"),
        ),
    )  # fmt: skip


def _hero_types() -> tuple[TableSchema, ...]:
    return (
        _event(
            "gacha_banner_view", "The summoning altar is visited, funds or not.",
            *_BANNER, column("featured_hero_id", "int16", nullable=True),
            column("gems", "int64"), column("tickets", "int32"),
        ),
        _event(
            "gacha_summon", "One pull.",
            *_BANNER, category("summon_type", SUMMON_TYPES),
            column("pull_index", "int8", "from 0"), category("currency", CURRENCIES[1:3]),
            column("cost", "int32", "of all ten pulls at the first, else 0"), *_HERO,
            column("is_new", "bool"), column("is_featured", "bool"),
            column("counter_before", "int8"), column("counter_after", "int8"),
            category("pity", PITIES, "what sets the legendary rate of this pull"),
        ),
        _event(
            "hero_levelup", "Gold buys a hero level.",
            *_HERO, column("old_level", "int16"), column("new_level", "int16"),
            column("gold", "int64"), *_POWERS,
        ),
        _event(
            "hero_ascend", "Copies bring a star.",
            *_HERO, column("old_stars", "int8"), column("new_stars", "int8"),
            column("copies", "int16"), *_POWERS,
        ),
        _event(
            "hero_team_change", "A hero enters or leaves the team; one row per hero that enters.",
            column("hero_in", "int16", nullable=True), column("hero_out", "int16", nullable=True),
            column("team_power_before", "int32"), column("team_power_after", "int32"),
            category("reason", TEAM_REASONS),
        ),
    )  # fmt: skip


def _purchase_types(params: Params) -> tuple[TableSchema, ...]:
    offer = (
        category("trigger", TRIGGERS), category("product", tuple(params.iap.products)),
        column("price_usd", "float64"),
    )  # fmt: skip
    return (
        _event("shop_view", "The shop is looked at.", column("gems", "int64")),
        _event("iap_initiated", "A purchase is started.", *offer),
        _event(
            "iap_purchase", "A purchase completes.",
            *offer, column("gems", "int32"), column("tickets", "int16"),
            column("is_first", "bool"), column("purchase_no", "int16", "from 1"),
            column("vip_points", "int32", "earned by this purchase"),
        ),
        _event(
            "iap_failed", "A purchase that was started fails: no money, no goods.",
            *offer, category("fail_reason", IAP_FAIL_REASONS),
        ),
    )  # fmt: skip


def _social_types() -> tuple[TableSchema, ...]:
    guild = column("guild_id", "int16")
    return (
        _event(
            "arena_battle_start", "A battle begins.",
            column("opponent_power", "int32"), column("own_power", "int32"),
            column("rank", "int32"), column("is_paid", "bool"),
        ),
        _event(
            "arena_battle_end", "A battle is decided.",
            category("result", BATTLE_RESULTS), column("rank_after", "int32"),
            column("rating_change", "int16"), column("gold", "int32"),
        ),
        _event("guild_join", "A guild is joined.", guild),
        _event(
            "guild_leave", "A guild is left, at the end of a day.",
            guild, column("days_in_guild", "int16"),
        ),
        _event(
            "guild_boss_attack", "The guild's boss is attacked.",
            guild, column("boss_level", "int16"), column("damage_pct", "float64"),
            column("gold", "int32"),
        ),
    )  # fmt: skip
