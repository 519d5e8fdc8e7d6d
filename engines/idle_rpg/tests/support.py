"""Run the engine in memory, for tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from engines.idle_rpg import ENGINE
from engines.idle_rpg.params import Params
from runner.conformance import Ran, Table, run_engine
from runner.contract import Problem, build_params

ORGANIC = {
    f"traffic.sources.{name}": None
    for name in ("google_ads", "facebook", "unity_ads", "influencer")
} | {"traffic.sources.organic.share": 1.0}
STILL = {"retention.dynamic_modifiers": False}
"""Settings under which retention meets its table."""

BURST = {
    "slot": 1, "sim_day": 25, "source": "fake_network", "volume": 2000,
    "retention_multiplier": 0.3, "monetisation_multiplier": 0.1, "bot_ratio": 0.4,
}  # fmt: skip


def nested(by_path: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in by_path.items():
        *parents, last = path.split(".")
        node = tree
        for name in parents:
            node = node.setdefault(name, {})
        node[last] = value
    return tree


def params(overrides: Mapping[str, Any] | None = None) -> Params:
    built, problems = build_params(Params, nested(overrides or {}))
    assert built is not None, [str(problem) for problem in problems]
    return built


def texts(overrides: Mapping[str, Any]) -> list[str]:
    found: list[Problem] = build_params(Params, nested(overrides))[1]
    return [str(problem) for problem in found]


def only(name: str) -> dict[str, Any]:
    """Give everyone the same archetype."""
    shares = {f"archetypes.{other}.share": 0.0 for other in Params().archetypes}
    return {**shares, f"archetypes.{name}.share": 1.0}


def run(
    overrides: Mapping[str, Any] | None = None,
    *,
    horizon: int = 12,
    agents: int = 300,
    collect: Collection[str] = (),
    replicate: int = 0,
) -> Ran:
    given = params({"population.n_agents": agents, **(overrides or {})})
    ran = run_engine(ENGINE, given, horizon, collect=collect, replicate=replicate)
    assert not {name: text for name, text in ran.outcome.checks.items() if text}
    return ran


def a_test(effects: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
    """Give the parameters of a test with one variant beside an empty control."""
    variants = {"control": {"weight": 0.5}, "b": {"weight": 0.5, "effects": effects}}
    return {"ab.my_test": {"assign": "b", "variants": variants, **settings}}


def rows(table: Table, keep: np.ndarray | None = None, drop: Collection[str] = ()) -> list[Any]:
    """Return the rows of a table as tuples, of some agents, without some columns."""
    chosen = slice(None) if keep is None else keep
    columns = [column[chosen].tolist() for name, column in table.items() if name not in drop]
    return list(zip(*columns, strict=True))
