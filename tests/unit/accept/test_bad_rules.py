"""Rules and exceptions as written: every fault is refused by path, value and what is allowed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.config import compose_study, request_from_mapping
from runner.config.acceptance import read_rules
from runner.config.exceptions import read_exceptions
from runner.config.saved import study_from_data, study_to_data
from runner.contract import ConfigError
from runner.registry import load_engine
from tests.unit.accept.support import PUBLIC, tell

TAPS = load_engine("taps")
NULL = load_engine("linear_null")
MARGIN = {"metric": "private_price_margin_pct", "at_least": 20}
GOOD: dict[str, Any] = {
    "rule": "steady", "scope": "public_tap", "periods": [3, 4], "max_drop": 0.05,
    "motivation": "planned price test",
}  # fmt: skip


def told(rule: Any, engine: Any = TAPS, name: str = "r") -> list[str]:
    """Return the complaints about one rule."""
    return [str(p) for p in read_rules({name: rule}, engine, engine.params())[1]]


BAD_RULES: list[tuple[Any, str]] = [
    (5, "acceptance.r = 5: must be a mapping such as {metric: m, at_least: 1}"),
    ({**MARGIN, "at_last": 2}, "acceptance.r.at_last: unknown field; did you mean at_least?"),
    ({**MARGIN, "verses": 1}, "acceptance.r.verses: unknown field; did you mean versus?"),
    ({**MARGIN, "versus": "control"}, "acceptance.r.versus: needs arms to compare"),
    ({**MARGIN, "noninferior": 1}, "acceptance.r.noninferior: goes with versus: control only"),
    ({**MARGIN, "scale": "relative"}, "acceptance.r.scale: goes with versus: control only"),
    ({"metric": "capacity_violation_months"}, "acceptance.r: needs exactly one of between, "
     "at_least, at_most, equals, min_growth, rule: non_decreasing; has none"),
    ({**MARGIN, "at_most": 3}, "has at_least, at_most"),
    ({**PUBLIC, "min_growth": 0}, "has min_growth, non_decreasing"),
    ({**PUBLIC, "rule": "rising"}, "acceptance.r.rule = rising: must be non_decreasing"),
    ({**MARGIN, "at_least": "20"}, "acceptance.r.at_least = '20': must be a number"),
    ({**MARGIN, "at_least": None}, "acceptance.r.at_least = null: must be a number"),
    ({**MARGIN, "at_least": True}, "acceptance.r.at_least = true: must be a number"),
    ({**MARGIN, "at_least": float("nan")}, "acceptance.r.at_least = nan: must be a number"),
    ({**MARGIN, "at_least": 10**400}, "must be a number"),
    ({"metric": "capacity_violation_months", "between": [2, 1]},
     "acceptance.r.between = [2, 1]: must be [low, high] with low <= high"),
    ({"metric": "capacity_violation_months", "between": 3}, "between = 3: must be [low, high]"),
    ({**MARGIN, "tolerance": -1}, "acceptance.r.tolerance = -1: must be a number from 0"),
    ({**MARGIN, "pass_share": 95}, "acceptance.r.pass_share = 95: must be a number above 0 to 1"),
    ({**MARGIN, "pass_share": 0}, "acceptance.r.pass_share = 0: must be a number above 0 to 1"),
    ({**MARGIN, "margin": 1.5}, "acceptance.r.margin = 1.5: must be a number from 0 to 1"),
    ({"at_least": 1}, "acceptance.r: needs either metric, or table and column"),
    ({**MARGIN, "table": "cohorts"}, "acceptance.r: needs either metric, or table and column"),
    ({**MARGIN, "metric": "private_price_margin_pc"}, "acceptance.r.metric = "
     "private_price_margin_pc: is no metric of taps; did you mean private_price_margin_pct?"),
    ({**MARGIN, "metric": ["a"]}, "acceptance.r.metric = [a]: is no metric of taps; known: "),
    ({"metric": "public_active_end", "rule": "non_decreasing"},
     "acceptance.r: non_decreasing compares periods: it needs table and column"),
    ({**MARGIN, "column": "month"}, "acceptance.r.column = month: goes with table, not with"),
    ({**PUBLIC, "table": "public_tap_customers"}, "acceptance.r.table = public_tap_customers: is "
     "no table of taps; did you mean public_tap_customers_by_month?"),
    ({**PUBLIC, "column": "active_clients"}, "is no number column of public_tap_customers"),
    ({**PUBLIC, "previous": "before"}, "acceptance.r.previous = before: is no number column"),
    ({"table": PUBLIC["table"], "at_least": 1}, "acceptance.r.column: must be given; known: month"),
    ({"table": PUBLIC["table"], "column": "tokens", "previous": "tokens", "at_least": 1},
     "acceptance.r.previous = tokens: goes with non_decreasing and min_growth only"),
    ({"table": "public_tap_prices", "column": "margin_pct", "rule": "non_decreasing"},
     "acceptance.r.table = public_tap_prices: non_decreasing compares periods, but no whole"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "message"), BAD_RULES)
def test_bad_rules(rule: Any, message: str) -> None:
    assert any(message in line for line in told(rule)), told(rule)


@pytest.mark.parametrize("name", ["a,b", "a b", "", "a.b"])
def test_names_are_plain(name: str) -> None:
    assert "the name of a rule must be letters, digits, _ and -" in told(MARGIN, name=name)[0]
    entry = read_exceptions({name: GOOD}, (), TAPS, unread=["steady"])[1]
    assert "the name of an exception must be letters, digits, _ and -" in str(entry[0])


def test_rules_must_be_a_mapping() -> None:
    assert str(read_rules([MARGIN], TAPS, TAPS.params())[1][0]).endswith(
        "must be a mapping from rule names to rules"
    )
    assert str(read_exceptions([1], (), TAPS)[1][0]) == (
        "exceptions = [1]: must be a mapping from names to exceptions"
    )


def test_one_rule_may_have_several_faults() -> None:
    rule = {"metric": "x", "at_least": "y", "tolerance": -1, "pass_share": 2, "margin": "m"}
    assert len(told(rule)) == 5


def test_null_switches_a_rule_or_an_exception_off() -> None:
    assert read_rules({"r": None}, TAPS, TAPS.params()) == ((), [])
    assert read_exceptions({"e": None}, (), TAPS) == ((), [])
    without = read_rules({"r": {**PUBLIC, "previous": None}}, TAPS, TAPS.params())[0]
    assert without[0].previous is None


def test_scope_period_and_series_come_from_the_table() -> None:
    rules = {
        "steady": PUBLIC,
        "left": {"table": "cohorts", "column": "survivors", "at_least": 0},
        "priced": {"table": "public_tap_prices", "column": "margin_pct", "at_least": 0},
    }
    steady, left, priced = read_rules(rules, TAPS, TAPS.params())[0]
    assert (steady.scope, steady.period, steady.series) == ("public_tap", "month", ())
    assert (left.scope, left.series) == ("general", ("scope", "cohort_month"))
    assert (priced.scope, priced.period) == ("public_tap", None)


def excused(**changes: Any) -> list[str]:
    """Return the complaints about an exception in the taps engine, with fields changed."""
    rules = read_rules({"steady": PUBLIC, "margin": MARGIN}, TAPS, TAPS.params())[0]
    entry = {k: v for k, v in {**GOOD, **changes}.items() if v != "(left out)"}
    return [str(p) for p in read_exceptions({"e": entry}, rules, TAPS)[1]]


BAD_EXCEPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"rule": "stead"}, "exceptions.e.rule = stead: must be a rule that compares periods: steady; "
     "did you mean steady?"),
    ({"rule": "margin"}, "exceptions.e.rule = margin: must be a rule that compares periods"),
    ({"rule": ["steady"]}, "exceptions.e.rule = [steady]: must be a rule that compares"),
    ({"scope": "private_tap"}, "exceptions.e.scope = private_tap: must be public_tap, the scope "
     "that rule steady reads"),
    ({"rule": "x", "scope": "publictap"}, "exceptions.e.scope = publictap: must be one of "),
    ({"periods": [4, 3]}, "exceptions.e.periods = [4, 3]: must be [from, to] in whole numbers"),
    ({"periods": [0, 3]}, "exceptions.e.periods = [0, 3]: must be [from, to]"),
    ({"periods": 3}, "exceptions.e.periods = 3: must be [from, to]"),
    ({"periods": [1.0, 2]}, "exceptions.e.periods = [1.0, 2]: must be [from, to]"),
    ({"periods": [True, 2]}, "must be [from, to]"),
    ({"max_drop": 0}, "exceptions.e.max_drop = 0: must be a fraction above 0 and at most 1"),
    ({"max_drop": 5}, "exceptions.e.max_drop = 5: must be a fraction"),
    ({"max_drop": "5%"}, "exceptions.e.max_drop = 5%: must be a fraction"),
    ({"motivation": "  "}, "exceptions.e.motivation = '  ': must say why: an exception without a "
     "motivation is refused"),
    ({"motivation": 7}, "exceptions.e.motivation = 7: must say why"),
    ({"motivation": None}, "exceptions.e.motivation = null: must say why"),
    ({"motivation": "(left out)"}, "exceptions.e.motivation: must be given"),
    ({"reason": "x"}, "exceptions.e.reason: unknown field; known: rule, scope, periods"),
    ({"max_drops": 1}, "exceptions.e.max_drops: unknown field; did you mean max_drop?"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), BAD_EXCEPTIONS)
def test_bad_exceptions(changes: dict[str, Any], message: str) -> None:
    assert any(message in line for line in excused(**changes)), excused(**changes)


def test_good_exception() -> None:
    assert excused() == []
    assert excused(periods=[17, 999]) == []  # `to` may exceed the horizon


def test_all_faults_of_one_exception_are_told_together() -> None:
    assert len(excused(rule="x", scope="y", periods=1, max_drop=2, motivation="", more=1)) == 6


def test_engines_without_scopes_have_exceptions_without_scope() -> None:
    column = {"table": "outcomes_by_period", "column": "mean_outcome", "rule": "non_decreasing"}
    rules = read_rules({"steady": column}, NULL, NULL.params())[0]
    found, wrong = read_exceptions({"e": GOOD}, rules, NULL)
    assert str(wrong[0]).startswith("exceptions.e.scope: unknown field")
    entry = {k: v for k, v in GOOD.items() if k != "scope"}
    found, wrong = read_exceptions({"e": entry}, rules, NULL)
    assert (found[0].periods, wrong) == ((3, 4), [])


def test_exceptions_to_a_rule_that_cannot_be_read_are_not_blamed_for_it() -> None:
    entries = {"e": GOOD, "f": {**GOOD, "motivation": ""}}
    wrong = read_exceptions(entries, (), TAPS, unread=["steady"])[1]
    assert [p.where for p in wrong] == ["exceptions.f.motivation"]


def test_all_faults_of_a_study_are_told_together(tmp_path: Path) -> None:
    given = {
        "engine": "taps", "seeed": 1, "horizon": 0, "params.public_tap.cac_base_eur": 0,
        "acceptance.private_margin.at_least": "much", "acceptance.extra": {"metric": "no"},
        "exceptions.e": {"rule": "public_monotone", "scope": "x"}, "exceptions.f": 3,
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        compose_study(request_from_mapping(given))
    places = {problem.where for problem in caught.value.problems}
    assert places >= {
        "seeed", "horizon", "params.public_tap.cac_base_eur", "acceptance.private_margin.at_least",
        "acceptance.extra.metric", "acceptance.extra", "exceptions.e.scope",
        "exceptions.e.periods", "exceptions.e.max_drop", "exceptions.e.motivation", "exceptions.f",
    }  # fmt: skip


def test_an_exception_to_a_rule_switched_off_is_refused() -> None:
    given = {
        "engine": "taps", "acceptance.public_monotone": None,
        "exceptions.e": {**GOOD, "rule": "public_monotone"},
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"exceptions\.e\.rule = public_monotone: must be a rule"):
        compose_study(request_from_mapping(given))


def test_the_command_line_refuses_with_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tell(
        capsys, "run", "engine=taps", "acceptance.private_margin.at_leest=25",
        "exceptions.dip={rule: public_monotone, scope: public_tap, periods: [3, 4], max_drop: .1}",
    )  # fmt: skip
    assert ran.code == 2
    assert "acceptance.private_margin.at_leest: unknown field; did you mean at_least?" in ran.err
    assert "exceptions.dip.motivation: must be given" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_ids_given_twice_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "conf" / "acceptance"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("a: {metric: x, at_least: 1}\na: {metric: y, at_least: 1}\n")
    ran = tell(capsys, "plan", "engine=taps", "acceptance=mine", "--config-dir", "conf")
    assert ran.code == 2
    assert "mine.yaml" in ran.err
    assert "duplicate key a" in ran.err


def test_saved_studies_keep_rules_and_exceptions() -> None:
    given = {
        "engine": "taps", "exceptions.e": {**GOOD, "rule": "public_monotone"},
        "acceptance.few": {"metric": "capacity_peak_instances", "at_most": 0.1, "pass_share": 0.9},
        "acceptance.left": {"table": "cohorts", "column": "survivors", "at_least": 1e-300},
        "acceptance.band": {"metric": "capacity_peak_instances", "between": [-0.1, 1e22]},
    }  # fmt: skip
    study = compose_study(request_from_mapping(given))
    again = study_from_data(json.loads(json.dumps(study_to_data(study), allow_nan=False)))
    assert (again.rules, again.exceptions) == (study.rules, study.exceptions)
    assert len(again.rules) == 8
