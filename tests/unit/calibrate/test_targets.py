"""Targets are read from mappings and files, and refused together when something is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.calibrate.points import Point
from runner.calibrate.targets import read_targets
from runner.contract import Problem
from runner.registry import load_engine
from tests.calibrate_support import target

LINEAR = load_engine("linear_null")


def read(written: Any, folder: Path | None = None) -> tuple[tuple[Point, ...], list[Problem]]:
    folders = () if folder is None else (str(folder),)
    return read_targets(written, LINEAR, LINEAR.params(), 6, folders)


def faults(written: Any, folder: Path | None = None) -> list[str]:
    return [str(problem) for problem in read(written, folder)[1]]


def test_a_scalar_with_a_standard_error_or_a_tolerance() -> None:
    bounded = {k: v for k, v in target("share_above", 0.5, 0, "fraction").items() if k != "se"}
    points, wrong = read({"a": target("mean_outcome", 12, 0.5), "b": {**bounded, "tolerance": 0.1}})
    assert wrong == []
    assert [(p.name, p.metric, p.value, p.se) for p in points[:1]] == [
        ("a", "mean_outcome", 12, 0.5)
    ]
    assert points[1].se == pytest.approx(0.1 / 1.96, rel=1e-4)
    assert points[1].tolerance == 0.1


CURVE = {
    "table": "outcomes_by_period", "column": "mean_outcome", "unit": "outcome", "source": "s",
}  # fmt: skip


def test_a_curve_by_period() -> None:
    points, wrong = read({"c": {**CURVE, "values": {1: 10, 3: 11}, "se": {1: 0.1, 3: 0.2}}})
    assert wrong == []
    told = [(p.name, p.period_column, p.period, p.value, p.se) for p in points]
    assert told == [("c.1", "period", 1, 10, 0.1), ("c.3", "period", 3, 11, 0.2)]


def test_a_table_of_metrics() -> None:
    values = {"light": {"mean_outcome": 10}, "heavy": {"mean_outcome": 12.5}}
    table = {"pattern": "{column}.{row}", "values": values, "se": 0.1, "unit": "outcome"}
    points, wrong = read({"t": {**table, "source": "s"}})
    assert wrong == []
    assert [(p.name, p.metric, p.value) for p in points] == [
        ("t.light.mean_outcome", "mean_outcome.light", 10),
        ("t.heavy.mean_outcome", "mean_outcome.heavy", 12.5),
    ]


def test_files_of_curves_tables_and_scalars(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("period,value,se,role\n1,10,0.1,fit\n6,11,0.3,hold_out\n")
    (tmp_path / "t.csv").write_text("row,value\nlight,10\nheavy,12\n")
    (tmp_path / "s.csv").write_text(
        "metric,value,se,unit,source\nmean_outcome,12,0.4,outcome,survey\n"
    )
    shared = {"unit": "outcome", "source": "s"}
    points, wrong = read(
        {
            "c": {**CURVE, "csv": "c.csv"},
            "t": {**shared, "pattern": "mean_outcome.{row}", "se": 0.2, "csv": "t.csv"},
            "s": {"csv": "s.csv"},
        },
        tmp_path,
    )
    assert wrong == []
    assert [(p.name, p.value, p.se, p.role) for p in points] == [
        ("c.1", 10, 0.1, "fit"), ("c.6", 11, 0.3, "hold_out"), ("t.light", 10, 0.2, "fit"),
        ("t.heavy", 12, 0.2, "fit"), ("s.mean_outcome", 12, 0.4, "fit"),
    ]  # fmt: skip
    assert points[-1].source == "survey"


def test_null_takes_a_target_away() -> None:
    assert [p.name for p in read({"a": None, "b": target("mean_outcome", 1, 1)})[0]] == ["b"]


GOOD = target("mean_outcome", 12, 0.5)
BAD = [
    ({**GOOD, "unit": "percent"}, "targets.a.unit = percent: must be outcome, the unit of mean_o"),
    ({**GOOD, "metric": "mean_outcom"}, "names no metric; did you mean mean_outcome?"),
    ({**GOOD, "se": 0}, "targets.a.se = 0: must be > 0"),
    ({**GOOD, "tolerance": 0.1}, "give one of se (standard error) and tolerance"),
    ({**GOOD, "value": "much"}, "targets.a.value = much: must be a finite number"),
    ({**GOOD, "source": ""}, "must say where the number comes from"),
    ({**GOOD, "role": "train"}, "targets.a.role = train: must be one of fit, hold_out"),
    ({**GOOD, "role": "hold_out"}, "targets: none of them has role fit"),
    ({**GOOD, "weight": 2}, "targets.a.weight: unknown field; known: metric, value"),
    (3, "targets.a = 3: must be a mapping such as"),
    ({**CURVE, "table": "outcome_by_period", "values": {1: 1}, "se": 1},
     "names no table; did you mean outcomes_by_period?"),
    ({**CURVE, "column": "means", "values": {1: 1}, "se": 1}, "names no number in outcomes_by_per"),
    ({**CURVE, "values": {7: 1}, "se": 1}, "must be a period of the run, at most horizon = 6"),
    ({**CURVE, "se": 1}, "targets.a.values: must map period to numbers"),
    ({**CURVE, "csv": "nowhere.csv", "se": 1}, "must be a readable file; looked in"),
    ({"pattern": "mean_outcome", "source": "s"}, "must hold {row}"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "text"), BAD, ids=[text[:40] for _, text in BAD])
def test_refused(written: Any, text: str) -> None:
    assert any(text in fault for fault in faults({"a": written})), faults({"a": written})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("period,valu\n1,2\n", "c.csv:1: column value is missing; needed: period, value"),
        ("period,valu,value\n1,2,2\n", "c.csv:1 = valu: unknown column; known: period, value, se"),
        ("period,value\n1,two\n", "c.csv:2: value = two: must be a number"),
        ("period,value\n", "targets.a.csv = c.csv: holds no rows"),
        ("", "c.csv:1: column period is missing; needed: period, value"),
        ("period;value\n1;2\n", "c.csv:1 = period;value: export with commas, not semicolons"),
        ("period,value,value\n1,2,3\n", "c.csv:1 = value: stands 2 times; must be there once"),
        ("period,value\n\n1,two\n", "c.csv:3: value = two: must be a number"),
        ("period,value\n1,1,234.5\n", "c.csv:2: has 3 fields, the header has 2"),
        ("period,value\n1,10\n2,11\n1.0,12\n", "c.csv:4 = a.1: stands at c.csv:2 too"),
    ],
)
def test_refused_files(content: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(content)
    found = faults({"a": {**CURVE, "se": 1, "csv": "c.csv"}}, tmp_path)
    assert any(text in fault for fault in found), found


def test_no_targets_at_all() -> None:
    assert faults({}) == [
        "targets: there is none: choose some, as in targets=NAME, or write them below `targets`"
    ]
