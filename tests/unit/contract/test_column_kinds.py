"""Columns beyond plain numbers: ids, categories, dates and timestamps, written and spelled."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.contract import (
    Column,
    EngineError,
    TableHasher,
    TableSchema,
    column_data,
    pattern_faults,
    spell,
    table_data,
)

STATUS = Column(name="status", kind="category", categories=("paid", "failed"), nullable=True)
DAY = Column(name="day", kind="date", nullable=True)
MOMENT = Column(name="at", kind="timestamp", nullable=True)
CUSTOMER = Column(name="customer_id", kind="id", pattern="cust_{:08d}")
WEEK = Column(name="week", kind="int16")
INVOICE = Column(
    name="invoice_id",
    kind="id",
    pattern="inv_{customer_id:08d}_w{week:04d}_{status}",
    codes={"status": {"paid": "p", "failed": "f"}},
)
INVOICES = TableSchema(
    name="invoices", key=("customer_id", "week"), columns=(INVOICE, CUSTOMER, WEEK, STATUS)
)


def test_categories_are_written_as_positions_or_texts() -> None:
    coded = column_data("t", STATUS, np.array([1, -1, 0], dtype=np.int8))
    texts = column_data("t", STATUS, ["failed", None, "paid"])
    assert coded.values.tolist() == texts.values.tolist() == [1, 0, 0]
    assert coded.nulls is not None
    assert coded.nulls.tolist() == [False, True, False]
    assert texts.nulls is not None
    assert texts.nulls.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (np.array([2]), "2 to 2 were written for 2 categories"),
        (np.array([-2]), "-2 to -2 were written for 2 categories"),
        (["payed"], "'payed' was written, it is no category; did you mean paid"),
        ([1.5], "1.5 was written, it is no category"),
    ],
)
def test_a_wrong_category_is_refused(written: Any, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        column_data("t", STATUS, written)


def test_a_null_category_needs_a_nullable_column() -> None:
    column = Column(name="status", kind="category", categories=("paid",))
    with pytest.raises(EngineError, match="row 1 of a write is null"):
        column_data("t", column, np.array([0, -1]))


@given(st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1))))
def test_dates_are_the_same_however_they_are_written(days: list[dt.date]) -> None:
    array = np.array(days, dtype="datetime64[D]")
    expected = [(day - dt.date(1970, 1, 1)).days for day in days]
    for written in (days, array, array.astype(np.int64), array.astype(np.int64).astype(np.int32)):
        data = column_data("t", DAY, written)
        assert data.values.dtype == np.int32
        assert data.values.tolist() == expected


@given(st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1))))
def test_timestamps_are_the_same_however_they_are_written(moments: list[dt.datetime]) -> None:
    whole = [m.replace(microsecond=m.microsecond // 1000 * 1000) for m in moments]
    array = np.array(whole, dtype="datetime64[ms]")
    aware = [m.replace(tzinfo=dt.UTC) for m in whole]
    eastern = [m.astimezone(dt.timezone(dt.timedelta(hours=-5))) for m in aware]
    for written in (whole, aware, eastern, array, array.astype(np.int64)):
        data = column_data("t", MOMENT, written)
        assert data.values.dtype == np.int64
        assert data.values.tolist() == array.astype(np.int64).tolist()


@pytest.mark.parametrize(
    ("column", "written", "said"),
    [
        (DAY, [dt.datetime(2025, 1, 1, 8)], "a date without time is allowed"),
        (DAY, np.array(["2025-01-01T08"], "datetime64[h]"), "a date without time is allowed"),
        (DAY, np.array([2**40]), "do not fit date"),
        (DAY, [20000], "a date without time is allowed"),
        (DAY, [True], "a date without time is allowed"),
        (MOMENT, [dt.date(2025, 1, 1)], "a timestamp is allowed"),
        (MOMENT, np.array(["2025-01-01T08:00:00.0005"], "datetime64[us]"), "whole milliseconds"),
        (CUSTOMER, ["cust_00000001"], "not id"),
        (CUSTOMER, np.array([1.0]), "not id"),
    ],
)
def test_what_does_not_fit_is_refused(column: Column, written: Any, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        column_data("t", column, written)


@pytest.mark.parametrize("column", [DAY, MOMENT])
def test_nulls_are_masked_nat_or_none(column: Column) -> None:
    day = dt.date(2025, 1, 2) if column is DAY else dt.datetime(2025, 1, 2)
    unit = "D" if column is DAY else "ms"
    ticks = np.array(["2025-01-02", "NaT"], f"datetime64[{unit}]")
    number = int(ticks.astype(np.int64)[0])
    masked = np.ma.MaskedArray([number, 7], mask=[False, True])
    for written in ([day, None], ticks, masked):
        data = column_data("t", column, written)
        assert data.values.tolist() == [number, 0]
        assert data.nulls is not None
        assert data.nulls.tolist() == [False, True]


def test_an_id_is_spelled_from_its_own_number_or_from_other_columns() -> None:
    columns = {"customer_id": [7, 8], "week": [0, 12], "status": ["paid", None]}
    assert spell("customer_id", CUSTOMER.pattern, {}, columns) == ["cust_00000007", "cust_00000008"]
    spelled = spell("invoice_id", INVOICE.pattern, INVOICE.codes, columns)
    assert spelled == ["inv_00000007_w0000_p", None]


def test_a_composed_id_is_not_written() -> None:
    assert INVOICES.column_names == ("customer_id", "week", "status")
    written = {"customer_id": [1], "week": [2], "status": ["paid"]}
    assert set(table_data(INVOICES, written)) == {"customer_id", "week", "status"}
    with pytest.raises(EngineError, match="invoice_id is composed of other columns"):
        table_data(INVOICES, {**written, "invoice_id": ["inv"]})


def test_the_hash_follows_values_and_spelling_but_not_batches() -> None:
    rows = {"customer_id": np.arange(9), "week": np.arange(9), "status": np.arange(9) % 3 - 1}

    def digest(schema: TableSchema, cuts: tuple[int, ...], wanted: dict[str, Any]) -> str:
        hasher = TableHasher(schema)
        for low, high in zip((0, *cuts), (*cuts, 9), strict=True):
            hasher.update(table_data(schema, {n: v[low:high] for n, v in wanted.items()}))
        return hasher.hexdigest()

    whole = digest(INVOICES, (), rows)
    assert digest(INVOICES, (1, 5), rows) == whole
    assert digest(INVOICES, (), {**rows, "status": (np.arange(9) + 1) % 3 - 1}) != whole
    other = TableSchema(
        name="invoices",
        key=INVOICES.key,
        columns=(
            Column(name="invoice_id", kind="id", pattern="i_{customer_id:08d}_w{week:04d}"),
            *INVOICES.columns[1:],
        ),
    )
    assert digest(other, (), rows) != whole


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (Column(name="x", kind="id", pattern="cust"), "has no field"),
        (Column(name="x", kind="id", pattern="cust_{:d}_{week}"), "mixes its own number"),
        (Column(name="x", kind="id", pattern="cust_{weak}"), "names weak"),
        (Column(name="x", kind="id", pattern="cust_{"), "pattern 'cust_{'"),
        (
            Column(name="x", kind="id", pattern="{status}", codes={"status": {"paid": "p"}}),
            "codes of status miss failed",
        ),
        (Column(name="x", kind="id", pattern="{week}", codes={"status": {}}), "codes name status"),
    ],
)
def test_a_wrong_pattern_is_named(column: Column, said: str) -> None:
    others = {other.name: other for other in INVOICES.columns}
    assert any(said in fault for fault in pattern_faults(column, others))
