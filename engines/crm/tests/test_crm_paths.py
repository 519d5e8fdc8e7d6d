"""Funnel, deals and touches: what must not move, and what must."""

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.crm.admission import PROCESSED, SKIPPED_BUDGET, SKIPPED_CAP
from engines.crm.clock import DAY_MS
from engines.crm.numbers import erlang, fix_ties, in_order, rank_within
from engines.crm.touches import CALL, FOLLOW_UP_TASK, MQL_CALL, NOTE, TASK

from .support import OFF, UNLIMITED, draws, rows, run, world

SIZE = {"volume.base_records": 1500}
START = datetime.datetime(2026, 1, 1)


def test_erlang_times_have_mean_one_and_the_declared_spread():
    for shape in (1, 2, 4, 16):
        times = erlang(draws(), "crm.cycle.total", 0, shape, slice(0, 100_000))
        assert times.mean() == pytest.approx(1, abs=0.01)
        assert times.std() == pytest.approx(shape**-0.5, rel=0.02)


def test_order_and_rank_are_stable():
    values = np.array([5, 1, 5, 3, 1, 1], dtype=np.int64)
    assert in_order(values).tolist() == np.argsort(values, kind="stable").tolist()
    far = values * 2**59
    assert in_order(far).tolist() == in_order(values).tolist()
    assert rank_within(values).tolist() == [0, 0, 1, 0, 1, 2]
    assert rank_within(values[:0]).size == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_ties_are_broken_by_the_keys_in_turn(entries):
    at, contact, kind = (np.array([e[i] for e in entries], dtype=np.int64) for i in range(3))
    order = in_order(at)
    fix_ties(order, at, contact, kind)
    found = [(at[i], contact[i], kind[i]) for i in order]
    assert found == sorted(entries)


@pytest.mark.parametrize("binding", [{}, {"scenario.touch.budget.note": 300}])
def test_longer_horizon_changes_nothing_that_was(binding):
    given = {**SIZE, **binding, "window.intake_days": 60.0}
    short, long = (run(given, horizon=days) for days in (90, 180))
    end = START + datetime.timedelta(days=90)
    for table, at in (
        ("lifecycle_events", "at"), ("deal_stage_events", "entered_at"), ("activities", "at"),
    ):  # fmt: skip
        earlier = [row for row in rows(long, table) if row[at] < end]
        assert earlier
        assert rows(short, table) == earlier
    created = [row["created_at"] for row in rows(long, "deals") if row["created_at"] < end]
    assert [row["created_at"] for row in rows(short, "deals")] == created


def test_more_contacts_change_no_path_with_independent_placement():
    small = run({"volume.base_records": 300}, "b2c", horizon=60)
    large = run({"volume.base_records": 500}, "b2c", horizon=60)
    for table in ("lifecycle_events", "deal_stage_events"):
        n = int(small.outcome.metrics["contacts"])
        key = "contact_id" if table == "lifecycle_events" else "deal_id"
        assert rows(small, table) == [row for row in rows(large, table) if row[key] < n]


def test_higher_win_rate_only_turns_lost_into_won():
    low = run({**SIZE, "scenario.deal_win_rate_base": 0.55})
    high = run({**SIZE, "scenario.deal_win_rate_base": 0.65})
    pairs = list(zip(rows(low, "deals"), rows(high, "deals"), strict=True))
    assert pairs
    turned = 0
    for before, after in pairs:
        for name in ("deal_id", "created_at", "closed_at", "amount", "company_id", "sql_at"):
            assert before[name] == after[name]
        assert (before["status"], after["status"]) != ("won", "lost")
        turned += before["status"] != after["status"]
    assert turned > 0
    for table in ("companies", "contacts"):
        for before, after in zip(rows(low, table), rows(high, table), strict=True):
            assert before["created_at"] == after["created_at"]


def test_no_wins_in_a_month_of_multiplier_zero_and_no_duration_changes():
    season = [1.0] * 6 + [0.0] + [1.0] * 5
    given = {**SIZE, "window.time_zone": "America/New_York"}
    plain = run(given)
    off = run({**given, "deals.win_multiplier_by_month": season})
    zone_hours = 4 * 3_600_000  # summer time
    closed = off.tables["deals"]["closed_at"].astype(np.int64) - zone_hours
    month = closed.astype("datetime64[ms]").astype("datetime64[M]").astype(int) % 12
    won = off.tables["deals"]["status"] == "won"
    assert (~won[month == 6]).all()
    assert (plain.tables["deals"]["status"][month == 6] == "won").any()
    for name in ("closed_at", "sales_cycle_days", "sql_at"):
        before, after = plain.tables["deals"][name], off.tables["deals"][name]
        assert before.tolist() == after.tolist()


def test_cycle_is_exact_in_the_mean_and_boundaries_split_it_by_shares():
    _, _, made = world({**UNLIMITED, "volume.base_records": 40_000})
    days = (made.deals.closed - made.deals.sql_at) / DAY_MS
    assert days.mean() == pytest.approx(60, abs=3 * 30 / days.size**0.5)
    parts = np.diff(np.column_stack((made.deals.sql_at, made.deals.boundaries)), axis=1) / DAY_MS
    assert (parts / days[:, None]).mean(axis=0) == pytest.approx(
        [0.2, 0.15, 0.2, 0.2, 0.15, 0.1], abs=1e-6
    )


def test_archetypes_change_what_they_multiply():
    mix = {"archetypes.plain.share": 0.5, "archetypes.rich.share": "auto",
           "archetypes.rich.amount_multiplier": 3.0, "archetypes.rich.cycle_multiplier": 0.5,
           "archetypes.rich.win_odds_multiplier": 4.0,
           "archetypes.rich.drop_odds_multiplier": 0.5}  # fmt: skip
    _, _, made = world({**mix, "volume.base_records": 10_000})
    kind = made.kinds[made.deals.contact]
    rich, plain = kind == 1, kind == 0
    assert rich.sum() > 2 * plain.sum()
    assert np.median(made.deals.amount[rich]) > 2.5 * np.median(made.deals.amount[plain])
    days = made.deals.closed - made.deals.sql_at
    assert days[rich].mean() < 0.6 * days[plain].mean()
    assert made.deals.won[rich].mean() == pytest.approx(0.857, abs=0.03)


def test_budget_of_ten_gives_exactly_ten_notes():
    given = {"volume.base_records": 1250, "scenario.touch.budget.note": 10}
    _, _, made = world(given)
    balance = made.reconciliation["note"]
    assert made.n_contacts == 1000
    assert balance.processed == 10
    assert balance.skipped_global_budget > 1000
    first = np.sort(made.touches[NOTE].candidates.due)[:10]
    assert made.activities.at[made.activities.kind == NOTE].tolist() == first.tolist()


@pytest.mark.parametrize("limit", ["cap_per_contact", "budget"])
def test_limit_of_zero_gives_none(limit):
    ran = run({**SIZE, f"scenario.touch.{limit}.note": 0}, horizon=60)
    assert ran.outcome.metrics["notes"] == 0
    assert ran.outcome.metrics["calls"] > 0


def test_refused_calls_make_room_for_follow_up_tasks_that_know_no_future():
    certain = {"scenario.touch.budget.call": 0, "scenario.touch.probability.mql_call": 1.0}
    _, _, made = world({**UNLIMITED, "volume.base_records": 20_000, **certain})
    calls, tasks = made.touches[CALL], made.touches[TASK]
    triggered = calls.candidates.trigger == MQL_CALL
    due = calls.candidates.due[triggered]
    refused = calls.fate[triggered] == SKIPPED_BUDGET
    follow_up = tasks.candidates.trigger == FOLLOW_UP_TASK
    assert follow_up.sum() / refused.sum() == pytest.approx(0.5, abs=0.03)
    entry = [tuple(pair) for pair in np.column_stack(
        (calls.candidates.contact[triggered], calls.candidates.pass_index[triggered])
    ).tolist()]  # fmt: skip
    called = dict(zip(entry, due.tolist(), strict=True))
    for contact, index, at in zip(
        tasks.candidates.contact[follow_up].tolist(),
        tasks.candidates.pass_index[follow_up].tolist(),
        tasks.candidates.due[follow_up].tolist(),
        strict=True,
    ):
        assert at >= called[contact, index]


def test_certain_calls_leave_no_follow_up_task():
    _, _, made = world({**UNLIMITED, **SIZE, "scenario.touch.probability.mql_call": 1.0})
    assert not (made.touches[TASK].candidates.trigger == FOLLOW_UP_TASK).any()


def test_caps_admit_the_earliest():
    _, _, made = world({**UNLIMITED, **SIZE, "scenario.touch.cap_per_contact.note": 1})
    notes = made.touches[NOTE]
    admitted, refused = notes.fate == PROCESSED, notes.fate == SKIPPED_CAP
    assert refused.any()
    earliest = np.full(made.n_contacts, np.iinfo(np.int64).max)
    np.minimum.at(earliest, notes.candidates.contact, notes.candidates.due)
    assert (notes.candidates.due[admitted] == earliest[notes.candidates.contact[admitted]]).all()
    assert np.bincount(notes.candidates.contact[admitted]).max() == 1


@pytest.mark.parametrize(
    ("zone", "start"),
    [("America/New_York", "2026-03-01T00:00:00"), ("America/New_York", "2026-10-25T00:00:00"),
     ("Asia/Kathmandu", "2026-03-01T00:00:00")],
)  # fmt: skip
@pytest.mark.parametrize("hours", [(9.0, 17.0), (0.25, 24.0)])
def test_deferred_calls_stay_inside_business_hours(zone, start, hours):
    given = {"window.time_zone": zone, "window.start_time": start, "window.intake_days": 14.0,
             "business_hours.days": [0, 2, 6], "business_hours.open_hour": hours[0],
             "business_hours.close_hour": hours[1], "touchpoints.defer_spread_min": 240.0,
             "touchpoints.defer_to_business_hours": ["call"]}  # fmt: skip
    _, ready, made = world(given, horizon=40)
    calls = made.activities.at[made.activities.kind == CALL]
    notes = made.activities.at[made.activities.kind == NOTE]
    assert calls.size > 50
    assert not ready.calendar.outside(calls).any()
    assert ready.calendar.outside(notes).any()


def test_touchpoints_can_be_switched_off():
    ran = run({**SIZE, "touchpoints.enabled": False}, horizon=60)
    assert rows(ran, "activities") == []
    assert ran.outcome.metrics["activities_per_contact"] == 0
    assert ran.outcome.metrics["share_outside_business_hours"].reason == "no_activities"
    assert all(text is None for text in ran.outcome.checks.values())


def test_two_weeks_have_deals_but_nothing_closed():
    ran = run(horizon=14, seed=5)
    metrics = ran.outcome.metrics
    assert metrics["deals"] > 0
    assert metrics["deals_closed"] == 0
    assert metrics["win_rate"].reason == "no_closed_deals"
    assert metrics["win_rate_outside_se"].reason == "fewer_than_30_closed_deals"
    assert metrics["sales_cycle_outside_se"].reason == "fewer_than_30_deals_with_full_followup"
    assert metrics["pipeline_value_open"] > 0


@pytest.mark.parametrize("scenario", ["b2b", "b2c"])
@pytest.mark.parametrize("horizon", [1, 30])
def test_single_record_and_empty_funnels_run(scenario, horizon):
    single = {**OFF, "volume.base_records": 1, "scenario.lead_volume_multiplier": 1.0}
    nothing = {**single, "scenario.funnel.drop.lead_to_mql": 1.0, "scenario.deal_amount.sigma": 0.0}
    ran = run(nothing, scenario, horizon=horizon)
    assert ran.outcome.metrics["contacts"] == 1
    assert ran.outcome.metrics["deals"] == 0
    assert all(text is None for text in ran.outcome.checks.values())


def test_daily_summary_ends_where_the_metrics_do():
    ran = run({**SIZE, "window.time_zone": "America/New_York"})
    daily, metrics = ran.tables["daily_summary"], ran.outcome.metrics
    assert daily["contacts_created"].sum() == metrics["contacts"]
    assert daily["deals_won"].sum() == metrics["deals_won"]
    assert daily["revenue_won"].sum() == pytest.approx(metrics["revenue_won"])
    assert daily["pipeline_value_open"][-1] == metrics["pipeline_value_open"]
    assert daily["activities"].sum() == len(ran.tables["activities"]["at"])
    assert str(daily["date"][0]) == "2026-01-01"
    assert daily["day"].tolist() == list(range(1, 366))
