"""Feature tables: a mirror of groups that changes no forecast."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.clv.tests.support import file_run, shop_rows, sound, write_csv
from runner.contract import PlanError


def feature_files(folder: Path, leak: str = "") -> dict:
    crm = [(f"c{i:03d}", "gold" if i % 3 else "blue", i) for i in range(70)]
    write_csv(folder / "crm.csv", [*crm, ("nobody", "gold", 1)], ("customer_id", "tier", "points"))
    visits = [(f"c{i:03d}", f"2024-0{1 + i % 4}-10", i % 5) for i in range(60)]
    visits += [(f"c{i:03d}", "2024-11-10", 99) for i in range(60)] if leak else []
    write_csv(folder / "visits.csv", visits, ("customer_id", "date", "pages"))
    return {"data": {"feature_tables": {
        "crm": {"path": str(folder / "crm.csv")},
        "visits": {"path": str(folder / "visits.csv"), "aggregate": "sum"},
    }}}  # fmt: skip


def test_features_are_a_mirror_that_changes_no_metric(tmp_path):
    file = write_csv(tmp_path / "s.csv", shop_rows(80))
    plain, ran = file_run(file), sound(file_run(file, feature_files(tmp_path)))
    assert ran.outcome.metrics == plain.outcome.metrics
    table = ran.tables["feature_summary"]
    rows = list(
        zip(table["feature"].tolist(), table["group"].tolist(), table["n"].tolist(), strict=True)
    )
    assert [(g, n) for f, g, n in rows if f == "crm.tier"] == [
        ("(missing)", 10), ("blue", 24), ("gold", 46),
    ]  # fmt: skip
    assert {g for f, g, _ in rows if f == "crm.points"} == {
        "(missing)",
        "q1",
        "q2",
        "q3",
        "q4",
        "q5",
    }
    for name in ("crm.tier", "crm.points", "visits.pages"):
        assert sum(n for f, _, n in rows if f == name) == 80
    assert any("1 rows of feature table crm" in w for w in ran.outcome.warnings)


def test_rows_after_the_calibration_change_nothing_before_it(tmp_path):
    file = write_csv(tmp_path / "s.csv", shop_rows(80))
    columns = ("feature", "group", "holdout_n", "holdout_actual_mean")
    found = []
    for leak in ("", "yes"):
        table = file_run(file, feature_files(tmp_path, leak)).tables["feature_summary"]
        rows = zip(*(table[name].tolist() for name in columns), strict=True)
        found.append([row for row in rows if row[0] == "visits.pages" and row[2]])
    assert found[0] == found[1]


def test_cohorts_by_feature(tmp_path):
    file = write_csv(tmp_path / "s.csv", shop_rows(80))
    drift = {"drift": {"enabled": True, "cohort_by": "crm.tier", "bins": 2, "min_baseline": 20,
                       "min_cohort": 10}}  # fmt: skip
    table = file_run(file, feature_files(tmp_path), drift).tables["cohort_drift"]
    assert table["cohort"].tolist() == ["(missing)", "blue"]
    assert table["pool_n"].tolist() == [46, 46]
    wrong = {"drift": {**drift["drift"], "cohort_by": "crm.points"}}
    with pytest.raises(PlanError, match=r"text column of a table without dates; here: crm\.tier"):
        file_run(file, feature_files(tmp_path), wrong)


BAD_TABLES = [
    (("id", "tier"), [("c1", "a")], None, "customer_id: is no column"),
    (("customer_id", "tier"), [("c1", "a")], ["kind"], "kind: is no column"),
    (("customer_id", "tier"), [("c1", "a"), ("c1", "b")], None, "repeated: c1 (first in row 1)"),
    (("customer_id", "date", "tier"), [("c1", "2024-01-01", "a")], None, "cannot be summed"),
]


@pytest.mark.parametrize(
    ("header", "rows", "columns", "text"), BAD_TABLES, ids=[t[3] for t in BAD_TABLES]
)
def test_feature_tables_that_cannot_be_used(tmp_path, header, rows, columns, text):
    file = write_csv(tmp_path / "s.csv", shop_rows(40))
    bad = write_csv(tmp_path / "bad.csv", rows, header)
    table = {"path": str(bad), "aggregate": "sum", "columns": columns}
    with pytest.raises(PlanError) as caught:
        file_run(file, {"data": {"feature_tables": {"crm": table}}})
    assert text in str(caught.value)
