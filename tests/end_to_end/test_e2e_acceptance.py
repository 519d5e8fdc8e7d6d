"""Plans that must fail fail, exceptions cover what they say, and the exit code follows."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from runner.report.results_view import verdict_table
from tests.commands import Ran
from tests.unit.accept.support import QUIET, cell, install_kiosk, study, tell

PUBLIC = "public_tap_customers_by_month"
SHRINKING = "params.public_tap.budget_growth_pct_mom=-30"
ALONE = "~acceptance.public_min_growth"


class Commands:
    """Runs commands in an empty folder."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *words: str) -> Ran:
        return tell(self._capsys, "run", *words, *QUIET, "--json")

    def other(self, *words: str) -> Ran:
        return tell(self._capsys, *words)


@pytest.fixture
def commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    monkeypatch.chdir(tmp_path)
    return Commands(capsys)


def covering(first: int, last: int, drop: float) -> str:
    entry = f"rule: public_monotone, scope: public_tap, periods: [{first}, {last}]"
    return f"exceptions.e={{{entry}, max_drop: {drop}, motivation: agreed}}"


def first_failures(told: Ran) -> dict[str, Any]:
    found: dict[str, Any] = told.document["acceptance"]["first_failures"]
    return found


def test_shrinking_budget(commands: Commands) -> None:
    """Specification: first failing month 8, drop 0.0103146."""
    told = commands.run("engine=taps", SHRINKING)
    assert first_failures(told)["public_monotone"]["period"] == 8
    assert told.code == told.document["exit_code"] == 1
    (part,) = Path("outputs/taps/runs/parts", PUBLIC).glob("*.parquet")
    active = pd.read_parquet(part).set_index("month")["active_customers"]
    assert (active[7] - active[8]) / active[7] == pytest.approx(0.0103146, abs=1e-7)


@pytest.mark.parametrize(("exceptions", "period"), [
    ((), 1), ((covering(2, 6, 0.5),), 1), ((covering(1, 5, 0.5),), 6),
    ((covering(1, 6, 0.009),), 1), ((covering(1, 6, 0.5),), None),
])  # fmt: skip
def test_opening_base_fails_in_months_1_to_6(
    commands: Commands, exceptions: tuple[str, ...], period: int | None
) -> None:
    """Specification: A_1 = 990, months 1..6 fail."""
    told = commands.run("engine=taps", "params.public_tap.initial_active=1000", ALONE, *exceptions)
    assert told.document["verdict"] == ("fail" if period else "pass")
    failure = first_failures(told).get("public_monotone", {"period": None})
    assert failure["period"] == period


def test_opening_base_held_by_its_budget(commands: Commands) -> None:
    told = commands.run(
        "engine=taps", "params.public_tap.initial_active=1000",
        "params.public_tap.budget_month0_eur=1500", "params.public_tap.budget_growth_pct_mom=0",
    )  # fmt: skip
    assert told.document["verdict"] == "pass"


def test_noise_in_the_monthly_cac(commands: Commands) -> None:
    told = commands.run("engine=taps", "params.public_tap.monthly.cac.distribution=uniform",
                        "params.public_tap.churn_rate_mom=0.2", "design.replicates=20")  # fmt: skip
    assert told.document["acceptance"]["rules"]["public_monotone"] == "fail"
    assert told.document["acceptance"]["rules"]["private_monotone"] == "pass"
    counts = pd.read_csv(Path(told.document["folder"], "acceptance.csv")).set_index("rule")
    assert 0 <= counts.loc["public_monotone", "passed"] < 20
    assert counts.loc["public_monotone", "evaluated"] == 20


@pytest.mark.parametrize(("words", "rules"), [
    (("acceptance.private_margin.at_least=25",), {"private_margin": "pass"}),
    (("acceptance.private_margin.at_least=29",), {"private_margin": "fail"}),
    (("params.private_tap.markup_pct=25",), {"private_margin": "pass"}),  # a margin of exactly 20
    (("params.private_tap.markup_pct=24.9",), {"private_margin": "fail"}),
    ((SHRINKING, ALONE, "acceptance.public_monotone=null"), {"capacity": "pass"}),
    (("params.public_tap.capacity.max_instances=0",), {"capacity": "fail"}),
])  # fmt: skip
def test_rules_of_the_plan(
    commands: Commands, words: tuple[str, ...], rules: dict[str, str]
) -> None:
    told = commands.run("engine=taps", *words)
    found = told.document["acceptance"]["rules"]
    assert {name: found[name] for name in rules} == rules
    assert told.code == (1 if "fail" in found.values() else 0)
    assert len(found) == 5 - sum(
        word in (ALONE, "acceptance.public_monotone=null") for word in words
    )


def test_no_rules_at_all(commands: Commands) -> None:
    told = commands.run("engine=taps", SHRINKING, "acceptance=none")
    assert (told.document["verdict"], told.document["acceptance"]["rules"]) == ("not_evaluated", {})
    assert told.code == 0
    strict = commands.run("engine=taps", SHRINKING, "acceptance=none", "--strict")
    assert (strict.code, strict.document["exit_code"]) == (4, 4)


def test_rules_from_files(commands: Commands) -> None:
    """An option of one's own replaces the engine's; a study's rules add to them, or to none."""
    thin = "thin: {metric: private_price_margin_pct, at_least: 30}\n"
    for folder in ("mine/acceptance", "mine/sweeps"):
        Path(folder).mkdir(parents=True)
    Path("mine/acceptance/strict.yaml").write_text(thin)
    head = "# @package _global_\ndefaults:\n  - override /engine: taps\n"
    body = f"acceptance:\n  {thin}"
    Path("mine/sweeps/adds.yaml").write_text(f"{head}{body}")
    Path("mine/sweeps/only.yaml").write_text(f"{head}  - override /acceptance: none\n{body}")
    own = ("--config-dir", "mine")
    replaced = commands.run("engine=taps", "acceptance=strict", *own)
    assert replaced.document["acceptance"]["rules"] == {"thin": "fail"}
    added = commands.run("sweeps=adds", *own)
    assert len(added.document["acceptance"]["rules"]) == 6
    assert list(first_failures(added)) == ["thin"]
    alone = commands.run("sweeps=only", *own)
    assert alone.document["acceptance"]["rules"] == {"thin": "fail"}


def test_rules_are_no_axis(commands: Commands) -> None:
    told = commands.run("engine=taps", "acceptance=taps,none")
    assert told.code == 2
    assert "acceptance" in told.err


@pytest.mark.parametrize(("words", "code", "strict"), [
    ((), 0, 0),
    ((SHRINKING,), 1, 1),
    (("horizon=1",), 0, 4),
    (("params.public_tap.budget_growth_pct_mom=1000", "horizon=30"), 3, 3),
    (("params.public_tap.budget_growth_pct_mom=-30,1000", "horizon=30"), 3, 3),  # 3 before 1
    ((SHRINKING, "acceptance.x={metric: private_payback_month, at_most: 9}"), 1, 1),  # 1 before 4
    (("acceptance.x={metric: private_payback_month, at_most: 9}",), 0, 4),
])  # fmt: skip
def test_exit_codes(commands: Commands, words: tuple[str, ...], code: int, strict: int) -> None:
    assert commands.run("engine=taps", *words).code == code
    told = commands.run("engine=taps", *words, "--strict")
    assert told.code == told.document["exit_code"] == strict


def test_a_broken_check_exits_with_1(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = commands.run(f"engine={install_kiosk(tmp_path, monkeypatch)}", "params.broken=true")
    assert (told.code, told.document["verdict"]) == (1, "fail")
    assert told.document["acceptance"]["broken_checks"] == {"honest": 1}


def test_resume_and_rerun_keep_verdicts(commands: Commands) -> None:
    """Infinite bounds, exceptions and their use come back from the plan's folder."""
    first = commands.run(
        "engine=taps", SHRINKING, "design.replicates=2", covering(8, 18, 0.03), "acceptance.low="
        "{metric: private_price_margin_pct, at_most: 90, pass_share: 0.5, margin: 0.5}",
    )  # fmt: skip
    place = Path(first.document["folder"])
    kept = {name: (place / name).read_bytes() for name in ("acceptance.csv", "acceptance.parquet")}
    summary = json.loads((place / "run_summary.json").read_text())
    again = commands.other("resume", "--json")
    assert again.code == first.code == 1
    assert again.document["acceptance"] == first.document["acceptance"] == summary["acceptance"]
    assert {name: (place / name).read_bytes() for name in kept} == kept
    run_id = pd.read_parquet(place / "plan.parquet")["run_id"].iloc[0]
    assert commands.other("rerun", run_id).code == 0
    assert {name: (place / name).read_bytes() for name in kept} == kept
    status = commands.other("status", "--json").document
    assert status["verdict"] == "fail"


def test_terminal_lists_rules_and_exceptions(commands: Commands) -> None:
    told = commands.other("run", "engine=taps", SHRINKING, *QUIET, covering(8, 9, 0.01),
                "exceptions.late={rule: public_min_growth, scope: public_tap, periods: [8, 18], "
                "max_drop: 0.03, motivation: '[a] test'}")  # fmt: skip
    assert "exception used: late ([a] test)" in told.out
    assert "exception unused: e (agreed)" in told.out
    assert "first in period 8, cell 0, run " in told.out
    assert "verdict       fail" in told.out


RULES: dict[str, Any] = {
    "mean_of_all": {"metric": "mean_outcome", "at_least": 11.2, "pass_share": 0.75},
    "share": {"metric": "share_above", "between": [0, 1], "pass_share": 0.95},
    "slope": {"metric": "trend_outcome", "at_most": 3},
    "misspelt": {"metric": "mean_outcome.hevy", "at_least": 0},
    "steady": {"table": "outcomes_by_period", "column": "mean_outcome", "min_growth": 0.5},
}


@pytest.mark.parametrize("width", [80, 150])
def test_verdict_table_is_readable(tmp_path: Path, width: int) -> None:
    results = study(
        tmp_path, "linear_null", rules=RULES, design__replicates=12, params__threshold=None,
        design__arms={"control": {}, "better": {"params.effect": 0.3}}, params__entities=20,
    )  # fmt: skip
    text = io.StringIO()
    Console(file=text, width=width, highlight=False).print(verdict_table(results.judged))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    words = text.getvalue().split()
    verdicts = ("inconclusive", "not_applicable", "pass", "not_evaluated", "fail")
    assert [word for word in words if word in verdicts and word != "pass"] == [
        "inconclusive", "not_evaluated", "fail",
    ]  # fmt: skip
    flat = " ".join(words)
    assert len([name for name in RULES if name not in words]) == 1
    assert "1 rule of the engine: not applicable in this study" in flat
    assert "24 of 24" in flat
    assert "replicates" in words
    assert "first in period 2, cell 0 (arm control), run " in flat


def test_many_cells_and_rules_agree_with_each_other(tmp_path: Path) -> None:
    """Counts of the cells are the counts of the runs, also where a plan has several parts."""
    keys = {"execution__part_runs": 7, "design__replicates": 5, "params__entities": 5}
    grid = {"params.baseline": [10.0 + level / 10 for level in range(12)]}
    results = study(tmp_path, "linear_null", rules=RULES, design__grid=grid, **keys)
    cells, runs = results.judged.cells, results.judged.runs
    assert len(cells) == 5 * 12
    assert len(runs) == 5 * 12 * 5
    for rule in ("mean_of_all", "slope", "steady"):
        for index in (0, 11):
            mine = runs[(runs["rule"] == rule) & (runs["grid_index"] == index)]
            found = cell(results, rule, index)
            assert found["evaluated"] == 5
            assert found["passed"] == (mine["outcome"] == "pass").sum()
            periods = mine["first_failing_period"].dropna()
            assert found["first_failing_period"] == (periods.min() if len(periods) else None)
