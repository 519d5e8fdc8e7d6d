"""The shop's orders, against what their distribution promises."""

from __future__ import annotations

import math

import numpy as np

from runner.conformance import example_params, run_engine
from runner.draws import DrawSource

from .. import ENGINE  # noqa: TID252 - a copied folder has another name
from ..checks import check_orders  # noqa: TID252
from ..model import STREAMS, draw_orders  # noqa: TID252

DRAWS = DrawSource(seed=1).for_run(0, STREAMS)


def test_mean_orders_per_customer_and_period_are_the_order_rate():
    params = example_params(ENGINE, {"customers": 20_000, "order_rate": 0.3})
    orders = draw_orders(params, DRAWS, 5)
    sd_of_mean = math.sqrt(0.3 / orders.size)
    assert abs(orders.mean() - 0.3) < 5 * sd_of_mean  # false alarm: 6e-7


def test_revenue_is_orders_times_value():
    params = example_params(ENGINE, {"order_value_eur": 7.0})
    ran = run_engine(ENGINE, params, 4)
    assert ran.outcome.metrics["revenue_eur"] == 7.0 * ran.tables["customers"]["orders"].sum()


def test_nobody_orders_at_rate_zero():
    ran = run_engine(ENGINE, example_params(ENGINE, {"order_rate": 0}), 4)
    assert ran.outcome.metrics["orders_per_buyer"].reason == "no_orders"


def test_check_says_where_counts_differ():
    assert check_orders(np.array([1, 2]), np.array([3])) is None
    assert check_orders(np.array([1, 2]), np.array([4])) == "3 orders by period, 4 by customer"
