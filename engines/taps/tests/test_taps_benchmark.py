"""Check that the benchmark measures the work it claims; speed itself is not gated."""

from __future__ import annotations

import pytest

from engines.taps.benchmark import CASES, HORIZON, replayed_draws, run_once, written_bytes


@pytest.mark.parametrize("name", list(CASES))
def test_case_runs_with_checks_and_tables(name: str) -> None:
    cases, target = CASES[name]
    outcome, sink = run_once(next(cases()), replayed_draws()[0])
    assert not any(outcome.checks.values())
    rows = sum(len(table["month"]) for written, table in sink.written if written == "monthly_draws")
    assert rows == (7 * HORIZON if "monthly" in name else 0)
    assert target >= 2000


def test_run_writes_little() -> None:
    cases, _ = CASES["seven monthly blocks, uniform"]
    assert written_bytes(next(cases()), replayed_draws()[0]) < 64_000
