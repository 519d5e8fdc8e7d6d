"""Print what a command found, for a person or as one JSON object."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from runner.calibrate import Calibrated
    from runner.results import StudyResults
    from runner.track import Recorded

_PIPED_COLUMNS = 150


def tell_results(results: StudyResults, *, as_json: bool, strict: bool = False) -> int:
    """Print results and return the exit code they call for."""
    from runner.registry import load_engine
    from runner.report.results_view import print_results

    code = results.strict_exit_code if strict else results.exit_code
    if as_json:
        print_json({**results.as_json(), "exit_code": code})
    else:
        print_results(console(), results, load_engine(results.engine))
    return code


def tell_calibrated(outcome: Calibrated, *, as_json: bool) -> int:
    """Print what a calibration came to and return the exit code it calls for."""
    from runner.report.calibration_view import print_calibration

    if as_json:
        print_json(outcome.as_json())
    else:
        print_calibration(console(), outcome)
    return outcome.exit_code


def tell_recorded(address: str, recorded: tuple[Recorded, ...], *, as_json: bool) -> None:
    """Print what was written to MLflow for each plan, and where."""
    if as_json:
        print_json({"uri": address, "plans": [asdict(plan) for plan in recorded]})
        return
    for plan in recorded:
        print(
            f"plan {plan.plan_id[:12]} of {plan.experiment}: {plan.written:,} cells written, "
            f"{plan.unchanged:,} unchanged, {plan.removed:,} outdated runs removed"
        )
    print(f"recorded at   {address}")


def console() -> Console:
    """Return where a person reads; what is piped is not wrapped to a terminal's width."""
    from runner.report.console import StudyConsole

    return StudyConsole(highlight=False, width=None if sys.stdout.isatty() else _PIPED_COLUMNS)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON object."""
    print(json.dumps(document, indent=2))
