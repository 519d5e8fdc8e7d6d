"""Draw the pictures of the engine's page: `python -m engines.lifecycle.tests.plots FOLDER`.

Each picture is made from a study that is run for it, through the runner as anyone would.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from scipy import stats

from engines.lifecycle.motifs import MOTIFS
from runner.results import StudyResults
from runner.study import run_study

mpl.use("Agg")

from matplotlib import pyplot as plt

SHIPPED = [name for name in MOTIFS if name != "generic"]
COLOURS = dict(zip(SHIPPED, ("#1b6ca8", "#2a9d8f", "#8ab17d", "#e76f51", "#6d597a"), strict=True))
ARMS = {
    "as_is": "#9aa5b1",
    "renewal_desk": "#1b6ca8",
    "longer_dunning": "#2a9d8f",
    "both": "#e9a23b",
}
YEAR_WEEKS = 52
LAST_WEEK = 108  # everybody who stays is observed as long
MILLION = 1e6


def study(folder: Path, mapping: Mapping[str, Any]) -> StudyResults:
    """Run a study below a folder."""
    return run_study({**mapping, "tracking": "none", "paths": {"outputs": str(folder)}})


def spelled(name: str) -> str:
    """Return a name as a legend shows it."""
    return name.replace("_", " ")


def draw_survival(folder: Path, target: Path) -> None:
    """Draw the share of customers left by tenure week and motif: the range of eight replicates."""
    results = study(
        folder,
        {
            "engine": "lifecycle",
            "study": {"name": "survival"},
            "collect": ["tenure_summary"],
            "design": {"replicates": 8, "grid": {"params.motif": SHIPPED}},
        },
    )
    rows = results.table("tenure_summary").merge(motif_of_run(results), on="run_id")
    figure, axes = plt.subplots(figsize=(7, 4))
    for motif in SHIPPED:
        mine = rows[(rows["params.motif"] == motif) & (rows["tenure_week"] <= LAST_WEEK)]
        survival = mine.groupby("tenure_week")["survival"]
        weeks = survival.mean().index
        axes.fill_between(weeks, survival.min(), survival.max(), color=COLOURS[motif], alpha=0.2)
        axes.plot(weeks, survival.mean(), color=COLOURS[motif], label=spelled(motif))
    axes.axvline(YEAR_WEEKS, color="#555555", linewidth=0.8, linestyle=":")
    axes.annotate("first anniversary", (YEAR_WEEKS + 1, 0.97), color="#555555", fontsize=8)
    axes.set(xlabel="tenure, weeks", ylabel="share of customers left", ylim=(0.3, 1.0))
    axes.legend(fontsize=8, frameon=False, loc="lower left")
    save(figure, target)


def motif_of_run(results: StudyResults) -> pd.DataFrame:
    """Return run_id and motif of each run."""
    return results.metrics[["run_id", "params.motif"]].drop_duplicates()


def draw_retention(folder: Path, target: Path) -> None:
    """Draw what each arm of the renewal program adds to NRR, paired over replicates."""
    results = study(folder, {"sweeps": "renewal_program"})
    metrics = results.metrics
    nrr = metrics[metrics["metric"] == "nrr_12m"].pivot_table(
        index=["params.motif", "replicate_index"], columns="arm", values="value"
    )
    gains = nrr.drop(columns="as_is").sub(nrr["as_is"], axis=0) * 100
    arms = [arm for arm in ARMS if arm in gains]
    mean, count = gains.groupby("params.motif").mean(), gains.groupby("params.motif").size()
    error = stats.t.ppf(0.975, count.iloc[0] - 1) * gains.groupby("params.motif").std().div(
        np.sqrt(count), axis=0
    )
    motifs = [motif for motif in SHIPPED if motif in mean.index]
    figure, axes = plt.subplots(figsize=(7, 4))
    for place, arm in enumerate(arms):
        at = np.arange(len(motifs)) + (place - 1) * 0.27
        axes.bar(
            at, mean.loc[motifs, arm], 0.25, yerr=error.loc[motifs, arm], capsize=3,
            color=ARMS[arm], label=spelled(arm),
        )  # fmt: skip
    before = nrr["as_is"].groupby("params.motif").mean()
    labels = [f"{spelled(motif)}\n(NRR {before[motif]:.3f} as it is)" for motif in motifs]
    axes.set_xticks(np.arange(len(motifs)), labels, fontsize=8)
    axes.set_ylabel("gain in 12-month NRR, percentage points")
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    save(figure, target)
    sys.stdout.write(f"{mean.loc[motifs, arms].round(2)}\n{error.loc[motifs, arms].round(2)}\n")


def draw_bridge(folder: Path, target: Path) -> None:
    """Draw how MRR gets from observation to a year later, one run with a balanced mix."""
    results = study(
        folder,
        {
            "engine": "lifecycle",
            "study": {"name": "bridge"},
            "mix": "balanced",
            "collect": ["weekly_summary"],
            "params": {"optional": {"downgrade": {"enabled": True}}},
        },
    )
    weekly = results.table("weekly_summary")
    start = weekly.loc[weekly["new_customers"] > 0, "calendar_week"].max()
    year = weekly[weekly["calendar_week"].between(start + 1, start + YEAR_WEEKS)]
    before = float(weekly.loc[weekly["calendar_week"] == start, "mrr_usd"].iloc[0]) / MILLION
    steps = {
        "expansion": year["expansion_mrr_usd"].sum() / MILLION,
        "contraction": -year["contraction_mrr_usd"].sum() / MILLION,
        "churn": -year["churned_mrr_usd"].sum() / MILLION,
    }
    draw_waterfall(before, steps, float(year["mrr_usd"].iloc[-1]) / MILLION, target)


def draw_waterfall(before: float, steps: Mapping[str, float], after: float, target: Path) -> None:
    """Draw two levels of MRR, million USD, and the steps between them."""
    figure, axes = plt.subplots(figsize=(7, 4))
    axes.bar("at observation", before, color="#1b6ca8")
    level = before
    for name, step in steps.items():
        axes.bar(name, step, bottom=level, color="#2a9d8f" if step > 0 else "#e76f51")
        level += step
        axes.annotate(f"{step:+.2f}", (name, max(level, level - step)), ha="center", va="bottom")
    axes.bar("52 weeks later", after, color="#1b6ca8")
    for name, height in (("at observation", before), ("52 weeks later", after)):
        axes.annotate(f"{height:.2f}", (name, height), ha="center", va="bottom")
    axes.set_ylabel("MRR, million USD")
    axes.set_ylim(0, 1.12 * max(before + steps["expansion"], after))
    save(figure, target)


def save(figure: Any, target: Path) -> None:
    """Write a figure as a small PNG."""
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(target, dpi=100, metadata={"Software": None})
    plt.close(figure)


def main(folder: Path) -> None:
    """Draw all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        draw_survival(Path(made), folder / "lifecycle-survival.png")
        draw_retention(Path(made), folder / "lifecycle-nrr.png")
        draw_bridge(Path(made), folder / "lifecycle-mrr-bridge.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
