"""The work that is measured, one job per process: `python -m tests.benchmarks.jobs JOB JSON`.

Each job prints a JSON object. CPU seconds are user plus system time of the process and of the
workers it waited for, from its very start, so that imports count.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.work import add_up

Numbers = dict[str, float]

STUDIES: dict[str, dict[str, Any]] = {
    "taps": {
        "engine": "taps",
        "design.variables": {
            "params.public_tap.cac_base_eur": {
                "treatment": "random", "distribution": "normal", "sd": 10, "min": 20, "max": 90,
            },
            "params.private_tap.churn_rate_mom": {
                "treatment": "random", "distribution": "uniform", "min": 0.01, "max": 0.06,
            },
        },
    },
    "linear_null": {"engine": "linear_null"},
    "noop": {"engine": "noop"},
    "busy": {"engine": "busy"},
}  # fmt: skip
AXES = {
    "taps": "params.public_tap.budget_month0_eur",
    "linear_null": "params.baseline",
    "noop": "params.x",
    "busy": "params.x",
}


def study(name: str, cells: int, replicates: int, outputs: str, **more: Any) -> dict[str, Any]:
    """Return a study of `cells` times `replicates` runs of an engine."""
    axis = {AXES[name]: [1000.0 + cell for cell in range(cells)]}
    return {
        **STUDIES[name],
        "design.grid": axis,
        "design.replicates": replicates,
        "paths.outputs": outputs,
        "tracking": "none",
        **more,
    }


def plan(**wanted: Any) -> Numbers:
    """Plan a study and write its plan; tell the CPU seconds of that and of the whole process."""
    from runner.config import request_from_mapping
    from runner.preview import plan_study

    before = cpu_seconds()
    planned = plan_study(request_from_mapping(study(**wanted)))
    after = cpu_seconds()
    return {"runs": planned.plan.n_runs, "planning": after - before, "cpu": after}


def run(**wanted: Any) -> Numbers:
    """Run a study; tell CPU and wall seconds and the peak of this process's memory in MB.

    `parent` and `workers` are the CPU seconds of this process, its imports left out, and of the
    workers together, theirs included.
    """
    from runner.study import run_study

    began, own = time.perf_counter(), time.process_time()
    results = run_study(study(**wanted))
    wall = time.perf_counter() - began
    parent, before = time.process_time() - own, cpu_seconds()
    end_workers()
    if results.counts["done"] != results.counts["planned"]:
        raise SystemExit(f"runs failed: {dict(results.counts)}, {dict(results.errors)}")
    cpu = cpu_seconds()
    return {
        "runs": results.counts["executed"], "cpu": cpu, "parent": parent, "workers": cpu - before,
        "wall": wall, "peak_mb": peak_mb(),
    }  # fmt: skip


def bare(processes: int, calls: int, loops: int) -> Numbers:
    """Do what the busy engine does in bare processes, the calls shared out; tell wall seconds."""
    share = calls // processes
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_calls, args=(share, loops)) for _ in range(processes)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"wall": time.perf_counter() - began}


def _calls(calls: int, loops: int) -> None:
    for _ in range(calls):
        add_up(loops)


def taps(warm_up: int, measured: int) -> Numbers:
    """Tell the runs per CPU-second of the taps engine by case, numbers drawn beforehand."""
    from engines.taps import benchmark

    benchmark.WARM_UP, benchmark.MEASURED = warm_up, measured
    draws = benchmark.replayed_draws()
    return {
        case: benchmark.runs_per_second(cases(), draws)
        for case, (cases, _) in benchmark.CASES.items()
    }


def linear_null(seconds: float) -> Numbers:
    """Tell entities times periods per CPU-second of linear_null, metrics only, draws included."""
    from engines.linear_null import ENGINE
    from runner.draws import DrawSource

    source = DrawSource(seed=1)
    return {
        f"{entities:,} entities, {horizon} periods": _rate(
            ENGINE, source, entities, horizon, seconds
        )
        for entities, horizon in ((200, 6), (50_000, 12))
    }


class NoTables:
    """A sink that asks for nothing."""

    def wants(self, table: str) -> bool:
        return False

    def write(self, table: str, columns: Any) -> None:
        """Drop the rows."""


def _rate(spec: Any, source: Any, entities: int, horizon: int, seconds: float) -> float:
    params = spec.params(entities=entities)
    prepared, out = spec.prepare(params, {}, horizon), NoTables()
    replicates = itertools.count()

    def once() -> None:
        draws = source.for_run(next(replicates), spec.streams)
        spec.simulate(params, prepared, draws, horizon, out)

    return entities * horizon * calls_per_second(once, seconds)


def uniforms(rounds: int) -> Numbers:
    """Tell the uniforms per CPU-second of each shape of request, and NumPy's own beside them."""
    import numpy as np

    from tests.benchmarks import draws

    generator = np.random.default_rng(1)  # noqa: TID251 - the peer
    found = {"numpy": draws.N / draws.cpu_seconds(lambda: generator.random(draws.N), rounds)}
    for name, (call, count) in draws.blocks("mixer").items():
        found[name] = count / draws.cpu_seconds(call, rounds)
    return found


def calls_per_second(call: Callable[[], object], seconds: float) -> float:
    """Return calls per CPU-second, the median of five stretches after one to warm up."""
    rates = []
    for _ in range(6):
        began, calls = time.process_time(), 0
        while time.process_time() - began < seconds:
            call()
            calls += 1
        rates.append(calls / (time.process_time() - began))
    return statistics.median(rates[1:])


def cpu_seconds() -> float:
    """Return user and system time of this process and of the children it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def end_workers() -> None:
    """Stop joblib's workers and wait for them: only then does their time count."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def peak_mb() -> float:
    """Return the largest resident memory this process has had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


JOBS: dict[str, Callable[..., Numbers]] = {
    job.__name__: job for job in (plan, run, bare, taps, linear_null, uniforms)
}


if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](**json.loads(sys.argv[2]))))
