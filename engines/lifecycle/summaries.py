"""Add up customers and money by calendar week and by tenure week."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.events import CHURN, DOWNGRADE, EXPANSION, FAILURE, RENEWAL
from engines.lifecycle.invoices import PAID, RECOVERED
from engines.lifecycle.rows import Rows, Tables, changes_of
from engines.lifecycle.setup import Dates
from engines.lifecycle.tables import TENURE_SUMMARY, WEEKLY_SUMMARY
from engines.lifecycle.weeks import REASONS, Lives

Ints = NDArray[np.int64]

_LEVELS = ("active_customers", "mrr_usd")
_BRING_MONEY = (PAID, RECOVERED)


class WeeklySummary:
    """Sums by calendar week; weeks that end after a customer's last day are left out.

    All sums are of whole numbers, so batches may come in any size.
    """

    def __init__(self, dates: Dates) -> None:
        self._dates = dates
        derived = ("calendar_week", "week_start", *_LEVELS)
        names = [name for name in WEEKLY_SUMMARY.column_names if name not in derived]
        self._sums = {name: np.zeros(dates.complete_weeks, dtype=np.int64) for name in names}

    def add(self, tables: Tables) -> None:
        """Add a batch."""
        customers, events = tables["customers"], tables["subscription_events"]
        start, initial = customers["customer_start_at"], customers["initial_mrr_usd"]
        self._add("new_customers", start)
        self._add("new_mrr_usd", start, initial)
        date, kind, change = events["event_date"], events["event_type"], changes_of(events)
        lost = events["mrr_before_usd"]
        for name, of, amount in (
            ("churned_customers", CHURN, None),
            ("churned_mrr_usd", CHURN, lost),
            ("expansions", EXPANSION, None),
            ("expansion_mrr_usd", EXPANSION, change),
            ("contraction_mrr_usd", DOWNGRADE, -change),
            ("renewals", RENEWAL, None),
            ("failed_invoices", FAILURE, None),
        ):
            at = kind == of
            self._add(name, date[at], None if amount is None else amount[at])
        self._add_invoices(tables["invoices"])

    def _add_invoices(self, invoices: Rows) -> None:
        issued, amount = invoices["invoice_date"], invoices["amount_usd"]
        self._add("invoices", issued)
        self._add("invoiced_usd", issued, amount)
        # a write-off has a date too, but brings nothing
        is_paid = np.isin(invoices["payment_status"], _BRING_MONEY)
        paid_at = np.ma.getdata(invoices["resolved_at"])
        self._add("collected_usd", paid_at[is_paid], amount[is_paid])

    def _add(self, name: str, date: Ints, amount: Ints | None = None) -> None:
        week = (date - self._dates.first) // 7
        known = week < self._dates.complete_weeks
        if amount is None:
            self._sums[name] += np.bincount(week[known], minlength=self._dates.complete_weeks)
        else:
            np.add.at(self._sums[name], week[known], amount[known])

    def rows(self) -> Rows:
        """Return the rows of `weekly_summary`."""
        sums, week = self._sums, np.arange(self._dates.complete_weeks)
        active = np.cumsum(sums["new_customers"] - sums["churned_customers"])
        gained = sums["new_mrr_usd"] + sums["expansion_mrr_usd"]
        mrr = np.cumsum(gained - sums["contraction_mrr_usd"] - sums["churned_mrr_usd"])
        levels = {"active_customers": active, "mrr_usd": mrr}
        starts = {"calendar_week": week, "week_start": self._dates.first + 7 * week}
        return {**starts, **sums, **levels}


class TenureSummary:
    """Counts by tenure week."""

    def __init__(self, dates: Dates) -> None:
        self._weeks = dates.most_weeks + 1
        derived = ("tenure_week", "survival")
        names = [name for name in TENURE_SUMMARY.column_names if name not in derived]
        self._sums = {name: np.zeros(self._weeks, dtype=np.int64) for name in names}

    def add(self, lives: Lives) -> None:
        """Add a batch."""
        self._add("at_risk", lives.last_week)  # counted at the last week, summed up at the end
        for place, reason in enumerate(REASONS):
            self._add(f"churned_{reason}", lives.churn_week[lives.reason == place])
        for name, kind in (("renewals", RENEWAL), ("expansions", EXPANSION)):
            self._add(name, lives.events.week[lives.events.kind == kind])

    def _add(self, name: str, week: Ints) -> None:
        self._sums[name] += np.bincount(week, minlength=self._weeks)

    def rows(self) -> Rows:
        """Return the rows of `tenure_summary`.

        Source: E. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations" (1958).
        """
        at_risk = np.cumsum(self._sums["at_risk"][::-1])[::-1]
        churned = np.sum([self._sums[f"churned_{reason}"] for reason in REASONS], axis=0)
        stays = 1.0 - churned / np.maximum(at_risk, 1)
        survival: NDArray[Any] = np.where(at_risk > 0, np.cumprod(stays), np.nan)
        return {
            "tenure_week": np.arange(self._weeks),
            **self._sums,
            "at_risk": at_risk,
            "survival": survival,
        }
