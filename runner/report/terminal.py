"""Print plans and results as tables a planner can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from runner.contract import NOT_APPLICABLE, shown

if TYPE_CHECKING:
    import pandas as pd

    from runner.accept import Acceptance
    from runner.audit import RerunResult, VerifyReport
    from runner.config import Study
    from runner.contract import EngineSpec
    from runner.plan import Plan
    from runner.preview import PlannedStudy
    from runner.report.status import StudyStatus
    from runner.results import StudyResults

_MOST_CELLS = 24
_FIRST_RUNS = 5
_MOST_LEVELS = 6
_MOST_METRICS = 3
_MINUTE = 60.0


def table(*headings: str, title: str = "") -> Table:
    """Return an empty table in the house style: no boxes, readable when piped to a file."""
    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        made.add_column(escape(heading), overflow="fold", min_width=_widest(heading))
    return made


def _widest(heading: str) -> int:
    """Return the width that keeps a heading's words whole, within reason."""
    return min(24, max(len(word) for word in heading.split("\n")))


def print_plan(console: Console, planned: PlannedStudy) -> None:
    """Print what a plan would do: counts, axes, first runs, notes, cost."""
    study, plan = planned.study, planned.plan
    if study.question:
        console.print(f"[bold]{escape(study.question)}[/bold]")
    size = f"{counted(len(plan.cells), 'cell')} x {counted(plan.replicates, 'replicate')}"
    size += f" x {counted(plan.mc, 'draw')} of chance" if plan.mc > 1 else ""
    console.print(
        f"study {escape(study.name)}: {size} = {counted(plan.n_runs, 'run')} of engine "
        f"{plan.engine} {plan.engine_version}"
    )
    console.print(
        f"to run now: {planned.to_run:,} ({_why_fewer(planned)}), "
        f"about {duration(plan.cost_s * planned.to_run / plan.n_runs)} of CPU"
    )
    console.print(f"plan {plan.plan_id[:12]} in {escape(str(planned.folder))}", soft_wrap=True)
    console.print(_axes_table(plan))
    if plan.cells[0].drawn:
        console.print(_variables_table(study, plan))
    console.print(_first_runs_table(plan))
    print_notes(console, plan.notes)


def _why_fewer(planned: PlannedStudy) -> str:
    """Return what keeps planned runs from having to run: done, failed, equal to another."""
    runs = planned.runs
    lost = runs["failed"] + runs["timeout"]
    shared = runs["planned"] - runs["done"] - lost - planned.to_run
    told = [f"{runs['done']:,} are done"]
    told += [f"{lost:,} failed before"] if lost else []
    told += [f"{shared:,} are equal to others"] if shared > 0 else []
    return ", ".join(told)


def counted(count: int, thing: str) -> str:
    """Return a count with its noun: `1 run`, `2 runs`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def duration(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 1:
        return "a second"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _MINUTE**2:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _MINUTE**2:.1f} h"


def _axes_table(plan: Plan) -> Table:
    made = table("axis", "levels", "values")
    rows: dict[str, tuple[Any, ...]] = {**plan.axes}
    if plan.arms:
        rows["arm"] = plan.arms
    for key, levels in rows.items():
        first = ", ".join(shown(level) for level in levels[:_MOST_LEVELS])
        more = ", ..." if len(levels) > _MOST_LEVELS else ""
        made.add_row(escape(key), str(len(levels)), escape(first + more))
    if not rows:
        made.add_row("(none)", "1", "one cell")
    return made


def _variables_table(study: Study, plan: Plan) -> Table:
    made = table("random variable", "distribution", "drawn in the first cell")
    declared = {variable.path: variable for variable in study.variables}
    for variable in plan.cells[0].drawn:
        found = declared.get(variable.path)
        name = found.distribution if found and found.distribution else ""
        first = ", ".join(shown(value) for value in variable.values[:_FIRST_RUNS])
        more = ", ..." if len(variable.values) > _FIRST_RUNS else ""
        made.add_row(escape(variable.path), name, first + more)
    return made


def _first_runs_table(plan: Plan) -> Table:
    keys = [*plan.axes, *(["arm"] if plan.arms else [])]
    made = table("first runs", "cell", "replicate", *keys)
    left = _FIRST_RUNS
    for cell in plan.cells:
        for replicate, run_id in enumerate(cell.run_ids[:left]):
            levels: dict[str, Any] = {**cell.levels, "arm": cell.arm}
            named = [escape(shown(levels[key])) for key in keys]
            made.add_row(run_id[:12], str(cell.grid_index), str(replicate), *named)
        left -= min(left, len(cell.run_ids))
        if not left:
            break
    return made


def print_notes(console: Console, notes: tuple[str, ...]) -> None:
    """Print the remarks of the planner, if any."""
    for note in notes:
        console.print(f"note: {escape(note)}", soft_wrap=True)


def print_results(console: Console, results: StudyResults, spec: EngineSpec) -> None:
    """Print what a study found: failures first, then the headline metrics by cell."""
    runs = results.runs
    planned = counted(runs["planned"], "run")
    console.print(
        f"study {escape(results.study)}: {runs['done']:,} of {planned} done ({_what_was_new(runs)})"
    )
    lost = runs["failed"] + runs["timeout"]
    _print_counts(console, f"{counted(lost, 'run')} failed", results.errors)
    if lost:
        console.print(f"try them again with: python -m runner retry {escape(results.called)}")
    _print_counts(console, "broken checks", results.acceptance.broken_checks)
    _print_counts(console, "warnings", results.warnings)
    console.print(_fitting_table(console, results, spec))
    print_notes(console, results.notes)
    if len(results.acceptance.cells):
        console.print(verdict_table(results.acceptance))
    _print_exceptions(console, results.acceptance)
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
    """Return one row per rule: verdict, in how many cells, passing runs, and what it rests on."""
    made = table("rule", "verdict", "cells", "runs passing", "because", title="rules")
    for rule, cells in acceptance.cells.groupby("rule", sort=False):
        verdict = str(acceptance.rules.get(str(rule), NOT_APPLICABLE))
        deciding = acceptance.deciding_cells(str(rule))
        counts = f"{len(deciding):,} of {len(cells):,}"
        evaluated, passed = int(cells["evaluated"].sum()), int(cells["passed"].sum())
        runs = f"{passed:,} of {evaluated:,}" if evaluated else ""
        because = escape(_because(acceptance, str(rule), deciding))
        made.add_row(escape(str(rule)), verdict, counts, runs, because)
    return made


def _because(acceptance: Acceptance, rule_id: str, cells: pd.DataFrame) -> str:
    """Return what a rule's verdict rests on; `cells` are those that share it."""
    verdict = acceptance.rules.get(rule_id)
    if verdict == "pass":
        bound = f"at least {cells['share_low'].min():.1%} of runs pass"
        return bound if len(cells) == 1 else f"{bound}, in each cell"
    if verdict == "fail":
        return _first_failure(acceptance.first_failure(rule_id))
    if verdict == "inconclusive":
        needed = acceptance.replicates_needed(rule_id)
        return f"{needed:,} replicates would decide" if needed else "the share is on the bound"
    if verdict == "not_evaluated":
        return ", ".join(dict.fromkeys(cells["reason"]))
    return "no cell has what it judges"


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


def _print_counts(console: Console, heading: str, counts: Mapping[str, int]) -> None:
    if counts:
        console.print(f"[bold red]{heading}:[/bold red]")
        for text, count in sorted(counts.items(), key=lambda item: -item[1])[:10]:
            console.print(f"  {count:,} x {escape(text)}", soft_wrap=True)


def _cells_table(results: StudyResults, spec: EngineSpec, most: int) -> Table:
    """Return the first headline metrics by cell: mean and half width of its 95 % interval."""
    plan, summary = results.plan, results.summary
    names = [name for name in spec.headline if name in plan.metrics][:most]
    names = names or list(plan.metrics[:most])
    keys = [key for key, levels in plan.axes.items() if len(levels) > 1]
    labels = short_names(keys)
    if plan.arms:
        keys, labels = [*keys, "arm"], [*labels, "arm"]
    units = [f"{name}\n({spec.metric(name).unit})" for name in names]
    made = table(
        *(label.replace(".", ".\n") for label in labels),
        *units,
        title="mean over replicates, with its 95 % interval",
    )
    for column in made.columns[len(labels) :]:
        column.justify = "right"
    by_metric = {name: rows.set_index("grid_index") for name, rows in summary.groupby("metric")}
    cells = summary.drop_duplicates("grid_index").head(_MOST_CELLS)
    for _, cell in cells.iterrows():
        found = [_mean_text(by_metric[name], cell["grid_index"]) for name in names]
        made.add_row(*(escape(_label(cell[key])) for key in keys), *found)
    if len(plan.cells) > _MOST_CELLS:
        made.caption = f"{len(plan.cells) - _MOST_CELLS:,} more cells in metrics_by_cell.csv"
    return made


def short_names(paths: list[str]) -> list[str]:
    """Return the shortest endings of dotted paths that still tell them apart."""
    named = []
    for path in paths:
        segments = path.split(".")
        for count in range(1, len(segments) + 1):
            ending = ".".join(segments[-count:])
            others = [p for p in paths if p != path]
            if not any(p == ending or p.endswith(f".{ending}") for p in others):
                break
        named.append(ending)
    return named


def _label(level: Any) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)


def _mean_text(rows: pd.DataFrame, grid_index: int) -> str:
    if grid_index not in rows.index:
        return "null"
    row = rows.loc[grid_index]
    if not row["n"]:
        return "null"
    half = row["ci_high"] - row["mean"]
    return number(row["mean"]) + (f" ± {number(half)}" if half == half else "")  # noqa: PLR0124


def number(value: Any) -> str:
    """Return a number with about four significant digits and thousands separators."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is the only value unlike itself
        return ""
    size = abs(value)
    if size >= 1000:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def print_status(console: Console, status: StudyStatus) -> None:
    """Print how far a study is."""
    runs = status.runs
    console.print(f"study {escape(status.study)}, plan {status.plan_id[:12]}")
    console.print(
        f"{runs['done']:,} of {runs['planned']:,} runs done, {runs['failed']:,} failed, "
        f"{runs['timeout']:,} timed out, {runs['remaining']:,} remaining"
    )
    _print_counts(console, "failed", status.errors)
    if runs["remaining"]:
        left = duration(status.seconds_left) if status.seconds_left else "unknown"
        damaged = f", {status.damaged_files} damaged part files among them" * bool(
            status.damaged_files
        )
        console.print(f"a resume would run {runs['remaining']:,} runs{damaged}; CPU time: {left}")
    else:
        console.print(f"verdict       {status.verdict}")
        console.print(f"results hash  {status.results_hash}")
    console.print(f"results in    {escape(str(status.folder))}", soft_wrap=True)


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
    console.print(f"study {escape(report.study)}, plan {report.plan_id[:12]}")
    console.print(
        f"{report.part_files:,} part files and {report.stored_runs:,} stored runs checked, "
        f"{report.recomputed:,} runs computed again and compared {how}"
    )
    for problem in report.problems:
        console.print(f"  {escape(problem)}", soft_wrap=True)
    if report.ok:
        console.print("all is as it was computed")
    else:
        console.print(
            f"{counted(len(report.problems), 'problem')}; python -m runner resume "
            f"{escape(report.study)} finishes the study and recomputes what is damaged"
        )
