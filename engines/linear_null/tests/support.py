"""Run the engine many times, and tell chance from error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.linear_null import ENGINE
from engines.linear_null.params import Params
from runner.conformance import Ran, run_engine
from runner.contract import build_params

MOST_SDS = 5.0
"""Bound on a normal test statistic: a correct program fails one such test in 1.7 million."""


def params_of(**values: Any) -> Params:
    params, problems = build_params(Params, values)
    assert params is not None, problems
    return params


def ran(params: Params, horizon: int = 4, **how: Any) -> Ran:
    return run_engine(ENGINE, params, horizon, **how)


def metric_values(
    params: Params, name: str, replicates: int, horizon: int = 4, seed: int = 1
) -> NDArray[np.float64]:
    """Return a metric in replicates 0, 1, ...: float64 (replicates,)."""
    runs = [
        ran(params, horizon, replicate=r, seed=seed, collect=()).outcome.metrics[name]
        for r in range(replicates)
    ]
    return np.array(runs, dtype=np.float64)


def assert_mean_is(values: NDArray[np.float64], expected: float, variance: float) -> None:
    """Fail if the mean is too far from `expected` for values of this variance."""
    sds = (values.mean() - expected) / math.sqrt(variance / values.size)
    assert abs(sds) < MOST_SDS, f"mean {values.mean()} lies {sds:.1f} sd from {expected}"


def assert_variance_is(values: NDArray[np.float64], expected: float) -> None:
    """Fail if the sample variance is too far from `expected`; values are close to normal.

    Source: variance of the sample variance of normal values, 2 variance^2 / (n - 1).
    """
    sds = (values.var(ddof=1) / expected - 1) / math.sqrt(2 / (values.size - 1))
    assert abs(sds) < MOST_SDS, f"variance {values.var(ddof=1)}, {sds:.1f} sd from {expected}"


def assert_share_is(hits: int, trials: int, expected: float) -> None:
    """Fail if a binomial share is too far from `expected`."""
    sd = math.sqrt(max(expected * (1 - expected), 1e-12) / trials)
    assert abs(hits / trials - expected) < MOST_SDS * sd, f"{hits}/{trials}, expected {expected}"


def mix(**shares: Any) -> Mapping[str, Any]:
    """Return archetypes by name with (share, shift)."""
    return {name: {"share": share, "shift": shift} for name, (share, shift) in shares.items()}
