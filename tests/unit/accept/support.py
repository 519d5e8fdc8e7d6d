"""Small studies and commands for the tests of acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from runner import run_study
from runner.cli import run_command_line
from runner.config.exceptions import PolicyException
from runner.config.rules import Rule
from runner.results import StudyResults
from tests.commands import Ran
from tests.unit.accept import kiosk

QUIET = ("execution.n_jobs=1", "tracking=none")

PUBLIC = {
    "table": "public_tap_customers_by_month",
    "column": "active_customers",
    "previous": "active_customers_before",
    "rule": "non_decreasing",
    "tolerance": 1e-9,
}
MONOTONE = Rule(
    rule_id="public_monotone", kind="non_decreasing", bounds=(0.0, float("inf")), tolerance=1e-9,
    table=PUBLIC["table"], column="active", previous="before", period="month", scope="public_tap",
)  # fmt: skip


def tell(capsys: pytest.CaptureFixture[str], *words: str) -> Ran:
    """Run a command line in this process."""
    capsys.readouterr()
    code = run_command_line(list(words))
    captured = capsys.readouterr()
    return Ran(code, captured.out, captured.err)


def study(folder: Path, engine: str, **keys: Any) -> StudyResults:
    """Run a study from Python; `rules` is its acceptance, and `__` in keys stands for a dot."""
    given: dict[str, Any] = {"acceptance": keys.pop("rules", {})}
    given |= {key.replace("__", "."): value for key, value in keys.items()}
    fixed = {"engine": engine, "execution.n_jobs": 1, "tracking": "none"}
    return run_study({**fixed, "paths.outputs": str(folder), **given})


def customers(*active: float, opening: float = 0.0, run_id: str = "r") -> pd.DataFrame:
    """Return the rows of a month table, as the taps engine writes them."""
    before = [opening if opening > 0 else float("nan"), *active[:-1]]
    months = range(1, len(active) + 1)
    return pd.DataFrame({"run_id": run_id, "month": months, "active": active, "before": before})


def exception(name: str, first: int, last: int, drop: float) -> PolicyException:
    return PolicyException(
        exception_id=name, rule="public_monotone", periods=(first, last), max_drop=drop,
        motivation="planned",
    )  # fmt: skip


def cell(results: StudyResults, rule: str, grid_index: int = 0) -> Mapping[str, Any]:
    """Return the row of a rule and a cell as plain data, nulls as None."""
    cells = results.judged.cells
    rows = cells[(cells["rule"] == rule) & (cells["grid_index"] == grid_index)]
    assert len(rows) == 1
    return {k: None if pd.isna(v) else v for k, v in rows.iloc[0].items()}


def install_kiosk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the engine `kiosk` known by an entry point; return its name."""
    metadata = folder / "site" / "kiosk_engine-1.dist-info"
    metadata.mkdir(parents=True)
    for name, text in kiosk.METADATA.items():
        (metadata / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder / "site"))
    return "kiosk"
