"""Checks: invariants that every run verifies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.contract import Check

CHECKS = (Check(name="orders_add_up", doc="periods and customers count the same orders"),)


def check_orders(by_period: NDArray[np.int64], by_customer: NDArray[np.int64]) -> str | None:
    """Return None, or where the two counts differ; int64 (horizon,) and (customers,)."""
    periods, customers = int(by_period.sum()), int(by_customer.sum())
    return None if periods == customers else f"{periods} orders by period, {customers} by customer"
