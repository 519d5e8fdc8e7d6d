"""See a history as it was known at the end of a day, the future cut off."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.events import DOWNGRADE, EXPANSION, RENEWAL
from engines.lifecycle.invoices import FAILED
from engines.lifecycle.rows import Rows, Tables, changes_of, places_of, sums_by_place
from engines.lifecycle.tables import ACTIVE, CHURNED

_DATES = {
    "subscription_events": "event_date",
    "health_signals": "period_start",
    "invoices": "invoice_date",
}


def as_of(tables: Tables, cutoff: NDArray[np.int64] | int) -> dict[str, Rows]:
    """Return the tables as known at the end of a date.

    Rows of events, signals and invoices dated later are dropped; invoices settled later are
    `failed`, still open; subscriptions that start later are dropped, the others stand as on that
    date. Everything is derived from rows up to the cutoff: `churn_at` is the one field of a final
    subscription that is read, and only where it is not later.

    Args:
        tables: `customers` and `subscriptions`, with any of the three above, as written.
        cutoff: days since 1970-01-01, one for all or int64 (n,) by row of `customers`.
    """
    customers = tables["customers"]
    limit = np.broadcast_to(np.asarray(cutoff, dtype=np.int64), customers["customer_id"].shape)
    seen = dict(tables)
    for name, date in _DATES.items():
        if name in tables:
            rows = tables[name]
            place = places_of(customers, rows["customer_id"])
            seen[name] = _kept(rows, rows[date] <= limit[place])
    if "invoices" in seen:
        place = places_of(customers, seen["invoices"]["customer_id"])
        seen["invoices"] = _unsettled(seen["invoices"], limit[place])
    if "subscription_events" in seen:
        seen["subscriptions"] = _subscriptions(seen, tables["subscriptions"], limit)
    return seen


def _kept(rows: Rows, keep: NDArray[np.bool_]) -> Rows:
    return {name: column[keep] for name, column in rows.items()}


def _unsettled(invoices: Rows, limit: NDArray[np.int64]) -> Rows:
    resolved = invoices["resolved_at"]
    unknown = is_null(resolved) | (np.ma.getdata(resolved) > limit)
    return {
        **invoices,
        "payment_status": np.where(unknown, FAILED, invoices["payment_status"]),
        "resolved_at": np.ma.masked_array(np.ma.getdata(resolved), mask=unknown),
    }


def _subscriptions(seen: Tables, final: Rows, limit: NDArray[np.int64]) -> Rows:
    customers, events = seen["customers"], seen["subscription_events"]
    count, place = limit.size, places_of(customers, events["customer_id"])
    gone = is_by(final["churn_at"], limit)
    mrr = customers["initial_mrr_usd"] + sums_by_place(place, changes_of(events), count)

    def unless_gone(column: NDArray[Any]) -> NDArray[Any]:
        return np.ma.masked_array(np.ma.getdata(column), mask=~gone)

    def counted(kind: int) -> NDArray[np.int64]:
        return np.bincount(place[events["event_type"] == kind], minlength=count)

    rows = {
        **final,
        "subscription_status": np.where(gone, CHURNED, ACTIVE),
        "current_mrr_usd": np.where(gone, 0, mrr),
        "mrr_at_churn_usd": unless_gone(mrr),
        "renewal_count": counted(RENEWAL),
        "expansion_count": counted(EXPANSION),
        "downgrade_count": counted(DOWNGRADE),
        "subscription_end_at": unless_gone(final["churn_at"]),
        "churn_at": unless_gone(final["churn_at"]),
        "churn_week": unless_gone(final["churn_week"]),
        "churn_reason": np.where(gone, final["churn_reason"], -1),
    }
    return _kept(rows, final["subscription_start_at"] <= limit)


def is_null(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which values of a column are null, bool (n_rows,)."""
    return np.ma.getmaskarray(column)


def is_by(date: NDArray[Any], limit: NDArray[np.int64] | int) -> NDArray[np.bool_]:
    """Tell which dates are known and not after the limit, bool (n_rows,)."""
    return np.asarray(~is_null(date) & (np.ma.getdata(date) <= limit))
