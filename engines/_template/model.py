"""Simulate the orders of each customer in each period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.contract import Draws, Outcome, TableSink

from .checks import check_orders
from .metrics import measure
from .params import Params
from .tables import CUSTOMERS, ORDERS_BY_PERIOD

STREAMS = ("orders",)


def simulate(params: Params, prepared: None, draws: Draws, horizon: int, out: TableSink) -> Outcome:
    """Run one replicate of `horizon` periods."""
    orders = draw_orders(params, draws, horizon)
    by_period, by_customer = orders.sum(axis=1), orders.sum(axis=0)
    out.write(
        ORDERS_BY_PERIOD.name,
        {
            "period": np.arange(1, horizon + 1),
            "orders": by_period,
            "revenue_eur": by_period * params.order_value_eur,
        },
    )
    out.write(CUSTOMERS.name, {"customer": np.arange(params.customers), "orders": by_customer})
    return Outcome(
        metrics=measure(params, by_customer),
        checks={"orders_add_up": check_orders(by_period, by_customer)},
    )


def draw_orders(params: Params, draws: Draws, horizon: int) -> NDArray[np.int64]:
    """Return orders: int64 (horizon, customers). Period t has step t, customer i is entity i."""
    everyone = slice(0, params.customers)
    return np.stack(
        [
            draws.poisson("orders", params.order_rate, step=t, entities=everyone)
            for t in range(1, horizon + 1)
        ]
    )
