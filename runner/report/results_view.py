"""Print what a study found, as tables a planner can read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from runner.compare.labels import level_text, short_labels
from runner.contract import NOT_APPLICABLE, counted
from runner.report.comparisons import print_arms
from runner.report.console import number, print_counts, print_notes, table

if TYPE_CHECKING:
    import pandas as pd

    from runner.accept import Acceptance
    from runner.contract import EngineSpec
    from runner.results import StudyResults


_MOST_CELLS = 24
_MOST_METRICS = 3


def print_results(console: Console, results: StudyResults, spec: EngineSpec) -> None:
    """Print what a study found: failures first, then the headline metrics by cell."""
    runs = results.counts
    planned = counted(runs["planned"], "run")
    console.print(
        f"study {escape(results.study)}: {runs['done']:,} of {planned} done ({_what_was_new(runs)})"
    )
    lost = runs["failed"] + runs["timeout"]
    print_counts(console, f"{counted(lost, 'run')} failed", results.errors)
    if lost:
        console.print(f"try them again with: python -m runner retry {escape(results.called)}")
    print_counts(console, "broken checks", results.judged.broken_checks)
    print_counts(console, "warnings", results.warnings)
    console.print(_fitting_table(console, results, spec))
    print_arms(console, results, spec)
    print_notes(console, results.notes)
    if len(results.judged.cells):
        console.print(verdict_table(results.judged))
    _print_exceptions(console, results.judged)
    console.print(f"verdict       {results.verdict}")
    console.print(f"results hash  {results.results_hash}")
    console.print(f"results in    {escape(str(results.folder))}", soft_wrap=True)


def _what_was_new(runs: Mapping[str, int]) -> str:
    if runs["executed"]:
        return f"{runs['executed']:,} new"
    is_done = runs["done"] == runs["planned"]
    return "nothing to do, all are done" if is_done else "nothing new to run"


def _fitting_table(console: Console, results: StudyResults, spec: EngineSpec) -> Table:
    """Return the cells with as many headline metrics as the console is wide."""
    for most in range(_MOST_METRICS, 0, -1):
        made = _cells_table(results, spec, most)
        if Measurement.get(console, console.options, made).maximum <= console.width:
            break
    return made


def verdict_table(acceptance: Acceptance) -> Table:
    """Return one row per rule: verdict, in how many cells, passing runs, and what it rests on.

    Rules that bear on no cell of the study are counted only.
    """
    made = table("rule", "verdict", "cells", "runs passing", "because", title="rules")
    idle = 0
    for rule, cells in acceptance.cells.groupby("rule", sort=False):
        verdict = str(acceptance.rules.get(str(rule), NOT_APPLICABLE))
        if verdict == NOT_APPLICABLE:
            idle += 1
            continue
        deciding = acceptance.deciding_cells(str(rule))
        counts = f"{len(deciding):,} of {len(cells):,}"
        evaluated, passed = int(cells["evaluated"].sum()), int(cells["passed"].sum())
        runs = f"{passed:,} of {evaluated:,}" if evaluated else ""
        because = escape(_because(acceptance, str(rule), deciding))
        made.add_row(escape(str(rule)), verdict, counts, runs, because)
    if idle:
        made.caption = f"{counted(idle, 'rule')} of the engine: not applicable in this study"
    return made


def _because(acceptance: Acceptance, rule_id: str, cells: pd.DataFrame) -> str:
    """Return what a rule's verdict rests on; `cells` are those that share it."""
    verdict = acceptance.rules.get(rule_id)
    if verdict == "pass":
        return _passing(cells)
    if verdict == "fail":
        return _failure(acceptance, rule_id, cells)
    if verdict == "inconclusive":
        needed = acceptance.replicates_needed(rule_id)
        is_share = cells["difference"].isna().all()
        never = "the share is on the bound" if is_share else "no number of replicates would decide"
        return f"{needed:,} replicates would decide" if needed else never
    return ", ".join(dict.fromkeys(cells["reason"]))


def _passing(cells: pd.DataFrame) -> str:
    if cells["difference"].notna().any():
        return _difference_text(cells)
    bound = f"at least {cells['share_low'].min():.1%} of runs pass"
    return bound if len(cells) == 1 else f"{bound}, in each cell"


def _failure(acceptance: Acceptance, rule_id: str, cells: pd.DataFrame) -> str:
    if cells["difference"].notna().any():
        return _difference_text(cells)
    return _first_failure(acceptance.first_failure(rule_id))


def _difference_text(cells: pd.DataFrame) -> str:
    """Return the difference from the control in the first cell, and where the others lie."""
    first = cells.iloc[0]
    low, high = number(first["ci_low"]), number(first["ci_high"])
    told = f"arm {first['arm']}: {number(first['difference'])}, interval {low} to {high}"
    if len(cells) == 1:
        return told
    span = f"{number(cells['ci_low'].min())} to {number(cells['ci_high'].max())}"
    return f"{told}; all cells {span}"


def _first_failure(first: Mapping[str, Any]) -> str:
    when = "" if first["period"] is None else f"period {first['period']}, "
    arm = "" if first["arm"] is None else f" (arm {first['arm']})"
    where = f"cell {first['grid_index']}{arm}, run {first['run_id'][:8]}"
    return f"first in {when}{where}; worst {number(first['worst_value'])}"


def _print_exceptions(console: Console, acceptance: Acceptance) -> None:
    for label, named in (("used", acceptance.used), ("unused", acceptance.unused)):
        for name, motivation in named.items():
            console.print(
                f"exception {label}: {escape(name)} ({escape(motivation)})", soft_wrap=True
            )


def _cells_table(results: StudyResults, spec: EngineSpec, most: int) -> Table:
    """Return the first headline metrics by cell: mean and half width of its 95 % interval."""
    summary, levels = results.summary, results.axes
    names = _shown_metrics(summary, spec)[:most]
    keys = [key for key, found in levels.items() if len(found) > 1]
    labels = list(short_labels(keys).values())
    if results.arms:
        keys, labels = [*keys, "arm"], [*labels, "arm"]
    units = [f"{name}\n({spec.metric(name).unit})" for name in names]
    made = table(
        *(label.replace(".", ".\n") for label in labels),
        *units,
        title=f"{'estimate' if results.is_resampled else 'mean over replicates'}, with its 95 % "
        "interval",
    )
    for column in made.columns[len(labels) :]:
        column.justify = "right"
    by_metric = {name: rows.set_index("grid_index") for name, rows in summary.groupby("metric")}
    cells = summary.drop_duplicates("grid_index").head(_MOST_CELLS)
    for _, cell in cells.iterrows():
        found = [_mean_text(by_metric[name], cell["grid_index"]) for name in names]
        made.add_row(*(escape(level_text(cell[key])) for key in keys), *found)
    if (more := summary["grid_index"].nunique() - _MOST_CELLS) > 0:
        made.caption = f"{more:,} more cells in metrics_by_cell.csv"
    return made


def _shown_metrics(summary: pd.DataFrame, spec: EngineSpec) -> list[str]:
    """Return the headline metrics, or all that have a value where none of the headline has."""
    reported = [str(name) for name in summary["metric"].unique()]
    valued = [str(name) for name in summary.loc[summary["mean"].notna(), "metric"].unique()]
    headline = [name for name in spec.headline if name in reported]
    return headline if set(headline) & set(valued) else valued or headline or reported


def _mean_text(rows: pd.DataFrame, grid_index: int) -> str:
    if grid_index not in rows.index:
        return "null"
    row = rows.loc[grid_index]
    mean, low, high = row[["mean", "ci_low", "ci_high"]].to_numpy(dtype=float)
    if math.isnan(mean):
        return "null"
    if math.isnan(high):
        return number(mean)
    if math.isclose(high - mean, mean - low, rel_tol=1e-9, abs_tol=1e-300):
        return f"{number(mean)} ± {number(high - mean)}"
    return f"{number(mean)} ({number(low)} to {number(high)})"
