"""Each check finds the rule that it watches, when that rule is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engines.idle_rpg import ENGINE, gacha, life
from engines.idle_rpg.game import Game, Visit
from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.rules import Rules
from engines.idle_rpg.tests.support import BURST, only, params
from runner.conformance import run_engine
from runner.contract import Draws


def faults(overrides: dict[str, object], agents: int = 150, horizon: int = 9) -> set[str]:
    """Return the checks that a run breaks."""
    given = params({**only("whale"), **overrides, "population.n_agents": agents})
    checks = run_engine(ENGINE, given, horizon, collect=()).outcome.checks
    return {name for name, text in checks.items() if text}


def before_others(act: Callable[[Game, Visit], None], patch: pytest.MonkeyPatch) -> None:
    """Let every session begin with another action."""
    patch.setattr(life, "ACTIONS_IN_ORDER", (act, *life.ACTIONS_IN_ORDER))


def test_more_pulls_than_the_weekly_cap_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    rich = {"start.tickets": 500, "archetypes.whale.gacha_pulls_per_week": [3, 12]}
    assert not faults(rich)

    def no_cap(rules: Rules, draws: Draws, agents: tuple[Ints, Ints], week: int) -> Ints:
        return np.full(agents[0].size, 10**6)

    monkeypatch.setattr(gacha, "pull_caps", no_cap)
    assert faults(rich) == {"pull_caps"}


def test_ads_without_the_cooldown_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    eager = {"archetypes.whale.ad_watch_probability": 1.0, "ads.cooldown_min": 400}
    assert not faults(eager)

    def forget_last_ad(game: Game, visit: Visit) -> None:
        visit.day.state.ad_from[: visit.size] = -(10**9)

    before_others(forget_last_ad, monkeypatch)
    assert faults(eager) == {"ads"}


def test_more_ads_than_the_daily_cap_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def count_an_ad(game: Game, visit: Visit) -> None:
        visit.day.today("ads")[: visit.size] += 1

    assert not faults({"ads.max_per_day": 1})
    before_others(count_an_ad, monkeypatch)
    assert faults({"ads.max_per_day": 1}) == {"ads"}


def test_a_crowd_whose_days_end_with_an_agent_week_is_held_to_that_week() -> None:
    last_week = {f"traffic.events.bad_traffic.{name}": value for name, value in BURST.items()}
    assert not faults({**last_week, "traffic.events.bad_traffic.sim_day": 3}, agents=5, horizon=9)
