"""Print how many uniforms each generator gives per CPU-second: python -m tests.benchmarks.draws.

NumPy's own sequential generator runs beside ours in the same process, so that ratios can be
compared between machines.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from runner.draws import GENERATORS, DrawSource

N = 1_000_000
SPARSE = 7  # every seventh entity
MONTHS = 18
REPEATS = 5


def cpu_seconds(call: Callable[[], object], times: int) -> float:
    """Return the CPU time of one call, the best of a few rounds."""
    best = float("inf")
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(times):
            call()
        best = min(best, (time.process_time() - began) / times)
    return best


def blocks(generator: str) -> dict[str, tuple[Callable[[], object], int]]:
    """Return calls that give many uniforms, and how many each gives."""
    draws = DrawSource(seed=1, generator=generator).for_run(3, ("churn",))
    listed = np.arange(0, SPARSE * N, SPARSE, dtype=np.uint64)
    shuffle = np.random.default_rng(1)  # noqa: TID251 - only the order of the work
    mixed = shuffle.permutation(listed)
    own_steps = shuffle.integers(0, 60, N)
    sixty = np.arange(60)[:, None]
    return {
        "whole block, slice": (lambda: draws.uniform("churn", step=3, entities=slice(0, N)), N),
        "60 steps x 20,000, slice": (
            lambda: draws.uniform("churn", step=sixty, entities=slice(0, 20_000)),
            60 * 20_000,
        ),
        "sparse, sorted": (lambda: draws.uniform("churn", step=3, entities=listed), N),
        "sparse, random order": (lambda: draws.uniform("churn", step=3, entities=mixed), N),
        "each entity at its own step": (
            lambda: draws.uniform("churn", step=own_steps, entities=mixed),
            N,
        ),
        "poisson, mean 3": (
            lambda: draws.poisson("churn", 3.0, entities=slice(0, N // 10)),
            N // 10,
        ),
    }


def small(generator: str) -> dict[str, Callable[[], object]]:
    """Return calls whose fixed cost matters."""
    source = DrawSource(seed=1, generator=generator)
    runs = [source.for_run(replicate, ("churn",)) for replicate in range(500)]
    months, turn = np.arange(MONTHS), iter(range(10**9))
    return {
        "18 steps x 1 entity": lambda: runs[next(turn) % 500].uniform("churn", step=months),
        "1 step x 18 entities": lambda: runs[next(turn) % 500].uniform(
            "churn", step=4, entities=slice(0, MONTHS)
        ),
        "variable, 100 replicates": lambda: source.variable_uniforms("taps.cac", np.arange(100)),
    }


def main() -> None:
    numpy_generator = np.random.default_rng(1)  # noqa: TID251 - the reference
    reference = N / cpu_seconds(lambda: numpy_generator.random(N), 5) / 1e6
    print(f"{'million uniforms per CPU-second':34s}{'':10s}{'M/s':>8s}{'of NumPy':>10s}")
    print(f"{'NumPy Generator.random, sequential':34s}{'PCG64':10s}{reference:8.0f}{1:10.2f}")
    for generator in GENERATORS:
        for name, (call, count) in blocks(generator).items():
            rate = count / cpu_seconds(call, 1) / 1e6
            print(f"{name:34s}{generator:10s}{rate:8.1f}{rate / reference:10.3f}")
    print("\nmicroseconds per call")
    for generator in GENERATORS:
        for name, call in small(generator).items():
            print(f"{name:34s}{generator:10s}{cpu_seconds(call, 500) * 1e6:8.1f}")


if __name__ == "__main__":
    main()
