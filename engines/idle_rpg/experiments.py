"""Assign A/B variants, and keep what they change for each agent from its exposure on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from engines.idle_rpg.lookup import Ints, cents
from engines.idle_rpg.params import ACTIONS, TRIGGERS, enabled_tests
from engines.idle_rpg.params_ab import ALL_TRIGGERS, SPLIT, Effects, Test, retention_multiplier
from engines.idle_rpg.rules import Rules
from runner.contract import Draws, Floats

MILLISECONDS = 60_000  # of a minute
UNEXPOSED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRules:
    """One enabled test, compiled.

    `retention`: float64 (n_variants, horizon + 1), multipliers of the curve by age; None if no
    variant in force touches retention.
    """

    name: str
    test: Test
    retention: Floats | None

    @property
    def is_late(self) -> bool:
        """Tell whether agents are exposed after their install."""
        return self.test.active_from_day > 0

    @property
    def splits(self) -> bool:
        """Tell whether agents get different variants."""
        return self.test.assign == SPLIT

    def in_force(self) -> Iterator[tuple[int, Effects]]:
        """Give index and effects of the variants that agents can have."""
        for index, (name, variant) in enumerate(self.test.variants.items()):
            if self.test.assign in (SPLIT, name):
                yield index, variant.effects


def compile_tests(rules: Rules) -> tuple[TestRules, ...]:
    """Return the enabled tests in alphabetical order."""
    return tuple(
        TestRules(name=name, test=test, retention=_retention(test, rules.horizon))
        for name, test in enabled_tests(rules.params).items()
    )


def _retention(test: Test, horizon: int) -> Floats | None:
    table = np.ones((len(test.variants), horizon + 1))
    for index, (name, variant) in enumerate(test.variants.items()):
        if test.assign not in (SPLIT, name):
            continue
        effects, window = variant.effects, variant.effects.retention_window
        if effects.retention_at:
            days = range(1, horizon + 1)
            table[index, 1:] = [retention_multiplier(effects.retention_at, d) for d in days]
        table[index, window.from_day : window.to_day + 1] *= window.value
    return None if (table == 1.0).all() else table


def draw_variants(tests: tuple[TestRules, ...], draws: Draws, ids: Ints) -> Ints:
    """Return the variant of each agent in each test, int64 (n_tests, n)."""
    found = np.zeros((len(tests), ids.size), dtype=np.int64)
    for index, compiled in enumerate(tests):
        test = compiled.test
        if test.assign == SPLIT:
            edges = np.cumsum([variant.weight for variant in test.variants.values()])
            u = draws.uniform(f"ab/{compiled.name}", entities=ids)
            found[index] = np.searchsorted(edges[:-1], u, side="right")
        else:
            found[index] = test.variant_names.index(test.assign)
    return found


@dataclass(slots=True, kw_only=True)
class EffectArrays:
    """What the tests change now, by agent: each array (n,), None where no test in force acts.

    `desire_multipliers` and `desire_adds` hold pairs (from_counter, value), one for each test.
    """

    size: int
    sessions: Floats | None = None
    minutes: Floats | None = None
    tutorial_steps: Ints | None = None
    regen_ms: Ints | None = None
    ad_reward: Ints | None = None
    prices: dict[int, Ints] = field(default_factory=dict)
    purchases: dict[str, Floats] = field(default_factory=dict)
    actions: dict[str, Floats] = field(default_factory=dict)
    desire_multipliers: dict[str, tuple[Ints, Floats]] = field(default_factory=dict)
    desire_adds: dict[str, tuple[Ints, Floats]] = field(default_factory=dict)


def no_effects(rules: Rules, tests: tuple[TestRules, ...], size: int) -> EffectArrays:
    """Return neutral arrays for everything that a test in force changes."""
    found = EffectArrays(size=size)
    for compiled in tests:
        for _, effects in compiled.in_force():
            apply_effects(rules, found, compiled.name, effects, np.zeros(0, dtype=np.int64))
    return found


def apply_effects(
    rules: Rules, arrays: EffectArrays, test: str, effects: Effects, rows: Ints
) -> None:
    """Let a variant's effects act on some agents from now on."""
    _apply_multipliers(arrays, effects, rows)
    _apply_settings(rules, arrays, effects, rows)
    wish, more = effects.gacha_desire_multiplier, effects.gacha_desire_add
    if wish.value != 1.0:
        pair = arrays.desire_multipliers.setdefault(test, _pair(arrays.size, 1.0))
        pair[0][rows], pair[1][rows] = wish.from_counter, wish.value
    if more.value != 0.0:
        pair = arrays.desire_adds.setdefault(test, _pair(arrays.size, 0.0))
        pair[0][rows], pair[1][rows] = more.from_counter, more.value


def _apply_multipliers(arrays: EffectArrays, effects: Effects, rows: Ints) -> None:
    if effects.sessions_multiplier != 1.0:
        arrays.sessions = _times(arrays.sessions, arrays.size, effects.sessions_multiplier, rows)
    if effects.session_minutes_multiplier != 1.0:
        factor = effects.session_minutes_multiplier
        arrays.minutes = _times(arrays.minutes, arrays.size, factor, rows)
    for trigger, factor in trigger_multipliers(effects).items():
        known = arrays.purchases.get(trigger)
        arrays.purchases[trigger] = _times(known, arrays.size, factor, rows)
    for action in ACTIONS:
        factor = effects.action_multiplier.get(action, 1.0)
        if factor != 1.0:
            known = arrays.actions.get(action)
            arrays.actions[action] = _times(known, arrays.size, factor, rows)


def trigger_multipliers(effects: Effects) -> Mapping[str, float]:
    """Return the multiplier of the chance at each trigger that a variant changes."""
    given = effects.iap_multiplier
    found = {name: given.get(name, 1.0) * given.get(ALL_TRIGGERS, 1.0) for name in TRIGGERS}
    found["out_of_energy"] *= effects.energy_purchase_multiplier
    return {name: factor for name, factor in found.items() if factor != 1.0}


def _apply_settings(rules: Rules, arrays: EffectArrays, effects: Effects, rows: Ints) -> None:
    params = rules.params
    if effects.tutorial_steps is not None:
        default = params.tutorial.steps
        steps = effects.tutorial_steps
        arrays.tutorial_steps = _put(arrays.tutorial_steps, arrays.size, default, steps, rows)
    if effects.energy_regen_min is not None:
        default = period_ms(params.energy.regen_min)
        period = period_ms(effects.energy_regen_min)
        arrays.regen_ms = _put(arrays.regen_ms, arrays.size, default, period, rows)
    if effects.ad_reward_gems is not None:
        default, gems = params.ads.reward_gems, effects.ad_reward_gems
        arrays.ad_reward = _put(arrays.ad_reward, arrays.size, default, gems, rows)
    for name, price in effects.price_usd.items():
        product = rules.product_names.index(name)
        default, known = int(rules.price_cents[product]), arrays.prices.get(product)
        arrays.prices[product] = _put(known, arrays.size, default, cents(price), rows)


def period_ms(minutes: float) -> int:
    """Return the time of one unit of energy in whole milliseconds, at least one."""
    return max(1, round(minutes * MILLISECONDS))


def _times(known: Floats | None, size: int, factor: float, rows: Ints) -> Floats:
    array = np.ones(size) if known is None else known
    array[rows] *= factor
    return array


def _put(known: Ints | None, size: int, default: int, value: int, rows: Ints) -> Ints:
    array = np.full(size, default, dtype=np.int64) if known is None else known
    array[rows] = value
    return array


def _pair(size: int, neutral: float) -> tuple[Ints, Floats]:
    return np.zeros(size, dtype=np.int64), np.full(size, neutral)
