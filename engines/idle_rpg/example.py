"""Name a small run in which every parameter can show its effect."""

from __future__ import annotations

from runner.contract import Example

_REMOVED = {
    f"archetypes.{name}": None for name in ("dolphin", "minnow", "free_engaged", "free_churner")
} | {
    f"traffic.sources.{name}": None for name in ("facebook", "unity_ads", "influencer")
} | {
    f"iap.products.gems_tier{tier}": None for tier in (2, 3, 4, 5)
} | {
    f"population.country_weights.{name}": None for name in ("DE", "BR", "JP", "KR", "ZZ")
} | {
    f"population.app_version_weights.{name}": None for name in ("v1_0_0", "v1_0_1")
}  # fmt: skip

_KINDS = {
    "archetypes.whale.share": 0.5,
    "archetypes.whale.sessions_per_day": [1, 1.8],
    "archetypes.whale.spend_monthly_usd": [40, 90],
    "archetypes.whale.gem_packs": ["gems_tier1"],
    "archetypes.whale.gacha_pulls_per_week": [10, 30],
    "archetypes.whale.arena_engagement": 0.8,
    "archetypes.free_casual.d1": 0.6,
    "archetypes.free_casual.d7": 0.5,
    "archetypes.free_casual.d30": 0.4,
    "archetypes.free_casual.d90": 0.3,
    "archetypes.free_casual.iap_multiplier": 0.8,
    "archetypes.free_casual.gem_packs": ["gems_tier1"],
    "archetypes.free_casual.gacha_pulls_per_week": [5, 15],
    "archetypes.free_casual.gacha_desire": 0.4,
    "archetypes.free_casual.arena_engagement": 0.5,
    "archetypes.free_casual.guild_engagement": 0.5,
}
_WORLD = {
    "population.n_agents": 36,
    "population.install_window_days": 2,
    "population.country_weights.RU": 0.6,
    "population.country_weights.US": 0.4,
    "population.app_version_weights.v1_1_0": 0.4,
    "traffic.sources.organic.share": 0.6,
    "traffic.sources.google_ads.share": 0.4,
    "traffic.events.burst": {
        "slot": 1, "sim_day": 7, "source": "network", "volume": 12, "bot_ratio": 0.3,
        "retention_multiplier": 0.9, "monetisation_multiplier": 0.8,
    },
    "energy.cap": 60,
    "start.energy": 60,
    "start.gems": 20,
    "start.tickets": 1,
    "campaign.n_stages": 40,
    "campaign.max_stages_per_session": 8,
    "heroes.max_level": 12,
    "levels.max": 30,
    "levels.unlock.gacha": 2,
    "levels.unlock.quests": 2,
    "levels.unlock.arena": 4,
    "levels.unlock.guild": 5,
    "gacha.hard_pity": 12,
    "gacha.soft_pity_from": 7,
    "gacha.near_from": 6,
    "gacha.mid_from": 3,
    "gacha.banner_days": 5,
    "gacha.banner_gap_days": 1,
    "gacha.banner_ending_days": 2,
    "gacha.single_gems": 100,
    "gacha.ten_gems": 800,
    "iap.free_gate": 0.5,
    "iap.triggers.late_game_offer.min_age_day": 3,
    "iap.triggers.out_of_energy.base": 0.05,
    "iap.triggers.stuck_progression.base": 0.05,
    "iap.triggers.pity_close.base": 0.2,
    "iap.triggers.out_of_gems_gacha.base": 0.1,
    "iap.triggers.limited_banner_ending.base": 0.5,
    "iap.triggers.starter_pack_offer.base": 0.4,
    "iap.triggers.late_game_offer.base": 0.1,
    "ads.rich_over_gems": 300,
    "guild.join_factor": 0.8,
    "guild.leave_chance": 0.05,
    "retention.dynamic.losses_over": 2,
    "tutorial.abandon_chance": 0.01,
}  # fmt: skip
_TEST = {
    "ab.offer": {
        "assign": "split",
        "variants": {
            "control": {
                "weight": 0.5, "effects": {"retention_window": {"from_day": 3, "to_day": 8}}
            },
            "gift": {
                "weight": 0.5,
                "effects": {
                    "retention_at": {"3": 0.9},
                    "retention_window": {"from_day": 5, "to_day": 9, "value": 0.9},
                    "sessions_multiplier": 1.1,
                    "session_minutes_multiplier": 1.1,
                    "price_usd": {"gems_tier1": 3.99},
                    "iap_multiplier": {"all": 1.2, "late_game_offer": 1.5},
                    "gacha_desire_multiplier": {"from_counter": 2, "value": 1.2},
                    "gacha_desire_add": {"from_counter": 1, "value": 0.1},
                    "action_multiplier": {"watch_ads": 1.3},
                    "grant": {"gems": 10, "tickets": 1},
                },
            },
        },
    }
}  # fmt: skip
_TWO_PHASE = {"retention.curve": "two_phase"}

EXAMPLE = Example(
    params={**_REMOVED, **_KINDS, **_WORLD, **_TEST},
    horizons=(9, 32),
    population="population.n_agents",
    binding={
        "heroes.max_level": {"heroes.max_level": 5},
        "retention.cap": {"retention.cap": 0.5},
        "retention.churn_on_miss.later": {
            "retention.churn_on_miss.30": None, "retention.churn_on_miss.60": None,
            "retention.churn_on_miss.later": 0.1,
        },
        "retention.churn_on_miss.60": {
            "retention.churn_on_miss.30": None,
            "retention.churn_on_miss.60": 0.05,
        },
        "archetypes.whale.d90": {
            "population.install_window_days": 1,
            "archetypes.whale.share": 0.9,
            "archetypes.whale.floor": 0.05,
            "archetypes.whale.d90": 0.1,
        },
        "iap.triggers.pity_close.base": {
            "gacha.near_from": 0,
            "iap.triggers.pity_close.base": 1.0,
        },
        "iap.max_purchases_per_session": {
            "archetypes.whale.spend_monthly_usd": [1000, 2000],
            "iap.triggers.late_game_offer.base": 1.0,
            "iap.triggers.out_of_energy.base": 1.0,
            "energy.cap": 20,
            "start.energy": 20,
            "actions.browse_shop.chance": 1.0,
            "iap.max_purchases_per_session": 5,
        },
        "ads.cooldown_min": {"ads.cooldown_min": 1440},
        **{
            f"archetypes.{name}.floor": {
                **_TWO_PHASE,
                f"archetypes.{name}.early_decay": 3.0,
                f"archetypes.{name}.floor": 0.2,
            }
            for name in ("whale", "free_casual")
        },
    },
)  # fmt: skip
