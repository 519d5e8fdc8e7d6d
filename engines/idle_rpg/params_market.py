"""Declare the parameters of actions, summoning, purchases, ads, social play and traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engines.idle_rpg.params_play import MOST_DAYS, Steps, amount, count, fraction, steps, weights
from engines.idle_rpg.ranges import pair_problems, sum_problems
from runner.contract import REQUIRED, ParamGroup, Problem, group, groups, param, shown

_SECONDS = "seconds"
TUTORIAL_STEPS = 12
CURRENCIES = ("gold", "gems", "tickets")
STARTER_PACK, MONTHLY_PASS = "starter_pack", "monthly_pass"


def _seconds(default: int, doc: str = "how long it takes") -> Any:
    return count(default, doc, high=3600, unit=_SECONDS)


def _chance(default: float) -> Any:
    return fraction(default, "chance in a session, when possible")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimIdle(ParamGroup):
    """Collect what accrued while away."""

    chance: float = _chance(0.99)
    seconds: int = _seconds(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLogin(ParamGroup):
    """Collect the daily login reward."""

    chance: float = _chance(0.95)
    seconds: int = _seconds(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckQuests(ParamGroup):
    """Look at the daily quests."""

    chance: float = _chance(0.90)
    seconds: int = _seconds(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendEnergy(ParamGroup):
    """Play the campaign; its seconds are in `campaign`."""

    chance: float = _chance(0.85)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeHeroes(ParamGroup):
    """Spend gold on heroes."""

    chance: float = _chance(0.70)
    seconds: int = _seconds(10, "for each level")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoGacha(ParamGroup):
    """Summon heroes."""

    chance: float = _chance(0.50)
    seconds: int = _seconds(6)
    seconds_per_pull: int = _seconds(2, "added for each pull")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaBattles(ParamGroup):
    """Fight in the arena."""

    chance: float = _chance(0.60)
    seconds: int = _seconds(60, "for each battle")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildBoss(ParamGroup):
    """Join a guild, then attack its boss."""

    chance: float = _chance(0.55)
    join_seconds: int = _seconds(20, "to join")
    attack_seconds: int = _seconds(45, "to attack")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchAds(ParamGroup):
    """Watch a rewarded ad."""

    chance: float = _chance(0.40)
    seconds: int = _seconds(25)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowseShop(ParamGroup):
    """Look around in the shop."""

    chance: float = _chance(0.30)
    seconds: int = _seconds(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimQuests(ParamGroup):
    """Collect the rewards of completed quests."""

    chance: float = _chance(0.80)
    seconds: int = _seconds(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions(ParamGroup):
    """What a session may hold, in order."""

    claim_idle_rewards: ClaimIdle = group(ClaimIdle, doc="collect idle gold")
    claim_daily_login: ClaimLogin = group(ClaimLogin, doc="collect the login reward")
    check_daily_quests: CheckQuests = group(CheckQuests, doc="look at today's quests")
    spend_energy_campaign: SpendEnergy = group(SpendEnergy, doc="play the campaign")
    upgrade_heroes: UpgradeHeroes = group(UpgradeHeroes, doc="raise hero levels")
    do_gacha: DoGacha = group(DoGacha, doc="summon heroes")
    arena_battles: ArenaBattles = group(ArenaBattles, doc="fight in the arena")
    guild_boss: GuildBoss = group(GuildBoss, doc="join or attack")
    watch_ads: WatchAds = group(WatchAds, doc="watch an ad")
    browse_shop: BrowseShop = group(BrowseShop, doc="look around in the shop")
    claim_quest_rewards: ClaimQuests = group(ClaimQuests, doc="collect quest rewards")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gacha(ParamGroup):
    """Summoning: prices, rates, pity, banners, and what makes players want to pull."""

    single_gems: int = count(300, "price of one pull", low=1, unit="gems")
    single_tickets: int = count(1, "price of one pull", low=1, unit="tickets")
    ten_gems: int = count(2700, "price of ten pulls", low=1, unit="gems")
    ten_tickets: int = count(10, "price of ten pulls", low=1, unit="tickets")
    rates: Mapping[str, float] = weights(
        {"common": 0.60, "rare": 0.30, "epic": 0.08, "legendary": 0.02}, "rarities of a pull"
    )
    hard_pity: int = count(90, "the pull with this number is legendary", low=1, high=120)
    soft_pity: bool = param(True, doc="the legendary rate rises before the hard pity")
    soft_pity_from: int = count(75, "counter from which it rises", low=1, high=120)
    soft_pity_step: float = fraction(0.05, "added to the rate at each further pull")
    near_from: int = count(75, "counter that is near the pity", high=120)
    near_bonus: float = fraction(0.40, "added to the desire near the pity")
    mid_from: int = count(50, "counter that is half way", high=120)
    mid_bonus: float = fraction(0.20, "added to the desire half way")
    wanted_bonus: float = fraction(0.25, "added to the desire for a wanted banner")
    banner_days: int = count(14, "length of a limited banner", low=1, high=MOST_DAYS, unit="days")
    banner_gap_days: int = count(0, "between two banners", high=MOST_DAYS, unit="days")
    banner_ending_days: int = count(3, "last days of a banner", high=MOST_DAYS, unit="days")
    wanted_share: float = fraction(0.4, "chance that a player likes a given legendary")
    featured_share: float = fraction(0.5, "a legendary on its banner is the featured one")

    def problems(self) -> list[Problem]:
        """Refuse unknown rarities, rates that do not sum to 1 and a pity that comes too late."""
        known = ("common", "rare", "epic", "legendary")
        found = [
            Problem(f"rates.{name}", "", f"unknown rarity; known: {', '.join(known)}")
            for name in self.rates
            if name not in known
        ]
        missing = [name for name in known if name not in self.rates]
        found += [Problem(f"rates.{name}", "", "must be given") for name in missing]
        found += sum_problems("rates", self.rates)
        if not found and self.rates["legendary"] >= 1:
            found.append(Problem("rates.legendary", "1", "must be < 1 fraction"))
        if self.soft_pity_from >= self.hard_pity:
            allowed = f"must be < hard_pity = {self.hard_pity} count"
            found.append(Problem("soft_pity_from", shown(self.soft_pity_from), allowed))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(ParamGroup):
    """Something to buy."""

    price_usd: float = amount(REQUIRED, "USD", "price asked", positive=True)
    gems: int = count(0, "gems at once", unit="gems")
    tickets: int = count(0, "tickets at once", unit="tickets")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyPass(ParamGroup):
    """What the pass gives beyond its gems at once."""

    daily_gems: int = count(100, "with each daily login claim", unit="gems")
    days: int = count(30, "ages from the purchase on", low=1, high=MOST_DAYS, unit="days")


def _base(default: float) -> Any:
    return fraction(default, "chance of a purchase before all multipliers")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfEnergy(ParamGroup):
    """Wanted to play on and lacked energy."""

    base: float = _base(0.03)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck(ParamGroup):
    """Lost three times in a row or more."""

    base: float = _base(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class PityClose(ParamGroup):
    """Cannot pay for a pull, the pity is near."""

    base: float = _base(0.12)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfGems(ParamGroup):
    """Cannot pay for a pull."""

    base: float = _base(0.08)


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerEnding(ParamGroup):
    """A wanted banner ends soon."""

    base: float = _base(0.10)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassReminder(ParamGroup):
    """Has no active pass."""

    base: float = _base(0.20)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateOffer(ParamGroup):
    """An offer to old players."""

    base: float = _base(0.02)
    min_age_day: int = count(30, "age from which it is made", high=MOST_DAYS, unit="days")


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterOffer(ParamGroup):
    """Offered once, after the first session."""

    base: float = _base(0.15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers(ParamGroup):
    """What may lead to a purchase."""

    out_of_energy: OutOfEnergy = group(OutOfEnergy, doc="in the campaign")
    stuck_progression: Stuck = group(Stuck, doc="in the campaign")
    pity_close: PityClose = group(PityClose, doc="at summoning")
    out_of_gems_gacha: OutOfGems = group(OutOfGems, doc="at summoning")
    limited_banner_ending: BannerEnding = group(BannerEnding, doc="in the shop, first")
    monthly_pass_reminder: PassReminder = group(PassReminder, doc="in the shop, second")
    late_game_offer: LateOffer = group(LateOffer, doc="in the shop, third")
    starter_pack_offer: StarterOffer = group(StarterOffer, doc="at the end of the first session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Iap(ParamGroup):
    """Purchases for real money."""

    products: Mapping[str, Product] = groups(
        {
            STARTER_PACK: Product(price_usd=0.99, gems=500, tickets=10),
            "gems_tier1": Product(price_usd=4.99, gems=500),
            "gems_tier2": Product(price_usd=9.99, gems=1100),
            "gems_tier3": Product(price_usd=19.99, gems=2400),
            "gems_tier4": Product(price_usd=49.99, gems=6500),
            "gems_tier5": Product(price_usd=99.99, gems=14000),
            MONTHLY_PASS: Product(price_usd=4.99, gems=300),
        },
        doc="what can be bought; the starter pack once per player",
    )
    monthly_pass: MonthlyPass = group(MonthlyPass, doc="the pass after its purchase")
    triggers: Triggers = group(Triggers, doc="what may lead to a purchase")
    free_gate: float = fraction(0.001, "multiplies every chance of archetypes that do not pay")
    converted_budget_usd: tuple[float, ...] = param(
        (1.0, 15.0), unit="USD", low=0, high=1e6,
        doc="budget of a 30-day window of those who buy all the same, [lowest, highest]",
    )  # fmt: skip
    failure_rate: float = param(
        0.10, unit="fraction", low=0, high=0.5,
        doc="of purchases started, on top of those that complete; seen in events alone",
    )  # fmt: skip
    max_purchases_per_session: int = count(1, "purchases of a session", low=1, high=5)

    def problems(self) -> list[Problem]:
        """Refuse a missing product that a trigger sells, and an empty budget range."""
        found = pair_problems(self, "converted_budget_usd")
        return found + [
            Problem(f"products.{name}", "", "must be given: a trigger sells it")
            for name in (STARTER_PACK, MONTHLY_PASS)
            if name not in self.products
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ads(ParamGroup):
    """Rewarded ads."""

    reward_gems: int = count(50, "of an ad watched to its end", unit="gems")
    max_per_day: int = count(5, "completed ads of a day", high=100)
    cooldown_min: float = amount(30.0, "minutes", "between the starts of two ads", high=1440)
    skip_rate: float = fraction(0.05, "ads left before their end: no reward, not counted")
    rich_over_gems: int = count(1000, "more gems than this make ads less attractive", unit="gems")
    rich_multiplier: float = fraction(0.7, "multiplies the wish to watch of such players")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena(ParamGroup):
    """Battles against statistical opponents."""

    attempts_per_day: int = count(5, "free battles", high=10)
    attempt_price_gems: int = count(50, "price of a further battle", unit="gems")
    buy_chance: float = fraction(0.2, "buys a further battle, for archetypes that do")
    max_paid_per_day: int = count(2, "further battles", high=5)
    opponent_spread: float = param(
        0.2, unit="fraction", low=0, high=1, high_open=True,
        doc="opponents have between 1 - spread and 1 + spread of the own power",
    )  # fmt: skip
    win_gold: int = count(500, "of a won battle", unit="gold")
    k_factor: int = count(
        32, "a battle moves the rating by half of it; seen in events alone", high=1000
    )
    start_rating: int = count(1000, "rating at install; seen in events alone", high=30_000)
    win_chance: Steps = steps(  # noqa: RUF009 - a field, as from `param`
        (1.2, 1.0, 0.8, 0.0), (0.85, 0.60, 0.35, 0.15), "wins, by own over opponent's power"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BossGold(ParamGroup):
    """Gold of an attack on the guild boss."""

    base: int = count(500, "of an attack", unit="gold")
    per_boss_level: int = count(100, "more for each boss level", unit="gold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guild(ParamGroup):
    """Guilds with statistical seats and bosses."""

    join_factor: float = fraction(0.3, "chance to join, times the archetype's engagement")
    leave_chance: float = fraction(0.005, "at the end of a member's active day")
    count: int = count(500, "guilds to choose from", low=1, high=30_000)
    reward_gold: BossGold = group(BossGold, doc="of an attack")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestTargets(ParamGroup):
    """What completes a daily quest."""

    plays: int = count(5, "attempts and replays of stages", low=1, high=1000)
    pulls: int = count(3, "pulls", low=1, high=1000)
    upgrades: int = count(1, "hero levels", low=1, high=1000)
    arena_wins: int = count(1, "arena wins", low=1, high=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quests(ParamGroup):
    """Daily quests."""

    targets: QuestTargets = group(QuestTargets, doc="what completes a quest")
    reward_gems: int = count(20, "of each quest", unit="gems")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(ParamGroup):
    """Daily login rewards."""

    cycle: tuple[str, ...] = param(
        ("gold 200", "gold 400", "gold 600", "tickets 1", "gold 1000", "gold 1200", "gems 100"),
        doc="reward of each day of a streak, repeated: currency and amount",
    )

    def rewards(self) -> list[tuple[str, int]]:
        """Return currency and amount of each day of the cycle."""
        return [(name, int(number)) for name, number in (day.split() for day in self.cycle)]

    def problems(self) -> list[Problem]:
        """Refuse days that are no currency with a whole amount."""
        found = [
            Problem("cycle", shown(day), f"each item must be like 'gold 200', of {CURRENCIES}")
            for day in self.cycle
            if not _is_reward(day)
        ]
        return found or ([] if self.cycle else [Problem("cycle", "[]", "must hold a day")])


def _is_reward(day: str) -> bool:
    words = day.split()
    return len(words) == 2 and words[0] in CURRENCIES and words[1].isdigit()  # noqa: PLR2004


@dataclass(frozen=True, slots=True, kw_only=True)
class Tutorial(ParamGroup):
    """The first minutes."""

    steps: int = count(8, "steps shown", low=1, high=TUTORIAL_STEPS)
    skip_chance: float = fraction(0.10, "a step from the third on is skipped, in 1 to 3 s")
    abandon_chance: float = fraction(0.0, "leaves after a step: not completed, session over")
    exp_reward: int = count(240, "of completion; 240 reaches level 3", unit="exp")
    min_seconds: tuple[int, ...] = param(
        (5, 10, 20, 15, 15, 20, 15, 10, 20, 15, 15, 10),
        unit=_SECONDS, low=0, high=3600, doc="shortest time of each of the twelve steps",
    )  # fmt: skip
    max_seconds: tuple[int, ...] = param(
        (15, 30, 60, 40, 45, 50, 35, 25, 40, 30, 35, 25),
        unit=_SECONDS, low=0, high=3600, doc="longest time of each of the twelve steps",
    )  # fmt: skip

    def problems(self) -> list[Problem]:
        """Refuse lists of another length and empty ranges."""
        low, high = self.min_seconds, self.max_seconds
        if len(low) != TUTORIAL_STEPS or len(high) != TUTORIAL_STEPS:
            return [Problem("min_seconds", "", "min_seconds and max_seconds need twelve numbers")]
        bad = [k for k in range(TUTORIAL_STEPS) if low[k] > high[k]]
        return [
            Problem("max_seconds", shown(high[k]), f"step {k + 1} must be >= {low[k]}") for k in bad
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(ParamGroup):
    """Where players come from, and what that does to them."""

    share: float = fraction(REQUIRED, "of installs; shares sum to 1")
    retention_multiplier: float = amount(1.0, "ratio", "of the retention curve", high=100)
    monetisation_multiplier: float = amount(1.0, "ratio", "of every purchase chance", high=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficEvent(ParamGroup):
    """A burst of installs on one day."""

    slot: int = count(REQUIRED, "fixes the agents' numbers", low=1, high=7)
    sim_day: int = count(REQUIRED, "day of the burst", low=1, high=MOST_DAYS, unit="day")
    source: str = param(REQUIRED, doc="name of its source, its own")
    volume: int = count(REQUIRED, "installs", low=1, high=10_000_000)
    retention_multiplier: float = amount(1.0, "ratio", "of the retention curve", high=100)
    monetisation_multiplier: float = amount(1.0, "ratio", "of every purchase chance", high=1000)
    bot_ratio: float = fraction(0.0, "chance that an install is a bot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic(ParamGroup):
    """Sources of installs, and bursts."""

    sources: Mapping[str, Source] = groups(
        {
            "organic": Source(share=0.40),
            "google_ads": Source(
                share=0.25, retention_multiplier=0.90, monetisation_multiplier=1.10
            ),
            "facebook": Source(share=0.20, retention_multiplier=0.85, monetisation_multiplier=1.05),
            "unity_ads": Source(
                share=0.10, retention_multiplier=0.75, monetisation_multiplier=0.80
            ),
            "influencer": Source(
                share=0.05, retention_multiplier=1.10, monetisation_multiplier=0.90
            ),
        },
        doc="regular sources",
    )
    events: Mapping[str, TrafficEvent] = groups({}, doc="bursts of installs")

    def problems(self) -> list[Problem]:
        """Refuse shares that do not sum to 1, slots used twice, and sources that are regular."""
        found = sum_problems("sources", {n: s.share for n, s in self.sources.items()})
        first: dict[int, str] = {}
        for name, event in self.events.items():
            if event.slot in first:
                allowed = f"is taken by events.{first[event.slot]}"
                found.append(Problem(f"events.{name}.slot", shown(event.slot), allowed))
            first.setdefault(event.slot, name)
        taken = set(self.sources)
        for name, event in self.events.items():
            if event.source in taken:
                allowed = "must be a name of its own, no other source"
                found.append(Problem(f"events.{name}.source", shown(event.source), allowed))
            taken.add(event.source)
        return found
