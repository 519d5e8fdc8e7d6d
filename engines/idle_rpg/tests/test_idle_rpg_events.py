"""The event log against the truth beside it: books that close, time that moves on, same numbers."""

import functools
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.idle_rpg.events.envelope import ENVELOPE
from engines.idle_rpg.events.order import event_ids, mix64, moment, orders, sessions, slot
from engines.idle_rpg.events.schemas import event_tables
from engines.idle_rpg.events.words import unlocked_place, unlocked_texts, unlocks
from engines.idle_rpg.tests.support import BURST, params, rows, run
from runner.conformance import Ran

_AGENTS, _DAYS = 400, 40
_OVERRIDES = {
    "ab.gift": {
        "assign": "split",
        "active_from_day": 5,
        "variants": {
            "control": {"weight": 0.5},
            "b": {
                "weight": 0.5,
                "effects": {"grant": {"gems": 10, "tickets": 2}, "energy_regen_min": 3.0},
            },
        },
    },
    "traffic.events.burst": {**BURST, "sim_day": 10, "volume": 60},
    "archetypes.whale.share": 0.1,
    "archetypes.free_churner.share": 0.153,
    "iap.failure_rate": 0.4,
    "iap.triggers.out_of_energy.base": 0.3,
    "tutorial.abandon_chance": 0.01,
    "guild.leave_chance": 0.02,
}
_ENVELOPE = [column.name for column in ENVELOPE]
_PLACE = ["agent_id", "age_day", "event_order"]
_START = {"gold": 1000, "gems": 100, "summon_tickets": 5, "energy": 120}
_HELD = {"gold": "gold", "gems": "gems", "summon_tickets": "tickets", "energy": "energy"}


@functools.cache
def ran() -> Ran:
    return run(_OVERRIDES, agents=_AGENTS, horizon=_DAYS, collect=schemas())


def schemas() -> tuple[str, ...]:
    from engines.idle_rpg import ENGINE

    return tuple(ENGINE.table_schemas(params(_OVERRIDES)))


@functools.cache
def frame(name: str) -> pd.DataFrame:
    table = ran().tables[name]
    return pd.DataFrame({
        column: pd.array(values.tolist()) if np.ma.getmaskarray(values).any() else values.data
        for column, values in table.items()
    })  # fmt: skip


def event(kind: str) -> pd.DataFrame:
    return frame(f"event_{kind}")


@functools.cache
def everything() -> pd.DataFrame:
    """Return the envelopes of all events, by agent and time."""
    names = [schema.name for schema in event_tables(params(_OVERRIDES))]
    joined = pd.concat([frame(name)[_ENVELOPE].assign(type=name) for name in names])
    return joined.sort_values(_PLACE, ignore_index=True)


def agents() -> pd.DataFrame:
    return frame("agents").set_index("agent_id")


def metric(name: str) -> float:
    value = ran().outcome.metrics[name]
    assert isinstance(value, int | float)
    return value


def test_every_type_occurs():
    assert all(len(frame(schema.name)) for schema in event_tables(params(_OVERRIDES)))
    assert len(event_tables(params())) == 32


@pytest.mark.parametrize("currency", _START)
def test_start_plus_sources_minus_sinks_is_what_an_agent_holds(currency):
    def total(kind: str) -> pd.Series:
        rows = event(kind)
        sums = rows[rows.currency == currency].groupby("agent_id").amount.sum()
        return sums.reindex(agents().index, fill_value=0)

    final = _START[currency] + total("economy_source") - total("economy_sink")
    assert (final == agents()[_HELD[currency]]).all()


def test_each_row_says_the_balance_that_it_leaves_and_none_is_negative():
    booked = pd.concat([
        event("economy_source").assign(sign=1), event("economy_sink").assign(sign=-1),
    ]).sort_values(_PLACE)  # fmt: skip
    assert (booked.amount > 0).all()
    booked["change"] = booked.amount * booked.sign
    start = booked.currency.map(_START).astype(np.int64)
    running = start + booked.groupby(["agent_id", "currency"]).change.cumsum()
    assert (running == booked.balance_after).all()
    assert booked.balance_after.min() >= 0


def test_days_end_with_the_balances_of_their_table():
    """Energy too: what grows until midnight is booked at the end of the last session."""
    booked = pd.concat([event("economy_source"), event("economy_sink")]).sort_values(_PLACE)
    last = booked.groupby(["agent_id", "sim_day", "currency"]).balance_after.last().unstack()
    days = frame("agent_days").set_index(["agent_id", "sim_day"])
    for currency, column in _HELD.items():
        known = last[currency].dropna()
        assert (known == days[column].reindex(known.index)).all()


def test_time_never_goes_back_and_stays_inside_its_session():
    events = everything()
    assert not events.duplicated(_PLACE).any()
    assert events.event_id.is_unique
    assert (events.groupby("agent_id").event_at.diff().dropna() >= pd.Timedelta(0)).all()
    session = ["agent_id", "age_day", "session_no"]
    bounds = event("session_start")[[*session, "event_at"]].merge(
        event("session_end")[[*session, "event_at", "seconds"]], on=session, validate="1:1"
    )
    assert (bounds.event_at_y - bounds.event_at_x == pd.to_timedelta(bounds.seconds, "s")).all()
    placed = events.merge(bounds, on=session, how="left", validate="m:1")
    assert ((placed.event_at >= placed.event_at_x) & (placed.event_at <= placed.event_at_y)).all()


def test_sessions_of_an_agent_do_not_overlap():
    starts = event("session_start")
    pause = starts.seconds_since_last.dropna()
    assert (pause >= 300).all()
    assert (starts.seconds_since_last.isna() == starts.is_first_session).all()
    assert (starts[starts.is_first_session].age_day == 0).all()
    ends = event("session_end").event_at
    later = starts.groupby("agent_id").event_at.shift(-1)
    assert (later.dropna() > ends[later.notna()]).all()


def test_nothing_before_the_install_and_nothing_after_churn():
    events = everything()
    assert (events.event_at >= events.agent_id.map(agents().install_at)).all()
    churn = events.agent_id.map(agents().churn_day)
    assert not (events.sim_day >= churn.fillna(10_000).astype(np.int64)).any()
    assert (events.sim_day == events.agent_id.map(agents().install_day) + events.age_day).all()


def test_levels_and_money_of_the_envelope_only_rise_to_those_of_the_truth():
    by_agent = everything().groupby("agent_id")
    for name, truth in {
        "player_level": "player_level", "vip_level": "vip_level",
        "total_spent_usd": "revenue_usd",
    }.items():  # fmt: skip
        assert (by_agent[name].diff().dropna() >= 0).all()
        assert (by_agent[name].last() == agents()[truth]).all()
    rises = event("player_levelup")
    assert (rises.new_level > rises.old_level).all()
    assert (rises.player_level == rises.new_level).all()


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("session_start", "sessions"), ("session_end", "sessions"), ("gacha_summon", "pulls"),
        ("iap_purchase", "purchases"), ("ad_completed", "ads"), ("stage_fail", "losses"),
        ("arena_battle_start", "arena_battles"), ("arena_battle_end", "arena_battles"),
        ("guild_boss_attack", "guild_attacks"), ("hero_levelup", "upgrades"),
    ],
)  # fmt: skip
def test_events_count_what_the_days_count(kind, column):
    counted = event(kind).groupby(["agent_id", "sim_day"]).size()
    days = frame("agent_days").set_index(["agent_id", "sim_day"])[column]
    assert (counted.reindex(days.index, fill_value=0) == days).all()


def test_stages_count_attempts_replays_and_progress():
    days, starts = frame("agent_days"), event("stage_start")
    assert (~starts.is_sweep).sum() == days.attempts.sum()
    assert starts.is_sweep.sum() == days.sweeps.sum()
    won = event("stage_complete")
    assert won.is_first_clear.sum() == days.wins.sum()
    cleared = won[won.is_first_clear].groupby("agent_id").stage_index.agg(["size", "max"])
    truth = agents().stages_cleared
    assert (cleared["size"].reindex(truth.index, fill_value=0) == truth).all()
    assert (cleared["size"] == cleared["max"]).all()
    plays = starts.sort_values(_PLACE).groupby(["agent_id", "stage_index"]).attempt_no
    assert (plays.diff().dropna() == 1).all()
    assert (plays.first() == 1).all()
    assert len(starts) == len(won) + len(event("stage_fail"))


def test_metrics_can_be_computed_from_events():
    truth, starts = agents(), event("session_start")
    bought, active = event("iap_purchase"), starts[["agent_id", "sim_day", "age_day"]]
    days = active.drop_duplicates()
    assert len(days) == metric("active_agent_days") == len(event("player_state_snapshot"))
    assert starts.is_first_session.sum() == metric("installs")
    assert len(starts) / len(days) == metric("sessions_per_active_day")
    assert event("session_end").seconds.mean() / 60 == pytest.approx(metric("session_minutes"))
    assert bought.price_usd.sum() == pytest.approx(metric("revenue_usd"))
    assert bought.agent_id.nunique() / len(truth) == metric("payer_conversion")
    assert bought.is_first.sum() == bought.agent_id.nunique()
    assert len(event("ad_completed")) / len(days) == metric("ads_per_dau")
    pulls = event("gacha_summon")
    assert len(pulls) / len(days) == metric("pulls_per_dau")
    legendary = (pulls.rarity == "legendary").sum()
    assert 100 * legendary / len(pulls) == pytest.approx(metric("legendary_per_100_pulls"))
    people = truth[~truth.is_bot]
    assert len(event("tutorial_complete")) / len(people) == metric("tutorial_completion")
    assert len(event("tutorial_step")) / len(people) == metric("tutorial_steps_shown")
    for age in (1, 7, 14, 30):
        eligible = truth[truth.install_day + age <= _DAYS].index
        came = days[(days.age_day == age) & days.agent_id.isin(eligible)]
        assert len(came) / len(eligible) == metric(f"d{age}_retention")


def test_guilds_joined_and_left_are_the_memberships_of_the_truth():
    moves = pd.concat(
        [event("guild_join").assign(change=1), event("guild_leave").assign(change=-1)]
    )
    inside = moves.groupby("agent_id").change.sum().reindex(agents().index, fill_value=0)
    assert inside.isin([0, 1]).all()
    assert (inside.astype(bool) == agents().guild_id.notna()).all()
    assert (event("guild_leave").days_in_guild >= 0).all()


def test_teams_rebuilt_from_changes_have_the_power_of_the_truth():
    changes = event("hero_team_change").sort_values(_PLACE)
    known = changes.groupby("agent_id").team_power_after.last()
    assert (known <= agents().team_power.reindex(known.index)).all()
    net = changes.hero_in.notna().astype(int) - changes.hero_out.notna().astype(int)
    assert (3 + net.groupby(changes.agent_id).sum()).between(3, 5).all()
    owned = event("gacha_summon").groupby(["agent_id", "hero_id"]).is_new.agg(["sum", "first"])
    assert (owned["sum"] <= 1).all()


def test_failed_purchases_are_started_and_take_no_money():
    started, failed, bought = (event(f"iap_{k}") for k in ("initiated", "failed", "purchase"))
    assert len(started) == len(failed) + len(bought)
    share = len(failed) / len(started)
    assert 0.25 < share < 0.55  # failure_rate = 0.4


def test_exposures_are_those_of_the_table():
    truth = frame("ab_exposures")
    exposed = truth[truth.exposed_age_day.notna()].set_index("agent_id")
    events = event("ab_exposure").set_index("agent_id")
    assert (events.age_day == exposed.exposed_age_day).all()
    assert (events.variant == exposed.variant).all()
    granted = event("economy_source")
    granted = granted[(granted.reason == "compensation") & (granted.currency == "gems")]
    assert set(granted.agent_id) == set(events[events.variant == "b"].index)


def test_collecting_events_changes_no_other_number():
    others = [name for name in schemas() if not name.startswith("event_")]
    plain = run(_OVERRIDES, agents=_AGENTS, horizon=_DAYS, collect=others)
    assert plain.outcome.metrics == ran().outcome.metrics
    for name in others:
        assert rows(plain.tables[name]) == rows(ran().tables[name])


def test_a_type_is_the_same_whatever_else_is_collected():
    some = ["event_ad_completed", "event_economy_source", "event_iap_initiated"]
    alone = run(_OVERRIDES, agents=_AGENTS, horizon=_DAYS, collect=some)
    for name in some:
        assert rows(alone.tables[name]) == rows(ran().tables[name])


def test_pieces_and_batches_leave_no_trace(monkeypatch):
    """Few events a piece and a batch: runs of replays are cut off from each other, not broken."""
    names = ["event_economy_sink", "event_economy_source", "event_stage_complete", "agent_days"]
    whole = {name: rows(table) for name, table in run({}, collect=names).tables.items()}
    monkeypatch.setattr("engines.idle_rpg.events.buffer._ENOUGH", 50)
    monkeypatch.setattr("engines.idle_rpg.events.writing._BATCH", 97)
    monkeypatch.setattr("engines.idle_rpg.writing._BATCH", 13)
    in_pieces = run({}, collect=names).tables
    assert {name: rows(table) for name, table in in_pieces.items()} == whole


def test_replays_follow_each_other_at_once():
    starts = event("stage_start").sort_values(_PLACE)
    replays = starts[starts.is_sweep]
    same = replays.groupby(["agent_id", "age_day", "session_no"])
    seconds = params(_OVERRIDES).campaign.sweep_seconds
    assert (same.size() > 1).any()
    assert (same.event_at.diff().dropna() == pd.Timedelta(seconds, "s")).all()
    assert (same.event_order.diff().dropna() == 64).all()
    assert (same.attempt_no.diff().dropna() == 1).all()
    assert (same.stage_index.nunique() == 1).all()


def test_more_agents_and_more_days_leave_events_as_they_are():
    names = ["event_economy_source", "event_stage_complete", "event_hero_team_change"]
    small = run(_OVERRIDES, agents=30, horizon=12, collect=names)
    large = run(_OVERRIDES, agents=45, horizon=22, collect=names)
    for name in names:
        before, after = rows(small.tables[name]), set(rows(large.tables[name]))
        assert before
        assert all(row in after for row in before)


@pytest.mark.parametrize(
    ("path", "other", "kind", "column"),
    [
        ("campaign.loot_chance", 0.0, "stage_complete", "loot_item"),
        ("arena.k_factor", 64, "arena_battle_end", "rating_change"),
        ("arena.start_rating", 2000, "player_state_snapshot", "arena_rating"),
    ],
)
def test_parameters_of_event_details_show_there_and_in_no_metric(path, other, kind, column):
    name = f"event_{kind}"
    plain = run({}, agents=60, collect=[name])
    changed = run({path: other}, agents=60, collect=[name])
    assert plain.outcome.metrics == changed.outcome.metrics
    drop = ("rank_after", column)
    assert rows(plain.tables[name], drop=drop) == rows(changed.tables[name], drop=drop)
    assert plain.tables[name][column].tolist() != changed.tables[name][column].tolist()


def test_order_and_ids_by_hand():
    assert slot(5, 2, 3) == 5 * 4096 + 2 * 64 + 3
    order = np.array([3 * 2**17 + slot(15, 63, 63)])
    assert sessions(order).tolist() == [3]
    assert orders(np.array([7 * 2**30 + moment(365, 3) + slot(15, 63, 63)])) == order
    # first number of SplitMix64 from state 0, as published with the generator
    assert mix64(np.array([0x9E3779B97F4A7C15], np.uint64)).tolist() == [0xE220A8397B1DCDAF]
    ids = event_ids(5, np.array([2]), np.array([moment(1, 0) + 9]))
    assert ids.tolist() == mix64(np.array([5 + 2 * 2**30 + 2**21 + 9], np.uint64)).tolist()


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, min_size=1))
def test_ids_of_different_events_differ(words):
    """The finaliser can be undone, step by step."""
    mixed = mix64(np.array(words, np.uint64))
    assert [_undone(int(word)) for word in mixed] == words


def _undone(word: int) -> int:
    mask = 2**64 - 1
    for shift, factor in ((31, 0x94D049BB133111EB), (27, 0xBF58476D1CE4E5B9), (30, 1)):
        value = word
        for _ in range(64 // shift + 1):
            value = word ^ (value >> shift)
        word = value * pow(factor, -1, 2**64) & mask
    return word


def test_every_run_of_unlocks_has_its_place():
    given_ = params({"levels.unlock.arena": 15})
    names = [name for _, name in unlocks(given_)]
    assert names == ["gacha", "quests", "arena+guild"]
    texts = unlocked_texts(given_)
    for i, j in itertools.combinations_with_replacement(range(3), 2):
        assert texts[unlocked_place(i, j)] == "+".join(names[i : j + 1])
