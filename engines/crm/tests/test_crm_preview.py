"""Closed forms against published values, and against simulation."""

import math

import numpy as np
import pytest

from engines.crm.preview import erlang_tail, followup_days, plan_preview
from engines.crm.reconciliation import Balance
from engines.crm.timeline import advances_and_exits

from .support import UNLIMITED, params, run, world


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("b2b", {"contact": 1600, "company": 355.6, "deal": 230.4, "note": 4220, "task": 1355,
                 "call": 1176, "ticket": 13.8}),
        ("b2c", {"contact": 3600, "company": 2400, "deal": 1181.8, "note": 5069, "task": 1954,
                 "call": 727, "ticket": 34.3}),
    ],
)  # fmt: skip
def test_preview_has_the_published_values(scenario, expected):
    found = plan_preview(params(scenario=scenario))
    for name, value in expected.items():
        assert found[name].planned == pytest.approx(
            value, abs=0.06 if value != int(value) else 0.5
        ), name
    assert not any(row.exceeds_budget for row in found.values())


@pytest.mark.parametrize(("scenario", "deals"), [("b2b", 0.10725), ("b2c", 0.29006)])
def test_deals_without_nurture(scenario, deals):
    given = params({"scenario.funnel.max_nurture_cycles": 0}, scenario)
    found = plan_preview(given)
    assert found["deal"].planned / found["contact"].planned == pytest.approx(deals, abs=5e-6)


@pytest.mark.parametrize(("shape", "quantile"), [(4, 3.266), (1, 6.908), (2, 4.617), (8, 2.453)])
def test_follow_up_quantile(shape, quantile):
    assert erlang_tail(shape) == pytest.approx(quantile, abs=5e-4)


@pytest.mark.parametrize(("scenario", "days"), [("b2b", 196), ("b2c", 23)])
def test_follow_up_days(scenario, days):
    assert followup_days(params(scenario=scenario), 1.0) == pytest.approx(days, abs=0.5)


@pytest.mark.parametrize("scenario", ["b2b", "b2c"])
def test_simulation_meets_the_preview_and_the_declared_laws(scenario):
    given = {**UNLIMITED, "volume.base_records": 30_000, "window.intake_days": 30.0}
    declared, _, made = world(given, scenario, horizon=430)
    n, deals = made.n_contacts, made.deals
    planned = {name: balance.planned for name, balance in made.reconciliation.items()}
    for name, row in plan_preview(declared).items():
        spread = 0 if name == "contact" else 5 * math.sqrt(max(row.planned, 1)) + 0.002 * n
        assert abs(planned[name] - row.planned) <= spread, name
    drop = declared.scenario.funnel.drop
    wanted = (drop.subscriber_to_lead, drop.lead_to_mql, drop.mql_to_sql, drop.sql_to_opportunity)
    advances, exits = advances_and_exits(made.lifecycle)
    for went, left, lost in zip(advances, exits, wanted, strict=True):
        assert abs(went / left - (1 - lost)) < 4 * math.sqrt(lost * (1 - lost) / left)
    low, median, high = np.quantile(deals.amount, (0.05, 0.5, 0.95))
    published = {"b2b": (8264, 36316, 159591), "b2c": (1072, 2441, 5555)}[scenario]
    assert (low, median, high) == pytest.approx(published, rel=0.08)
    rate = declared.scenario.deal_win_rate_base
    error = math.sqrt(rate * (1 - rate) / deals.won.size)
    assert abs(deals.won.mean() - rate) < 4 * error


def test_balances_of_a_run_with_binding_limits_add_up():
    ran = run({"volume.base_records": 20_000}, horizon=120)
    assert ran.outcome.metrics["budgets_binding"] >= 2
    assert ran.outcome.metrics["activities_skipped_share"] > 0.05
    table = {name: column.tolist() for name, column in ran.tables["reconciliation"].items()}
    for index in range(len(table["object_type"])):
        row = {name: values[index] for name, values in table.items()}
        assert row["attempted"] == row["declined"] + row["planned"]
        parts = ("processed", "skipped_record_cap", "skipped_global_budget", "pending")
        assert row["planned"] == sum(row[part] for part in parts)


def test_balance_counts_attempts():
    assert Balance(declined=2, planned=3).attempted == 5


def test_censoring_shortens_the_plain_mean_and_not_that_of_the_cohort():
    given = {**UNLIMITED, "volume.base_records": 60_000}
    metrics = run(given, collect=()).outcome.metrics
    assert metrics["mean_sales_cycle_days"] == pytest.approx(56.8, abs=1.2)
    assert metrics["mean_sales_cycle_days_full_followup"] == pytest.approx(60, abs=1.6)
    assert metrics["share_outside_business_hours"] == pytest.approx(0.762, abs=0.005)
