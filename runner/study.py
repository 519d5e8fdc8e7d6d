"""The whole flow of a study, as one function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.accept import judge
from runner.compare import (
    compare_arms,
    next_replicates,
    precision_note,
    sameness_notes,
    summarise_cells,
)
from runner.config import (
    Study,
    StudyRequest,
    compose_study,
    request_from_mapping,
    with_replicates,
)
from runner.contract import LostWorkersError, UnstoredError
from runner.execute import Again, cut_parts, execute_plan, never_again
from runner.execute.progress import progress_line
from runner.page import report_study
from runner.plan import Plan, make_plan
from runner.registry import load_engine
from runner.results import StudyResults, gather_results, write_summary
from runner.store import Ledger, RunState, StudyFolder, open_study
from runner.store.changes import change_notes, environment_notes, repair_notes
from runner.store.environment import record_environment
from runner.store.integrity import find_damage, remove_leftovers, without_damage
from runner.store.plan_files import write_plan
from runner.store.results import assemble_results, count_runs, only_of
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
    """Execute what is missing until the study knows enough; the caller holds the study's lock.

    `deep` reads every stored byte to find damage; `again` chooses failed runs to try once more;
    `notes` are remarks for the results. A study with a budget grows: each size is a plan of its
    own, and the last one is returned.
    """
    with telling_how_to_go_on(folder):
        results = complete(study, plan, folder, deep=deep, again=again, notes=notes)
        while results.is_complete and (more := next_replicates(study, results.comparisons)):
            study = with_replicates(study, more)
            plan = make_plan(study)
            write_plan(folder, study, plan)
            results = complete(study, plan, folder, notes=notes).after(results)
        results = results.noting(report_study(study, results.folder))
        return results.noting(record_study(study, results.folder))


def complete(  # noqa: PLR0913 - the optional ones belong to resume and run
    study: Study,
    plan: Plan,
    folder: StudyFolder,
    *,
    deep: bool = False,
    again: Again = never_again,
    notes: tuple[str, ...] = (),
) -> StudyResults:
    """Execute what a plan's folder lacks, then store, summarise, compare and judge."""
    done = execute_missing(study, plan, folder, deep=deep, again=again)
    metrics = assemble_results(folder, plan, done.states)
    spec = load_engine(plan.engine)
    summary = summarise_cells(plan, metrics, spec)
    comparisons = compare_arms(study, plan, metrics, spec)
    acceptance = judge(folder, study, plan, done.states, metrics, comparisons)
    is_complete = count_runs(plan, done.states)["done"] == plan.n_runs
    told = (
        *plan.notes, *notes, *done.environment_notes, *sameness_notes(plan, summary),
        *done.repair_notes, *comparisons.notes,
        *precision_note(study, comparisons.rows, is_complete=is_complete), *done.stop_notes,
    )  # fmt: skip
    results = gather_results(
        folder, study, plan, done.states, summary, comparisons, acceptance, executed=done.count,
        notes=told,
    )  # fmt: skip
    write_summary(folder.plan(plan.plan_id), study, results)
    return results


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What a plan's folder holds once its missing runs have been executed.

    `states` are the plan's runs whose files are sound, `count` is how many were executed just now.
    The notes tell what differs from the environment of earlier runs, what was damaged, and why
    there are no more runs.
    """

    states: Mapping[str, RunState]
    count: int
    environment_notes: tuple[str, ...]
    repair_notes: tuple[str, ...]
    stop_notes: tuple[str, ...]


def execute_missing(
    study: Study, plan: Plan, folder: StudyFolder, *, deep: bool, again: Again
) -> Executed:
    """Execute what a plan's folder lacks or holds damaged, and clear away what it should not hold.

    Raises:
        StoreError: the folder cannot be read or written; what had ended is kept.
    """
    ledger, place = Ledger(folder.ledger_file), folder.plan(plan.plan_id)
    every = ledger.read()
    before = only_of(plan, every)
    damage = find_damage(folder, before, deep=deep)
    environment = environment_notes(place)
    ledger.drop_unreadable()
    remove_leftovers(folder, every, damage)
    sound = without_damage(before, damage)
    parts = cut_parts(plan, sound, study.execution.part_runs, again=again)
    if parts:
        record_environment(place)
    with progress_line(parts) as watcher:
        count = execute_plan(parts, folder, study.execution, watcher)
    every = Ledger(folder.ledger_file).read()
    remove_leftovers(folder, every)
    after = only_of(plan, every)
    stopped = f"stopped early at {study.execution.most_failures} failed runs, as configured"
    return Executed(
        states=without_damage(after, find_damage(folder, after, deep=False)),
        count=count,
        environment_notes=environment,
        repair_notes=repair_notes(ledger, damage, before, after),
        stop_notes=(stopped,) if count < sum(len(part.runs) for part in parts) else (),
    )


@contextmanager
def telling_how_to_go_on(folder: StudyFolder) -> Iterator[None]:
    """Add to an interruption, a full disk, a lost cluster the command that continues the study."""
    command = f"python -m runner resume {folder.called}"
    try:
        yield
    except UnstoredError as error:
        raise UnstoredError(
            f"{error}; what had ended is kept: make room or give access, then continue with "
            f"`{command}`"
        ) from error
    except LostWorkersError as error:
        raise LostWorkersError(
            f"{error}; what had ended is kept: continue with `{command}`, or on this machine alone "
            f"with `{command} execution=local`"
        ) from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt(command) from None
