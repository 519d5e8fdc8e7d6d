"""Name the values of the columns of events, in the order of their numbers."""

from __future__ import annotations

from engines.idle_rpg.params import Params

CURRENCIES = ("gold", "gems", "summon_tickets", "energy")
GOLD, GEMS, TICKETS, ENERGY = range(4)
SOURCE_REASONS = (
    "stage_reward", "idle_reward", "quest_reward", "arena_reward", "guild_reward", "iap_purchase",
    "ad_reward", "login_reward", "energy_regen", "energy_refill", "compensation",
)  # fmt: skip
SINK_REASONS = ("hero_levelup", "gacha_summon", "stage_entry", "arena_attempt", "energy_refill")
FAIL_REASONS = ("defeat",)
QUESTS = ("plays", "pulls", "upgrades", "arena_wins", "logins")
AD_NETWORKS = ("network_a", "network_b", "network_c", "network_d")
AD_PLACEMENTS = ("stage_fail", "energy_refill", "main_screen", "shop")
SUMMON_TYPES = ("single", "multi")
PITIES = ("none", "soft", "hard")
TEAM_REASONS = ("new_hero", "auto_optimize")
IAP_FAIL_REASONS = ("cancelled", "payment_error", "network_error")
BATTLE_RESULTS = ("loss", "win")
TUTORIAL_STEPS = (
    "welcome", "first_hero", "first_battle", "upgrade_hero", "second_battle", "gacha_intro",
    "team_building", "daily_quests", "arena_preview", "shop_tour", "guild_preview",
    "advanced_tips",
)  # fmt: skip


def unlocks(params: Params) -> list[tuple[int, str]]:
    """Return the levels that open something, rising, with what they open."""
    given = params.levels.unlock
    found: dict[int, list[str]] = {}
    for name in ("gacha", "quests", "arena", "guild"):
        found.setdefault(getattr(given, name), []).append(name)
    return [(level, "+".join(names)) for level, names in sorted(found.items())]


def unlocked_texts(params: Params) -> tuple[str, ...]:
    """Return what one rise of the level can open: every run of neighbours among the unlocks.

    The run from unlock i to unlock j (both included) has the place `unlocked_place(i, j)`.
    """
    names = [name for _, name in unlocks(params)]
    return tuple("+".join(names[i : j + 1]) for j in range(len(names)) for i in range(j + 1))


def unlocked_place(first: int, last: int) -> int:
    """Return the place of a run of unlocks among `unlocked_texts`."""
    return last * (last + 1) // 2 + first
