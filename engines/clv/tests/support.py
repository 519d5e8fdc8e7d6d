"""Run the engine in memory, and write purchase files, for tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engines.clv import ENGINE
from engines.clv.params import ClvParams
from engines.clv.params_data import DATASETS
from engines.clv.rfm import StageData, stage_data
from engines.clv.transactions import FileData, read_file
from runner.conformance import Ran, run_engine
from runner.contract import build_params
from runner.draws import DrawSource

QUICK: dict[str, Any] = {
    "uncertainty": {"n_samples": 30},
    "drift": {"null_samples": 2000},
}
SMALL: dict[str, Any] = {
    **QUICK,
    "data": {"source": "synthetic", "synthetic": {"n_customers": 400}},
    "drift": {"enabled": False},
    "model": {"name": "pareto_nbd"},
}


def merged(*trees: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tree in trees:
        for key, value in tree.items():
            old = found.get(key)
            both = isinstance(old, Mapping) and isinstance(value, Mapping)
            found[key] = merged(old, value) if both else value
    return found


SHOP = merged(QUICK, {
    "window": {"calibration_units": 26}, "model": {"name": "bg_nbd"}, "drift": {"enabled": False},
    "gamma_gamma": {"min_customers": 10, "on_unidentified_mean": "skip_money"},
})  # fmt: skip


def params(*trees: Mapping[str, Any]) -> ClvParams:
    built, problems = build_params(ClvParams, merged(*trees))
    assert built is not None, [str(problem) for problem in problems]
    return built


def problems(*trees: Mapping[str, Any]) -> list[str]:
    return [str(problem) for problem in build_params(ClvParams, merged(*trees))[1]]


def run(*trees: Mapping[str, Any], horizon: int = 12, **how: Any) -> Ran:
    return run_engine(ENGINE, params(*trees), horizon, **how)


def file_run(file: Path, *trees, **how):
    return run(SHOP, {"data": {"path": str(file)}}, *trees, **how)


def sound(ran):
    """Assert what holds in every run: checks, and no negative or missing prediction."""
    assert not any(ran.outcome.checks.values()), ran.outcome.checks
    for name in ("p_alive", "expected_purchases_horizon", "value", "value_given_alive"):
        assert (np.ma.compressed(ran.tables["predictions"][name]) >= 0).all()
    assert ran.tables["predictions"]["p_alive"].mask.sum() == 0
    return ran


def draws(seed: int = 1, replicate: int = 0):
    return DrawSource(seed=seed).for_run(replicate, ENGINE.streams)


def read(file: Path, *trees: Mapping[str, Any]) -> FileData:
    given = params({"data": {"path": str(file)}}, *trees)
    return read_file(given, file)


def cdnow(*trees: Mapping[str, Any]) -> tuple[FileData, StageData]:
    given = params(*trees)
    data = read_file(given, DATASETS["cdnow"])
    windows = data.windows
    stage = stage_data(
        "calibration", data.purchases, windows, windows.calibration_end, include_first=False
    )
    return data, stage


def write_csv(
    file: Path,
    rows: Iterable[tuple[Any, ...]],
    header: tuple[str, ...] = ("customer_id", "order_date", "revenue"),
) -> Path:
    with open(file, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return file


def shop_rows(n: int = 40) -> list[tuple[str, str, str]]:
    """Rows of n customers over 2024, the first half of whom buy again and again."""
    rows = []
    for i in range(n):
        rows.append((f"c{i:03d}", f"2024-01-{1 + i % 28:02d}", f"{10 + i}.50"))
        day, worth = 1 + (7 * i) % 28, f"{5 + i % 7}.00"
        months = range(2, 2 + (i % 9 if i < n // 2 else 0))
        rows += [(f"c{i:03d}", f"2024-{month:02d}-{day:02d}", worth) for month in months]
    return [*rows, ("c000", "2024-12-31", "20.00")]
