"""Name the full path that was meant where somebody left out its beginning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runner.config.settings import DESIGN_PARTS, Settings
from runner.contract import EngineSpec, Problem, leaves

_MOST = 3
_UNKNOWN = ("unknown key", "unknown parameter")


def full_paths(name: str, spec: EngineSpec) -> list[str]:
    """Return the settings and parameters whose paths end with `name`; none if they are many."""
    settings = (*leaves(Settings()), *(f"design.{part}" for part in DESIGN_PARTS))
    known = (*settings, *(f"params.{path}" for path in leaves(spec.params())))
    found = [path for path in known if path.endswith(f".{name}")]
    return found if len(found) <= _MOST else []


def with_full_path(problem: Problem, written: Iterable[str], spec: EngineSpec) -> Problem:
    """Return the problem, saying the full path if an unknown name is the end of one.

    `written` are the keys of the command line; a problem may name the first part of one only.
    """
    if not problem.allowed.startswith(_UNKNOWN):
        return problem
    below = (key for key in written if key.startswith(f"{problem.where}."))
    meant = full_paths(next(below, problem.where).removeprefix("params."), spec)
    if not meant:
        return problem
    what = problem.allowed.partition(";")[0]
    return replace(problem, allowed=f"{what}; did you mean {' or '.join(meant)}?")
