"""Run the engine in memory, for tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from engines.crm import ENGINE
from engines.crm.admission import Gates
from engines.crm.budgets import find_cutoffs
from engines.crm.draft import make_drafts
from engines.crm.funnel import Kinds
from engines.crm.model import make_world
from engines.crm.params import CrmParams, volume
from engines.crm.preparation import Prepared, prepare
from engines.crm.scenario import B2B, B2C_VALUES
from engines.crm.world import World
from runner.config.tree import nested
from runner.conformance import run_engine
from runner.conformance.running import Ran
from runner.contract import Draws, build_params, leaves
from runner.draws import DrawSource

OFF = {"guardrails.enabled": False, "guardrails.motivation": "a test beyond the ranges"}
UNLIMITED = {
    f"scenario.touch.{limit}.{kind}": None
    for limit in ("cap_per_contact", "budget")
    for kind in ("note", "call", "task", "ticket")
}
_B2B = {f"scenario.{path}": leaf.value for path, leaf in leaves(B2B).items()}
SCENARIOS: Mapping[str, Mapping[str, Any]] = {
    "b2b": _B2B,
    "b2c": {**_B2B, **{f"scenario.{path}": value for path, value in B2C_VALUES.items()}},
}


def params(overrides: Mapping[str, Any] | None = None, scenario: str = "b2b") -> CrmParams:
    built, problems = build_params(CrmParams, nested({**SCENARIOS[scenario], **(overrides or {})}))
    assert built is not None, [str(problem) for problem in problems]
    return built


def texts(overrides: Mapping[str, Any], scenario: str = "b2b") -> list[str]:
    given = nested({**SCENARIOS[scenario], **overrides})
    return [str(problem.under("params")) for problem in build_params(CrmParams, given)[1]]


def draws(seed: int = 1, replicate: int = 0) -> Draws:
    return DrawSource(seed=seed).for_run(replicate, ENGINE.streams)


def run(
    overrides: Mapping[str, Any] | None = None,
    scenario: str = "b2b",
    *,
    horizon: int = 365,
    seed: int = 1,
    replicate: int = 0,
    collect: Collection[str] | None = None,
) -> Ran:
    given = params(overrides, scenario)
    return run_engine(ENGINE, given, horizon, seed=seed, replicate=replicate, collect=collect)


def world(
    overrides: Mapping[str, Any] | None = None,
    scenario: str = "b2b",
    *,
    horizon: int = 365,
    seed: int = 1,
    replicate: int = 0,
) -> tuple[CrmParams, Prepared, World]:
    """Return a whole run as its only block."""
    given = params(overrides, scenario)
    ready = prepare(given, {}, horizon)
    drafts = make_drafts(given, ready, draws(seed, replicate), at_most=volume(given))
    gates = Gates(find_cutoffs(drafts))
    return given, ready, make_world(given, ready, drafts.of(drafts.blocks[0]), gates)


def one_kind(n_contacts: int) -> Kinds:
    ones = np.ones(1)
    return Kinds(np.zeros(n_contacts, dtype=np.int64), ones, ones, ones, ones)


def rows(ran: Ran, table: str) -> list[dict[str, Any]]:
    columns = {name: column.tolist() for name, column in ran.tables[table].items()}
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
