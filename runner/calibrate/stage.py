"""The whole of a calibration as one function: check, search, race, go downhill, write down."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from runner.calibrate import record
from runner.calibrate.bench import Bench, with_values
from runner.calibrate.brief import Brief, make_brief
from runner.calibrate.findings import parameter_table, statements
from runner.calibrate.fit import fit_table, misfit_p_value
from runner.calibrate.fragment import fragment_text, write_fragment
from runner.calibrate.journey import Journey
from runner.calibrate.phases import race, search
from runner.calibrate.plots import drawings
from runner.calibrate.points import tables_of
from runner.calibrate.polish import Descent, Local
from runner.calibrate.result import Calibrated
from runner.calibrate.search import Proposer
from runner.calibrate.trial import Trial
from runner.config import StudyRequest, compose_study, execution_from
from runner.config.study import Collect, Tracking
from runner.contract import ConfigError, PlanError, Problem
from runner.plan import Plan, make_plan
from runner.results import StudyResults
from runner.store import StudyFolder, open_study
from runner.store.environment import ENVIRONMENT
from runner.store.integrity import read_json
from runner.store.plan_files import write_plan
from runner.study import carry_out, telling_how_to_go_on
from runner.track import record_study

_TELL_EVERY_S = 2.0
_WORTH = 20.0  # seconds of work for each second of writing trials down


def calibrate_study(request: StudyRequest, save: Path | None = None) -> Calibrated:
    """Find the parameters that meet a study's targets; runs that its folder holds are reused.

    The configuration option is written below `save`, else below the user's configuration folder,
    else into the study folder.

    Raises:
        ConfigError: everything that is wrong with study, variables or targets; nothing has run.
        StoreError: the study folder cannot be read or written; what had ended is kept.
        FailedRunsError: runs failed, and the study says to stop then or no parameter set is left.
        SimulationError: no parameter set gave a number for every target.
    """
    brief = make_brief(compose_study(request))
    wanted = save if save is not None else request.config_dir
    return _calibrate(brief, None if wanted is None else wanted.absolute())


def resume_calibration(place: Path, words: Iterable[str] = ()) -> Calibrated:
    """Finish the calibration in a folder, to the same end as if it had not been interrupted.

    `words` are overrides of its execution.

    Raises:
        ConfigError: a word is about something else, or its value is not possible.
        PlanError: the engine or its parameters have changed since.
        StoreError: the folder cannot be read or written.
    """
    return _calibrate(read_brief(place, words), record.read_begun(place).save)


def read_brief(place: Path, words: Iterable[str] = ()) -> Brief:
    """Return the calibration in a folder, checked anew and found to be the same.

    `words` say where its runs are executed from now on, as for `resume`.

    Raises:
        ConfigError: a word is about something else, or its value is not possible.
        PlanError: the engine or its parameters have changed since.
        StoreError: its document is missing or damaged.
    """
    begun = record.read_begun(place)
    root = place.absolute().parent.parent
    execution = execution_from(begun.study, words)
    study = replace(begun.study, name=root.name, outputs=root.parent, execution=execution)
    try:
        brief = make_brief(study, begun.points)
    except ConfigError as error:
        raise PlanError(error.problems) from error
    if brief.calibration_id != begun.calibration_id:
        allowed = "engine or code has changed since; give the calibrate command again"
        raise PlanError([Problem(f"calibration {place.name}", "", allowed)])
    return brief


def _calibrate(brief: Brief, save: Path | None) -> Calibrated:
    folder = open_study(brief.study.outputs, brief.study.name)
    with folder.locked(), telling_how_to_go_on(folder):
        place = record.begin(folder, brief, save)
        bench = Bench(study=brief.base, folder=folder, points=brief.points)
        journey = Journey(bench=bench, listener=_Teller(place, brief))
        local = find_best(brief, journey)
        results = _confirm(brief, folder, local.best)
        outcome = _outcome(brief, journey, local, results, (place, save or folder.root / "conf"))
        tables = outcome.parameters, outcome.fit
        figures = drawings(brief.space, brief.points, journey.trials, local, tables)
        record.finish(place, brief, outcome, figures)
        return replace(outcome, notes=record_study(brief.study, place))


def find_best(brief: Brief, journey: Journey) -> Local:
    """Search, race and go downhill; return where that ends, with the slopes found there.

    Raises:
        FailedRunsError: runs failed, and the study says to stop then or no parameter set is left.
        SimulationError: no parameter set gave a number for every target.
    """
    how = brief.study.calibration
    proposer = Proposer(
        kind=how.search, size=len(brief.space), batch=how.batch, seed=brief.seed,
        start=brief.space.search_coordinates(brief.start),
    )  # fmt: skip
    search(journey, brief.space, how, proposer)
    best = race(journey, how)
    descent = Descent(journey=journey, space=brief.space, replicates=best.replicates)
    return descent.walk(best, how.polish)


def _confirm(brief: Brief, folder: StudyFolder, best: Trial) -> StudyResults:
    """Carry the best set out as a study of its own, with its usual record and verdicts."""
    alone = with_values(brief.base, best.values, best.replicates)
    plan = make_plan(alone)
    alone = replace(
        alone,
        collect=_collect(plan, tables_of(brief.points)),
        tracking=Tracking(mode="none"),  # its record is the calibration's best trial
        report="none",
    )
    plan = make_plan(alone)
    write_plan(folder, alone, plan)
    return carry_out(alone, plan, folder)


def _collect(plan: Plan, more: Sequence[str]) -> Collect:
    return tuple(dict.fromkeys((*plan.tables, *more))) or "metrics"


def _outcome(
    brief: Brief, journey: Journey, local: Local, results: StudyResults, places: tuple[Path, Path]
) -> Calibrated:
    """Gather what every step came to; `places` are the calibration's and the configuration's."""
    best, bench, (place, config_dir) = local.best, journey.bench, places
    parameters, fit = parameter_table(brief.space, local), fit_table(brief.points, best)
    determined = len(local.places) - len(local.curvature.directions)
    p_value = misfit_p_value(brief.points, best, determined)
    told = statements(brief.space, local, brief.points, p_value)
    commit = read_json(place / ENVIRONMENT).get("git_commit") or "unknown"
    text = fragment_text(brief, best, (parameters, fit), told, str(commit))
    return Calibrated(
        calibration_id=brief.calibration_id,
        study=brief.study,
        folder=place,
        space=brief.space,
        best=best,
        trials=tuple(journey.trials),
        parameters=parameters,
        fit=fit,
        statements=told,
        fragment=write_fragment(config_dir, brief, text),
        config_dir=config_dir,
        results=results,
        executed=bench.executed,
        cpu_seconds=bench.cpu_seconds,
        trials_hash=record.trials_hash(journey.trials),
    )


class _Teller:
    """Writes the trials down as they come, and says now and then how far they are."""

    def __init__(self, place: Path, brief: Brief) -> None:
        self._place, self._brief = place, brief
        self._told = time.monotonic()
        self._write_after = self._told

    def __call__(self, trials: Sequence[Trial]) -> None:
        self._write(trials)
        if time.monotonic() - self._told < _TELL_EVERY_S:
            return
        self._told = time.monotonic()
        best = min(trials, key=lambda t: t.rank).score
        lowest = "none yet" if best is None else f"{best.objective:,.4g}"
        print(
            f"{trials[-1].phase}: {len(trials)} trials, lowest objective {lowest}",
            file=sys.stderr,
            flush=True,
        )

    def _write(self, trials: Sequence[Trial]) -> None:
        """Write all trials so far; the longer that takes, the more seldom it is done."""
        began = time.monotonic()
        if began < self._write_after:
            return
        record.write_trials(self._place, self._brief.points, trials)
        ended = time.monotonic()
        self._write_after = ended + _WORTH * (ended - began)
