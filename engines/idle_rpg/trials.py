"""Compare the variants of split tests: realised differences and lifts beside the declared ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.experiments import TestRules, trigger_multipliers
from engines.idle_rpg.game import Game
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import TRIGGERS
from engines.idle_rpg.params_ab import Effects, Test, retention_multiplier
from engines.idle_rpg.players import MARKED_DAYS, Players
from engines.idle_rpg.rules import Rules

_Z95 = 1.959963984540054
_FROM, _TO = 30, 60  # days between which late tests are measured
Pair = tuple[Ints, Ints]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A ratio of sums over agents: `of` gives numerators and denominators, each (n,).

    `declared` returns what a variant's effects say about it, as a multiplier.
    """

    of: Callable[[Players], Pair]
    declared: Callable[[Effects], float]
    day: int = 0


def _marked(day: int) -> Callable[[Players], Pair]:
    row = MARKED_DAYS.index(day)
    return lambda p: (p.on_day[row].astype(np.int64), np.ones(p.size, dtype=np.int64))


def _total(name: str, per: Callable[[Players], Ints]) -> Callable[[Players], Pair]:
    return lambda p: (p.total(name), per(p))


def _trigger(name: str) -> Callable[[Players], Pair]:
    row = TRIGGERS.index(name)
    return lambda p: (p.bought[:, row].astype(np.int64), p.firings[:, row].astype(np.int64))


def _every_trigger(players: Players) -> Pair:
    return players.bought.sum(axis=1, dtype=np.int64), players.firings.sum(axis=1, dtype=np.int64)


def _energy_a_day(players: Players) -> Pair:
    return _trigger("out_of_energy")(players)[0], players.active_days


def _ones(players: Players) -> Ints:
    return np.ones(players.size, dtype=np.int64)


def _days(players: Players) -> Ints:
    return players.active_days


def _neutral(effects: Effects) -> float:
    return 1.0


def _declared_day(day: int) -> Callable[[Effects], float]:
    return lambda effects: retention_multiplier(effects.retention_at, day)


def _declared_trigger(name: str) -> Callable[[Effects], float]:
    return lambda effects: trigger_multipliers(effects).get(name, 1.0)


MEASURES: dict[str, Measure] = {
    "d1_retention": Measure(of=_marked(1), declared=_declared_day(1), day=1),
    "d7_retention": Measure(of=_marked(7), declared=_declared_day(7), day=7),
    "d30_retention": Measure(of=_marked(30), declared=_neutral, day=30),
    "tutorial_steps_shown": Measure(of=lambda p: (p.tutorial_shown, _ones(p)), declared=_neutral),
    "sessions_per_active_day": Measure(
        of=_total("sessions", _days), declared=lambda e: e.sessions_multiplier
    ),
    "session_minutes": Measure(
        of=lambda p: (p.total("seconds"), 60 * p.total("sessions")),
        declared=lambda e: e.session_minutes_multiplier,
    ),
    "ads_per_opportunity": Measure(
        of=lambda p: (p.total("ads_started"), p.total("ad_offers")),
        declared=lambda e: e.action_multiplier.get("watch_ads", 1.0),
    ),
    "ads_per_active_day": Measure(of=_total("ads", _days), declared=_neutral),
    "pull_visit_share_over_50": Measure(
        of=lambda p: (p.total("over50_fired"), p.total("over50_possible")),
        declared=lambda e: e.gacha_desire_multiplier.value,
    ),
    "pulls_per_active_day": Measure(of=_total("pulls", _days), declared=_neutral),
    "starter_conversion": Measure(
        of=_trigger("starter_pack_offer"), declared=_declared_trigger("starter_pack_offer")
    ),
    "purchases_per_trigger": Measure(
        of=_every_trigger, declared=lambda e: e.iap_multiplier.get("all", 1.0)
    ),
    "late_offer_conversion": Measure(
        of=_trigger("late_game_offer"), declared=_declared_trigger("late_game_offer")
    ),
    "energy_purchases_per_trigger": Measure(
        of=_trigger("out_of_energy"), declared=_declared_trigger("out_of_energy")
    ),
    "energy_purchases_per_active_day": Measure(of=_energy_a_day, declared=_neutral),
    "arpu_usd": Measure(of=lambda p: (p.total("revenue_cents"), 100 * _ones(p)), declared=_neutral),
}
ACTIVE_SHARE = "active_share_to_d60"
NAMES = tuple(sorted([*MEASURES, ACTIVE_SHARE]))


@dataclass(slots=True)
class Sums:
    """Number of agents, and sums of x, y, x*x, x*y, y*y over them, in whole numbers."""

    n: int = 0
    x: int = 0
    y: int = 0
    xx: int = 0
    xy: int = 0
    yy: int = 0

    def add(self, x: Ints, y: Ints) -> None:
        """Add agents."""
        self.n += x.size
        self.x += int(x.sum())
        self.y += int(y.sum())
        self.xx += int((x * x).sum())
        self.xy += int((x * y).sum())
        self.yy += int((y * y).sum())

    @property
    def ratio(self) -> float:
        """Sum of x over sum of y."""
        return self.x / self.y

    @property
    def variance(self) -> float:
        """Variance of the ratio by the delta method, the agent as unit."""
        squares = self.xx - 2 * self.ratio * self.xy + self.ratio**2 * self.yy
        return max(0.0, squares) * self.n / max(1, self.n - 1) / self.y**2


@dataclass(slots=True, kw_only=True)
class Trials:
    """Sums by place of the test, variant and measure, of the tests that split agents."""

    rules: Rules
    tests: tuple[TestRules, ...]
    sums: dict[tuple[int, int, str], Sums] = field(default_factory=dict)

    def add(self, game: Game) -> None:
        """Add a block of finished lives."""
        players = game.players
        for index, compiled in enumerate(self.tests):
            if compiled.splits:
                people = (players.exposed[index] >= 0) & ~players.profile.is_bot
                for name, (x, y, chosen) in self._values(players, index):
                    self._add_variants(players, index, name, (x, y, people & chosen))

    def _values(
        self, players: Players, index: int
    ) -> Iterator[tuple[str, tuple[Ints, Ints, NDArray[np.bool_]]]]:
        horizon, install = self.rules.horizon, players.profile.install
        for name, measure in MEASURES.items():
            yield name, (*measure.of(players), install + measure.day <= horizon)
        exposed, start = players.exposed[index], players.active_at_exposure[index]
        before = np.where(exposed > _FROM, start, players.by_30)
        inside = (exposed < _TO) & (install + _TO <= horizon)
        days = _TO - np.maximum(exposed, _FROM)
        yield ACTIVE_SHARE, (players.by_60 - before, days, inside)

    def _add_variants(
        self, players: Players, index: int, name: str,
        values: tuple[Ints, Ints, NDArray[np.bool_]],
    ) -> None:  # fmt: skip
        x, y, chosen = values
        for variant in range(len(self.tests[index].test.variants)):
            rows = chosen & (players.variants[index] == variant)
            self.sums.setdefault((index, variant, name), Sums()).add(x[rows], y[rows])

    def rows(self) -> Iterator[dict[str, object]]:
        """Give the rows of the table `ab_results` in order of its key."""
        for index, compiled in enumerate(self.tests):
            if not compiled.splits:
                continue
            names = compiled.test.variant_names
            for variant in sorted(set(names) - {compiled.test.control}):
                for name in NAMES:
                    pair = [
                        self.sums.get((index, names.index(v), name), Sums())
                        for v in (compiled.test.control, variant)
                    ]
                    if pair[0].y and pair[1].y:
                        labels = {"test": compiled.name, "variant": variant, "metric": name}
                        declared = declared_lift(compiled.test, variant, name)
                        yield {
                            **labels,
                            **compared(pair[0], pair[1]),
                            "declared_lift_pct": declared,
                        }


def new_trials(rules: Rules, tests: tuple[TestRules, ...]) -> Trials:
    """Return empty sums."""
    return Trials(rules=rules, tests=tests)


def compared(control: Sums, variant: Sums) -> dict[str, object]:
    """Return values, difference and lift of a variant against control, with 95 % intervals."""
    difference = variant.ratio - control.ratio
    half = _Z95 * math.sqrt(control.variance + variant.variance)
    lift: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    if control.x > 0 and variant.x > 0:
        log = math.log(variant.ratio / control.ratio)
        width = _Z95 * math.sqrt(
            control.variance / control.ratio**2 + variant.variance / variant.ratio**2
        )
        lift = (log, log - width, log + width)
    low = [100.0 * math.expm1(value) for value in lift]
    return {
        "n_control": control.n, "n_variant": variant.n,
        "control_value": control.ratio, "variant_value": variant.ratio,
        "difference": difference, "ci_low": difference - half, "ci_high": difference + half,
        "lift_pct": low[0], "lift_ci_low_pct": low[1], "lift_ci_high_pct": low[2],
    }  # fmt: skip


def declared_lift(test: Test, variant: str, name: str) -> float:
    """Return the lift that a variant's effects declare for a measure, percent; NaN if none."""
    sides = [test.variants[side].effects for side in (test.control, variant)]
    if name == ACTIVE_SHARE:
        values = [effects.retention_window.value for effects in sides]
    else:
        values = [MEASURES[name].declared(effects) for effects in sides]
    if values == [1.0, 1.0] or values[0] == 0:
        return math.nan
    return 100.0 * (values[1] / values[0] - 1.0)
