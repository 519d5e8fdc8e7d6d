"""What may change a player's life, and what may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.idle_rpg.tests.support import (
    BURST,
    ORGANIC,
    STILL,
    a_test,
    only,
    rows,
    run,
)

ROWS = ("agents", "agent_days", "purchases")
LABEL = ("ab_assignments",)


def test_more_agents_and_days_leave_old_rows_alone() -> None:
    small = run(horizon=10, agents=200, collect=ROWS)
    large = run(horizon=20, agents=300, collect=ROWS)
    for name in ("agent_days", "purchases"):
        table = large.tables[name]
        kept = (table["agent_id"] < 200) & (table["sim_day"] <= 10)
        assert rows(table, kept) == rows(small.tables[name])


def test_metrics_do_not_depend_on_tables() -> None:
    assert run(collect=ROWS).outcome == run(collect=()).outcome


@settings(max_examples=6, deadline=None)
@given(block=st.integers(1, 400))
def test_block_size_changes_no_byte(block: int) -> None:
    from engines.idle_rpg import model

    base = run(horizon=6, agents=120, collect=ROWS)
    before, model.BLOCK = model.BLOCK, block
    try:
        other = run(horizon=6, agents=120, collect=ROWS)
    finally:
        model.BLOCK = before
    assert other.outcome == base.outcome
    assert all(rows(other.tables[name]) == rows(base.tables[name]) for name in ROWS)


@pytest.mark.parametrize(
    "overrides", [a_test({}), a_test({"retention_at": {"1": 0}}, assign="control")]
)
def test_empty_effects_and_control_change_labels_only(overrides: dict[str, Any]) -> None:
    base, other = run(collect=ROWS), run(overrides, collect=ROWS)
    assert base.outcome == other.outcome
    for name in ROWS:
        assert rows(base.tables[name], drop=LABEL) == rows(other.tables[name], drop=LABEL)


EFFECTS = {
    "retention_at": {"1": 1.2},
    "sessions_multiplier": 1.3,
    "tutorial_steps": 4,
    "energy_regen_min": 3.0,
    "price_usd": {"starter_pack": 1.99},
    "iap_multiplier": {"all": 1.5},
    "gacha_desire_add": {"from_counter": 0, "value": 0.2},
    "action_multiplier": {"watch_ads": 1.4},
    "grant": {"gems": 100},
}


@pytest.mark.parametrize("start", [0, 2])
def test_split_agent_lives_as_under_forced_assignment(start: int) -> None:
    settings_ = {"active_from_day": start}
    split = run(a_test(EFFECTS, assign="split", **settings_), collect=ROWS).tables
    b = split["agents"]["ab_assignments"] == "my_test=b"
    assert 0.3 < b.mean() < 0.7
    for side, chosen in (("b", b), ("control", ~b)):
        forced = run(a_test(EFFECTS, assign=side, **settings_), collect=ROWS).tables
        ids = split["agents"]["agent_id"][chosen]
        for name in ROWS:
            one = np.isin(split[name]["agent_id"], ids)
            two = np.isin(forced[name]["agent_id"], ids)
            assert rows(split[name], one, LABEL) == rows(forced[name], two, LABEL)


def test_unseen_test_empties_day_one() -> None:
    metrics = run(a_test({"retention_at": {"1": 0, "2": 1}})).outcome.metrics
    assert metrics["d1_retention"] == 0
    assert metrics["d7_retention"] > 0


def test_late_test_exposes_nobody_early() -> None:
    ran = run(a_test({}, assign="split", active_from_day=5), agents=1500, collect=["ab_exposures"])
    exposed = ran.tables["ab_exposures"]["exposed_age_day"].compressed()
    assert exposed.min() == 5
    assert 0 < exposed.size < 1500


def test_archetype_parameter_changes_only_its_players() -> None:
    changed = {"archetypes.free_casual.ad_watch_probability": 0.9}
    base, other = run(collect=ROWS).tables, run(changed, collect=ROWS).tables
    casual = base["agents"]["archetype"] == "free_casual"
    assert rows(base["agents"], ~casual) == rows(other["agents"], ~casual)
    assert rows(base["agents"], casual) != rows(other["agents"], casual)


def test_bots_play_their_install_day_only() -> None:
    ran = run({"traffic.events.bad": {**BURST, "sim_day": 2}}, horizon=6, collect=["agents"])
    agents = ran.tables["agents"]
    bots = agents["is_bot"]
    assert 0.4 * 2000 - 5 * 22 < bots.sum() < 0.4 * 2000 + 5 * 22
    assert (agents["active_days"][bots] == 1).all()
    assert (agents["revenue_usd"][bots] == 0).all()
    assert (agents["churn_age_day"][bots] == 1).all()


def test_burst_makes_a_spike_of_players_who_do_not_stay() -> None:
    ran = run(
        {"traffic.events.bad": {**BURST, "sim_day": 3}},
        horizon=12, agents=3000, collect=["daily_summary", "cohort_retention"],
    )  # fmt: skip
    installs = ran.tables["daily_summary"]["installs"]
    assert installs[2] > 2000 > 10 * np.delete(np.asarray(installs), 2).mean()
    cohorts = ran.tables["cohort_retention"]
    day1 = (cohorts["dimension"] == "source") & (cohorts["age_day"] == 1)
    found = dict(rows({n: cohorts[n] for n in ("value", "retention")}, np.asarray(day1)))
    assert found["fake_network"] < found["organic"] / 3


@pytest.mark.parametrize("churn", [0.05, 1.0])
def test_retention_does_not_depend_on_churn_on_miss(churn: float) -> None:
    shares = {f"archetypes.{n}.share": 1 / 6 for n in ("whale", "dolphin", "minnow")} | {
        f"archetypes.{n}.share": 1 / 6 for n in ("free_engaged", "free_casual", "free_churner")
    }
    ages = {f"retention.churn_on_miss.{key}": churn for key in ("7", "30", "60", "later")}
    quick = {"actions.spend_energy_campaign.chance": 0.0, "actions.upgrade_heroes.chance": 0.0}
    metrics = run(
        {**STILL, **ORGANIC, **shares, **ages, **quick, "population.install_window_days": 1},
        horizon=31, agents=6000,
    ).outcome.metrics  # fmt: skip
    z = [
        v for name, v in metrics.items() if name.startswith("retention_z") and isinstance(v, float)
    ]
    assert len(z) == 18
    assert max(map(abs, z)) < 4


def test_two_phase_rises_on_day_8() -> None:
    given = {**STILL, **ORGANIC, **only("whale"), "retention.curve": "two_phase"}
    metrics = run({**given, "population.install_window_days": 1}, horizon=10, agents=1500).outcome
    assert metrics.metrics["retention_monotone_z"] > 4


@pytest.mark.parametrize(
    ("overrides", "sign"),
    [
        ({"retention.dynamic.losses_over": 0, "retention.dynamic.losses_multiplier": 0.2,
          "retention.dynamic.legendary_multiplier": 1.0, "retention.dynamic.guild_multiplier": 1.0},
         -1),
        ({"retention.dynamic.legendary_multiplier": 2.0, "retention.dynamic.legendary_days": 9,
          "gacha.rates": {"common": 0.2, "rare": 0.2, "epic": 0.2, "legendary": 0.4},
          "retention.dynamic.losses_multiplier": 1.0, "retention.dynamic.guild_multiplier": 1.0},
         1),
        ({"retention.dynamic.guild_multiplier": 2.0, "levels.unlock.guild": 3,
          "retention.dynamic.losses_multiplier": 1.0,
          "retention.dynamic.legendary_multiplier": 1.0}, 1),
    ],
)  # fmt: skip
def test_each_dynamic_modifier_moves_retention_its_way(
    overrides: dict[str, Any], sign: int
) -> None:
    given = {**ORGANIC, **only("free_engaged"), **overrides}
    off = run({**given, **STILL}, agents=1200).outcome.metrics["d7_retention"]
    on = run(given, agents=1200).outcome.metrics["d7_retention"]
    assert isinstance(on, float)
    assert isinstance(off, float)
    assert sign * (on - off) > 0


def test_declared_lifts_come_out() -> None:
    given = {
        **STILL, **ORGANIC, **only("free_engaged"),
        **a_test(
            {
                "sessions_multiplier": 1.2,
                "retention_at": {"1": 0.8},
                "action_multiplier": {"watch_ads": 1.4},
                "tutorial_steps": 4,
            },
            assign="split",
        ),
        "ads.rich_multiplier": 1.0,
        "sessions.weekend_multiplier": 1.0,
    }  # fmt: skip
    table = run(given, horizon=4, agents=6000, collect=["ab_results"]).tables["ab_results"]
    names = [str(name) for name in table["metric"]]
    for name, declared in (
        ("d1_retention", -20.0), ("sessions_per_active_day", 20.0), ("ads_per_opportunity", 40.0)
    ):  # fmt: skip
        row = names.index(name)
        assert table["declared_lift_pct"][row] == pytest.approx(declared)
        low, high = table["lift_ci_low_pct"][row], table["lift_ci_high_pct"][row]
        middle, half = table["lift_pct"][row], (high - low) / 2
        assert abs(middle - declared) < 1.5 * half, name
    steps = names.index("tutorial_steps_shown")
    assert (table["control_value"][steps], table["variant_value"][steps]) == (8, 4)


def test_tables_agree_with_each_other() -> None:
    tables = run(horizon=20, agents=400, collect=(*ROWS, "daily_summary")).tables
    for name in ("sessions", "pulls", "legendaries", "revenue_usd", "purchases", "minutes"):
        totals = [float(np.sum(tables[t][name])) for t in ("agents", "agent_days", "daily_summary")]
        assert totals == pytest.approx([totals[0]] * 3)
    agents, days = tables["agents"], tables["agent_days"]
    last = {
        int(a): row for a, row in zip(days["agent_id"], range(len(days["agent_id"])), strict=True)
    }
    order = [last[int(a)] for a in agents["agent_id"]]
    for name in ("gold", "gems", "tickets", "energy", "team_power", "stages_cleared"):
        assert (days[name][order] == agents[name]).all()
    spent = tables["purchases"]
    assert (spent["spent_in_window_usd"] <= spent["budget_usd"]).all()
