"""Reading and cleaning: refunds, equal days, dates, zones, and what is refused."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engines.clv import table_files
from engines.clv.tests.support import merged, read, shop_rows, write_csv
from engines.clv.transactions import entities_of
from runner.contract import PlanError

HALF = {"window": {"calibration_units": 26}}


def refused(file, *trees) -> str:
    with pytest.raises(PlanError) as caught:
        read(file, HALF, *trees)
    return str(caught.value)


def history(data, customer: str) -> list[tuple[str, float]]:
    place = data.purchases.ids.tolist().index(customer)
    rows = slice(data.purchases.offset[place], data.purchases.offset[place + 1])
    days = data.purchases.tick[rows].astype("datetime64[D]").astype(str)
    return list(zip(days.tolist(), data.purchases.revenue[rows].tolist(), strict=True))


def with_rows(tmp_path, *rows):
    return write_csv(tmp_path / "shop.csv", [*shop_rows(), *rows])


def test_rows_of_one_day_are_one_purchase_and_order_does_not_matter(tmp_path):
    rows = [*shop_rows(), ("x", "2024-02-01", "1.10"), ("x", "2024-02-01T18:30:00", "2.20"),
            ("x", "20240201", "3.30"), ("x", "2024-03-05 01:02:03", "4")]  # fmt: skip
    one = read(write_csv(tmp_path / "a.csv", rows), HALF)
    two = read(write_csv(tmp_path / "b.csv", rows[::-1]), HALF)
    assert [day for day, _ in history(one, "x")] == ["2024-02-01", "2024-03-05"]
    assert history(one, "x")[0][1] == pytest.approx(6.6)
    assert one.report == two.report
    for name in ("ids", "offset", "tick", "revenue", "entity"):
        first, second = getattr(one.purchases, name), getattr(two.purchases, name)
        assert first.tolist() == second.tolist()


def test_refunds_are_netted_per_day(tmp_path):
    file = with_rows(
        tmp_path, ("full", "2024-01-05", "19.99"), ("full", "2024-02-05", "19.99"),
        ("full", "2024-02-05", "-19.99"), ("part", "2024-01-05", "20"),
        ("part", "2024-02-05", "30"), ("part", "2024-02-05", "-10"),
        ("only", "2024-01-05", "8"), ("only", "2024-04-05", "-8"),
        ("never", "2024-03-03", "-5"),
    )  # fmt: skip
    data = read(file, HALF)
    assert history(data, "full") == [("2024-01-05", 19.99)]
    assert history(data, "part") == [("2024-01-05", 20.0), ("2024-02-05", 20.0)]
    assert history(data, "only") == [("2024-01-05", 8.0)]
    assert "never" not in data.purchases.ids.tolist()
    assert data.report["negative_rows"] == 4
    assert data.report["refund_only_days"] == 3
    assert data.report["refund_only_revenue"] == pytest.approx(-13.0)
    dropped = read(file, HALF, {"data": {"refund_policy": "drop"}})
    assert history(dropped, "full") == [("2024-01-05", 19.99), ("2024-02-05", 19.99)]
    text = refused(file, {"data": {"refund_policy": "error"}})
    assert "4 values are negative: row " in text
    assert "net and drop accept refunds" in text


def test_days_of_zero_revenue(tmp_path):
    file = with_rows(tmp_path, ("z", "2024-01-05", "9"), ("z", "2024-02-05", "0"))
    assert len(history(read(file, HALF), "z")) == 2
    assert len(history(read(file, HALF, {"data": {"zero_revenue": "drop"}}), "z")) == 1


def test_ids_keep_leading_zeros(tmp_path):
    data = read(with_rows(tmp_path, ("007", "2024-01-05", "9"), ("7", "2024-01-06", "9")), HALF)
    assert {"007", "7"} <= set(data.purchases.ids.tolist())
    assert entities_of(np.array(["007", "7"], dtype=object)).max() < 2**63


def test_slots_count_whole_numbers_by_size(tmp_path):
    rows = [(str(i), "2024-01-01", "5") for i in range(40)]
    rows += [("3", "2024-02-01", "5"), ("3", "2024-12-01", "5")]
    data = read(write_csv(tmp_path / "n.csv", rows), HALF)
    assert data.purchases.ids[data.slot_order].tolist() == [str(i) for i in range(40)]
    assert data.purchases.ids.tolist() == sorted(str(i) for i in range(40))


def test_stamps_with_a_zone_become_days_of_that_zone(tmp_path):
    rows = [(i, f"{day}T12:00:00Z", v) for i, day, v in shop_rows()]
    rows += [("t", "2024-01-05T23:30:00Z", "1"), ("t", "2024-02-05T23:30:00+02:00", "1")]
    file = write_csv(tmp_path / "z.csv", rows)
    days = {
        zone: [d for d, _ in history(read(file, HALF, {"data": {"timezone": zone}}), "t")]
        for zone in ("UTC", "Europe/Vienna")
    }
    assert days == {
        "UTC": ["2024-01-05", "2024-02-05"], "Europe/Vienna": ["2024-01-06", "2024-02-05"],
    }  # fmt: skip
    assert "stamps have a time zone; set data.timezone" in refused(file)


def test_mixed_stamps_and_naive_stamps_with_a_zone_are_refused(tmp_path):
    file = with_rows(tmp_path, ("t", "2024-01-05T23:30:00Z", "1"))
    assert "stamps with a time zone and" in refused(file)
    plain = write_csv(tmp_path / "plain.csv", shop_rows())
    assert "stamps have no time zone" in refused(plain, {"data": {"timezone": "UTC"}})


def test_other_formats_need_to_be_told(tmp_path):
    rows = [(i, f"{d[8:]}.{d[5:7]}.{d[:4]}", v) for i, d, v in shop_rows()]
    file = write_csv(tmp_path / "dots.csv", rows)
    assert "for others set data.date_format" in refused(file)
    told = {"data": {"date_format": "%d.%m.%Y"}}
    usual = read(write_csv(tmp_path / "iso.csv", shop_rows()), HALF)
    assert read(file, HALF, told).purchases.tick.tolist() == usual.purchases.tick.tolist()


def test_parquet_and_gzip_hold_the_same(tmp_path):
    plain = write_csv(tmp_path / "shop.csv", shop_rows())
    packed = tmp_path / "shop.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    frame = pd.read_csv(plain, parse_dates=["order_date"])
    frame.to_parquet(tmp_path / "shop.parquet")
    one = read(plain, HALF)
    for file in (packed, tmp_path / "shop.parquet"):
        two = read(file, HALF)
        assert two.purchases.tick.tolist() == one.purchases.tick.tolist()
        assert two.purchases.ids.tolist() == one.purchases.ids.tolist()
        assert two.purchases.revenue.tolist() == one.purchases.revenue.tolist()


def test_windows_follow_dates(tmp_path):
    file = write_csv(tmp_path / "shop.csv", shop_rows())
    dated = {"window": {"calibration_end": "2024-05-31", "observation_end": "2024-08-31"}}
    windows = read(file, dated).windows
    assert windows.holdout_units == pytest.approx(92 / 7)
    assert read(file, dated).purchases.tick.max() <= windows.observation_end
    later = merged(dated, {"window": {"acquisition_start": "2024-01-05"}})
    assert read(file, later).report["customers_outside_acquisition"] == 8


BAD_ROWS = {
    "dates": (("d", "2024-02-30", "5"), "1 value is no dates: row "),
    "amounts": (("d", "2024-02-03", "five"), "1 value is missing, infinite or no numbers: row "),
    "infinite": (("d", "2024-02-03", "inf"), "1 value is missing, infinite or no numbers: row "),
    "empty id": (("", "2024-02-03", "5"), "1 value is empty ids: row "),
}


@pytest.mark.parametrize("case", list(BAD_ROWS))
def test_bad_rows_are_counted_and_named(tmp_path, case):
    row, text = BAD_ROWS[case]
    said = refused(with_rows(tmp_path, row))
    assert f"{text}{len(shop_rows()) + 1} " in said


def test_all_faults_of_a_file_are_told_together(tmp_path):
    rows = [("", "never", "much"), *[("a", "x", "5")] * 6]
    said = refused(write_csv(tmp_path / "bad.csv", rows))
    assert "3 problems" in said
    assert "7 values are no dates: row 1 never, row 2 x, row 3 x, row 4 x, row 5 x, ..." in said


def test_files_that_cannot_be_used(tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert f"params.data.path = {empty}: cannot be read as a table" in refused(empty)
    assert "has 0 rows" in refused(write_csv(tmp_path / "head.csv", []))
    few = write_csv(tmp_path / "few.csv", shop_rows(20))
    assert "20 customers bought up to 2024-06-30; at least 30 are needed" in refused(few)
    one = write_csv(tmp_path / "one.csv", [("a", "2024-01-01", "5"), ("a", "2024-12-01", "5")])
    assert "1 customers bought up to" in refused(one)
    once = [(f"c{i}", f"2024-{1 + i % 12:02d}-01", "5") for i in range(90)]
    assert "nothing to estimate a rate from" in refused(write_csv(tmp_path / "once.csv", once))
    refund = write_csv(tmp_path / "refund.csv", [("a", "2024-01-01", "-5")] * 3)
    assert "has no purchase days" in refused(refund)


def test_missing_columns_are_named_with_those_found(tmp_path):
    file = write_csv(tmp_path / "c.csv", shop_rows(), header=("customer", "order_date", "amount"))
    said = refused(file)
    for name in ("customer_id", "revenue"):
        assert f"params.data.columns.{name} = {name}: is no column of the file" in said
    assert "columns found: customer, order_date, amount" in said


@pytest.mark.parametrize("rows", ["one", "all"])
def test_rows_with_surplus_fields_are_refused(tmp_path, rows):
    """A number with a thousands comma and no quotes would count as what stands before it."""
    amounts = [("1,234.50" if rows == "all" or not i else "5") for i in range(len(shop_rows()))]
    lines = [f"{c},{day},{a}" for (c, day, _), a in zip(shop_rows(), amounts, strict=True)]
    file = tmp_path / "thousands.csv"
    file.write_text("\n".join(["customer_id,order_date,revenue", *lines]) + "\n")
    said = refused(file)
    assert "cannot be read as a table" in said
    assert "fields" in said
    assert "a field that holds a comma stands in double quotes" in said
    file.write_text(file.read_text().replace("1,234.50", '"1,234.50"'))
    assert "no numbers: row 1 1,234.50" in refused(file)


def test_surplus_fields_far_down_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "_CHUNK_ROWS", 7)
    file = with_rows(tmp_path, ("a", "2024-01-01", "5"))
    assert read(file, HALF).purchases.revenue.size
    file.write_text(file.read_text() + "a,2024-01-01,5,6\n")
    assert "cannot be read as a table" in refused(file)


def test_columns_that_stand_twice_are_refused(tmp_path):
    rows = [(*row, "999") for row in shop_rows()]
    header = ("customer_id", "order_date", "revenue", "revenue")
    said = refused(write_csv(tmp_path / "twice.csv", rows, header=header))
    assert "params.data.columns.revenue = revenue: stands 2 times in the header" in said
    table = pa.table([[*column] for column in zip(*rows, strict=True)], names=list(header))
    pq.write_table(table, tmp_path / "twice.parquet")
    assert "revenue: stands 2 times in the header" in refused(tmp_path / "twice.parquet")


def test_files_with_semicolons_are_told_how_to_export(tmp_path):
    file = with_rows(tmp_path)
    file.write_text(file.read_text().replace(",", ";"))
    said = refused(file)
    assert "columns found: customer_id;order_date;revenue; export with commas" in said


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    file = with_rows(tmp_path)
    plain = read(file, HALF)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read(file, HALF).purchases.revenue.tolist() == plain.purchases.revenue.tolist()


def test_windows_outside_the_data_are_refused(tmp_path):
    file = write_csv(tmp_path / "shop.csv", shop_rows())
    said = refused(file, {"window": {"calibration_end": "2030-01-01"}})
    assert "params.window.calibration_end = 2030-01-01" in said
    assert "2024-01-01 to 2024-12-31" in said
    assert "calibration_units" in refused(file, {"window": {"calibration_units": 60}})
    dates = {"calibration_end": "2024-06-30", "observation_end": "2024-05-31"}
    assert "at the latest on 2024-05-31" in refused(file, {"window": dates})


def test_cohort_column_is_constant_per_customer(tmp_path):
    header = ("customer_id", "order_date", "revenue", "channel")
    rows = [(*row, "ads" if row[0] < "c020" else "") for row in shop_rows()]
    told = {"data": {"columns": {"cohort": "channel"}}}
    data = read(write_csv(tmp_path / "c.csv", rows, header), HALF, told)
    assert set(data.purchases.cohort.tolist()) == {"ads", "(missing)"}
    mixed = write_csv(tmp_path / "m.csv", [*rows, ("c001", "2024-03-03", "5", "shop")], header)
    assert "c001 has ads and shop" in refused(mixed, told)
