"""Find weekly signals and targets that cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.asof import is_null
from engines.lifecycle.history import History
from engines.lifecycle.invoices import PAID, RECOVERED
from engines.lifecycle.rows import Rows, places_of
from engines.lifecycle.snapshot_tables import target_name

Flags = NDArray[np.bool_]


def wrong_weeks(history: History) -> Flags:
    """Return who does not have exactly the rows of weeks 0, 1, ... to the last one lived."""
    rows, customers = history.tables["health_signals"], history.customers
    counts = history.last_week + 1
    if counts.sum() != rows["tenure_week"].size:
        place = places_of(history.tables["customers"], rows["customer_id"])
        return np.asarray(np.bincount(place, minlength=history.count) != counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    week = np.arange(rows["tenure_week"].size) - first
    place = np.repeat(np.arange(history.count), counts)
    odd = (rows["tenure_week"] != week) | (rows["customer_id"] != customers.index[place])
    odd |= rows["period_start"] != customers.start[place] + 7 * week
    early = ~history.churned & (customers.sim_end - customers.start >= 7 * counts)
    return history.any_of(place, odd) | early


def out_of_range(history: History) -> Flags:
    """Return who has users, depth, tickets or scores out of bounds, or a score out of turn."""
    rows, health = history.tables["health_signals"], history.setup.params.health
    depth, week, score = rows["feature_depth_score"], rows["tenure_week"], rows["nps_score"]
    odd = ~((depth >= 0.0) & (depth <= 1.0))
    odd |= np.round(depth, health.depth_decimals) != depth
    odd |= (rows["active_users"] < 0) | (rows["support_tickets"] < 0)
    due = (week > 0) & (week % health.nps_every_weeks == 0)
    odd |= is_null(score) == due
    odd |= ~is_null(score) & ((np.ma.getdata(score) < 0) | (np.ma.getdata(score) > 10))  # noqa: PLR2004
    if not odd.any():
        return np.zeros(history.count, dtype=np.bool_)
    return history.any_of(places_of(history.tables["customers"], rows["customer_id"]), odd)


def wrong_targets(history: History, snapshot: Rows) -> Flags:
    """Return whose targets fall with the window or differ from a count of the invoices."""
    params, horizon = history.setup.params, history.setup.dates.horizon
    place = places_of(history.tables["customers"], snapshot["customer_id"])
    windows = [days for days in params.targets.windows_days if days <= horizon]
    wrong = np.zeros(place.size, dtype=np.bool_)
    low = np.zeros(place.size)
    for days in windows:
        given = snapshot[target_name(days)]
        wrong |= (given < low) | (given != _counted(history, snapshot, place, days))
        low = given
    return history.any_of(place, wrong)


def _counted(history: History, snapshot: Rows, place: NDArray[np.int64], days: int) -> NDArray[Any]:
    invoices = history.invoices
    by_cash = history.setup.params.targets.revenue_basis == "cash_date"
    date = np.ma.getdata(invoices["resolved_at" if by_cash else "invoice_date"])
    cutoff = np.zeros(history.count, dtype=np.int64)
    cutoff[place] = snapshot["cutoff_date"]
    after = date - cutoff[history.invoice_place]
    counts = np.isin(invoices["payment_status"], (PAID, RECOVERED)) & (after >= 1) & (after <= days)
    amount = np.where(counts, invoices["amount_usd"], 0).astype(np.float64)
    return np.bincount(history.invoice_place, weights=amount, minlength=history.count)[place]
