"""What is accepted, what is refused, and in which words."""

import json
from pathlib import Path

import pytest
import yaml

from engines.crm import ENGINE
from engines.crm.params import CrmParams, volume
from engines.crm.planning import cost, inert_paths, plan_notes
from engines.crm.preparation import prepare
from engines.crm.scenario import B2B, B2C_VALUES
from runner.conformance.digest import differing
from runner.conformance.running import Ran
from runner.contract import (
    NUMERIC,
    Null,
    PlanError,
    build_params,
    leaf_values,
    leaves,
    plain_params,
)

from .support import OFF, SCENARIOS, nested, params, rows, run, texts

CONF = Path(__file__).parents[3] / "conf"


def loaded(name):
    return yaml.safe_load((CONF / name).read_text())


def test_configuration_states_every_default():
    given = loaded("engine/crm.yaml")["params"] | {"scenario": loaded("scenario/crm/b2b.yaml")}
    built, problems = build_params(CrmParams, given)
    assert problems == []
    assert built == CrmParams()
    stated = build_params(CrmParams, {**given, "archetypes": loaded("mix/crm/default.yaml")})[0]
    assert leaf_values(stated)["archetypes.standard.share"] == 1.0


def test_scenario_files_are_the_documented_values():
    given = {"scenario": loaded("scenario/crm/b2c.yaml")}
    built, problems = build_params(CrmParams, given)
    assert problems == []
    assert built.scenario == params(scenario="b2c").scenario
    assert set(B2C_VALUES) <= set(leaves(B2B))


@pytest.mark.parametrize(
    ("base", "multiplier", "contacts"), [(2000, 0.8, 1600), (1, 0.6, 1), (5, 0.7, 4), (1, 0.8, 1)]
)
def test_volume_is_rounded_half_up(base, multiplier, contacts):
    given = {"volume.base_records": base, "scenario.lead_volume_multiplier": multiplier}
    assert volume(params(given)) == contacts


def test_value_outside_its_rail_is_refused_with_the_range():
    assert texts({"scenario.deal_win_rate_base": 0.8}) == [
        "params.scenario.deal_win_rate_base = 0.8: b2b guard rail is [0.55, 0.65]; choose a value "
        "inside or set params.guardrails.enabled: off with params.guardrails.motivation"
    ]
    assert "b2c guard rail is [1, 2]" in texts({"scenario.group_size.max": 3}, "b2c")[0]


def test_rails_are_left_with_a_motivation_only():
    wanted = {"scenario.deal_win_rate_base": 0.8, "guardrails.enabled": False}
    assert texts(wanted) == [
        "params.guardrails.motivation: must not be empty when the guard rails are off"
    ]
    reason = {"guardrails.motivation": "win rate of the pilot"}
    ran = run({**wanted, **reason, "volume.base_records": 50}, collect=("parameter_snapshot",))
    row = {row["path"]: row for row in rows(ran, "parameter_snapshot")}
    held = row["scenario.deal_win_rate_base"]
    assert held["guardrail_status"] == "outside"
    assert held["motivation"] == "win rate of the pilot"
    assert (held["guardrail_low"], held["guardrail_high"]) == (0.55, 0.65)
    assert row["scenario.avg_sales_cycle_days"]["guardrail_status"] == "inside"
    assert json.loads(row["derived.contacts"]["value_json"]) == 40
    assert row["intake.bell_sd"]["value_json"] is None


def test_hard_bounds_hold_without_rails():
    found = texts({**OFF, "scenario.deal_win_rate_base": 1.2})
    assert found == ["params.scenario.deal_win_rate_base = 1.2: must be <= 1 fraction"]


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        ({"intake.method": "front_load"}, "did you mean front_loaded?"),
        ({"scenario.pacing.placement": "even"}, "must be one of stratified, independent"),
        ({"window.time_zone": "Europe/Wien"}, "must be an IANA time zone name"),
        ({"window.start_time": "tomorrow"}, "must be an ISO 8601 time"),
        ({"window.start_time": "1980-01-01"}, "must lie in 1990-01-01 to 2100-01-01"),
        (
            {"window.start_time": "2026-03-08T02:30:00", "window.time_zone": "America/New_York"},
            "does not exist in America/New_York (clock change); give an offset",
        ),
        (
            {"window.start_time": "2026-11-01T01:30:00", "window.time_zone": "America/New_York"},
            "occurs twice in America/New_York (clock change); give an offset",
        ),
        ({"scenario.funnel.drop.mql_to_sql": float("nan")}, "must be a finite number"),
        ({"scenario.deal_amount.max": 10.0}, "must be > min = 1000 currency"),
        ({"scenario.deal_amount.currency": "usd"}, "must be three capitals"),
        ({"scenario.cycle.shares.sql": 0.3}, "must sum to 1, they sum to 1.1"),
        ({"scenario.touch.density.notes_per_lead": [3, 1]}, "must be [lo, hi] count with lo <= hi"),
        ({"scenario.touch.budget.note": -1}, "must be >= 0 count"),
        ({"scenario.touch.budget.note": 1.5}, "must be a whole number"),
        ({"scenario.touch.budget.email": 1}, "known here: note, call, task, ticket"),
        ({"scenario.group_size.min": 7}, "must be >= min = 7 contacts"),
        ({"scenario.id": "My scenario"}, "must be lower-case letters"),
        ({"scenario.guardrail.group_size": [7.0, 3.0]}, "must be [lo, hi]"),
        ({"intake.hour_profile": [1.0]}, "must be 24 rates >= 0"),
        ({"intake.hour_profile": [0.0] * 24}, "at least one > 0"),
        ({"intake.custom_edges": [0.0, 0.5]}, "must rise strictly from 0 to 1"),
        ({"intake.custom_rates": [1.0, 1.0]}, "must be 1 rates >= 0"),
        ({"intake.surge_center": 0.9}, "must lie inside [0, 1]"),
        ({"intake.burst_count_min": 9}, "must be >= burst_count_min = 9"),
        ({"intake.method": "trickle", "intake.overlays": ["weekend"]}, "must be [] with trickle"),
        (
            {"intake.method": "weekend_surge", "intake.overlays": ["weekend"]},
            "repeats the method weekend_surge",
        ),
        ({"intake.overlays": ["weekend", "weekend"]}, "each overlay at most once"),
        ({"business_hours.days": []}, "must name at least one weekday"),
        ({"business_hours.close_hour": 9.0}, "must be > open_hour = 9"),
        ({"business_hours.open_hour": 9.1}, "must be a multiple of 0.25 hours"),
        ({"business_hours.close_hour": 10.0}, "shorter than the business day of 60 minutes"),
        ({"deals.win_multiplier_by_month": [1.0]}, "must be twelve factors"),
        ({"archetypes.a.share": 0.5, "archetypes.b.share": 0.6}, "they sum to 1.1"),
        (
            {"archetypes.a.share": "auto", "archetypes.b.share": "auto"},
            "only one share may be auto",
        ),
    ],
)
def test_bad_input_is_refused_in_words(overrides, text):
    found = texts(overrides)
    assert any(text in line for line in found), found


@pytest.mark.parametrize("start", ["2026-03-08T02:30:00-05:00", "2026-11-01T01:30:00-04:00"])
def test_offset_settles_clock_changes(start):
    assert texts({"window.start_time": start, "window.time_zone": "America/New_York"}) == []


def test_intake_beyond_the_horizon_is_refused_with_both_ends():
    with pytest.raises(PlanError, match="must be <= the horizon of 30 days") as caught:
        prepare(params({"window.intake_days": 40.0}), {}, 30)
    assert "end at 2026-02-10T00:00:00+00:00" in str(caught.value)
    assert "ends at 2026-01-31T00:00:00+00:00" in str(caught.value)


def test_intake_without_any_rate_is_refused():
    only_noon = [0.0] * 12 + [1.0] + [0.0] * 11
    given = {"intake.method": "daily_spike", "intake.hour_profile": only_noon}
    with pytest.raises(PlanError, match="is zero in the whole intake window"):
        prepare(params({**given, "window.intake_days": 0.25}), {}, 30)


def test_missing_scenario_value_is_named():
    given = {k: v for k, v in SCENARIOS["b2b"].items() if k != "scenario.cycle.shape"}
    assert [str(p) for p in build_params(CrmParams, nested(given))[1]] == [
        "scenario.cycle.shape: must be given"
    ]


@pytest.mark.parametrize("word", [True, "on"])
def test_switch_reads_words_and_truth_values(word):
    assert params({"guardrails.enabled": word}).guardrails.enabled is True


def test_every_number_moves_more_than_the_snapshot():
    spec, base = ENGINE, run({**OFF, "volume.base_records": 300}, "b2c", horizon=90)
    given = params({**OFF, "volume.base_records": 300}, "b2c")
    unread = set(inert_paths(given))
    still = []
    for path, leaf in leaves(given).items():
        numeric = leaf.kind in NUMERIC and path not in unread and "shares" not in path
        if numeric and not moves(spec, base, path, leaf):
            still.append(path)
    assert still == []


def moves(spec, base, path, leaf):
    for value in trials(leaf):
        try:
            ran = run({**OFF, "volume.base_records": 300, path: value}, "b2c", horizon=90)
        except (AssertionError, PlanError):
            continue
        if differing(without_snapshot(base), without_snapshot(ran)):
            return True
    return False


def trials(leaf):
    own = leaf.value if isinstance(leaf.value, int | float) else 1
    tried = (own * 1.3, own * 0.5, own + 1, max(0, own - 1), own / 100, 0, 1e4)
    whole = leaf.kind == "int"
    return [int(value) if whole else value for value in tried] + ([5] if whole else [])


def without_snapshot(ran):
    kept = {name: table for name, table in ran.tables.items() if name != "parameter_snapshot"}
    return Ran(outcome=ran.outcome, tables=kept)


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ({}, "scenario.pacing.rate_exponent"),
        ({"intake.method": "trickle"}, "scenario.pacing.jitter"),
        ({"scenario.pacing.placement": "independent"}, "scenario.pacing.jitter"),
        ({"scenario.funnel.max_nurture_cycles": 0}, "scenario.funnel.nurture_share"),
        ({"touchpoints.enabled": False}, "scenario.touch.budget.note"),
        ({"intake.method": "bell_curve"}, "intake.load_exponent"),
    ],
)
def test_unread_parameters_are_inert(overrides, path):
    assert path in inert_paths(params(overrides))


def test_plan_notes_warn_of_budgets_and_of_a_moving_intake():
    notes = plan_notes(params({"volume.base_records": 100_000}))
    assert any("notes are expected, the budget is 5,000" in note for note in notes)
    assert any("set params.window.intake_days" in note for note in notes)
    assert plan_notes(params({"window.intake_days": 30.0})) == ()
    assert cost(params(), 365) > 0


def test_params_survive_being_written_down():
    given = params({"archetypes.a.share": 0.5, "archetypes.b.share": "auto"}, "b2c")
    assert build_params(CrmParams, plain_params(given))[0] == given


def test_metrics_without_data_say_what_is_missing():
    ran = run({**OFF, "scenario.funnel.drop.subscriber_to_lead": 1.0,
               "volume.base_records": 20}, horizon=30)  # fmt: skip
    missing = {name: value.reason for name, value in ran.outcome.metrics.items()
               if isinstance(value, Null)}  # fmt: skip
    assert missing["conv_lead_to_mql"] == "no_exits_lead_to_mql"
    assert missing["amount_mean"] == "no_deals"
    assert missing["mid_funnel_attrition"] == "no_exits_mql_to_sql"
