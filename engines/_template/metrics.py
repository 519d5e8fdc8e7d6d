"""Metrics: the named numbers that every run reports."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.contract import Metric, MetricValue, Null

from .params import Params

METRICS = (
    Metric(name="revenue_eur", unit="EUR", better="higher", doc="revenue of all customers"),
    Metric(
        name="orders_per_buyer", unit="orders", better="higher",
        doc="orders per customer with an order; null when nobody ordered",
    ),
)  # fmt: skip


def measure(params: Params, by_customer: NDArray[np.int64]) -> dict[str, MetricValue]:
    """Return every declared metric; `by_customer`: int64 (customers,), orders."""
    orders, buyers = int(by_customer.sum()), int(np.count_nonzero(by_customer))
    return {
        "revenue_eur": orders * params.order_value_eur,
        "orders_per_buyer": orders / buyers if buyers else Null("no_orders"),
    }
