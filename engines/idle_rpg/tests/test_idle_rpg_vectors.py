"""Numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engines.idle_rpg import ENGINE
from engines.idle_rpg.archetypes import ARCHETYPES
from engines.idle_rpg.curve import (
    boosted,
    churn_chances,
    expected_active,
    next_alive,
    retention_curve,
    return_chance,
)
from engines.idle_rpg.gacha import drawn_rarity
from engines.idle_rpg.game import regenerated
from engines.idle_rpg.lookup import BEYOND, cents, growth_table, least_whole
from engines.idle_rpg.params import TRIGGERS
from engines.idle_rpg.params_ab import retention_multiplier
from engines.idle_rpg.params_play import Retention
from engines.idle_rpg.population import install_weights
from engines.idle_rpg.rules import LEGENDARY, SCALE, prepare
from engines.idle_rpg.schedule import separate
from engines.idle_rpg.social import battle_steps
from engines.idle_rpg.tests.support import params
from engines.idle_rpg.triangular import session_counts, session_lengths
from runner.draws import DrawSource

RULES = prepare(params(), {}, 120)
KINDS = list(ARCHETYPES)


def chances(name: str, static: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return p(d) and a(d) of an archetype, d = 0, 1, ..."""
    curve = retention_curve(ARCHETYPES[name], "anchored", 120)
    churn = churn_chances(Retention(), 120)
    alive, p, a = np.ones(1), [1.0], [1.0]
    for day in range(1, 121):
        active = expected_active(np.minimum(0.99, curve[day : day + 1] * static), alive)
        p.append(float(return_chance(active, alive)[0]))
        alive = next_alive(alive, active, float(churn[day]))
        a.append(float(alive[0]))
    return np.array(p), np.array(a)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("whale", [0.85, 0.781510, 0.790633, 0.965127, 0.992438]),
        ("dolphin", [0.70, 0.562282, 0.573184, 0.915517, 0.982631]),
        ("minnow", [0.55, 0.411843, 0.420490, 0.868943, 0.979307]),
        ("free_engaged", [0.50, 0.355028, 0.364683, 0.868684, 0.978349]),
        ("free_casual", [0.40, 0.229147, 0.236706, 0.842106, 0.978349]),
        ("free_churner", [0.25, 0.084361, 0.086587, 0.763659, 0.962189]),
    ],
)
def test_daily_return_chances(name: str, expected: list[float]) -> None:
    p, _ = chances(name)
    np.testing.assert_allclose(p[[1, 7, 8, 30, 90]], expected, atol=6e-7)


def test_whale_on_the_way() -> None:
    curve = retention_curve(ARCHETYPES["whale"], "anchored", 120)
    p, a = chances("whale")
    assert curve[[2, 14, 60]] == pytest.approx([0.822935, 0.650462, 0.469042], abs=6e-7)
    assert p[2] == pytest.approx(0.835467, abs=6e-7)
    assert a[[1, 2, 7, 30]] == pytest.approx([0.985, 0.968793, 0.876132, 0.563911], abs=6e-7)
    assert int(np.argmax(curve == ARCHETYPES["whale"].floor)) == 116


@pytest.mark.parametrize(
    ("name", "static", "expected"),
    [
        ("free_casual", 0.85, [0.34, 0.200432, 0.841638]),
        ("free_churner", 0.3, [0.075, 0.027282, 0.739033]),
    ],
)
def test_static_multipliers(name: str, static: float, expected: list[float]) -> None:
    p, _ = chances(name, static)
    np.testing.assert_allclose(p[[1, 7, 30]], expected, atol=6e-7)


def test_short_tutorial_multiplies_retention() -> None:
    found = [retention_multiplier({"1": 1.05, "7": 0.92}, day) for day in range(1, 9)]
    expected = [1.05, 1.027123, 1.004744, 0.982853, 0.961439, 0.940491, 0.92, 0.92]
    assert found == pytest.approx(expected, abs=6e-7)


def test_multiplier_of_zero_is_reached_in_a_line() -> None:
    assert [retention_multiplier({"4": 0.0}, day) for day in (1, 2, 4, 9)] == [0.75, 0.5, 0, 0]


@pytest.mark.parametrize(
    ("chance", "multiplier", "expected"),
    [
        (0.229147, 1.10, 0.252062),
        (0.229147, 0.85, 0.194775),
        (0.965127, 1.15, 0.99),
        (0.992438, 1.10, 0.992438),
    ],
)
def test_dynamic_modifiers(chance: float, multiplier: float, expected: float) -> None:
    found = boosted(np.array([chance]), np.array([multiplier]), 0.99)
    assert found[0] == pytest.approx(expected, abs=1e-6)


def test_two_phase_jumps_on_day_8() -> None:
    curve = retention_curve(ARCHETYPES["whale"], "two_phase", 30)
    assert curve[[7, 8]] == pytest.approx([0.7100, 0.8037], abs=6e-5)
    assert curve[30] == pytest.approx(0.674, abs=6e-4)


def fine_grid() -> np.ndarray:
    return (np.arange(200_000) + 0.5) / 200_000


@pytest.mark.parametrize(
    ("name", "weekday", "weekend"),
    [
        ("whale", 4.2, 5.04),
        ("dolphin", 2.8, 3.36),
        ("minnow", 1.7333, 2.08),
        ("free_casual", 1.0305, 1.0866),
        ("free_churner", 1.4, 1.68),
    ],
)
def test_mean_sessions(name: str, weekday: float, weekend: float) -> None:
    u = fine_grid()
    drawn = session_counts(RULES).at(np.full(u.size, KINDS.index(name)), u)
    assert np.maximum(1, drawn).mean() == pytest.approx(weekday, abs=6e-5)
    assert np.maximum(1, 1.2 * drawn).mean() == pytest.approx(weekend, abs=6e-5)


@pytest.mark.parametrize(
    ("name", "first", "later"),
    [("whale", 30.5, 22), ("dolphin", 20.333, 14.667), ("free_churner", 5.2, 3.4)],
)
def test_mean_minutes(name: str, first: float, later: float) -> None:
    u = fine_grid()
    found = [t.at(np.full(u.size, KINDS.index(name)), u).mean() for t in session_lengths(RULES)]
    assert found == pytest.approx([first, later], abs=1e-3)


def test_triangular_inverse() -> None:
    found = session_counts(RULES).at(np.zeros(2, dtype=np.int64), np.array([0.1, 0.5]))
    assert found == pytest.approx([3.424264, 4.102633], abs=6e-7)


@pytest.mark.parametrize(
    ("start", "minutes", "per_unit", "energy"),
    [
        (0, 37, 5, 7), (0, 37, 4, 9), (0, 37, 6, 6),
        (0, 480, 5, 96), (0, 480, 4, 120), (0, 480, 6, 80), (100, 480, 5, 120),
    ],
)  # fmt: skip
def test_energy_regenerates(start: int, minutes: int, per_unit: int, energy: int) -> None:
    found, clock = regenerated(
        np.array([start]), np.array([0]), np.array([120]), np.array([minutes * 60_000]),
        per_unit * 60_000,
    )  # fmt: skip
    assert found[0] == energy
    carried = minutes * 60_000 - clock[0]
    assert carried == (0 if energy == 120 else minutes % per_unit * 60_000)


def test_required_power_is_exact() -> None:
    power = growth_table(100, 1.08, 200)
    found = power[np.array([1, 2, 4, 10, 20, 30, 50, 66, 100, 200]) - 1]
    assert found.tolist() == [100, 108, 125, 199, 431, 931, 4342, 14877, 203681, 448050887]


def test_upgrade_costs_are_exact() -> None:
    costs = growth_table(100, 1.15, 50)
    assert costs[[0, 1, 2, 9, 19, 49]].tolist() == [100, 115, 132, 351, 1423, 94231]


def test_levels_and_vip() -> None:
    assert RULES.level_exp[[2, 9, 14]].tolist() == [237, 1652, 3622]
    assert np.diff(RULES.level_exp)[[0, 1, 8, 13]].tolist() == [112, 125, 277, 488]
    spent = [cents(usd) for usd in (4.99, 5, 29.99, 30, 5000)]
    assert (np.searchsorted(RULES.vip_cents, spent, side="right") - 1).tolist() == [0, 1, 2, 3, 10]


def chances_at(stage: int, power: int) -> tuple[float, float]:
    reached = int((RULES.campaign.least_power[:, stage - 1] <= power).sum())
    return float(RULES.campaign.attempt[reached]), float(RULES.campaign.success[reached])


@pytest.mark.parametrize(
    ("stage", "attempt", "success"), [(3, 1, 0.85), (4, 1, 0.85), (6, 0.8, 0.7), (8, 0.4, 0.25)]
)
def test_start_team(stage: int, attempt: float, success: float) -> None:
    assert chances_at(stage, 150) == (attempt, success)


def test_ratio_of_exactly_one_and_a_fifth_counts() -> None:
    assert least_whole(np.array([125]), [1.2]).tolist() == [[150]]


def cell(rarity: int, stars: int, level: int) -> int:
    return (rarity * 5 + stars - 1) * RULES.heroes.width + level


def test_hero_power() -> None:
    power = RULES.heroes.power / SCALE
    assert power[cell(1, 3, 10)] == pytest.approx(273.6)
    assert power[cell(3, 1, 1)] == 400
    best = 5 * RULES.heroes.power[cell(3, 5, 100)] // SCALE
    assert best == 14411
    assert best / 14877 == pytest.approx(0.9687, abs=6e-5)


def test_rates_rise_before_the_hard_pity() -> None:
    legendary = RULES.pull_edges[:, 0]
    assert legendary[[74, 75, 76, 80, 88, 89]] == pytest.approx([0.02, 0.07, 0.12, 0.32, 0.72, 1])
    at_80 = np.diff(np.append(RULES.pull_edges[80], 1.0))
    assert at_80 == pytest.approx([0.055510, 0.208163, 0.416327], abs=6e-7)


@pytest.mark.parametrize(
    ("soft", "pulls", "needed"), [(True, 40.10, 8.11e-5), (False, 41.88, 0.165623)]
)
def test_pulls_per_legendary(soft: bool, pulls: float, needed: float) -> None:
    edges = prepare(params({"gacha.soft_pity": soft}), {}, 1).pull_edges[:, 0]
    alive = np.concatenate([[1.0], np.cumprod(1 - edges[:-1])])
    assert alive.sum() == pytest.approx(pulls, abs=6e-3)
    assert alive[75] == pytest.approx(0.219764, abs=6e-7)
    assert alive[89] == pytest.approx(needed, rel=1e-3)


def chance_of(trigger: str, kind: str) -> float:
    return float(RULES.purchase_chance[TRIGGERS.index(trigger), KINDS.index(kind)])


def test_purchase_chances() -> None:
    assert chance_of("starter_pack_offer", "whale") == pytest.approx(0.45)
    assert chance_of("starter_pack_offer", "dolphin") * 1.05 * 0.6 == pytest.approx(0.14175)
    assert chance_of("starter_pack_offer", "minnow") * 0.8 * 1.6 * 0.9 == pytest.approx(0.13824)
    assert chance_of("starter_pack_offer", "free_engaged") == pytest.approx(0.000015)
    assert chance_of("late_game_offer", "whale") * 1.25 == pytest.approx(0.075)


def test_idle_gold() -> None:
    rate = RULES.gold_per_second
    assert rate[0] * 12 * 3600 == pytest.approx(6000)
    assert rate[10] * 7.5 * 3600 == pytest.approx(5625)


def test_arena_win_chance() -> None:
    chance = np.array([0.15, 0.35, 0.60, 0.85])
    reached = battle_steps(np.array([0.8, 1.0, 1.2]), 0.2, fine_grid())
    assert chance[reached].mean() == pytest.approx(0.495833, abs=2e-5)


@pytest.mark.parametrize(("steps", "seconds"), [(4, 91.15), (8, 188.70), (12, 275.00)])
def test_tutorial_length(steps: int, seconds: float) -> None:
    given = params().tutorial
    middle = [(a + b) / 2 for a, b in zip(given.min_seconds, given.max_seconds, strict=True)]
    means = [m if k < 2 else 0.9 * m + 0.1 * 2 for k, m in enumerate(middle)]
    assert sum(means[:steps]) == pytest.approx(seconds, abs=6e-3)


def test_decaying_installs() -> None:
    weights = install_weights(params().population)
    shares = weights / weights.sum()
    assert shares[[0, 29]] == pytest.approx([0.043887, 0.024572], abs=6e-7)


def test_late_sessions_move_back_before_midnight() -> None:
    starts = [np.array([23 * 3600 + 30 * 60]), np.array([23 * 3600 + 55 * 60])]
    separate(starts, [np.array([480]), np.array([1200])], 300)
    assert [int(s[0]) for s in starts] == [23 * 3600 + 27 * 60, 23 * 3600 + 40 * 60]


@pytest.mark.parametrize(("soft", "per_100"), [(True, 2.494), (False, 2.388)])
def test_legendaries_of_a_million_pulls(soft: bool, per_100: float) -> None:
    rules = prepare(params({"gacha.soft_pity": soft}), {}, 1)
    draws = DrawSource(seed=1).for_run(0, ENGINE.streams)
    chains, pulls, found = 200, 5000, 0
    counter = np.zeros(chains, dtype=np.int64)
    for step in range(pulls):
        u = draws.uniform("pull_rarity", step=step, entities=slice(0, chains))
        legendary = drawn_rarity(rules, counter, u) == LEGENDARY
        counter = np.where(legendary, 0, counter + 1)
        found += int(np.count_nonzero(legendary))
    # The counts have a standard deviation of 0.4 %; starting at counter 0 costs 0.2 %.
    assert 100 * found / (chains * pulls) == pytest.approx(per_100, abs=0.04)


def test_costs_beyond_all_reach_stay_whole_numbers() -> None:
    costs = growth_table(100, 2.0, 300)
    assert costs[:3].tolist() == [100, 200, 400]
    assert costs[-1] == BEYOND
    steep = params({"upgrade.growth": 2.0, "heroes.max_level": 100})
    assert prepare(steep, {}, 5).heroes.cost.max() > BEYOND


def test_upgrades_below_one_gold_are_free_and_come_first() -> None:
    cheap = prepare(params({"upgrade.base_cost": 0.9, "upgrade.growth": 1.2}), {}, 5).heroes
    worth = cheap.worth.reshape(-1, 2)
    assert (cheap.cost == 0).any()
    assert worth[cheap.cost == 0].min() > worth[cheap.cost > 0].max()
