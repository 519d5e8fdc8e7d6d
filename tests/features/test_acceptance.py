"""Steps of `acceptance.feature`: real studies through the command line, in folders of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from tests.unit.accept.support import QUIET, tell

scenarios("acceptance.feature")


@dataclass
class Case:
    """A study being described, then what became of it."""

    capsys: pytest.CaptureFixture[str]
    words: list[str] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)

    def run(self) -> None:
        self.document = tell(self.capsys, "run", *self.words, *QUIET, "--json").document

    @property
    def place(self) -> Path:
        return Path(self.document["folder"])

    @property
    def cells(self) -> pd.DataFrame:
        return pd.read_parquet(self.place / "acceptance.parquet").set_index("rule")

    def table(self, name: str) -> pd.DataFrame:
        parts = self.place.parent.parent / "runs" / "parts" / name
        return pd.concat([pd.read_parquet(file) for file in parts.glob("*.parquet")])


@pytest.fixture
def case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Case:
    monkeypatch.chdir(tmp_path)
    return Case(capsys)


@given(parsers.parse('the engine "{engine}" with its default parameters and a horizon of {months} '
                     "months"))  # fmt: skip
def an_engine(case: Case, engine: str, months: str) -> None:
    case.words = [f"engine={engine}", f"horizon={months}"]


@given(parsers.parse('"{key}" is {value}'))
def a_value(case: Case, key: str, value: str) -> None:
    case.words.append(f"{key}={value}")


@given(parsers.parse('an exception to "{rule}" in periods {first} to {last} with max_drop {drop} '
                     "and a motivation"))  # fmt: skip
def an_exception(case: Case, rule: str, first: str, last: str, drop: str) -> None:
    entry = f"rule: {rule}, scope: public_tap, periods: [{first}, {last}], max_drop: {drop}"
    case.words.append(f'exceptions.exit={{{entry}, motivation: "leaving this market"}}')


@when("the study is run")
def run_it(case: Case) -> None:
    case.run()


@when("the tables of a run are exported as CSV")
def export_it(case: Case) -> None:
    case.run()
    run_id = pd.read_parquet(case.place / "plan.parquet")["run_id"].iloc[0]
    words = ("--tables", "all", "--export", "tables", "--format", "csv")
    assert tell(case.capsys, "rerun", run_id, *words).code == 0


@then(parsers.parse('"{column}" of "{table}" never decreases'))
def never_decreases(case: Case, column: str, table: str) -> None:
    values = case.table(table).sort_values("month")[column]
    assert len(values) == 18
    assert values.is_monotonic_increasing


@then(parsers.parse('the rules "{first}" and "{second}" pass'))
def rules_pass(case: Case, first: str, second: str) -> None:
    rules = case.document["acceptance"]["rules"]
    assert (rules[first], rules[second]) == ("pass", "pass")
    assert case.document["verdict"] == "pass"


@then(parsers.parse('the rule "{rule}" fails with first failing period {period:d}'))
def rule_fails(case: Case, rule: str, period: int) -> None:
    found = case.cells.loc[rule]
    assert (found["verdict"], found["first_failing_period"]) == ("fail", period)
    assert case.document["verdict"] == "fail"
    assert case.document["exit_code"] == 1


@then(parsers.parse('the rule "{rule}" passes and the exception is listed as used'))
def rule_passes_by_exception(case: Case, rule: str) -> None:
    assert case.cells.loc[rule, "verdict"] == "pass"
    assert case.cells.loc[rule, "exceptions"] == "exit"
    accepted = case.document["acceptance"]
    assert accepted["exceptions_used"] == {"exit": "leaving this market"}
    assert accepted["exceptions_unused"] == {}


@then(parsers.parse('the header of "{table}" begins with "{columns}"'))
def header_begins(table: str, columns: str) -> None:
    header = Path("tables", f"{table}.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == columns or header.startswith(f"{columns},")
