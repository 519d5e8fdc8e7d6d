"""Name every way a study can be refused or fail, and say it so that a person can act on it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.contract.visible import visible


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what was found, what is allowed.

    `where` is a configuration path (`params.public_tap.cac_base_eur`), a file and line, or a
    command-line word; `found` is the offending value as text, or empty when nothing was there.
    """

    where: str
    found: str
    allowed: str

    def __str__(self) -> str:
        subject = " = ".join(part for part in (self.where, self.found) if part)
        return visible(f"{subject}: {self.allowed}")

    def under(self, prefix: str) -> Problem:
        """Return the same problem with its path moved below `prefix`."""
        where = f"{prefix}.{self.where}" if self.where else prefix
        return Problem(where, self.found, self.allowed)

    def noting(self, note: str) -> Problem:
        """Return the same problem with `note` in brackets at its end."""
        return Problem(self.where, self.found, f"{self.allowed} ({note})")


class RunnerError(Exception):
    """Root of all deliberate errors; the message is complete and meant for the user."""


class ProblemsError(RunnerError):
    """Several problems found together; nothing has run."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(dict.fromkeys(problems))
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        return "\n".join([f"{head}, nothing has run:", *(f"  {p}" for p in self.problems)])


class ConfigError(ProblemsError):
    """The configuration as written cannot become a study."""


class PlanError(ProblemsError):
    """The study is well formed, but some of its runs are not possible."""


class EngineError(RunnerError):
    """An engine broke its contract; the run fails, the study goes on."""


class SimulationError(RunnerError):
    """An engine refuses to go on with one run, for a reason the user should read."""


class FailedRunsError(RunnerError):
    """Runs failed, and without them there is no result; what had ended is kept."""


class LostWorkersError(RunnerError):
    """The place where runs were executed is gone; what had ended is kept."""


class StoreError(RunnerError):
    """The study folder cannot be read or written as needed."""


class UnstoredError(StoreError):
    """Results could not be stored while runs were under way; what had ended is kept."""


def shown(value: object) -> str:
    """Return `value` as the user would write it in YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _reads_as_text(value) else f"'{value}'"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{shown(k)}: {shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return str(value)


def _reads_as_text(value: str) -> bool:
    if not value.strip() or value.strip().lower() in ("null", "~", "true", "false"):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def counted(count: int, thing: str) -> str:
    """Return a count with its noun: `1 run`, `2 runs`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for the closest known name, or nothing."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {matches[0]}?" if matches else ""
