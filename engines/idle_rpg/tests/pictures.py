"""Draw the pictures of the README: `python -m engines.idle_rpg.tests.pictures docs/images`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import yaml

from engines.idle_rpg import ENGINE
from engines.idle_rpg.archetypes import ARCHETYPES
from engines.idle_rpg.tests.support import BURST, ORGANIC, STILL, params
from runner.conformance import Table, run_engine

mpl.use("Agg")
import matplotlib.pyplot as plt

TABLE_DAYS = (1, 7, 30, 90)
SPLIT_TESTS = Path("conf/ab/idle_rpg")
COLOURS = ("#1b4f72", "#2e86c1", "#85c1e9", "#1e8449", "#82e0aa", "#b9770e", "#c0392b")


def tables(overrides: Mapping[str, Any], horizon: int, collect: list[str]) -> Mapping[str, Table]:
    """Return the tables of one run."""
    return run_engine(ENGINE, params(overrides), horizon, collect=collect).tables


def draw_retention(folder: Path) -> None:
    """Draw realised retention of 20,000 agents of each archetype, and the table it must meet."""
    shares = {f"archetypes.{name}.share": 1 / len(ARCHETYPES) for name in ARCHETYPES}
    size = {"population.n_agents": 120_000, "population.install_window_days": 1}
    cohorts = tables({**ORGANIC, **STILL, **shares, **size}, 91, ["cohort_retention"])
    table = cohorts["cohort_retention"]
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for colour, (name, kind) in zip(COLOURS, ARCHETYPES.items(), strict=False):
        rows = (table["dimension"] == "archetype") & (table["value"] == name)
        axes.plot(
            table["age_day"][rows], table["retention"][rows], color=colour, lw=1.2, label=name
        )
        wanted = [getattr(kind, f"d{day}") for day in TABLE_DAYS]
        axes.plot(TABLE_DAYS, wanted, "o", color=colour, mfc="white", ms=6)
    axes.set(
        yscale="log", ylim=(1e-3, 1.2), xlabel="days since install", ylabel="active on the day"
    )
    axes.set_title("Retention by archetype; circles: the table of parameters")
    axes.legend(ncols=2, frameon=False, fontsize=8)
    save(figure, folder / "idle_rpg-retention.png")


def draw_traffic(folder: Path) -> None:
    """Draw daily active agents by source, with one day of bought installs."""
    burst = {"traffic.events.bad_traffic": BURST}
    found = tables({**burst, "population.n_agents": 20_000}, 60, ["agents", "agent_days"])
    agents, days = found["agents"], found["agent_days"]
    source = dict(zip(agents["agent_id"].tolist(), agents["source"].tolist(), strict=True))
    of_day = np.array([source[agent] for agent in days["agent_id"].tolist()])
    names = [*params(burst).traffic.sources, "fake_network"]
    calendar = np.arange(1, 61)
    stack = [
        np.bincount(np.asarray(days["sim_day"])[of_day == name], minlength=61)[1:] for name in names
    ]
    figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
    axes.stackplot(calendar, stack, labels=names, colors=(*COLOURS[: len(names) - 1], "#c0392b"))
    axes.set(xlabel="day of the run", ylabel="active agents", xlim=(1, 60))
    axes.set_title("Daily active agents by source; 2,000 bought installs on day 25")
    axes.legend(frameon=False, fontsize=8)
    save(figure, folder / "idle_rpg-traffic.png")


def draw_revenue(folder: Path) -> None:
    """Draw what share of revenue the biggest spenders bring."""
    agents = tables({"population.n_agents": 60_000}, 90, ["agents"])["agents"]
    revenue = np.sort(np.asarray(agents["revenue_usd"]))[::-1]
    share = np.cumsum(revenue) / revenue.sum()
    place = np.arange(1, revenue.size + 1) / revenue.size
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    left.plot(100 * place, 100 * share, color=COLOURS[0])
    left.set(xscale="log", xlabel="biggest spenders, % of installs", ylabel="% of revenue")
    left.set_title("Revenue concentration, 90 days")
    for percent in (0.1, 1.0):
        value = 100 * share[int(percent / 100 * revenue.size) - 1]
        left.plot(percent, value, "o", color="#c0392b", ms=5)
        left.annotate(f"top {percent:g} %: {value:.0f} %", (percent, value), (8, -12),
                      textcoords="offset points", fontsize=8)  # fmt: skip
    names = list(ARCHETYPES)
    kind = np.asarray(agents["archetype"])
    sums = [np.asarray(agents["revenue_usd"])[kind == name].sum() for name in names]
    right.barh(names[::-1], (100 * np.array(sums) / revenue.sum())[::-1], color=COLOURS[0])
    right.set(xlabel="% of revenue", title="By archetype")
    save(figure, folder / "idle_rpg-revenue.png")


def split_tests() -> dict[str, Any]:
    """Return the six shipped tests, each splitting the population."""
    found: dict[str, Any] = {}
    for file in sorted(SPLIT_TESTS.glob("*.yaml")):
        tests = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        if "defaults" not in tests:
            found |= {f"ab.{name}": {**test, "assign": "split"} for name, test in tests.items()}
    return found


def draw_lifts(folder: Path) -> None:
    """Draw realised lifts with their intervals beside the declared ones."""
    size = {"population.n_agents": 150_000, **STILL, **ORGANIC}
    table = tables({**split_tests(), **size}, 90, ["ab_results"])["ab_results"]
    rows = [i for i, lift in enumerate(table["declared_lift_pct"].tolist()) if lift is not None]
    labels = [f"{table['test'][i]}: {table['variant'][i]}\n{table['metric'][i]}" for i in rows]
    lift, low, high, declared = (
        np.array([table[name][i] for i in rows], dtype=float)
        for name in ("lift_pct", "lift_ci_low_pct", "lift_ci_high_pct", "declared_lift_pct")
    )
    place = np.arange(len(rows))[::-1]
    figure, axes = plt.subplots(figsize=(7.5, 0.42 * len(rows) + 1), layout="constrained")
    axes.errorbar(lift, place, xerr=[lift - low, high - lift], fmt="o", color=COLOURS[0], ms=4,
                  label="realised, 95 %")  # fmt: skip
    axes.plot(declared, place, "|", color="#c0392b", ms=14, mew=2, label="declared")
    axes.axvline(0, color="grey", lw=0.6)
    axes.set_yticks(place, labels, fontsize=6.5)
    axes.set(xlabel="lift against control, %", title="Six tests at once, 150,000 agents, 90 days")
    axes.legend(frameon=False, fontsize=8)
    save(figure, folder / "idle_rpg-lifts.png")


def save(figure: Any, file: Path) -> None:
    """Write a picture of less than 120 kB."""
    figure.savefig(file, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    for draw in (draw_retention, draw_traffic, draw_revenue, draw_lifts):
        draw(Path(sys.argv[1]))
