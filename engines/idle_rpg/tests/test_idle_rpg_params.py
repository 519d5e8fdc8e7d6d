"""What is refused, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from engines.idle_rpg import ENGINE
from engines.idle_rpg.tests.support import BURST, a_test, params, texts

EFFECT = "ab.my_test.variants.b.effects"
TEST = "ab.my_test"


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (a_test({"retenton_at": {"1": 1}}), f"{EFFECT}.retenton_at: unknown effect; did you mean"),
        (a_test({"nothing": 1}), "known: action_multiplier, ad_reward_gems, energy_purchase"),
        (a_test({"action_multiplier": {"watch_add": 2}}), "unknown action; did you mean watch_ads"),
        (a_test({"iap_multiplier": {"al": 2}}), "unknown trigger; did you mean all?"),
        (a_test({"price_usd": {"pack": 2}}), f"{EFFECT}.price_usd.pack: unknown product"),
        (a_test({"retention_at": {"0": 1}}), "must be an age of 1 day or more"),
        (a_test({"retention_at": {"1": -1}}), f"{EFFECT}.retention_at.1 = -1: must be >= 0"),
        (a_test({"retention_window": {"from_day": 5, "to_day": 2}}), "must be >= from_day = 5 day"),
        (a_test({}, assign="c"), f"{TEST}.assign = c: must be split or a variant: control, b"),
        (a_test({}, control="c"), f"{TEST}.control = c: must be a variant: control, b"),
        ({TEST: {"variants": {}}}, f"{TEST}.variants = {{}}: must hold a variant"),
        ({TEST: {"variants": {"control": {"weight": 0.4}}}}, "must sum to 1, they sum to 0.4"),
        ({"archetypes.whale.share": "auto"}, "only one share may be auto"),
        ({"archetypes.whale.share": 0.9}, "shares must sum to 1"),
        ({"archetypes.whale.d7": 0.9}, "archetypes.whale.d7 = 0.9: must be <= d1 = 0.85"),
        ({"archetypes.whale.floor": 0.5}, "archetypes.whale.floor = 0.5: must be <= d90 = 0.4"),
        ({"archetypes.whale.spend_monthly_usd": [9, 1]}, "must be a pair [a, b] with a <= b"),
        ({"archetypes.whale.sessions_per_day": [3, 3.1]}, "needs lowest > 0 and highest >= 1.2"),
        ({"archetypes.whale.gem_packs": ["gems_tier9"]}, "did you mean gems_tier"),
        ({"archetypes.whale.d8": 1}, "archetypes.whale.d8: unknown parameter"),
        ({"traffic.sources.organic.share": 0.5}, "traffic.sources: must sum to 1"),
        ({"traffic.events.a": BURST, "traffic.events.b": {**BURST, "source": "x"}}, "is taken by"),
        ({"traffic.events.a": {**BURST, "source": "organic"}}, "must be a name of its own"),
        ({"gacha.soft_pity_from": 90}, "must be < hard_pity = 90 count"),
        ({"gacha.rates.epic": 0.5}, "gacha.rates: must sum to 1"),
        ({"vip.thresholds_usd": [0, 5, 5]}, "must be increasing"),
        ({"heroes.copies_for_stars": [2, 4, 4, 8]}, "must be increasing"),
        ({"levels.unlock.guild": 200}, "levels.unlock.guild = 200: must be <= max = 100 level"),
        ({"calendar.start_date": "today"}, "must be a date YYYY-MM-DD"),
        ({"calendar.start_date": "9999-12-20"}, "must not be after the year 9000"),
        ({"population.install_schedule": "custom"}, "must hold a weight > 0 for custom"),
        ({"sessions.hour_weights": {"0-7": None}}, "must cover 0-24 in order"),
        ({"start.energy": 121}, "start.energy = 121: must be <= energy.cap = 120 energy"),
        ({"login.cycle": ["gold"]}, "each item must be like 'gold 200'"),
        ({"retention.churn_on_miss.x": 0.1}, "must be an age in days, or 'later'"),
    ],
)  # fmt: skip
def test_refused(overrides: dict[str, Any], text: str) -> None:
    assert any(text in said for said in texts(overrides)), texts(overrides)


def test_two_tests_may_not_set_one_quantity() -> None:
    variants = {"control": {"weight": 1.0, "effects": {"tutorial_steps": 3}}}
    said = texts({"ab.first": {"variants": variants}, "ab.second": {"variants": variants}})
    second = "ab.second.variants.control.effects.tutorial_steps"
    assert said == [f"{second}: is set by ab.first.variants.control.effects.tutorial_steps too; "
                    "one test may set it"]  # fmt: skip


def test_disabled_test_is_as_if_not_listed() -> None:
    given = params(a_test({"tutorial_steps": 3}, enabled=False))
    assert "ab_results" not in ENGINE.table_schemas(given)


def test_inert_paths_follow_the_curve() -> None:
    assert "archetypes.whale.d30" not in ENGINE.inert_paths(params())
    assert "archetypes.whale.early_decay" in ENGINE.inert_paths(params())
    assert "archetypes.whale.d30" in ENGINE.inert_paths(params({"retention.curve": "two_phase"}))


def test_notes_say_when_the_table_is_not_met() -> None:
    assert any("dynamic modifiers are on" in note for note in ENGINE.plan_notes(params()))
