"""The commands; each imports what it needs only when it is called."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from runner.calibrate import Calibrated
    from runner.config import StudyRequest
    from runner.contract import RunnerError
    from runner.results import StudyResults

EXIT_USAGE = 2
EXIT_FAILED_RUNS = 3
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="cohortsweep",
    help="Run declarative experiments on customer-behaviour simulators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        help="Hydra overrides: sweeps=NAME, engine=NAME, key=value, key=1,2,3 (an axis), "
        "key=interval(1,2) (a random variable), ~key (remove)",
        show_default=False,
    ),
]
ConfigDir = Annotated[
    Path | None,
    typer.Option("--config-dir", help="Your own configuration folder; its files shadow ours."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 4 unless the verdict is pass (or with more).")
]
Multirun = Annotated[
    bool, typer.Option("--multirun", "-m", help="Accepted for Hydra's sake; sweeps need no flag.")
]
Outputs = Annotated[Path, typer.Option("--outputs", help="Folder of all studies.")]


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

    with _engines_aside():
        results = run_study(_request(overrides, config_dir))
    return _told(results, as_json=as_json, strict=strict)


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

    with _engines_aside():
        planned = plan_study(_request(overrides, config_dir))
    if as_json:
        _print_json(planned.as_json())
    else:
        print_plan(_console(), planned)
    return 0


Study = Annotated[str, typer.Argument(help="A study's name, a plan id, a path, or latest.")]


@app.command()
def calibrate(
    overrides: Overrides = None,
    config_dir: ConfigDir = None,
    save: Annotated[
        Path | None,
        typer.Option("--save", help="Configuration folder for the result; else --config-dir's."),
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Find the parameters with which an engine meets observed targets."""
    from runner.calibrate import calibrate_study

    with _engines_aside():
        outcome = calibrate_study(_request(overrides, config_dir), save)
    return _told_calibrated(outcome, as_json=as_json)


Settings = Annotated[
    list[str] | None,
    typer.Argument(
        help="Where to go on, such as execution=local or execution.n_jobs=4", show_default=False
    ),
]


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

    study, words = _named(study, settings)
    begun = unfinished_calibration(outputs, study)
    if begun is not None:
        with _engines_aside():
            outcome = resume_calibration(begun, words)
        return _told_calibrated(outcome, as_json=as_json)
    with _engines_aside():
        results = resume_study(find_plan(outputs, study), words)
    return _told(results, as_json=as_json, strict=strict)


def _named(study: str, settings: list[str] | None) -> tuple[str, list[str]]:
    """Return the study's name and the words after it; `resume execution=local` names none."""
    words = settings or []
    if "=" in study and not Path(study).exists():
        return "latest", [study, *words]
    return study, words


@app.command()
def retry(
    study: Study = "latest",
    settings: Settings = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only failed runs, not those that took too long.")
    ] = False,
    error: Annotated[
        str | None, typer.Option("--error", help="Only runs with this type of error.")
    ] = None,
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Run failed runs of a study once more."""
    from runner.report.status import find_plan
    from runner.resume import retry_study

    study, words = _named(study, settings)
    place = find_plan(outputs, study)
    with _engines_aside():
        results = retry_study(place, words, only_failed=failed, error_type=error)
    return _told(results, as_json=as_json)


@app.command()
def rerun(
    run_id: Annotated[str, typer.Argument(help="A run's id, or the beginning of it.")],
    tables: Annotated[str, typer.Option("--tables", help="Tables by comma, or all.")] = "",
    export: Annotated[
        Path | None, typer.Option("--export", help="Folder to write the tables to.")
    ] = None,
    file_format: Annotated[
        str, typer.Option("--format", help="parquet, csv, or an exporter of the engine.")
    ] = "csv",
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Compute one run again, compare it with the ledger, and export its tables."""
    from runner.audit import rerun as compute_again
    from runner.report.status_view import print_rerun

    with _engines_aside():
        result = compute_again(
            outputs, run_id, tables=tables, export=export, file_format=file_format
        )
    if as_json:
        _print_json(result.as_json())
    else:
        print_rerun(_console(), result)
    return EXIT_FAILED_RUNS if result.record.status != "done" else int(result.agrees is False)


@app.command()
def verify(
    study: Study = "latest",
    sample: Annotated[
        str, typer.Option("--sample", help="Share of the runs to compute again, such as 5%.")
    ] = "1%",
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

    with _engines_aside():
        place = find_plan(outputs, study)
        is_newest = place.name not in study  # no plan was named
        report = verify_study(place, read_share(sample), with_trials=is_newest)
    if as_json:
        _print_json(report.as_json())
    else:
        print_verified(_console(), report)
    return 0 if report.ok else 1


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
        _print_json(found.as_json())
    else:
        from runner.report.status_view import print_status

        print_status(_console(), found)
    return 0


@app.command()
def compare(
    study: Study = "latest",
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="Only this metric; may be repeated.")
    ] = None,
    arm: Annotated[
        list[str] | None, typer.Option("--arm", help="Only this arm; may be repeated.")
    ] = None,
    width: Annotated[
        float | None,
        typer.Option("--width", help="Show the replicates that make intervals this wide in full."),
    ] = None,
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
        _print_json(found.as_json())
    else:
        from runner.report.comparisons import print_compared

        print_compared(_console(), found)
    return 0


@app.command()
def sync(
    study: Annotated[
        str, typer.Argument(help="A study (all its plans), a plan id, a path, or latest.")
    ] = "latest",
    uri: Annotated[
        str | None,
        typer.Option("--uri", help="Another MLflow: http://HOST:PORT or sqlite:///FILE."),
    ] = None,
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Record a study in MLflow from its folder; what stands there already is left alone."""
    from runner.report.status import find_plan
    from runner.track import plans_in, sync_plans

    folders = [f for f in (Path(study), outputs / study) if (f / "plans").is_dir()]
    places = plans_in(folders[0] if folders else find_plan(outputs, study))
    address, recorded = sync_plans(places, uri)
    if as_json:
        _print_json({"uri": address, "plans": [asdict(plan) for plan in recorded]})
    else:
        for plan in recorded:
            print(
                f"plan {plan.plan_id[:12]} of {plan.experiment}: {plan.written:,} cells written, "
                f"{plan.unchanged:,} unchanged, {plan.removed:,} outdated runs removed"
            )
        print(f"recorded at   {address}")
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
        _print_json({"report": str(file), "folder": str(file.parent)})
    else:
        print(f"report in     {file}")
    return 0


@app.command()
def engines(
    name: Annotated[str | None, typer.Argument(help="Show this engine in full.")] = None,
    debug: Debug = False,
) -> int:
    """List the engines, or one engine's parameters, units, metrics and tables."""
    from runner.registry import engine_names, load_engine
    from runner.report.engines import print_engine, print_engines

    if name is None:
        print_engines(_console(), engine_names())
    else:
        print_engine(_console(), load_engine(name))
    return 0


@app.command()
def config(
    overrides: Overrides = None,
    config_dir: ConfigDir = None,
    resolve: Annotated[bool, typer.Option("--resolve", help="Replace ${...} by values.")] = False,
    package: Annotated[
        str | None, typer.Option("-p", "--package", help="Show only what stands at this key.")
    ] = None,
    debug: Debug = False,
) -> int:
    """Print the composed configuration of a study as YAML."""
    from runner.config.show import composed_yaml

    sys.stdout.write(composed_yaml(_request(overrides, config_dir), package, resolved=resolve))
    return 0


def _told(results: StudyResults, *, as_json: bool, strict: bool = False) -> int:
    """Print results and return the exit code they call for."""
    from runner.registry import load_engine
    from runner.report.results_view import print_results

    code = results.strict_exit_code if strict else results.exit_code
    if as_json:
        _print_json({**results.as_json(), "exit_code": code})
    else:
        print_results(_console(), results, load_engine(results.engine))
    return code


def _told_calibrated(outcome: Calibrated, *, as_json: bool) -> int:
    """Print what a calibration came to and return the exit code it calls for."""
    from runner.report.calibration_view import print_calibration

    if as_json:
        _print_json(outcome.as_json())
    else:
        print_calibration(_console(), outcome)
    return outcome.exit_code


def run_command_line(words: list[str]) -> int:
    """Run one command and return the process exit code; errors are told, not thrown."""
    from runner.contract import RunnerError

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop as cleanly as on Ctrl-C
    try:
        return int(app(words, standalone_mode=False) or 0)
    except (_StoppedError, typer.Abort, KeyboardInterrupt) as error:
        return _interrupted(error)
    except RunnerError as error:
        if "--debug" in words:
            raise
        _tell(error, words)
        return _exit_code(error)
    except Exception as error:
        show = getattr(error, "show", None)  # the argument parser's own errors show themselves
        if show is None:
            raise
        show()
        return EXIT_USAGE


def _exit_code(error: Exception) -> int:
    from runner.contract import FailedRunsError, LostWorkersError, UnstoredError

    is_late = isinstance(error, FailedRunsError | LostWorkersError | UnstoredError)
    return EXIT_FAILED_RUNS if is_late else EXIT_USAGE


class _StoppedError(Exception):
    """Ctrl-C or a termination signal came; carries the command that continues, if there is one."""


def _interrupted(error: BaseException) -> int:
    command = error.args[0] if error.args else "python -m runner resume"
    print(
        f"\ninterrupted; all parts that had ended are kept. Continue with: {command}",
        file=sys.stderr,
    )
    return EXIT_INTERRUPTED


@contextmanager
def _engines_aside() -> Iterator[None]:
    """Send what engines print, from Python or below, to standard error: results come alone."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output
        yield
        return
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    except KeyboardInterrupt as error:  # the command-line library would end without a word
        raise _StoppedError(*error.args) from None
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _tell(error: RunnerError, words: list[str]) -> None:
    from runner.contract import visible

    print(f"cohortsweep: {visible(str(error))}", file=sys.stderr)
    if "--json" in words:
        problems = getattr(error, "problems", ())
        listed = [{"where": p.where, "found": p.found, "allowed": p.allowed} for p in problems]
        _print_json({"error": str(error), "problems": listed, "exit_code": _exit_code(error)})


def _request(overrides: list[str] | None, config_dir: Path | None) -> StudyRequest:
    from runner.config.request import StudyRequest

    return StudyRequest(words=tuple(overrides or ()), config_dir=config_dir)


def _console() -> Console:
    from runner.report.console import StudyConsole

    is_terminal = sys.stdout.isatty()
    return StudyConsole(highlight=False, width=None if is_terminal else 150)


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=2))
