"""Go on with a study that was written down: finish it, or try its failed runs once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from runner.config import Study, execution_from
from runner.contract import ConfigError, PlanError, Problem, nearest
from runner.execute import Again, never_again
from runner.plan import Plan, make_plan
from runner.results import StudyResults
from runner.store import Ledger, RunRecord, StudyFolder
from runner.store.plan_files import restore_plan, saved_study
from runner.study import carry_out


def resume_study(
    place: Path, words: Iterable[str] = (), *, again: Again = never_again
) -> StudyResults:
    """Finish the plan in a folder: run what is missing, recompute what is damaged.

    `words` are overrides of its execution, as in `execution=local`; `again` chooses failed runs to
    try once more.

    Raises:
        ConfigError: a word is about something else, or its value is not possible.
        PlanError: code or inputs have changed, so that the plan's runs would not be the same.
        StoreError: the folder cannot be read or written; what had ended is kept.
    """
    study, plan = _replanned_for(place, words)
    return _go_on(place, study, plan, again)


def retry_study(
    place: Path,
    words: Iterable[str] = (),
    *,
    only_failed: bool = False,
    error_type: str | None = None,
) -> StudyResults:
    """Execute failed runs of the plan in a folder again, and whatever is missing.

    `words` are overrides of its execution; `only_failed` leaves out runs that took too long;
    `error_type` (`ValueError`, `RunTimeout`) keeps those with this error.

    Raises:
        ConfigError: no run failed with this type of error; the types there are, are named.
    """
    study, plan = _replanned_for(place, words)
    states = Ledger(StudyFolder(root=place.parent.parent).ledger_file).read()
    ended = [state.record for run_id in plan.run_ids if (state := states.get(run_id))]
    types = Counter(record.error_type for record in ended if record.status != "done")
    if error_type is not None and error_type not in types:
        known = ", ".join(types) or "no run has failed"
        allowed = f"no run failed with it ({known}){nearest(error_type, types)}"
        raise ConfigError([Problem("--error", error_type, allowed)])

    def again(record: RunRecord) -> bool:
        if only_failed and record.status != "failed":
            return False
        return error_type is None or record.error_type == error_type

    return _go_on(place, study, plan, again)


def _replanned_for(place: Path, words: Iterable[str]) -> tuple[Study, Plan]:
    execution = execution_from(saved_study(place), words)
    study, plan = replanned(place)
    return replace(study, execution=execution), plan


def _go_on(place: Path, study: Study, plan: Plan, again: Again) -> StudyResults:
    folder = StudyFolder(root=place.parent.parent)
    with folder.locked():
        notes = restore_plan(folder, study, plan)
        folder.point_latest(plan.plan_id)
        return carry_out(study, plan, folder, deep=True, again=again, notes=notes)


def replanned(place: Path) -> tuple[Study, Plan]:
    """Return the study and plan of a plan folder, planned anew and found to be the same.

    Raises:
        PlanError: the engine's version or an input file is no longer what it was.
    """
    study = saved_study(place)
    plan = make_plan(study)
    if StudyFolder(root=place.parent.parent).plan(plan.plan_id).name != place.name:
        was = study.document.get("engine_version")
        what = (
            f"engine {plan.engine} is now {plan.engine_version}, the plan was made with {was}"
            if was != plan.engine_version
            else "an input file, or the code that names runs, has changed since"
        )
        allowed = f"{what}; `run` the study again: changed runs get new ids, old results are kept"
        raise PlanError([Problem(f"plan {place.name}", "", allowed)])
    return study, plan
