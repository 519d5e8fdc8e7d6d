"""The commands; each imports what it needs only when it is called."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from runner.commands.aside import engines_aside
from runner.commands.ending import exit_code_of
from runner.commands.options import (
    Arms,
    AsJson,
    ConfigDir,
    Debug,
    EngineName,
    ErrorType,
    Export,
    FileFormat,
    Metrics,
    Multirun,
    OnlyFailed,
    Outputs,
    Overrides,
    Package,
    Resolve,
    RunId,
    Sample,
    Save,
    Settings,
    Strict,
    Study,
    StudyOrPlan,
    Tables,
    Uri,
    Width,
)
from runner.commands.reading import plans_of, request_of, study_and_settings
from runner.commands.telling import (
    console,
    print_json,
    tell_calibrated,
    tell_recorded,
    tell_results,
)
from runner.exit_codes import EXIT_FAILED, EXIT_FAILED_RUNS

app = typer.Typer(
    name="cohortsweep",
    help="Run declarative experiments on customer-behaviour simulators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def run_command_line(words: list[str]) -> int:
    """Run one command and return the process exit code; errors are told, not thrown."""
    return exit_code_of(app, words)


@app.command()
def run(
    overrides: Overrides = None,
    config_dir: ConfigDir = None,
    as_json: AsJson = False,
    strict: Strict = False,
    multirun: Multirun = False,
    debug: Debug = False,
) -> int:
    """Run a study; what its folder already holds is not run again."""
    from runner.study import run_study

    with engines_aside():
        results = run_study(request_of(overrides, config_dir))
    return tell_results(results, as_json=as_json, strict=strict)


@app.command()
def plan(
    overrides: Overrides = None,
    config_dir: ConfigDir = None,
    as_json: AsJson = False,
    multirun: Multirun = False,
    debug: Debug = False,
) -> int:
    """Show what a study would run, and write its plan; nothing is run."""
    from runner.preview import plan_study
    from runner.report.plan_view import print_plan

    with engines_aside():
        planned = plan_study(request_of(overrides, config_dir))
    if as_json:
        print_json(planned.as_json())
    else:
        print_plan(console(), planned)
    return 0


@app.command()
def calibrate(
    overrides: Overrides = None,
    config_dir: ConfigDir = None,
    save: Save = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Find the parameters with which an engine meets observed targets."""
    from runner.calibrate import calibrate_study

    with engines_aside():
        outcome = calibrate_study(request_of(overrides, config_dir), save)
    return tell_calibrated(outcome, as_json=as_json)


@app.command()
def resume(
    study: Study = "latest",
    settings: Settings = None,
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    strict: Strict = False,
    debug: Debug = False,
) -> int:
    """Finish a study or a calibration: run what is missing, recompute what is damaged."""
    from runner.calibrate import resume_calibration
    from runner.report.status import find_plan
    from runner.resume import resume_study
    from runner.store.calibrations import unfinished_calibration

    study, words = study_and_settings(study, settings)
    begun = unfinished_calibration(outputs, study)
    if begun is not None:
        with engines_aside():
            outcome = resume_calibration(begun, words)
        return tell_calibrated(outcome, as_json=as_json)
    with engines_aside():
        results = resume_study(find_plan(outputs, study), words)
    return tell_results(results, as_json=as_json, strict=strict)


@app.command()
def retry(
    study: Study = "latest",
    settings: Settings = None,
    failed: OnlyFailed = False,
    error: ErrorType = None,
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Run failed runs of a study once more."""
    from runner.report.status import find_plan
    from runner.resume import retry_study

    study, words = study_and_settings(study, settings)
    place = find_plan(outputs, study)
    with engines_aside():
        results = retry_study(place, words, only_failed=failed, error_type=error)
    return tell_results(results, as_json=as_json)


@app.command()
def rerun(
    run_id: RunId,
    tables: Tables = "",
    export: Export = None,
    file_format: FileFormat = "csv",
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Compute one run again, compare it with the ledger, and export its tables."""
    from runner.audit import rerun as compute_again
    from runner.report.status_view import print_rerun

    with engines_aside():
        result = compute_again(
            outputs, run_id, tables=tables, export=export, file_format=file_format
        )
    if as_json:
        print_json(result.as_json())
    else:
        print_rerun(console(), result)
    if result.record.status != "done":
        return EXIT_FAILED_RUNS
    return EXIT_FAILED if result.agrees is False else 0


@app.command()
def verify(
    study: Study = "latest",
    sample: Sample = "1%",
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Check stored files and recompute a sample of runs; exit code 1 when anything is wrong.

    The newest plan of a study comes with the trials of the study's calibrations.
    """
    from runner.audit import read_share, verify_study
    from runner.report.status import find_plan
    from runner.report.status_view import print_verified

    with engines_aside():
        place = find_plan(outputs, study)
        is_newest = place.name not in study  # no plan was named
        report = verify_study(place, read_share(sample), with_trials=is_newest)
    if as_json:
        print_json(report.as_json())
    else:
        print_verified(console(), report)
    return 0 if report.ok else EXIT_FAILED


@app.command()
def status(
    study: Study = "latest",
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Show how far a study is, its failures by error, and what a resume would do."""
    from runner.report.status import find_plan, read_status

    found = read_status(find_plan(outputs, study))
    if as_json:
        print_json(found.as_json())
    else:
        from runner.report.status_view import print_status

        print_status(console(), found)
    return 0


@app.command()
def compare(
    study: Study = "latest",
    metric: Metrics = None,
    arm: Arms = None,
    width: Width = None,
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Show how the arms of a finished study differ from its control, and how sure that is."""
    from runner.report.compared import read_compared
    from runner.report.status import find_plan

    asked = read_compared(find_plan(outputs, study))
    found = asked.only(tuple(metric or ()), tuple(arm or ())).with_width(width)
    if as_json:
        print_json(found.as_json())
    else:
        from runner.report.comparisons import print_compared

        print_compared(console(), found)
    return 0


@app.command()
def sync(
    study: StudyOrPlan = "latest",
    uri: Uri = None,
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Record a study in MLflow from its folder; what stands there already is left alone."""
    from runner.track import sync_plans

    address, recorded = sync_plans(plans_of(outputs, study), uri)
    tell_recorded(address, recorded, as_json=as_json)
    return 0


@app.command()
def report(
    study: Study = "latest",
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Write a finished study's report.html again, from what its folder holds."""
    from runner.page.write import write_page
    from runner.report.status import find_plan

    file = write_page(find_plan(outputs, study))
    if as_json:
        print_json({"report": str(file), "folder": str(file.parent)})
    else:
        print(f"report in     {file}")
    return 0


@app.command()
def engines(name: EngineName = None, debug: Debug = False) -> int:
    """List the engines, or one engine's parameters, units, metrics and tables."""
    from runner.registry import engine_names, load_engine
    from runner.report.engines import print_engine, print_engines

    if name is None:
        print_engines(console(), engine_names())
    else:
        print_engine(console(), load_engine(name))
    return 0


@app.command()
def config(
    overrides: Overrides = None,
    config_dir: ConfigDir = None,
    resolve: Resolve = False,
    package: Package = None,
    debug: Debug = False,
) -> int:
    """Print the composed configuration of a study as YAML."""
    from runner.config.show import composed_yaml

    sys.stdout.write(composed_yaml(request_of(overrides, config_dir), package, resolved=resolve))
    return 0
