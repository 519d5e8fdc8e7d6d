"""Put what was measured into words, tables and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers.measure import Killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The least figures of one side: seconds per run by model, seconds of few runs, memory."""

    start_cpu: float
    start_wall: float
    trivial_cpu: float
    trivial_wall: float
    busy_cpu: float
    busy_wall: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How it was measured, and where."""

    rounds: int
    few: int
    many: int
    very_many: int
    loops: int
    machine: Mapping[str, str]
    peers: Mapping[str, str]


def section(found: Mapping[str, Measured], ends: Mapping[str, Killed], facts: Facts) -> str:
    """Return the section as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in facts.peers.items())
    lines = [
        "## Peers on the same work",
        "",
        "Written by `make bench-peers`. One model function, imported by all: `trivial` returns its "
        f"input, `busy` adds {facts.loops:,} numbers one by one. Every side stores what each run "
        "returns, as its manual shows: Hydra's jobs a file each in their folders, Mesa a table at "
        "the end, cohortsweep its study folder (without report and MLflow, which the others do "
        "not have). The sums of the stored outcomes are compared: all did the same work.",
        "",
        f"Milliseconds per run are (time of many runs - time of {facts.few}) / their number, many "
        f"being {facts.very_many:,} for `trivial` ({facts.many} with Hydra) and {facts.many} for "
        f"`busy`. Least of {facts.rounds} rounds, sides in turn: other load only adds. By the "
        "clock, two workers on a loaded machine gain little; CPU time is the steadier figure. "
        "Memory is the peak of all processes together, shared pages counted once.",
        "",
        f"{facts.machine['processor']}, {facts.machine['system']}, {facts.machine['Python']}; load "
        f"at the end {facts.machine['load at the end (1, 5, 15 min)']}. Ours: "
        f"{facts.machine['versions']}. Peers, in an environment of their own: {versions}.",
        "",
        f"| side | {facts.few} trivial runs, CPU s | trivial, CPU ms per run | by the clock "
        "| busy, CPU ms per run | by the clock | memory, MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {one.start_cpu:.2f} | {_ms(one.trivial_cpu)} | {_ms(one.trivial_wall)} "
        f"| {_ms(one.busy_cpu)} | {_ms(one.busy_wall)} | {one.peak_mb:.0f} |"
        for name, one in found.items()
    ]
    lines += [
        "",
        "![CPU time per run of each side, trivial and busy model](images/peers.png)",
        "",
        "**`kill -9`** of the command's process in the middle of "
        f"{next(iter(ends.values())).planned} busy runs, then the same command again:",
        "",
        "| side | runs begun | results kept | processes left 15 s later | begun after the kill "
        "| run again |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {end.called} | {end.kept} | {end.orphans} | {end.late} | {end.again} |"
        for name, end in ends.items()
    ]
    return "\n".join([*lines, "", *_meaning(found, ends)])


def _meaning(found: Mapping[str, Measured], ends: Mapping[str, Killed]) -> list[str]:
    """Return what follows from the figures, peers' advantages first."""
    least = min(found, key=lambda name: found[name].trivial_cpu)
    small = min(found, key=lambda name: found[name].peak_mb)
    quick = min(found, key=lambda name: found[name].start_cpu)
    lines = [
        f"* Least per trivial run: {least}. Least memory: {small}. Least for few runs: {quick}.",
        "* Mesa holds all results in memory until the end: little to do per run, and nothing kept "
        "when it is killed.",
        "* Hydra keeps the outcome of each job, and its command begins again from the first job.",
    ]
    spared = [name for name, end in ends.items() if end.again < end.planned]
    lines += [f"* Only what was missing was run again by: {', '.join(spared)}."] if spared else []
    left = [name for name, end in ends.items() if end.orphans]
    lines += [f"* Processes were left behind by: {', '.join(left)}."] if left else []
    return lines


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.3g}"


def draw(found: Mapping[str, Measured], file: Path) -> None:
    """Draw CPU time per run of both models: dots, for a logarithmic scale has no zero."""
    from matplotlib.figure import Figure

    names = list(found)[::-1]
    figure = Figure(figsize=(8, 3.4), layout="constrained", dpi=110)
    panels = figure.subplots(1, 2, sharey=True)
    for panel, what, title in zip(
        panels, ("trivial_cpu", "busy_cpu"), ("trivial model", "busy model"), strict=True
    ):
        values = [max(1e3 * float(getattr(found[name], what)), 1e-3) for name in names]
        colours = ["#0b62b0" if name.startswith("cohortsweep") else "#8b929b" for name in names]
        panel.hlines(names, min(values) / 3, values, color="#d8dce1", linewidth=1, zorder=1)
        panel.scatter(values, names, c=colours, s=36)
        for name, value in zip(names, values, strict=True):
            panel.annotate(
                f"{value:.3g}", (value, name), (7, 0), fontsize=8,
                textcoords="offset points", va="center",
            )  # fmt: skip
        panel.set_xscale("log")
        panel.set_xlim(min(values) / 3, max(values) * 5)
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("CPU ms per run")
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Software": None})
