"""The measurements: each runs some jobs and returns a section of figures beside their targets."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.figures import Figure, Section
from tests.benchmarks.jobs import Numbers
from tests.benchmarks.process import Bench, medians
from tests.mlflow_support import answer, cli, forked, recorded_study, server

REFERENCE_JOBS = (236, 275)  # of the reference system per CPU-second, compute only
TAPS_TARGETS = (3000, 3000, 2000, 2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much to measure; a smoke test takes very little."""

    cells: int = 200
    replicates: int = 50
    hydra_jobs: tuple[int, int] = (20, 120)
    launchers: tuple[str, ...] = ("basic", "joblib")
    workers: int = 2
    repeats: int = 3
    busy_runs: int = 400
    busy_loops: int = 1_600_000
    memory_runs: tuple[int, int] = (1_000, 10_000)
    engine_runs: tuple[int, int] = (500, 5_000)
    engine_seconds: float = 0.5
    draw_rounds: int = 1
    commands: int = 5
    recorded: tuple[int, int] = (100, 100)

    @property
    def runs(self) -> int:
        """Runs of the studies that are planned and run."""
        return self.cells * self.replicates


def planning(bench: Bench, size: Size) -> Section:
    """Plan, validate, hash and write, once with drawn variables and once cell by cell."""
    shapes = (("taps", size.cells, size.replicates), ("linear_null", size.runs, 1))
    figures = []
    for name, cells, replicates in shapes:
        found = medians(
            size.repeats,
            lambda n=name, c=cells, r=replicates: bench.job(  # type: ignore[misc]
                "plan", name=n, cells=c, replicates=r, outputs=bench.outputs()
            ),
        )
        what = f"{name}, {cells:,} cells x {replicates}"
        note = f"{found['planning'] / size.runs * 1e6:.0f} us per run"
        figures += [
            Figure(what=what, value=found["planning"], unit="s", target=2.0, note=note),
            Figure(what=f"{what}, whole process", value=found["cpu"], unit="s"),
        ]
    how = (
        f"CPU seconds to plan {size.runs:,} runs: compose, validate every parameter set, draw, "
        "hash, write the plan. taps has two random variables. The second line of each adds the "
        "imports."
    )
    return Section(title="Planning", how=how, figures=figures)


def overhead(bench: Bench, size: Size) -> Section:
    """Compare what the runner adds to a run with what a Hydra multirun adds to a job."""
    ours = _overhead_ms(bench, size, "metrics")
    tables = _overhead_ms(bench, size, "all")
    figures = [
        Figure(what="per run, metrics only", value=ours, unit="ms", target=2.0),
        Figure(what="per run, with a table of 12 rows", value=tables, unit="ms", target=2.0),
    ]
    for launcher in size.launchers:
        theirs = _hydra_ms(bench, size, launcher)
        what = f"Hydra multirun, {launcher} launcher"
        figures += [
            Figure(what=f"{what}, per job", value=theirs, unit="ms"),
            Figure(what=f"{what}: ratio", value=theirs / ours, unit="x", target=45, most=False),
        ]
    how = (
        f"CPU milliseconds of a no-op engine, {size.runs:,} runs, {size.workers} workers, from the "
        "start of the process to its end: planning, parts, ledger, summary, parent and workers. "
        f"Hydra: the same trivial job, the difference between {size.hydra_jobs[1]} and "
        f"{size.hydra_jobs[0]} jobs, so that its start-up is not held against it; the joblib "
        f"launcher has {size.workers} workers."
    )
    return Section(title="Overhead per run", how=how, figures=figures)


def _overhead_ms(bench: Bench, size: Size, collect: str) -> float:
    found = medians(
        size.repeats,
        lambda: bench.job(
            "run", name="noop", cells=size.cells, replicates=size.replicates, collect=collect,
            outputs=bench.outputs(), **{"execution.n_jobs": size.workers},
        ),
    )  # fmt: skip
    return 1e3 * found["cpu"] / found["runs"]


def _hydra_ms(bench: Bench, size: Size, launcher: str) -> float:
    few, many = size.hydra_jobs
    words = [f"hydra/launcher={launcher}"]
    words += [f"hydra.launcher.n_jobs={size.workers}"] if launcher == "joblib" else []
    used = {
        jobs: statistics.median(
            bench.hydra([f"x=range({jobs})", *words]) for _ in range(size.repeats)
        )
        for jobs in (few, many)
    }
    return 1e3 * (used[many] - used[few]) / (many - few)


def engines(bench: Bench, size: Size) -> Section:
    """Measure the engines alone."""
    warm_up, measured = size.engine_runs
    taps = medians(size.repeats, lambda: bench.job("taps", warm_up=warm_up, measured=measured))
    low, high = REFERENCE_JOBS
    figures = [
        Figure(
            what=f"taps, {case}", value=rate, unit="runs/s", target=target, most=False,
            note=f"{rate / high:.0f} to {rate / low:.0f} times the reference",
        )
        for (case, rate), target in zip(taps.items(), TAPS_TARGETS, strict=True)
    ]  # fmt: skip
    null = medians(size.repeats, lambda: bench.job("linear_null", seconds=size.engine_seconds))
    figures += [
        Figure(what=f"linear_null, {case}", value=rate / 1e6, unit="million entity-periods/s")
        for case, rate in null.items()
    ]
    how = (
        "Per CPU-second, one process, one thread. taps: 18 months, both taps, every table but "
        f"`cohorts`, numbers drawn beforehand; the reference system does {low} to {high} jobs per "
        "CPU-second, compute only. linear_null: metrics only, draws included."
    )
    return Section(title="Engines", how=how, figures=figures)


def draws(bench: Bench, size: Size) -> Section:
    """Measure the random numbers."""
    found = medians(size.repeats, lambda: bench.job("uniforms", rounds=size.draw_rounds))
    numpy = found.pop("numpy")
    figures = [_draw_figure(name, rate, numpy) for name, rate in found.items()]
    figures.append(Figure(what="NumPy's PCG64, sequential", value=numpy / 1e6, unit="M/s"))
    how = "Million values per CPU-second by shape of request; NumPy's own generator beside them."
    return Section(title="Draws", how=how, figures=figures)


def _draw_figure(name: str, rate: float, numpy: float) -> Figure:
    target = 200 if "slice" in name else 100 if "sparse" in name else None
    note = f"{rate / numpy:.2f} of NumPy's"
    return Figure(what=name, value=rate / 1e6, unit="M/s", target=target, most=False, note=note)


def parallel(bench: Bench, size: Size) -> Section:
    """Compare one worker with two, and both with bare processes doing the same work."""
    rounds = [_both_ways(bench, size) for _ in range(size.repeats)]
    by_cpu, by_clock, bare = (list(values) for values in zip(*rounds, strict=True))
    figures = [
        _efficiency("by CPU time", by_cpu, 0.85),
        _efficiency("by the clock", by_clock, 0.85),
        _efficiency("bare processes by the clock", bare, None),
    ]
    how = (
        f"Time with one worker / (2 x time with two), {size.busy_runs} runs of an engine that "
        "only computes; plan, pool start and storage included. By CPU time, time with two is the "
        "parent's plus half of the workers': what the clock would say on two idle cores. By "
        "the clock, other load on the machine counts, as it does for the same work in one and two "
        "bare processes, measured in turn. Medians, with the range in brackets. Starting the pool "
        "is a fixed cost, so the length of the study matters: with half of this work the first "
        "line was 0.77, below the target."
    )
    return Section(title="Parallel efficiency", how=how, figures=figures)


def _both_ways(bench: Bench, size: Size) -> tuple[float, float, float]:
    """Return the efficiency by CPU time and by the clock, and that of bare processes."""
    ours, bare = {}, {}
    for workers in (1, size.workers):
        ours[workers] = bench.job(
            "run", name="busy", cells=1, replicates=size.busy_runs, outputs=bench.outputs(),
            **{"execution.n_jobs": workers, "params.loops": size.busy_loops},
        )  # fmt: skip
        bare[workers] = bench.job(
            "bare", processes=workers, calls=size.busy_runs, loops=size.busy_loops
        )
    one, two, n = ours[1], ours[size.workers], size.workers
    by_cpu = one["parent"] / (n * two["parent"] + two["workers"])
    by_clock = one["wall"] / (n * two["wall"])
    return by_cpu, by_clock, bare[1]["wall"] / (n * bare[n]["wall"])


def _efficiency(what: str, values: list[float], target: float | None) -> Figure:
    value = statistics.median(values)
    return Figure(what=what, value=value, unit="", target=target, most=False, note=_spread(values))


def _spread(values: list[float]) -> str:
    return f"[{min(values):.2f}, {max(values):.2f}]"


def memory(bench: Bench, size: Size) -> Section:
    """Compare the parent's peak memory of a small and of a large study with all tables."""
    found = {
        runs: medians(1, lambda r=runs: _with_tables(bench, size, r))  # type: ignore[misc]
        for runs in size.memory_runs
    }
    figures = [
        Figure(what=f"{runs:,} runs", value=one["peak_mb"], unit="MB", target=600)
        for runs, one in found.items()
    ]
    few, many = size.memory_runs
    growth = 1024 * (found[many]["peak_mb"] - found[few]["peak_mb"]) / (many - few)
    figures.append(Figure(what="growth per run", value=growth, unit="kB"))
    how = (
        "Largest resident memory of the parent process, linear_null with all tables "
        "(collect=all: 1,406 rows per run), in worker processes."
    )
    return Section(title="Memory of the parent", how=how, figures=figures)


def _with_tables(bench: Bench, size: Size, runs: int) -> Numbers:
    return bench.job(
        "run", name="linear_null", cells=10, replicates=runs // 10, outputs=bench.outputs(),
        collect="all", **{"execution.n_jobs": size.workers},
    )  # fmt: skip


def commands(bench: Bench, size: Size) -> Section:
    """Measure how soon commands answer."""
    outputs = bench.outputs()
    place = f"paths.outputs={outputs}"
    quick = ("execution=sequential", "tracking=none", "report=none")
    bench.command("run", "sweeps=taps_plan", "design.replicates=2", *quick, place)
    asked = {
        ("--help",): 0.5,
        ("status", "--outputs", outputs): 0.5,
        ("plan", "sweeps=taps_plan", place): 1.0,
    }
    figures = []
    for words, target in asked.items():
        found = medians(size.commands, lambda w=words: bench.command(*w))  # type: ignore[misc]
        note = f"{found['wall']:.2f} s by the clock"
        what = " ".join(word for word in words if outputs not in word and word != "--outputs")
        figures.append(Figure(what=what, value=found["cpu"], unit="s", target=target, note=note))
    how = f"CPU seconds of the whole command, median of {size.commands}."
    return Section(title="Commands", how=how, figures=figures)


def recording(bench: Bench, size: Size) -> Section:
    """Measure how long MLflow takes for a study of 20 metrics, through a server of its own."""
    cells, replicates = size.recorded
    folder = Path(bench.outputs())
    folder.mkdir(parents=True, exist_ok=True)
    with server(folder) as running:
        answer(forked("run", *recorded_study(cells, replicates), "--json", folder=folder))
        began = time.perf_counter()
        answer(cli("sync", "--uri", running.uri, "--json", folder=folder))
        took = time.perf_counter() - began
    what = f"{cells} cells x {replicates} replicates x 20 metrics"
    how = (
        "Seconds by the clock until `sync` has written a stored study to an MLflow server on the "
        "same machine. A study does not wait for it: its results are stored before."
    )
    figures = [Figure(what=what, value=took, unit="s", target=60.0)]
    return Section(title="Recording in MLflow", how=how, figures=figures)


SECTIONS: tuple[Callable[[Bench, Size], Section], ...] = (
    planning, overhead, engines, draws, parallel, memory, commands, recording,
)  # fmt: skip
