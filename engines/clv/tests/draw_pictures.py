"""Draw the pictures of the README: `python -m engines.clv.tests.draw_pictures [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from engines.clv.models import MODELS
from engines.clv.tests.support import run

FOLDER = Path("docs/images")
NAMES = {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD", "pareto_nbd": "Pareto/NBD"}
COLOURS = {"bg_nbd": "#1b6ca8", "mbg_nbd": "#2a9d5c", "pareto_nbd": "#c8553d"}


def save(figure, name: str) -> None:
    figure.tight_layout()
    figure.savefig(FOLDER / f"clv-{name}.png", dpi=100)
    plt.close(figure)


def rows_of(table, model: str):
    return table["model"] == model


def draw_tracking(table) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    week = table["unit_index"][rows_of(table, "bg_nbd")]
    for axis, kind in ((left, "cumulative"), (right, "increment")):
        actual = table[f"actual_{kind}"][rows_of(table, "bg_nbd")]
        axis.plot(week, actual, color="black", lw=1.6, label="actual")
        for model, name in NAMES.items():
            expected = table[f"expected_{kind}"][rows_of(table, model)]
            axis.plot(week, expected, color=COLOURS[model], lw=1.4, ls="--", label=name)
        axis.axvline(39, color="grey", lw=0.8, ls=":")
        axis.set_xlabel("week")
    left.text(39.5, 250, "holdout", color="grey")
    left.set_ylabel("cumulative repeat purchases")
    right.set_ylabel("repeat purchases per week")
    left.legend(frameon=False)
    save(figure, "tracking")


def draw_holdout(table) -> None:
    figure, axis = plt.subplots(figsize=(7, 4))
    some = rows_of(table, "bg_nbd")
    bins = table["bin"][some].tolist()
    place, actual = np.arange(len(bins)), table["actual_mean"][some]
    axis.errorbar(place, actual, yerr=1.645 * table["actual_se"][some], color="black", marker="o",
                  lw=1.5, capsize=3, label="actual, 90 % interval of the mean")  # fmt: skip
    for model, name in NAMES.items():
        mean = table["predicted_mean"][rows_of(table, model)]
        axis.plot(place, mean, color=COLOURS[model], marker=".", ls="--", label=name)
    axis.set_xticks(place, bins)
    axis.set_xlabel("repeat purchases in weeks 1 to 39")
    axis.set_ylabel("mean purchases in weeks 40 to 78")
    axis.legend(frameon=False)
    save(figure, "holdout")


def draw_alive(tables) -> None:
    x, t_x = np.arange(0, 21), np.linspace(0, 38.857, 40)
    figure, axes = plt.subplots(1, 3, figsize=(12, 4), sharey=True)
    parameters = tables["parameters"]
    for axis, (model, name) in zip(axes, NAMES.items(), strict=True):
        some = rows_of(parameters, model) & (parameters["stage"] == "calibration")
        known = dict(zip(parameters["parameter"][some].tolist(),
                         parameters["estimate"][some].tolist(), strict=True))  # fmt: skip
        theta = np.array([known[p] for p in MODELS[model].parameters])
        grid_x, grid_t = np.meshgrid(x.astype(float), t_x)
        recency = np.where(grid_x == 0, 0.0, grid_t)
        alive = MODELS[model].p_alive(theta, grid_x, recency, np.full(grid_x.shape, 38.857))
        shown = axis.pcolormesh(x, t_x, alive, vmin=0, vmax=1, cmap="viridis", shading="nearest")
        axis.set_title(name)
        axis.set_xlabel("repeat purchases x (x = 0: no recency)")
    axes[0].set_ylabel("recency t_x, weeks of T = 38.9")
    figure.colorbar(shown, ax=axes, label="P(alive)", fraction=0.03)
    figure.savefig(FOLDER / "clv-alive.png", dpi=100, bbox_inches="tight")
    plt.close(figure)


def draw_pit(table) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), sharey=True)
    for axis, (model, name) in zip(axes, NAMES.items(), strict=True):
        pit = table["pit"][rows_of(table, model)]
        axis.hist(pit, bins=20, range=(0, 1), density=True, color=COLOURS[model], alpha=0.8)
        axis.axhline(1, color="black", lw=1)
        share = float(((pit >= 0.05) & (pit <= 0.95)).mean())
        axis.set_title(f"{name}: {100 * share:.1f} % in the central 90 %")
        axis.set_xlabel("randomised PIT of holdout purchases")
    axes[0].set_ylabel("density")
    save(figure, "pit")


def draw_drift() -> None:
    synthetic = {
        "source": "synthetic",
        "synthetic": {
            "n_customers": 6000, "acquisition_units": 30.0,
            "archetypes": {
                "standard": {"share": "auto"},
                "late": {"share": 0.06, "spend_scale": 2.0, "acquisition_window": [26, 30]},
            },
        },
    }  # fmt: skip
    ran = run(
        {"data": synthetic, "model": {"name": "pareto_nbd"}, "drift": {"cohort_by": "week"}},
        collect=("cohort_drift",),
    )
    table = ran.tables["cohort_drift"]
    tested = ~np.ma.getmaskarray(table["kl"])
    names = [
        name[5:]
        for name, is_tested in zip(table["cohort"].tolist(), tested, strict=True)
        if is_tested
    ]
    place, kl = np.arange(len(names)), table["kl"][tested]
    limit, flagged = table["kl_threshold"][tested], table["flagged"][tested]
    shift = table["mean_shift_pct"][tested]
    error = [shift - table["shift_low_pct"][tested], table["shift_high_pct"][tested] - shift]
    figure, (top, low) = plt.subplots(2, 1, figsize=(10, 5.4), sharex=True)
    colour = np.where(flagged, "#c8553d", "#1b6ca8")
    top.bar(place, kl, color=colour)
    top.step(place, limit, where="mid", color="black", lw=1.2, label="threshold, 1 % false alarms")
    top.set_ylabel("KL divergence, nats")
    top.legend(frameon=False)
    low.errorbar(place, shift, yerr=error, fmt="none", ecolor="grey", capsize=2)
    low.scatter(place, shift, color=colour, zorder=3)
    low.axhline(0, color="black", lw=0.8)
    low.set_ylabel("shift of mean, %, 90 %")
    low.set_xticks(place, names, rotation=60, ha="right", fontsize=7)
    low.set_xlabel(
        "week of first purchase; from week 27 on, a third of the customers spend twice as much"
    )
    save(figure, "drift")


def main() -> None:
    wanted = ("tracking", "holdout_by_frequency", "holdout", "parameters")
    ran = run({"drift": {"enabled": False}}, collect=wanted)
    draw_tracking(ran.tables["tracking"])
    draw_holdout(ran.tables["holdout_by_frequency"])
    draw_alive(ran.tables)
    draw_pit(ran.tables["holdout"])
    draw_drift()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        FOLDER = Path(sys.argv[1])
    FOLDER.mkdir(parents=True, exist_ok=True)
    main()
