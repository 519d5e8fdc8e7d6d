"""Rules on the rows of tables: the specification's vectors, edges of exceptions, series."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from runner.accept.steps import check_rows
from runner.config.exceptions import PolicyException
from runner.config.rules import Rule
from tests.unit.accept.support import MONOTONE, customers, exception

GROWTH = replace(MONOTONE, kind="min_growth", bounds=(0.05, math.inf))
BAND = replace(MONOTONE, kind="between", bounds=(10.0, 20.0), previous=None, tolerance=0.0)


def found(rows: pd.DataFrame, rule: Rule, *exceptions: PolicyException) -> dict[str, object]:
    """Return the findings on the only run, and the exceptions used."""
    steps = check_rows(rows, rule, exceptions)
    assert len(steps.runs) == 1
    used = [name for name, runs in steps.used.items() if runs]
    return {**steps.runs.iloc[0].to_dict(), "used": used}


VECTOR = customers(100, 90, 95, 80)
DIP = exception("dip", 2, 2, 0.10)


def test_vector_without_exception_fails_in_month_2() -> None:
    seen = found(VECTOR, MONOTONE)
    assert (seen["failed"], seen["first_failing_period"]) == (True, 2)
    assert seen["value"] == pytest.approx(0.157895, abs=1e-6)


def test_vector_with_one_exception_fails_in_month_4() -> None:
    seen = found(VECTOR, MONOTONE, DIP)
    assert (seen["failed"], seen["first_failing_period"], seen["used"]) == (True, 4, ["dip"])


def test_vector_with_both_exceptions_passes() -> None:
    seen = found(VECTOR, MONOTONE, DIP, exception("exit", 4, 4, 0.16))
    assert (seen["failed"], seen["used"]) == (False, ["dip", "exit"])
    assert math.isnan(seen["first_failing_period"])


def test_drop_reported_is_one_that_no_exception_covers() -> None:
    seen = found(customers(100, 50, 49), MONOTONE, exception("sale", 2, 2, 0.5))
    assert seen["value"] == pytest.approx(0.02)
    assert found(customers(100, 50), MONOTONE, exception("sale", 2, 2, 0.5))["value"] == 0.5


@pytest.mark.parametrize(("first", "last", "fails"), [
    (1, 1, True), (2, 2, False), (1, 2, False), (2, 99, False), (3, 99, True),
])  # fmt: skip
def test_periods_are_inclusive(first: int, last: int, fails: bool) -> None:
    assert found(customers(100, 90), MONOTONE, exception("e", first, last, 1))["failed"] == fails


@pytest.mark.parametrize(("drop", "fails"), [
    (0.1, False), (0.1 - 0.9e-9, False), (0.1 - 1.1e-9, True), (0.0999, True),
])  # fmt: skip
def test_max_drop_has_a_slack_of_1e_9(drop: float, fails: bool) -> None:
    assert found(customers(1000, 900), MONOTONE, exception("e", 1, 9, drop))["failed"] == fails


def test_exception_to_another_rule_covers_nothing() -> None:
    other = replace(exception("e", 1, 9, 1), rule="private_monotone")
    seen = found(customers(100, 90), MONOTONE, other)
    assert (seen["failed"], seen["used"]) == (True, [])


def test_first_covering_exception_is_the_one_used() -> None:
    twice = (exception("narrow", 2, 2, 0.05), exception("a", 1, 9, 0.2), exception("b", 1, 9, 0.2))
    assert found(customers(100, 90), MONOTONE, *twice)["used"] == ["a"]


def test_base_after_an_excepted_month_is_the_month_itself() -> None:
    seen = found(customers(100, 50, 60), MONOTONE, exception("e", 2, 2, 0.5))
    assert not seen["failed"]


def test_month_1_counts_only_with_an_opening_base() -> None:
    assert found(customers(90, 95), MONOTONE)["compared"] == 1
    seen = found(customers(90, 95, opening=100), MONOTONE)
    assert (seen["compared"], seen["first_failing_period"]) == (2, 1)


def test_without_a_previous_column_a_row_is_compared_with_the_row_before() -> None:
    seen = found(customers(90, 95, opening=100), replace(MONOTONE, previous=None))
    assert (seen["compared"], seen["failed"]) == (1, False)


@pytest.mark.parametrize(("after", "fails"), [
    (1000 - 0.9e-6, False), (1000 - 1.1e-6, True), (1001, False),
])  # fmt: skip
def test_tolerance_is_relative_to_the_base(after: float, fails: bool) -> None:
    assert found(customers(1000, after), MONOTONE)["failed"] == fails


def test_small_bases_count_as_one() -> None:
    seen = found(customers(0.5, 0.2), MONOTONE)
    assert seen["value"] == pytest.approx(0.3)


def test_one_month_leaves_nothing_to_compare() -> None:
    assert found(customers(5), MONOTONE)["compared"] == 0


def test_months_without_a_value_are_not_compared() -> None:
    seen = found(customers(100, math.nan, 50), replace(MONOTONE, previous=None))
    assert seen["compared"] == 0


@pytest.mark.parametrize(("after", "fails", "drop"), [
    (105.0, False, 0.0), (104.0, True, 0.01), (90.0, True, 0.15),
])  # fmt: skip
def test_growth_below_the_target_is_a_drop(after: float, fails: bool, drop: float) -> None:
    seen = found(customers(100, after), GROWTH)
    assert (seen["failed"], seen["value"]) == (fails, pytest.approx(drop, abs=1e-12))
    cover = exception("e", 2, 2, max(drop, 1e-6))
    assert not found(customers(100, after), GROWTH, cover)["failed"]


def test_growth_tolerance_is_absolute() -> None:
    assert not found(customers(1e6, 1.05e6 - 0.9e-3), GROWTH)["failed"]
    assert found(customers(1e6, 1.05e6 - 1.1e-3), GROWTH)["failed"]


@pytest.mark.parametrize(("values", "fails", "furthest", "period"), [
    ((10, 19), False, 10, None), ((9, 25, 21), True, 25, 1), ((12, 15, 4), True, 4, 3),
])  # fmt: skip
def test_bands_on_a_column(
    values: tuple[float, ...], fails: bool, furthest: float, period: int | None
) -> None:
    seen = found(customers(*values), BAND)
    assert (seen["failed"], seen["value"]) == (fails, furthest)
    assert seen["first_failing_period"] == period or math.isnan(seen["first_failing_period"])


@pytest.mark.parametrize(("bounds", "tolerance", "value", "fails"), [
    ((3.0, 3.0), 0.0, 3.0, False), ((3.0, 3.0), 0.0, 3.0000001, True),
    ((3.0, 3.0), 0.1, 3.05, False), ((-math.inf, 3.0), 0.0, -1e300, False),
    ((-math.inf, 3.0), 0.0, 3.1, True), ((3.0, math.inf), 0.0, 2.9, True),
])  # fmt: skip
def test_equals_at_most_at_least(
    bounds: tuple[float, float], tolerance: float, value: float, fails: bool
) -> None:
    rule = replace(BAND, bounds=bounds, tolerance=tolerance)
    assert found(customers(value), rule)["failed"] == fails


def test_series_are_not_compared_with_each_other() -> None:
    rows = pd.DataFrame({
        "run_id": "r", "shop": ["a", "a", "b", "b"], "month": [1, 2, 1, 2],
        "active": [10.0, 11.0, 1.0, 2.0],
    })  # fmt: skip
    alone = replace(MONOTONE, previous=None, series=("shop",))
    assert found(rows, alone)["compared"] == 2
    assert not found(rows, alone)["failed"]


def test_tables_without_a_period_have_no_first_failing_period() -> None:
    seen = found(customers(5), replace(BAND, period=None))
    assert seen["failed"]
    assert math.isnan(seen["first_failing_period"])


def test_runs_are_judged_apart_in_order_of_appearance() -> None:
    many = pd.concat([customers(1, 2, run_id="b"), customers(9, 8, 7, run_id="a"),
                      customers(5, run_id="c")])  # fmt: skip
    steps = check_rows(many, MONOTONE, (exception("e", 2, 2, 0.5),))
    assert list(steps.runs.index) == ["b", "a", "c"]
    assert steps.runs["failed"].tolist() == [False, True, False]
    assert steps.runs["compared"].tolist() == [1, 2, 0]
    assert steps.used == {"e": {"a"}}


def test_no_rows_give_no_runs() -> None:
    assert check_rows(customers(1.0).iloc[:0], MONOTONE, ()).runs.empty


def test_integers_with_nulls_and_flags_are_numbers() -> None:
    rows = customers(1, 2)
    rows["active"] = pd.array([1, None], "Int64")
    assert found(rows, replace(BAND, bounds=(0, 1)))["compared"] == 1
    rows["active"] = [True, False]
    assert found(rows, replace(BAND, bounds=(0, 0)))["first_failing_period"] == 1


CHURN_FIVE = (20, 40.4, 62.188, 85.32236)


def test_churn_of_half_in_month_5_only() -> None:
    """Specification: A_5 = 69.66118, drop 0.183553."""
    before, fifth = CHURN_FIVE[-1], CHURN_FIVE[-1] * 0.5 + 27
    seen = found(customers(*CHURN_FIVE, fifth, fifth * 0.97 + 29), MONOTONE)
    assert fifth == pytest.approx(69.66118)
    assert (seen["failed"], seen["first_failing_period"]) == (True, 5)
    assert seen["value"] == pytest.approx(0.183553, abs=1e-6)
    assert seen["value"] == pytest.approx((before - fifth) / before)
