"""Run declarative experiments on customer-behaviour simulators.

From a notebook: `runner.run_study({"engine": "taps", "horizon": 12})`, and later
`runner.load_study("taps")`. What the stages do, in order, is in `runner/study.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.load import load_study
    from runner.study import run_study

__all__ = ["load_study", "run_study"]


def __getattr__(name: str) -> Any:
    """Import the flow only when it is asked for, so that the command line answers at once."""
    if name == "run_study":
        from runner.study import run_study

        return run_study
    if name == "load_study":
        from runner.load import load_study

        return load_study
    raise AttributeError(f"module 'runner' has no attribute '{name}'")
