"""Engines that each break one promise; manifests that must be imported again live here."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import tiny_engine
from runner.contract import EngineSpec, Outcome
from tiny_engine import ENGINE, Params

CALLS: list[int] = []


class Wrapped:
    """A sink that hands on altered columns of one table."""

    def __init__(self, out: Any, table: str, alter: Any) -> None:
        self.out, self.table, self.alter = out, table, alter

    def wants(self, table: str) -> bool:
        return bool(self.out.wants(table))

    def write(self, table: str, columns: Any) -> None:
        changed = self.alter(dict(columns)) if table == self.table else columns
        self.out.write(table, changed)


def with_simulate(simulate: Any) -> EngineSpec:
    return dataclasses.replace(ENGINE, simulate=simulate)


def altering(table: str, alter: Any) -> EngineSpec:
    def simulate(params: Any, prepared: Any, draws: Any, horizon: int, out: Any) -> Outcome:
        return tiny_engine.simulate(params, prepared, draws, horizon, Wrapped(out, table, alter))

    return with_simulate(simulate)


def with_metrics(change: Any) -> EngineSpec:
    """Return an engine whose metrics pass through `change(metrics, params)`."""

    def simulate(params: Any, prepared: Any, draws: Any, horizon: int, out: Any) -> Outcome:
        outcome = tiny_engine.simulate(params, prepared, draws, horizon, out)
        return dataclasses.replace(outcome, metrics=change(dict(outcome.metrics), params))

    return with_simulate(simulate)


def doing(action: Any) -> EngineSpec:
    """Return an engine that does something else on the side: `action(params, out)`."""

    def simulate(params: Any, prepared: Any, draws: Any, horizon: int, out: Any) -> Outcome:
        action(params, out)
        return tiny_engine.simulate(params, prepared, draws, horizon, out)

    return with_simulate(simulate)


def with_tables(table: Any, **changes: Any) -> EngineSpec:
    tables = [dataclasses.replace(t, **changes) if t.name == table else t for t in ENGINE.tables]  # type: ignore[union-attr]
    return dataclasses.replace(ENGINE, tables=tuple(tables))


def depends_on_hash_seed(params: Params, prepared: Any, draws: Any, horizon: int, out: Any) -> Any:
    outcome = tiny_engine.simulate(params, prepared, draws, horizon, out)
    luck = float(hash("the order of a set of texts") % 997)
    return dataclasses.replace(outcome, metrics={**outcome.metrics, "spend": luck})


HASH_SEED = with_simulate(depends_on_hash_seed)


def depends_on_folder(params: Params, prepared: Any, draws: Any, horizon: int, out: Any) -> Any:
    outcome = tiny_engine.simulate(params, prepared, draws, horizon, out)
    luck = float(len(os.getcwd()))
    return dataclasses.replace(outcome, metrics={**outcome.metrics, "spend": luck})


FOLDER = with_simulate(depends_on_folder)
