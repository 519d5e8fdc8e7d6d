"""Declare the events of rewards and ads, of the shop, and of other players."""

from __future__ import annotations

from engines.idle_rpg.columns import category, column
from engines.idle_rpg.events.envelope import event_table
from engines.idle_rpg.events.words import (
    AD_NETWORKS,
    AD_PLACEMENTS,
    BATTLE_RESULTS,
    CURRENCIES,
    IAP_FAIL_REASONS,
    QUESTS,
    unlocked_texts,
)
from engines.idle_rpg.params import TRIGGERS, Params
from runner.contract import TableSchema

_NETWORK = category("network", AD_NETWORKS)
_PLACEMENT = category("placement", AD_PLACEMENTS)


def reward_types(params: Params) -> tuple[TableSchema, ...]:
    """Return the types of what is collected, of levels and of ads."""
    return (
        event_table(
            "idle_reward_claim", "Gold that accrued while away is collected.",
            column("idle_seconds", "int32", "since the last claim"), column("gold", "int64"),
            column("exp", "int32"),
        ),
        event_table(
            "daily_login", "The reward of the day is collected.",
            column("login_streak", "int16"), category("currency", CURRENCIES[:3]),
            column("amount", "int32"), column("pass_gems", "int16"),
        ),
        event_table(
            "player_levelup", "The player level rises, by one or more.",
            column("old_level", "int16"), column("new_level", "int16"),
            category("unlocked", unlocked_texts(params), "what the new levels open", nullable=True),
        ),
        event_table(
            "quest_complete", "The reward of a daily quest is collected.",
            category("quest", QUESTS), column("gems", "int32"),
        ),
        event_table(
            "ad_opportunity", "An ad could be watched; once per session at most.",
            _PLACEMENT, column("ads_today", "int8", "completed so far"),
        ),
        event_table("ad_started", "An ad begins.", _PLACEMENT, _NETWORK),
        event_table(
            "ad_completed", "An ad was watched to its end.",
            _PLACEMENT, _NETWORK, column("gems", "int32"),
        ),
        event_table(
            "ad_skipped", "An ad was left; no reward.",
            _PLACEMENT, _NETWORK, column("seconds", "int16", "watched"),
        ),
    )  # fmt: skip


def purchase_types(params: Params) -> tuple[TableSchema, ...]:
    """Return the types of the shop."""
    offer = (
        category("trigger", TRIGGERS), category("product", tuple(params.iap.products)),
        column("price_usd", "float64"),
    )  # fmt: skip
    return (
        event_table("shop_view", "The shop is looked at.", column("gems", "int64")),
        event_table("iap_initiated", "A purchase is started.", *offer),
        event_table(
            "iap_purchase", "A purchase completes.",
            *offer, column("gems", "int32"), column("tickets", "int16"),
            column("is_first", "bool"), column("purchase_no", "int16", "from 1"),
            column("vip_points", "int32", "earned by this purchase"),
        ),
        event_table(
            "iap_failed", "A purchase that was started fails: no money, no goods.",
            *offer, category("fail_reason", IAP_FAIL_REASONS),
        ),
    )  # fmt: skip


def social_types() -> tuple[TableSchema, ...]:
    """Return the types of the arena and of guilds."""
    guild = column("guild_id", "int16")
    return (
        event_table(
            "arena_battle_start", "A battle begins.",
            column("opponent_power", "int32"), column("own_power", "int32"),
            column("rank", "int32"), column("is_paid", "bool"),
        ),
        event_table(
            "arena_battle_end", "A battle is decided.",
            category("result", BATTLE_RESULTS), column("rank_after", "int32"),
            column("rating_change", "int16"), column("gold", "int32"),
        ),
        event_table("guild_join", "A guild is joined.", guild),
        event_table(
            "guild_leave", "A guild is left, at the end of a day.",
            guild, column("days_in_guild", "int16"),
        ),
        event_table(
            "guild_boss_attack", "The guild's boss is attacked.",
            guild, column("boss_level", "int16"), column("damage_pct", "float64"),
            column("gold", "int32"),
        ),
    )  # fmt: skip
