"""Print how arms differ from the control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from runner.compare import watched_metrics
from runner.compare.estimates import PERCENTILE
from runner.compare.labels import level_text, short_labels
from runner.compare.wording import amounts, finding_text, percent, targets_text
from runner.page.wording import across_cells
from runner.report.console import number, print_notes, table

if TYPE_CHECKING:
    import pandas as pd

    from runner.contract import EngineSpec
    from runner.report.compared import Compared
    from runner.results import StudyResults

_MOST_LINES = 12
_MOST_ROWS = 60
_PERCENT_FROM = 0.005


def print_arms(console: Console, results: StudyResults, spec: EngineSpec) -> None:
    """Print in a few lines what became of the arms: declared comparisons, or headline metrics."""
    rows = results.comparisons
    if not len(rows):
        return
    is_shown = rows["comparison"].notna()
    if not is_shown.any():
        known = list(dict.fromkeys(rows["metric"]))
        is_shown = rows["metric"].isin(watched_metrics((), spec, known))
    axes = [key for key, levels in results.axes.items() if len(levels) > 1]
    console.print(f"[bold]arms against {escape(str(results.control))}[/bold]")
    _print_lines(console, rows[is_shown.to_numpy(bool)], axes, results.confidence)
    console.print(f"more with: python -m runner compare {escape(results.called)}")


def print_compared(console: Console, found: Compared) -> None:
    """Print the comparisons of a finished plan: sentences, table, pairing and variance."""
    status, rows = found.status, found.shown_rows
    console.print(
        f"study {escape(status.study)}, plan {status.plan_id[:12]}: arms against "
        f"{escape(found.control)}, {percent(found.confidence)} intervals"
    )
    _print_lines(console, rows, list(found.axes), found.confidence)
    console.print(_rows_table(rows, found))
    console.print(_pairing_table(rows))
    console.print(_budget_table(found.budget, list(dict.fromkeys(rows["metric"]))))
    print_notes(console, found.notes)
    files = f"{status.folder}/comparisons.csv"
    console.print(f"all columns, all metrics: {escape(files)}", soft_wrap=True)


def _print_lines(console: Console, rows: pd.DataFrame, axes: list[str], confidence: float) -> None:
    """Print a sentence per comparison; where there are many, one per arm and metric."""
    if len(rows) > _MOST_LINES:
        groups = [own for _, own in rows.groupby(["arm", "metric"], sort=False)]
        for own in groups[:_MOST_LINES]:
            console.print(escape(f"  {across_cells(own)}"), soft_wrap=True)
        if len(groups) > _MOST_LINES:
            console.print(f"  {len(groups) - _MOST_LINES:,} more in comparisons.csv")
        return
    labels = short_labels(axes)
    for row in rows.to_dict("records"):
        where = ", ".join(f"{labels[key]}={level_text(row[key])}" for key in axes)
        told = finding_text(row, confidence)
        more = targets_text(row)
        line = f"  {f'[{where}] ' if where else ''}{told}{f'; {more}' if more else ''}"
        console.print(escape(line), soft_wrap=True)


def _rows_table(rows: pd.DataFrame, found: Compared) -> Table:
    kind = "estimate" if (rows["method"] == PERCENTILE).all() else "mean"
    names = short_labels(list(found.axes)).values()
    headings = [*names, "arm", "metric", "control", f"arm's {kind}"]
    numbers = ("difference", "interval", "relative", "P(better)", "method", "n")
    width = ["replicates\nfor width"] if found.width is not None else []
    made = table(*headings, *numbers, *width, "finding")
    for row in rows.head(_MOST_ROWS).to_dict("records"):
        cells = [level_text(row[key]) for key in found.axes]
        cells += [str(row["arm"]), str(row["metric"])]
        cells += [number(row["mean_control"]), number(row["mean_arm"])]
        cells += [*_difference_cells(row), _ratio(row["relative"])]
        cells += [number(row["probability_better"]), str(row["method"]), f"{row['n']:,}"]
        cells += [_count(row["replicates_for_width"])] if width else []
        made.add_row(*(escape(cell) for cell in cells), str(row["finding"]))
    if len(rows) > _MOST_ROWS:
        made.caption = f"{len(rows) - _MOST_ROWS:,} more rows in comparisons.csv"
    return made


def _difference_cells(row: Mapping[Any, Any]) -> tuple[str, str]:
    if row["ci_low"] != row["ci_low"]:
        return number(row["difference"]), ""
    estimate, low, high = amounts([row["difference"], row["ci_low"], row["ci_high"]])
    return estimate, f"{low} to {high}"


def _ratio(relative: Any) -> str:
    if relative != relative:  # noqa: PLR0124
        return ""
    return f"{relative:+.1%}" if abs(relative) >= _PERCENT_FROM else f"{relative:+.3%}"


def _count(needed: Any) -> str:
    import pandas as pd

    return "" if pd.isna(needed) else f"{needed:,}"


def _pairing_table(rows: pd.DataFrame) -> Table:
    """Return how much alike arms and control were, and what that saved."""
    made = table(
        "metric", "arm", "correlation", "variance\nreduction", title="pairing, median over cells"
    )
    grouped = rows.groupby(["metric", "arm"], sort=False)
    for (metric, arm), found in grouped:
        middle = found[["correlation", "variance_reduction"]].median()
        is_exact = (found["method"] == "exact").all()
        reduction = "no spread left" if is_exact else number(middle["variance_reduction"])
        made.add_row(
            escape(str(metric)), escape(str(arm)), number(middle["correlation"]), reduction
        )
    return made


def _budget_table(budget: pd.DataFrame, metrics: list[str]) -> Table:
    """Return where the variance of each metric comes from, the largest share first."""
    made = table("metric", "share of its variance from", title="variance budget")
    for metric in metrics:
        own = budget[(budget["metric"] == metric).to_numpy(bool)]
        ranked = own.dropna(subset="share").sort_values("share", ascending=False, kind="stable")
        told = ", ".join(
            f"{component} {share:.1%}"
            for component, share in zip(ranked["component"], ranked["share"], strict=True)
        )
        made.add_row(escape(metric), escape(told or "nothing varies"))
    return made
