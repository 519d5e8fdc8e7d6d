"""Print how far a study is, one run computed again, and what was verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from runner.contract import counted
from runner.report.console import duration, print_counts, table

if TYPE_CHECKING:
    from runner.audit import RerunResult, VerifyReport
    from runner.report.status import StudyStatus


def print_status(console: Console, status: StudyStatus) -> None:
    """Print how far a study is."""
    runs = status.runs
    console.print(f"study {escape(status.study)}, plan {status.plan_id[:12]}")
    console.print(
        f"{runs['done']:,} of {runs['planned']:,} runs done, {runs['failed']:,} failed, "
        f"{runs['timeout']:,} timed out, {runs['remaining']:,} remaining"
    )
    print_counts(console, "failed", status.errors)
    if runs["remaining"]:
        left = duration(status.cpu_seconds_left) if status.cpu_seconds_left else "unknown"
        damaged = f", {status.damaged_files} damaged part files among them" * bool(
            status.damaged_files
        )
        console.print(f"a resume would run {runs['remaining']:,} runs{damaged}; CPU time: {left}")
    else:
        console.print(f"verdict       {status.verdict}")
        console.print(f"results hash  {status.results_hash}")
    _print_calibrations(console, status)
    console.print(f"results in    {escape(str(status.folder))}", soft_wrap=True)


def _print_calibrations(console: Console, status: StudyStatus) -> None:
    """Say what else the study folder holds: its runs are not among those counted."""
    finished, unfinished = status.calibrations["finished"], status.calibrations["unfinished"]
    if finished:
        told = f"{counted(finished, 'calibration')} finished; runs of trials but the best one's"
        console.print(f"note: {told} are in no plan and not counted", soft_wrap=True)
    if unfinished:
        told = f"{counted(unfinished, 'calibration')} not finished; a resume goes on with it"
        console.print(f"note: {told}", soft_wrap=True)


def print_rerun(console: Console, result: RerunResult) -> None:
    """Print one run computed again: its metrics, whether it agrees, what was exported."""
    record = result.record
    console.print(f"run {record.run_id} of study {escape(result.study)}: {record.status}")
    if record.error:
        console.print(escape(record.traceback or record.error), soft_wrap=True)
    made = table("metric", "value")
    for _, row in result.metrics.iterrows():
        shown_value = row["reason"] if row["value"] != row["value"] else repr(float(row["value"]))
        made.add_row(escape(row["metric"]), escape(str(shown_value)))
    console.print(made)
    told = {True: "the same as in the ledger", False: "NOT what the ledger holds", None: "new"}
    console.print(f"metrics hash  {record.metrics_hash} ({told[result.agrees]})")
    for file in result.exported:
        console.print(f"wrote {escape(str(file))}", soft_wrap=True)


def print_verified(console: Console, report: VerifyReport) -> None:
    """Print what was verified and everything that is wrong."""
    how = "bit for bit" if report.exact else "to a relative 1e-9, since the environment differs"
    trials = f" and all trials of {counted(report.calibrations, 'calibration')}"
    more = trials if report.calibrations else ""
    console.print(f"study {escape(report.study)}, plan {report.plan_id[:12]}{more}")
    console.print(
        f"{report.part_files:,} part files and {report.stored_runs:,} stored runs checked, "
        f"{report.recomputed:,} runs computed again and compared {how}"
    )
    for note in report.notes:
        console.print(f"note: {escape(note)}", soft_wrap=True)
    for problem in report.problems:
        console.print(f"  {escape(problem)}", soft_wrap=True)
    if report.ok:
        console.print("all is as it was computed")
    else:
        console.print(
            f"{counted(len(report.problems), 'problem')}; python -m runner resume "
            f"{escape(report.study)} finishes the study and recomputes what is damaged"
        )
