"""Run the engine and hold its rows as they are written: ids and dates as numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engines.lifecycle import ENGINE
from engines.lifecycle.motifs import MOTIFS
from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.setup import Setup, prepare
from runner.config.tree import nested
from runner.contract import Outcome, build_params
from runner.draws import DrawSource
from runner.draws.source import RunDraws

SHIPPED = tuple(name for name in MOTIFS if name != "generic")
HISTORY = ("customers", "subscriptions", "subscription_events", "invoices")

Rows = dict[str, NDArray[Any]]


class Capture:
    """A sink that keeps what is written, as it is written."""

    def __init__(self, wanted: Collection[str] | None = None) -> None:
        self._wanted = wanted
        self._writes: dict[str, list[Mapping[str, Any]]] = {}

    def wants(self, table: str) -> bool:
        return self._wanted is None or table in self._wanted

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        self._writes.setdefault(table, []).append(columns)

    def tables(self) -> dict[str, Rows]:
        return {
            table: {name: _joined([write[name] for write in writes]) for name in writes[0]}
            for table, writes in self._writes.items()
        }


def _joined(columns: list[NDArray[Any]]) -> NDArray[Any]:
    join = np.ma.concatenate if np.ma.isMaskedArray(columns[0]) else np.concatenate
    return join(columns)


def params_of(by_path: Mapping[str, Any] | None = None, **more: Any) -> LifecycleParams:
    """Return parameters with overrides by dotted path; `n` is the number of customers."""
    given = dict(by_path or {})
    if "n" in more:
        given["population.n_customers"] = more.pop("n")
    params, problems = build_params(LifecycleParams, nested({**given, **more}))
    assert params is not None, problems
    return params


def problems_of(by_path: Mapping[str, Any]) -> list[str]:
    return [str(problem) for problem in build_params(LifecycleParams, nested(by_path))[1]]


def draws_of(seed: int = 1, replicate: int = 0) -> RunDraws:
    return DrawSource(seed=seed).for_run(replicate, ENGINE.streams)


def setup_of(params: LifecycleParams, horizon: int = 730) -> Setup:
    return prepare(params, {}, horizon)


def simulated(
    params: LifecycleParams,
    *,
    horizon: int = 730,
    seed: int = 1,
    collect: Collection[str] | None = None,
) -> tuple[dict[str, Rows], Outcome]:
    """Return the written rows of one run, and its outcome; every check that was made holds."""
    sink = Capture(collect)
    outcome = ENGINE.simulate(params, setup_of(params, horizon), draws_of(seed), horizon, sink)
    assert {name: text for name, text in outcome.checks.items() if text} == {}
    return sink.tables(), outcome


def metrics_of(params: LifecycleParams, *, horizon: int = 730, seed: int = 1) -> Mapping[str, Any]:
    return simulated(params, horizon=horizon, seed=seed, collect=())[1].metrics


def frame(rows: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """Return rows as a data frame; nulls become NA."""
    columns = {}
    for name, column in rows.items():
        if np.ma.isMaskedArray(column):
            values = pd.array(np.ma.getdata(column), dtype=_nullable(column.dtype))
            values[np.ma.getmaskarray(column)] = pd.NA
            columns[name] = values
        else:
            columns[name] = column
    return pd.DataFrame(columns)


def _nullable(dtype: np.dtype[Any]) -> str:
    return "boolean" if dtype == np.bool_ else "Int64"


def assert_same_rows(
    one: Mapping[str, Any], two: Mapping[str, Any], without: Collection[str] = ()
) -> None:
    """Fail unless two tables hold the same values, nulls included, to the last bit."""
    assert list(one) == list(two)
    for name in one:
        if name not in without:
            a, b = frame({name: one[name]})[name], frame({name: two[name]})[name]
            assert len(a) == len(b), name
            assert a.equals(b.astype(a.dtype)), name


def chosen(rows: Mapping[str, NDArray[Any]], keep: NDArray[np.bool_]) -> Rows:
    return {name: column[keep] for name, column in rows.items()}
