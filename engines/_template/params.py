"""Parameters: what a study may change, with unit, bounds and meaning."""

from __future__ import annotations

from dataclasses import dataclass

from runner.contract import ParamGroup, param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(ParamGroup):
    """A shop: how many customers it has, how often they order, what an order is worth."""

    customers: int = param(100, unit="count", low=1, high=1_000_000, doc="customers in one run")
    order_rate: float = param(
        0.3, unit="orders_per_period", low=0, high=100, doc="mean orders of a customer per period"
    )
    order_value_eur: float = param(20.0, unit="EUR", low=0, high=1e6, doc="revenue of one order")
