"""Show what a calibration found: parameters with intervals, the fit, what stays open."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from runner.contract import counted, shown
from runner.report.console import number, print_counts, print_notes, table

if TYPE_CHECKING:
    import pandas as pd

    from runner.calibrate import Calibrated

_MOST_POINTS = 40


def print_calibration(console: Console, found: Calibrated) -> None:
    """Print the outcome of a calibration, failures first, and how to use it."""
    runs = found.runs
    console.print(
        f"calibration {found.calibration_id[:12]} of {escape(found.study.name)}: "
        f"{counted(len(found.trials), 'trial')}, {counted(runs['planned'], 'run')} "
        f"({runs['executed']:,} new)"
    )
    print_counts(console, "trials without a result", found.unusable)
    console.print(_parameter_table(found))
    for sentence in found.statements:
        console.print(f"note: {escape(sentence)}", soft_wrap=True)
    for role, title in (("fit", "targets to fit"), ("hold_out", "targets held out")):
        rows = found.fit[found.fit["role"] == role]
        if len(rows):
            console.print(_fit_table(rows, title))
    print_notes(console, found.notes)
    console.print(f"verdict       {found.verdict}, held out: {found.hold_out_verdict}")
    console.print(f"results in    {escape(str(found.folder))}", soft_wrap=True)
    console.print(f"use it with   {escape(_command(found))}", soft_wrap=True)


def _command(found: Calibrated) -> str:
    folder = shlex.quote(os.path.relpath(found.config_dir))
    study, name = found.study, found.study.calibration.name
    return f"python -m runner run engine={study.engine} --config-dir {folder} calibrated={name}"


def _parameter_table(found: Calibrated) -> Table:
    rows = found.parameters
    made = table("parameter", "value", "95 % interval", "unit", "finding", title="parameters")
    for row in rows.to_dict("records"):
        interval = "" if _is_null(row["low"]) else f"{number(row['low'])} to {number(row['high'])}"
        value = row["value"]
        text = number(value) if isinstance(value, int | float) else shown(value)
        made.add_row(*map(escape, (row["path"], text, interval, row["unit"], row["finding"])))
    return made


def _fit_table(rows: pd.DataFrame, title: str) -> Table:
    headings = ("target", "observed", "achieved", "unit", "standardised error", "verdict")
    made = table(*headings, title=title)
    for row in rows.head(_MOST_POINTS).to_dict("records"):
        observed = f"{number(row['target'])} ± {number(row['target_se'])}"
        if not _is_null(row["tolerance"]):
            observed = f"{number(row['target'])} within {number(row['tolerance'])}"
        error = f"{row['standardised_error']:+.2f}"
        made.add_row(
            escape(row["name"]), observed, number(row["achieved"]), escape(row["unit"]), error,
            row["verdict"],
        )  # fmt: skip
    if len(rows) > _MOST_POINTS:
        made.caption = f"{len(rows) - _MOST_POINTS:,} more in fit.csv"
    return made


def _is_null(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN is the only value unlike itself
