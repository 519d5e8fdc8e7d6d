"""Measure what limits large studies: `make bench-scale` writes that part of docs/benchmarks.md.

`python -m tests.benchmarks.scale --quick` measures a little of each and writes nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure as Drawing

from tests.benchmarks.figures import Figure, Section, as_text, machine, section_lines
from tests.benchmarks.process import ROOT, Bench, prepared
from tests.benchmarks.sections_of_page import with_block
from tests.faults.clusters import Cluster, cluster_in

PAGE = ROOT / "docs" / "benchmarks.md"
IMAGES = ROOT / "docs" / "images"
BACKENDS = ("loky", "threading", "dask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    runs: int = 10_000
    parts: int = 300
    workers: tuple[int, ...] = (1, 2, 4)
    cells: tuple[int, ...] = (10, 100, 300)
    repeats: int = 1


QUICK = Size(runs=200, parts=8, workers=(2,), cells=(2,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a study of many runs took: CPU seconds by whom, seconds by the clock."""

    parent: float
    elsewhere: float
    clock: float


def main(words: Sequence[str]) -> None:
    """Measure, print, draw and write."""
    size = QUICK if "--quick" in words else Size()
    with tempfile.TemporaryDirectory(prefix="cohortsweep-scale-") as folder:
        bench = prepared(Path(folder))
        overhead = {name: spent(bench, name, 2, size, runs=size.runs) for name in BACKENDS}
        rates = {
            name: {n: spent(bench, name, n, size, parts=size.parts) for n in size.workers}
            for name in ("loky", "dask")
        }
        recorded = {cells: recording_s(bench, cells) for cells in size.cells}
    sections = [per_run(overhead, size), per_part(rates, size), in_mlflow(recorded)]
    for section in sections:
        print(as_text(section), flush=True)
    if "--quick" not in words:
        draw_rates(rates, size, IMAGES / "scale-parts.png")
        draw_recording(recorded, IMAGES / "scale-mlflow.png")
        write(sections)


def spent(
    bench: Bench, backend: str, workers: int, size: Size, *, runs: int = 0, parts: int = 0
) -> Spent:
    """Run a study of an engine that does nothing, as many runs or as many parts of one run."""
    more: dict[str, Any] = {"execution.backend": backend, "execution.n_jobs": workers}
    more |= {"execution.part_runs": 1} if parts else {}
    found = []
    for _ in range(size.repeats):
        if backend != "dask":
            found.append(_one(bench, max(runs, parts), more))
            continue
        with cluster_in(Path(bench.outputs()), workers=0) as cluster:
            cluster.add(workers, PYTHONPATH=bench.environment["PYTHONPATH"])
            address = {"execution.address": cluster.address, "execution.n_jobs": -1}
            _one(bench, workers, {**more, **address})  # workers have the engine from here on
            before = _cpu_of(cluster)
            once = _one(bench, max(runs, parts), {**more, **address})
            elsewhere = _cpu_of(cluster) - before
            found.append(Spent(parent=once.parent, elsewhere=elsewhere, clock=once.clock))
    return min(found, key=lambda one: one.parent + one.elsewhere)


def _one(bench: Bench, runs: int, more: dict[str, Any]) -> Spent:
    told = bench.job("run", name="noop", cells=1, replicates=runs, outputs=bench.outputs(), **more)
    return Spent(parent=told["parent"], elsewhere=told["workers"], clock=told["wall"])


def _cpu_of(cluster: Cluster) -> float:
    """Return the CPU seconds of the scheduler and the workers so far."""
    import psutil

    processes = [psutil.Process(cluster.scheduler.pid), *cluster.workers()]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def recording_s(bench: Bench, cells: int) -> float:
    """Return the seconds that `sync` takes for a study with so many cells, in a new database."""
    outputs = Path(bench.outputs())
    bench.job("run", name="noop", cells=cells, replicates=5, outputs=str(outputs))
    began = time.perf_counter()
    address = f"sqlite:///{outputs / 'new.db'}"
    bench.command("sync", "noop", "--outputs", str(outputs), "--uri", address)
    return time.perf_counter() - began


def per_run(overhead: dict[str, Spent], size: Size) -> Section:
    """Return what a run costs beside the engine, by backend."""
    figures = [
        Figure(
            what=f"{name}, 2 workers",
            value=1e3 * (found.parent + found.elsewhere) / size.runs,
            unit="ms",
            note=f"{1e3 * found.parent / size.runs:.3f} ms of it in the parent",
        )
        for name, found in overhead.items()
    ]
    how = (
        f"CPU milliseconds per run of an engine that does nothing, {size.runs:,} runs in parts of "
        "at most 500: planning, storage, ledger, summary; of dask also the scheduler, once its "
        "workers have loaded the engine; of loky the imports of its workers."
    )
    return Section(title="Overhead per run, by backend", how=how, figures=figures)


def per_part(rates: dict[str, dict[int, Spent]], size: Size) -> Section:
    """Return how many parts a second go through, by backend and number of workers."""
    figures = [
        Figure(
            what=f"{name}, {workers} workers",
            value=size.parts / found.clock,
            unit="parts/s",
            note=f"{1e3 * found.parent / size.parts:.2f} ms CPU of the parent per part",
        )
        for name, of_backend in rates.items()
        for workers, found in of_backend.items()
    ]
    how = (
        f"{size.parts} parts of one run that does nothing, by the clock, from planning to summary, "
        "start of the pool included (the cluster stands already). The best of "
        f"{size.repeats} trials; {os.cpu_count()} processors are shared by any more workers. "
        "One worker with loky is the calling process. Parts are meant to take two seconds: "
        "a parent that spends 10 ms on each keeps 200 workers busy."
    )
    return Section(title="Parts per second, by number of workers", how=how, figures=figures)


def in_mlflow(recorded: dict[int, float]) -> Section:
    """Return how long recording takes, by number of cells."""
    figures = [
        Figure(what=f"{cells} cells", value=seconds, unit="s")
        for cells, seconds in recorded.items()
    ]
    how = (
        "Seconds by the clock of `sync` into a new SQLite database: 5 replicates, 3 metrics, "
        "creation of the database and imports included."
    )
    return Section(title="Recording in MLflow, by number of cells", how=how, figures=figures)


def draw_rates(rates: dict[str, dict[int, Spent]], size: Size, file: Path) -> None:
    """Draw parts per second against workers."""
    drawing = Drawing(figsize=(6, 3.5), layout="constrained")
    axes = drawing.subplots()
    for name, found in rates.items():
        values = [size.parts / one.clock for one in found.values()]
        axes.plot(list(found), values, marker="o", label=name)
    axes.set(xlabel="workers", ylabel="parts per second", xscale="log", ylim=(0, None))
    axes.set_xticks(size.workers, [str(n) for n in size.workers])
    axes.minorticks_off()
    axes.set_title(f"Parts of one empty run, {os.cpu_count()} processors", fontsize=10)
    axes.legend()
    drawing.savefig(file, dpi=110)


def draw_recording(recorded: dict[int, float], file: Path) -> None:
    """Draw seconds against cells."""
    drawing = Drawing(figsize=(6, 3.5), layout="constrained")
    axes = drawing.subplots()
    axes.plot(list(recorded), list(recorded.values()), marker="o")
    axes.set(xlabel="cells", ylabel="seconds", ylim=(0, None))
    axes.set_title("Recording a finished study in MLflow (SQLite)", fontsize=10)
    drawing.savefig(file, dpi=110)


def write(sections: Sequence[Section]) -> None:
    """Put the sections into the page, in place of those of last time."""
    loads = machine()["load at the end (1, 5, 15 min)"]
    lines = ["## Scale", ""]
    lines += [f"Written by `make bench-scale`; load of the machine at the end: {loads}.", ""]
    lines += ["![Parts per second against workers](images/scale-parts.png)", ""]
    lines += ["![Seconds of recording against cells](images/scale-mlflow.png)"]
    for section in sections:
        lines += section_lines(section, level=3)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_block(page, "scale", "\n".join(lines)), encoding="utf-8")
    print(f"written to {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
