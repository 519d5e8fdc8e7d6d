"""The whole flow of a study, as one function."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.accept import judge
from runner.compare import summarise_cells
from runner.config import Study, StudyRequest, compose_study, request_from_mapping
from runner.execute import Again, cut_parts, execute_plan, never_again
from runner.execute.progress import progress_line
from runner.plan import Plan, make_plan
from runner.results import StudyResults, gather_results, write_summary
from runner.store import Ledger, StudyFolder, open_study
from runner.store.changes import change_notes, repair_notes
from runner.store.integrity import find_damage, remove_leftovers, without_damage
from runner.store.plan_files import write_plan
from runner.store.results import assemble_results
from runner.track import record_study


def run_study(
    study: Mapping[str, Any] | StudyRequest, *, config_dir: Path | str | None = None
) -> StudyResults:
    """Compose, plan, execute, store and summarise a study; return its results.

    `study` is shaped like a file in `sweeps/`, with nested or dotted keys:
    `run_study({"engine": "taps", "design.grid": {"horizon": [12, 18]}})`. Runs whose results the
    study folder already holds are not repeated.

    Raises:
        ConfigError: the configuration as written is no study; nothing has run.
        PlanError: some of its runs are not possible; nothing has run.
        StoreError: the study folder cannot be read or written; what had ended is kept.
    """
    if not isinstance(study, StudyRequest):
        study = request_from_mapping(study, config_dir=config_dir)
    composed = compose_study(study)
    plan = make_plan(composed)
    folder = open_study(composed.outputs, composed.name)
    with folder.locked():
        previous = folder.latest.resolve()
        place = write_plan(folder, composed, plan)
        return carry_out(composed, plan, folder, notes=change_notes(previous, place))


def carry_out(  # noqa: PLR0913 - the optional ones belong to resume and run
    study: Study,
    plan: Plan,
    folder: StudyFolder,
    *,
    deep: bool = False,
    again: Again = never_again,
    notes: tuple[str, ...] = (),
) -> StudyResults:
    """Execute what is missing, then store and summarise; the caller holds the study's lock.

    `deep` reads every stored byte to find damage; `again` chooses failed runs to try once more;
    `notes` are remarks for the results.
    """
    ledger = Ledger(folder.ledger_file)
    before = ledger.read()
    damage = find_damage(folder, before, deep=deep)
    sound = without_damage(before, damage)
    remove_leftovers(folder, sound)
    parts = cut_parts(plan, sound, study.execution.part_runs, again=again)
    with progress_line(parts) as watcher:
        is_complete = execute_plan(parts, folder, study.execution, watcher)
    after = ledger.read()
    states = without_damage(after, find_damage(folder, after, deep=False))
    metrics = assemble_results(folder, plan, states)
    summary = summarise_cells(plan, metrics)
    acceptance = judge(folder, study, plan, states, metrics)
    told = repair_notes(ledger, damage, before, after)
    if not is_complete:
        told += (f"stopped early at {study.execution.most_failures} failed runs, as configured",)
    results = gather_results(
        folder,
        study,
        plan,
        states,
        summary,
        acceptance,
        executed=parts,
        notes=(*plan.notes, *notes, *told),
    )
    write_summary(folder.plan(plan.plan_id), study, results)
    return results.noting(record_study(study, results.folder))
