"""Give checks quick access to the rows of a batch."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.asof import is_null
from engines.lifecycle.population import Customers
from engines.lifecycle.rows import Rows, Tables, places_of
from engines.lifecycle.setup import Setup

Ints = NDArray[np.int64]


class History:
    """The rows of a batch, and what several checks ask of them. Customers are (n,)."""

    def __init__(self, setup: Setup, customers: Customers, tables: Tables) -> None:
        self.setup, self.customers, self.tables = setup, customers, tables
        self.subscriptions: Rows = tables["subscriptions"]
        self.events: Rows = tables["subscription_events"]
        self.invoices: Rows = tables["invoices"]

    @property
    def count(self) -> int:
        """Customers in the batch."""
        return len(self.customers)

    @functools.cached_property
    def event_place(self) -> Ints:
        """Place of each event's customer, (n_events,)."""
        return places_of(self.tables["customers"], self.events["customer_id"])

    @functools.cached_property
    def invoice_place(self) -> Ints:
        """Place of each invoice's customer, (n_invoices,)."""
        return places_of(self.tables["customers"], self.invoices["customer_id"])

    @functools.cached_property
    def churned(self) -> NDArray[np.bool_]:
        """Who has a churn date, (n,)."""
        return ~is_null(self.subscriptions["churn_at"])

    @functools.cached_property
    def last_week(self) -> Ints:
        """Churn week, or the last week simulated, (n,)."""
        week = np.ma.getdata(self.subscriptions["churn_week"])
        return np.where(self.churned, week, self.customers.last_week)

    def event_count(self, kind: int) -> Ints:
        """Return events of a kind per customer, (n,)."""
        chosen = self.events["event_type"] == kind
        return np.bincount(self.event_place[chosen], minlength=self.count)

    def key(self, place: Ints, week: Ints) -> Ints:
        """Return one number per customer and week that sorts as both do, (n_rows,)."""
        return place * self.key_step + week

    @property
    def key_step(self) -> int:
        """How far the keys of neighbouring customers are apart."""
        return self.setup.dates.most_weeks + 1

    def any_of(self, place: Ints, wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which customers have a wrong row, bool (n,)."""
        return np.bincount(place[wrong], minlength=self.count) > 0


def customer_at(history: History, wrong: NDArray[np.bool_]) -> str:
    """Return the first customer of those for whom something is wrong, as text."""
    index = int(history.customers.index[np.flatnonzero(wrong)[0]])
    others = int(wrong.sum()) - 1
    return f"customer {index}" + (f" and {others} more of its batch" if others else "")
