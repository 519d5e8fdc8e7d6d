"""Print what a plan would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from runner.contract import counted, shown
from runner.report.console import duration, print_notes, table

if TYPE_CHECKING:
    from runner.config import Study
    from runner.plan import Plan
    from runner.preview import PlannedStudy


_FIRST_RUNS = 5
_MOST_LEVELS = 6


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
