"""Find invoices that are missing, wrong, or never settled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.asof import is_null
from engines.lifecycle.events import FAILURE
from engines.lifecycle.events import RECOVERED as RECOVERY_EVENT
from engines.lifecycle.history import History
from engines.lifecycle.invoices import (
    FAILED,
    MONTHS_PER_YEAR,
    PAID,
    RECOVERED,
    WRITTEN_OFF,
    invoice_weeks,
)
from engines.lifecycle.rows import changes_of
from engines.lifecycle.weeks import UNPAID

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


def wrong_invoice_count(history: History) -> Flags:
    """Return who has more or fewer invoices than invoice weeks lived."""
    billing = history.setup.params.billing
    weeks = invoice_weeks(billing.periods_per_year, history.setup.dates.most_weeks + 1)
    due = np.searchsorted(weeks, history.last_week, side="right")
    is_due = np.isin(history.last_week, weeks)
    unpaid = history.subscriptions["churn_reason"] == UNPAID
    none_at_end = history.churned & is_due & (unpaid | (not billing.bill_on_churn_date))
    found = np.bincount(history.invoice_place, minlength=history.count)
    off_week = ~np.isin(history.invoices["tenure_week"], weeks)
    wrong = history.any_of(history.invoice_place, off_week)
    return np.asarray(wrong | (found != due - none_at_end))


def wrong_amount(history: History) -> Flags:
    """Return whose invoices differ from the MRR of the day before."""
    events, place, invoices = history.events, history.invoice_place, history.invoices
    change = changes_of(events)
    moves = change != 0
    key = history.key(history.event_place[moves], events["tenure_week"][moves])
    total = np.concatenate([[0], np.cumsum(change[moves])])
    first_key = history.key_step * np.arange(history.count)
    before_start = total[np.searchsorted(key, first_key)]
    before_issue = np.searchsorted(key, history.key(place, invoices["tenure_week"]))
    mrr = history.customers.mrr[place] + total[before_issue] - before_start[place]
    months = MONTHS_PER_YEAR // history.setup.params.billing.periods_per_year
    return history.any_of(place, invoices["amount_usd"] != mrr * months)


def unmatched_events(history: History) -> Flags:
    """Return whose invoices and payment events do not correspond, or who is written off twice."""
    invoices, place = history.invoices, history.invoice_place
    status = invoices["payment_status"]
    failed = history.key(place, invoices["tenure_week"])[status != PAID]
    settled = _resolved_week(history)
    recovered = history.key(place, settled)[status == RECOVERED]
    wrong = _unmatched(history, failed, FAILURE) | _unmatched(history, recovered, RECOVERY_EVENT)
    lost = status == WRITTEN_OFF
    count = np.bincount(place[lost], minlength=history.count)
    unpaid = history.subscriptions["churn_reason"] == UNPAID
    at_churn = settled[lost] == history.last_week[place[lost]]
    return np.asarray(wrong | (count != unpaid) | history.any_of(place[lost], ~at_churn))


def _unmatched(history: History, expected: Ints, kind: int) -> Flags:
    chosen = history.events["event_type"] == kind
    found = history.key(history.event_place[chosen], history.events["tenure_week"][chosen])
    odd = np.asarray(np.setxor1d(found, expected), dtype=np.int64) // history.key_step
    return history.any_of(odd, np.ones(odd.size, dtype=np.bool_))


def _resolved_week(history: History) -> Ints:
    start = history.customers.start[history.invoice_place]
    return (np.ma.getdata(history.invoices["resolved_at"]) - start) // 7


def orphaned_failures(history: History) -> Flags:
    """Return who has an open invoice whose dunning ended while the customer was there."""
    invoices, place, customers = history.invoices, history.invoice_place, history.customers
    is_open = invoices["payment_status"] == FAILED
    at = place[is_open]
    due = invoices["invoice_date"][is_open] + 7 * _dunning(history)[at]
    churn_at = np.ma.getdata(history.subscriptions["churn_at"])[at]
    left_before = history.churned[at] & (churn_at < due)
    return history.any_of(at, ~(left_before | (due > customers.sim_end[at])))


def wrong_resolution(history: History) -> Flags:
    """Return who has an invoice that is settled on another day than its status says."""
    invoices, place = history.invoices, history.invoice_place
    status, issued = invoices["payment_status"], invoices["invoice_date"]
    resolved = np.ma.getdata(invoices["resolved_at"])
    expected = np.where(status == PAID, issued, issued + 7 * _dunning(history)[place])
    is_open = status == FAILED
    wrong = is_null(invoices["resolved_at"]) != is_open
    return history.any_of(place, wrong | (~is_open & (resolved != expected)))


def _dunning(history: History) -> Ints:
    return history.setup.motifs.dunning_weeks[history.customers.motif]
