"""Draw the pictures of the README: `python -m engines.crm.tests.figures FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

from engines.crm.clock import DAY_MS
from engines.crm.funnel import STAGES
from engines.crm.params import METHODS
from engines.crm.preparation import run_shape
from engines.crm.timeline import advances_and_exits

from .support import OFF, UNLIMITED, draws, run, world

INK, LIGHT = {"b2b": "#1f4e79", "b2c": "#c55a11"}, "#b8c4d0"
LARGE = {**UNLIMITED, "volume.base_records": 100_000}


def save(figure: plt.Figure, folder: Path, name: str) -> None:
    """Save one picture without the space around it."""
    figure.savefig(folder / f"crm-{name}.png", dpi=80, bbox_inches="tight")
    plt.close(figure)


def arrivals_by_method(folder: Path) -> None:
    """Draw a month of arrivals under each method, and the declared rate over it."""
    figure, axes = plt.subplots(2, 5, figsize=(15, 5), sharex=True)
    for method, axis in zip(METHODS, axes.flat, strict=True):
        given = {
            **OFF,
            "intake.method": method,
            "window.intake_days": 28.0,
            "window.start_time": "2026-03-02T00:00:00",
            "window.time_zone": "America/New_York",
            "scenario.pacing.rate_exponent": 1.0,
            "volume.base_records": 25_000,
            "intake.custom_edges": [0.0, 0.3, 0.5, 1.0],
            "intake.custom_rates": [2.0, 0.0, 1.0],
        }
        settings, ready, made = world(given, horizon=28)
        shape = run_shape(settings, ready, draws())
        x = (made.created - ready.intake.start) / ready.intake.span
        edges = np.linspace(0, 1, 28 * 6 + 1)
        axis.hist(28 * x, 28 * edges, color=LIGHT)
        axis.plot(28 * (edges[1:] + edges[:-1]) / 2, x.size * np.diff(shape.at(edges)),
                  color=INK["b2b"], lw=0.8)  # fmt: skip
        axis.set_title(method, fontsize=10)
        axis.set_yticks([])
    for axis in axes[-1]:
        axis.set_xlabel("day")
    figure.suptitle(
        "20,000 contacts in four weeks (bars, 4 hours each) and the declared rate (line)"
    )
    figure.tight_layout()
    save(figure, folder, "arrivals")


def funnel(folder: Path) -> None:
    """Draw how many contacts reach each stage, and the conversion of each edge."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.4))
    for axis, scenario in zip(axes, ("b2b", "b2c"), strict=True):
        _, _, made = world({**LARGE, "window.intake_days": 120.0}, scenario, horizon=600)
        reached = [(made.lifecycle.highest >= stage).mean() for stage in range(6)]
        axis.barh(STAGES[:6], reached, color=INK[scenario])
        advances, exits = advances_and_exits(made.lifecycle)
        rates = [f"{a / e:.1%} go on" for a, e in zip(advances, exits, strict=True)]
        for stage, share in enumerate(reached):
            text = f"{share:.1%}" + (f"   ({rates[stage]})" if stage < 4 else "")
            axis.text(share + 0.01, stage, text, va="center", fontsize=9)
        axis.set_xlim(0, 1.7)
        axis.invert_yaxis()
        axis.set_title(f"{scenario}: share of contacts that reach a stage")
        axis.set_xticks([])
    figure.tight_layout()
    save(figure, folder, "funnel")


def pipeline(folder: Path) -> None:
    """Draw open pipeline and revenue over two years with a year of intake."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.4))
    for axis, scenario in zip(axes, ("b2b", "b2c"), strict=True):
        given = {"volume.base_records": 5000, "window.intake_days": 365.0}
        for replicate in range(8):
            daily = run(
                given, scenario, horizon=730, replicate=replicate, collect=("daily_summary",)
            ).tables["daily_summary"]
            label = (None, None) if replicate else ("open pipeline", "revenue won so far")
            axis.plot(daily["pipeline_value_open"] / 1e6, color=INK[scenario], lw=0.8,
                      label=label[0])  # fmt: skip
            axis.plot(np.cumsum(daily["revenue_won"]) / 1e6, color=INK[scenario], lw=0.8, ls=":",
                      label=label[1])  # fmt: skip
        axis.axvline(365, color="grey", lw=0.8)
        axis.text(372, axis.get_ylim()[1] * 0.28, "intake ends", fontsize=8, color="grey")
        axis.set_title(f"{scenario}: 5,000 base records, 8 replicates")
        axis.set_xlabel("day")
        axis.set_ylabel("million USD")
        axis.legend(frameon=False, loc="center right")
    figure.tight_layout()
    save(figure, folder, "pipeline")


def amounts(folder: Path) -> None:
    """Draw deal amounts of both scenarios, and closed cycles against their law."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.4))
    for scenario in ("b2b", "b2c"):
        given, _, made = world({**LARGE, "window.intake_days": 365.0}, scenario)
        law = given.scenario.deal_amount
        bins = np.linspace(2, 6, 121)
        axes[0].hist(np.log10(made.deals.amount), bins, density=True, alpha=0.45,
                     color=INK[scenario], label=scenario)  # fmt: skip
        x = np.log(10) * bins
        density = np.exp(-(((x - law.mu) / law.sigma) ** 2) / 2) / law.sigma / (2 * np.pi) ** 0.5
        axes[0].plot(bins, density * np.log(10), color=INK[scenario], lw=1)
        days = (made.deals.closed - made.deals.sql_at) / DAY_MS
        seen = days[made.deals.closed < made.end]
        mean = given.scenario.avg_sales_cycle_days
        axes[1].hist(seen / mean, np.linspace(0, 3, 61), density=True, alpha=0.45,
                     color=INK[scenario], label=f"{scenario}: closed within the year")  # fmt: skip
    axes[0].set_xticks(range(2, 7), [f"{10**e:,}" for e in range(2, 7)])
    axes[0].set_xlabel("amount, USD (log scale)")
    axes[0].set_title("Deal amounts and their declared laws")
    t = np.linspace(0, 3, 301)
    axes[1].plot(t, 4**4 * t**3 * np.exp(-4 * t) / 6, color="black", lw=1, label="law of all deals")
    axes[1].set_xlabel("sales cycle / its mean")
    axes[1].set_title("Closed cycles: a year cuts the long ones of b2b")
    for axis in axes:
        axis.legend(frameon=False)
        axis.set_yticks([])
    figure.tight_layout()
    save(figure, folder, "amounts")


def main() -> None:
    """Draw all pictures into the folder named on the command line."""
    folder = Path(sys.argv[1])
    for draw in (arrivals_by_method, funnel, pipeline, amounts):
        draw(folder)


if __name__ == "__main__":
    main()
