"""End every command with an exit code: errors are told, not thrown."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import typer

from runner.commands.aside import StoppedError
from runner.commands.telling import print_json
from runner.exit_codes import EXIT_FAILED, EXIT_FAILED_RUNS, EXIT_INTERRUPTED, EXIT_USAGE

if TYPE_CHECKING:
    from runner.contract import RunnerError

_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EPIPE})


def exit_code_of(app: typer.Typer, words: list[str]) -> int:
    """Run the command that words name and return the exit code of the process.

    Raises:
        RunnerError: something is wrong and the words ask for the traceback (`--debug`).
        Exception: a defect of the program itself.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop as cleanly as on Ctrl-C
    try:
        code = int(app(words, standalone_mode=False) or 0)
        sys.stdout.flush()
        return code
    except (StoppedError, typer.Abort, KeyboardInterrupt) as error:
        return _interrupted(error)
    except _runner_error() as error:
        if "--debug" in words:
            raise
        return _told(error, as_json="--json" in words)
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise
        return _untold(error)
    except Exception as error:
        show = getattr(error, "show", None)  # the argument parser's own errors show themselves
        if show is None:
            raise
        show()
        return EXIT_USAGE


def _runner_error() -> type[RunnerError]:
    """Return what to catch: asked for once something is raised, as `--help` needs no numpy."""
    from runner.contract import RunnerError

    return RunnerError


def _interrupted(error: BaseException) -> int:
    command = error.args[0] if error.args else "python -m runner resume"
    print(
        f"\ninterrupted; all parts that had ended are kept. Continue with: {command}",
        file=sys.stderr,
    )
    return EXIT_INTERRUPTED


def _untold(error: OSError) -> int:
    """Return the exit code when standard output takes no more: stages tell of their own files."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest must not fail again
    if error.errno != errno.EPIPE:  # whoever closed a pipe wants no more
        told = "cannot write to standard output"
        print(f"cohortsweep: {told} ({error.strerror}); what was stored is kept", file=sys.stderr)
    return EXIT_FAILED


def _told(error: RunnerError, *, as_json: bool) -> int:
    """Print an error and return its exit code."""
    from runner.contract import visible

    code = _code_of(error)
    print(f"cohortsweep: {visible(str(error))}", file=sys.stderr)
    if as_json:
        problems = getattr(error, "problems", ())
        listed = [{"where": p.where, "found": p.found, "allowed": p.allowed} for p in problems]
        print_json({"error": str(error), "problems": listed, "exit_code": code})
    return code


def _code_of(error: RunnerError) -> int:
    from runner.contract import FailedRunsError, LostWorkersError, UnstoredError

    has_run = isinstance(error, FailedRunsError | LostWorkersError | UnstoredError)
    return EXIT_FAILED_RUNS if has_run else EXIT_USAGE
