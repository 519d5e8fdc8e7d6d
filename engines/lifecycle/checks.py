"""Verify in each run that its rows keep the engine's invariants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle import checks_billing, checks_contracts, checks_people, checks_signals
from engines.lifecycle.accounts import Accounts
from engines.lifecycle.history import History, customer_at
from engines.lifecycle.population import Customers
from engines.lifecycle.rows import Rows, Tables
from engines.lifecycle.setup import Setup
from engines.lifecycle.tally import mrr_at
from runner.contract import Check

CHECKS = (
    Check(name="keys", doc="one subscription per customer; keys are unique and resolve"),
    Check(name="people", doc="starts, account ages, traits and MRR lie within their bounds"),
    Check(name="terminal_state", doc="churn event, dates, reason and MRR agree"),
    Check(name="event_chain", doc="MRR runs through the events without a gap, none after churn"),
    Check(name="anniversaries", doc="one renewal per anniversary survived, non_renewal only there"),
    Check(name="invoice_count", doc="an invoice in each invoice week, none on the day of leaving"),
    Check(name="invoice_amount", doc="MRR before the invoice date, times the months billed"),
    Check(name="dunning_events", doc="failed invoices and payment events correspond"),
    Check(name="no_orphaned_failure", doc="an open invoice has had no time to be settled"),
    Check(name="resolution_dates", doc="resolved_at follows status and dunning length"),
    Check(name="mrr_bridge", doc="weekly_summary agrees with the events at observation"),
    Check(name="health_weeks", doc="one health row per week lived"),
    Check(name="signal_ranges", doc="users, depth, tickets and scores lie within their bounds"),
    Check(name="targets", doc="targets rise with the window and agree with the invoices"),
)

Finder = Callable[[History], NDArray[np.bool_]]
"""Tells which customers of a batch break an invariant, bool (n,)."""

_ALWAYS: Mapping[str, Finder] = {
    "terminal_state": checks_contracts.wrong_terminal_state,
    "event_chain": checks_contracts.broken_chain,
    "anniversaries": checks_contracts.wrong_anniversaries,
    "invoice_count": checks_billing.wrong_invoice_count,
    "invoice_amount": checks_billing.wrong_amount,
    "dunning_events": checks_billing.unmatched_events,
    "no_orphaned_failure": checks_billing.orphaned_failures,
    "resolution_dates": checks_billing.wrong_resolution,
}
_WITH_SIGNALS: Mapping[str, Finder] = {
    "health_weeks": checks_signals.wrong_weeks,
    "signal_ranges": checks_signals.out_of_range,
}


@dataclass(slots=True)
class Findings:
    """The first thing found wrong by each check that could be made."""

    setup: Setup
    _texts: dict[str, str | None] = field(default_factory=dict)
    _mrr_before: int = 0
    _active_before: int = 0

    def texts(self) -> dict[str, str | None]:
        """Return None or what is broken, for each check made."""
        return self._texts

    def add(
        self, customers: Customers, accounts: Accounts, tables: Tables, snapshots: Tables
    ) -> None:
        """Check a batch."""
        history = History(self.setup, customers, tables)
        self._note("people", history, checks_people.out_of_bounds(history, accounts))
        strangers = checks_contracts.wrong_keys(history)
        self._note("keys", history, strangers)
        if strangers.any():  # rows of nobody: the other checks cannot tell whose they are
            return
        for name, finder in self._finders(tables):
            self._note(name, history, finder(history))
        for rows in snapshots.values():
            wrong = checks_signals.wrong_targets(history, rows)
            self._note("targets", history, wrong)
        self._add_observed(tables)

    def _finders(self, tables: Tables) -> Iterator[tuple[str, Finder]]:
        yield from _ALWAYS.items()
        if "health_signals" in tables:
            yield from _WITH_SIGNALS.items()

    def _note(self, name: str, history: History, wrong: NDArray[np.bool_]) -> None:
        known = self._texts.get(name)
        if known is None:
            said = customer_at(history, wrong) if wrong.any() else None
            self._texts[name] = said

    def _add_observed(self, tables: Tables) -> None:
        before = mrr_at(tables, self.setup.dates.observed - 1)
        self._mrr_before += int(before.sum())
        self._active_before += int((before > 0).sum())

    def add_bridge(self, weekly: Rows) -> None:
        """Compare the summary of calendar weeks with what the events said, batch by batch."""
        week = self.setup.dates.window_weeks - 1
        found = int(weekly["active_customers"][week]), int(weekly["mrr_usd"][week])
        expected = self._active_before, self._mrr_before
        text = f"calendar week {week}: {found} customers and USD, {expected} expected"
        self._texts["mrr_bridge"] = None if found == expected else text
