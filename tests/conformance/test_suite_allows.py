"""What honest engines need is not held against them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tiny_engine
from tiny_engine import ENGINE, Params

from runner.conformance.influence import dead_parameter_faults
from runner.conformance.outputs import example_runs, result_faults
from runner.contract import ParamGroup, PlanError, Problem, param

replace = dataclasses.replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared(Params):
    near: float = param(0.25, unit="fraction", low=0, high=1, doc="share of the near")
    far: float = param(0.75, unit="fraction", low=0, high=1, doc="share of the far")

    def problems(self) -> list[Problem]:
        total = self.near + self.far
        return [] if total == 1 else [Problem("near", "", f"the shares sum to {total}")]


def prepare_long_runs_only(params: ParamGroup, files: Mapping[str, Path], horizon: int) -> None:
    if horizon < 2:
        raise PlanError([Problem("params.window", "", "is longer than the horizon")])


def simulate_shares(params: Any, prepared: Any, draws: Any, horizon: int, out: Any) -> Any:
    return tiny_engine.simulate(replace(params, spend=10 * params.near), None, draws, horizon, out)


def test_shortest_horizon_is_left_out_where_the_engine_refuses_it():
    spec = replace(ENGINE, prepare=prepare_long_runs_only)
    labels = [label for _, _, label in example_runs(spec)]
    assert labels == ["horizon 2", "horizon 5", "customers 1"]
    assert result_faults(spec) == []


def test_refused_horizon_of_the_example_itself_is_an_error():
    spec = replace(ENGINE, prepare=prepare_long_runs_only)
    spec = replace(spec, example=replace(spec.example, horizons=(1, 5)))
    with pytest.raises(PlanError, match="longer than the horizon"):
        result_faults(spec)


def test_share_bound_by_a_sum_is_compared_with_the_example():
    pair = {"near": 0.5, "far": 0.5}
    spec = replace(
        ENGINE,
        params=Shared,
        simulate=simulate_shares,
        inert_paths=lambda params: ["spend", "spend_sd"],
        example=replace(
            ENGINE.example, binding={**ENGINE.example.binding, "near": pair, "far": pair}
        ),
    )
    assert dead_parameter_faults(spec) == []
