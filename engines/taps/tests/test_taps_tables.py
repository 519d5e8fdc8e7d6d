"""Check the tables: headers, kinds, order of rows, nulls, and the figures behind them."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from engines.taps import ENGINE
from engines.taps.customers import exact_parts, running_totals
from engines.taps.params import TapsParams
from engines.taps.tests.support import ALL_BLOCKS, CAPACITY, PRIVATE, PUBLIC, run
from runner.contract import Null
from runner.draws import DrawSource

HEADERS = {
    PUBLIC: "month,budget_eur,cac_eur,expected_new_customers,active_customers,tokens,"
    "active_customers_before,new_customers_unfloored,unspent_budget_eur,churn_rate_mom,"
    "churned_customers,cvr,visits,cost_per_visit_eur,tokens_per_conversion,sell_eur_per_1k,"
    "revenue_eur,cumulative_revenue_eur,cogs_eur,gross_margin_eur",
    PRIVATE: "month,private_budget_eur,private_cac_eur,expected_new_clients,active_clients,hours,"
    "sell_eur_hr,revenue_eur,active_clients_before,new_clients_unfloored,unspent_budget_eur,"
    "churn_rate_mom,churned_clients,hours_per_client,hours_guarded,hours_revenue_eur,"
    "fee_revenue_eur,cumulative_revenue_eur,cogs_eur,gross_margin_eur",
    "public_tap_prices": "offer,provider,gpu_class,usd_hr,eur_hr_effective,tokens_per_s,"
    "cost_eur_per_1m,raw_sell_eur_per_1k,sell_eur_per_1k,margin_pct,price_binding",
    "private_tap_economics": "gpu_class,provider_count,provider_eur_hr_med,markup_pct,"
    "sell_eur_hr,margin_eur_hr,margin_pct",
    CAPACITY: "month,avg_tokens_per_hour,peak_tokens_per_hour,cap_tokens_per_hour_per_instance,"
    "instances_needed,instances_deployed,capacity_violation",
    "monthly_draws": "scope,variable_id,month,uniform,draw_value",
    "cohorts": "scope,cohort_month,month,acquired,survivors,survival_fraction",
}


def test_headers_are_exact() -> None:
    schemas = ENGINE.table_schemas(TapsParams())
    assert {name: ",".join(schema.column_names) for name, schema in schemas.items()} == HEADERS


def test_kinds_and_units() -> None:
    schemas = ENGINE.table_schemas(TapsParams())
    for schema in schemas.values():
        for column in schema.columns:
            assert column.unit or column.kind in ("str", "bool"), column.name
    nullable = {
        column.name for schema in schemas.values() for column in schema.columns if column.nullable
    }
    assert nullable == {"active_customers_before", "active_clients_before"}


def test_values_are_of_the_declared_kind() -> None:
    ran = run(ALL_BLOCKS, horizon=3)
    kinds = {"int64": int, "float64": float, "str": str, "bool": bool}
    for name, schema in ENGINE.table_schemas(TapsParams()).items():
        for column in schema.columns:
            values = ran.tables[name][column.name]
            assert {type(value) for value in values} == {kinds[column.kind]}, column.name


def test_rows_are_sorted_by_a_unique_key() -> None:
    ran = run({**ALL_BLOCKS, "public_tap.initial_active": 3.0}, horizon=5)
    for name, schema in ENGINE.table_schemas(TapsParams()).items():
        keys = list(zip(*(ran.tables[name][key] for key in schema.key), strict=True))
        assert keys == sorted(set(keys)), name
        assert keys, name


def test_month_before_is_null_without_an_opening_base() -> None:
    ran = run({"private_tap.initial_active": 4.0})
    before = ran.tables[PUBLIC]["active_customers_before"]
    assert math.isnan(before[0])
    assert before[1:] == ran.tables[PUBLIC]["active_customers"][:-1]
    assert ran.tables[PRIVATE]["active_clients_before"][0] == 4.0


def test_only_tables_asked_for_are_written() -> None:
    ran = run(wanted={CAPACITY})
    assert list(ran.tables) == [CAPACITY]
    assert ran.outcome == run().outcome


def test_monthly_draws_are_empty_while_no_block_is_on() -> None:
    assert run().rows("monthly_draws") == []


def test_monthly_draws_list_the_addressed_uniforms() -> None:
    ran = run(ALL_BLOCKS, replicate=4, seed=7)
    draws = DrawSource(seed=7).for_run(4, ENGINE.streams)
    rows = ran.rows("monthly_draws")
    assert len(rows) == 7 * 18
    names = {stream.replace(".", "_"): stream for stream in ENGINE.streams}
    assert {row[1] for row in rows} == set(names)
    for scope, variable_id, month, uniform, _ in rows:
        assert uniform == draws.uniform(names[variable_id], step=month, entities=0)
        assert variable_id.startswith(f"{scope}_")


def test_month_values_are_used() -> None:
    ran = run(ALL_BLOCKS)
    values: dict[str, list[float]] = {}
    for _, variable_id, _, _, value in ran.rows("monthly_draws"):
        values.setdefault(variable_id, []).append(value)
    columns = {
        "public_tap_cac": ran.tables[PUBLIC]["cac_eur"],
        "public_tap_cvr": ran.tables[PUBLIC]["cvr"],
        "public_tap_tokens_per_conversion": ran.tables[PUBLIC]["tokens_per_conversion"],
        "public_tap_churn": ran.tables[PUBLIC]["churn_rate_mom"],
        "private_tap_cac": ran.tables[PRIVATE]["private_cac_eur"],
        "private_tap_hours_per_client": ran.tables[PRIVATE]["hours_per_client"],
        "private_tap_churn": ran.tables[PRIVATE]["churn_rate_mom"],
    }
    assert values == columns
    assert all(len(set(column)) > 1 for column in columns.values())


def test_constant_spread_of_zero_keeps_the_quantised_centre() -> None:
    ran = run(
        {
            "public_tap.monthly.cac.distribution": "normal",
            "public_tap.cac_sd_eur": 0.0,
            "public_tap.cac_base_eur": 52.5,
        }
    )
    assert ran.tables[PUBLIC]["cac_eur"] == [55.0] * 18
    assert len({row[3] for row in ran.rows("monthly_draws")}) == 18


def test_cohorts_cover_every_month_from_their_own() -> None:
    ran = run({"public_tap.initial_active": 10.0}, horizon=3)
    public = [row[1:] for row in ran.rows("cohorts") if row[0] == "public_tap"]
    private = [row[1:3] for row in ran.rows("cohorts") if row[0] == "private_tap"]
    assert [row[:2] for row in public] == [
        (0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3),
    ]  # fmt: skip
    assert private == [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]
    assert public[2][2:] == pytest.approx((10.0, 10.0 * 0.97**3, 0.97**3))
    assert public[3][2:] == (20.0, 20.0, 1.0)


def test_private_money_adds_hours_and_fee() -> None:
    ran = run({"private_tap.management_fee_eur_per_client_month": 2.0})
    table = ran.tables[PRIVATE]
    for row in range(18):
        active, hours = table["active_clients"][row], table["hours"][row]
        assert hours == pytest.approx(active * 10)
        assert table["fee_revenue_eur"][row] == pytest.approx(active * 2)
        assert table["revenue_eur"][row] == pytest.approx(hours * 0.735 + active * 2)
        assert table["cogs_eur"][row] == pytest.approx(hours * 0.525)
        assert table["churned_clients"][row] == pytest.approx(
            0.03 * (table["active_clients"][row - 1] if row else 0.0)
        )
    assert ran.metric("private_price_margin_pct") == pytest.approx(28.5714, abs=5e-5)
    assert ran.metric("private_gross_margin_pct") > 28.6


def test_capacity_is_limited_but_the_need_is_not() -> None:
    ran = run(
        {
            "public_tap.tokens_per_conversion_mean": 1e9,
            "public_tap.capacity.min_instances": 60,
            "public_tap.capacity.max_instances": 100,
        }
    )
    table = ran.tables[CAPACITY]
    assert table["instances_needed"][:2] == [83, 87]
    assert table["instances_deployed"] == [min(max(n, 60), 100) for n in table["instances_needed"]]
    assert table["capacity_violation"] == [n > 100 for n in table["instances_needed"]]
    assert ran.metric("capacity_peak_instances") == max(table["instances_needed"])
    assert ran.metric("capacity_violation_months") == sum(table["capacity_violation"]) > 0


def test_metrics_are_declared_present_and_finite() -> None:
    for overrides, horizon in (({}, 18), ({}, 1), (ALL_BLOCKS, 40)):
        ran = run(overrides, horizon=horizon)
        assert set(ran.outcome.metrics) == set(ENGINE.metric_names(TapsParams()))
        for name, value in ran.outcome.metrics.items():
            assert isinstance(value, Null) or math.isfinite(value), name


@pytest.mark.parametrize(
    ("metric", "overrides", "horizon", "reason"),
    [
        ("public_blended_cac_eur", {"public_tap.budget_month0_eur": 0}, 18, "no customer is"),
        ("public_floor_loss_pct", {"public_tap.budget_month0_eur": 0}, 18, "no budget in any"),
        ("public_gross_margin_pct", {"public_tap.budget_month0_eur": 0}, 18, "no revenue within"),
        ("public_min_growth_mom_pct", {}, 1, "no month to compare"),
        ("public_payback_month", {}, 18, "not within the horizon"),
    ],
)
def test_metric_without_a_value_says_why(
    metric: str, overrides: dict[str, float], horizon: int, reason: str
) -> None:
    value = run(overrides, horizon=horizon).metric(metric)
    assert isinstance(value, Null)
    assert value.reason.startswith(reason)


def test_one_month_has_no_fall() -> None:
    assert run(horizon=1).metric("public_monotone_first_fail_month") == 0


def test_payback_is_the_first_month_that_has_paid() -> None:
    ran = run({"private_tap.markup_pct": 1000.0, "private_tap.initial_active": 20.0})
    table = ran.tables[PRIVATE]
    paid = [
        math.fsum(table["gross_margin_eur"][:m]) >= math.fsum(table["private_budget_eur"][:m])
        for m in range(1, 19)
    ]
    assert ran.metric("private_payback_month") == paid.index(True) + 1


def test_running_totals_are_those_of_fsum_at_any_length() -> None:
    values = [(-1) ** k * 10.0 ** ((k * 7) % 33 - 16) / 3 for k in range(200)]
    assert running_totals(values) == [math.fsum(values[:m]) for m in range(1, 201)]


def test_exact_parts_keep_the_sum() -> None:
    values = [1e16, 1.0, 1e-16]
    assert sum(map(Fraction, exact_parts(values))) == sum(map(Fraction, values))
    assert exact_parts([0.5, -0.5]) == []
