"""Run the engine in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engines.taps import ENGINE
from engines.taps.params import TapsParams
from engines.taps.sampling import STREAMS
from runner.config.tree import nested
from runner.contract import Outcome, Problem, TableSchema, build_params
from runner.draws import DrawSource

PUBLIC = "public_tap_customers_by_month"
PRIVATE = "private_tap_customers_by_month"
CAPACITY = "public_tap_capacity_by_month"
ALL_BLOCKS = {
    f"{stream.partition('.')[0]}.monthly.{stream.partition('.')[2]}.distribution": "uniform"
    for stream in STREAMS
}


class Sink:
    """Keeps every table as lists by column; `wanted` None asks for all."""

    def __init__(self, schemas: Mapping[str, TableSchema], wanted: set[str] | None) -> None:
        self._wanted = set(schemas) if wanted is None else wanted
        self._schemas = schemas
        self.tables: dict[str, dict[str, list[Any]]] = {
            name: {column: [] for column in schemas[name].column_names} for name in self._wanted
        }

    def wants(self, table: str) -> bool:
        return table in self._wanted

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        assert list(columns) == list(self._schemas[table].column_names)
        assert len({len(values) for values in columns.values()}) == 1
        for name, values in columns.items():
            listed = values.tolist() if hasattr(values, "tolist") else list(values)
            self.tables[table][name] += listed


@dataclass(frozen=True)
class Ran:
    outcome: Outcome
    tables: dict[str, dict[str, list[Any]]]

    def metric(self, name: str) -> Any:
        return self.outcome.metrics[name]

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        return list(zip(*self.tables[table].values(), strict=True))


def params(overrides: Mapping[str, Any] | None = None) -> TapsParams:
    built, problems = build_params(TapsParams, nested(overrides or {}))
    assert built is not None, [str(problem) for problem in problems]
    return built


def problems(overrides: Mapping[str, Any]) -> list[Problem]:
    return build_params(TapsParams, nested(overrides))[1]


def texts(overrides: Mapping[str, Any]) -> list[str]:
    return [str(problem.under("params")) for problem in problems(overrides)]


def run(
    overrides: Mapping[str, Any] | None = None,
    *,
    horizon: int = 18,
    replicate: int = 0,
    seed: int = 1,
    wanted: set[str] | None = None,
) -> Ran:
    given = params(overrides)
    sink = Sink(ENGINE.table_schemas(given), wanted)
    draws = DrawSource(seed=seed).for_run(replicate, ENGINE.streams)
    ready = ENGINE.prepare(given, {}, horizon)
    outcome = ENGINE.simulate(given, ready, draws, horizon, sink)
    return Ran(outcome, sink.tables)
