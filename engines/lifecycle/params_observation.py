"""Parameters of what is looked at: snapshots of the past and targets of the future."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from engines.lifecycle.ranges import date_problems
from runner.contract import ParamGroup, Problem, param, shown

REGIMES = ("calendar", "early")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(ParamGroup):
    """When customers are observed, and how far back features look."""

    regimes: tuple[str, ...] = param(
        REGIMES, choices=REGIMES, doc="which snapshot tables can be built"
    )
    calendar_cutoff: str | None = param(
        None, doc="ISO date of the calendar snapshot; null = the observation date"
    )
    early_cutoff_weeks: int | None = param(
        None, unit="weeks", low=1, high=52, doc="tenure of the early one; null = early tenure"
    )
    lookback_weeks: int = param(
        12, unit="weeks", low=1, high=104, doc="weeks before the cutoff that features look at"
    )
    include_trap: bool = param(
        False, doc="add a column that gives the future away, to teach what leakage does"
    )

    def problems(self) -> list[Problem]:
        """Return regimes named twice and a cutoff that is no date."""
        found = []
        if len(set(self.regimes)) < len(self.regimes):
            found.append(Problem("regimes", shown(self.regimes), "must name each regime once"))
        if self.calendar_cutoff is not None:
            found += date_problems("calendar_cutoff", self.calendar_cutoff)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets(ParamGroup):
    """What is to be predicted from a snapshot."""

    windows_days: tuple[int, ...] = param(
        (90, 365, 730), unit="days", low=1, high=3650, doc="windows of future revenue, rising"
    )
    churn_window_days: int = param(
        180, unit="days", low=1, high=3650, doc="window of the churn target"
    )
    on_short_horizon: str = param(
        "error", choices=("error", "blank"),
        doc="a window beyond the horizon: refuse the run, or leave its target null",
    )  # fmt: skip
    revenue_basis: str = param(
        "issue_date", choices=("issue_date", "cash_date"),
        doc="an invoice counts when it is issued, or when it is paid",
    )  # fmt: skip

    def problems(self) -> list[Problem]:
        """Return windows that do not rise."""
        windows = self.windows_days
        if windows and all(a < b for a, b in pairwise(windows)):
            return []
        return [Problem("windows_days", shown(windows), "must be at least one, strictly rising")]

    def too_long(self, horizon: int) -> tuple[int, ...]:
        """Return the revenue windows that end after the horizon, days."""
        return tuple(window for window in self.windows_days if window > horizon)
