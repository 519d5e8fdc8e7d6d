"""Schemas of the tables that the engine can build."""

from __future__ import annotations

from runner.contract import Column, TableSchema

ORDERS_BY_PERIOD = TableSchema(
    name="orders_by_period",
    doc="The run over time.",
    columns=(
        Column(name="period", kind="int64", unit="periods", doc="1, 2, ..., horizon"),
        Column(name="orders", kind="int64", unit="orders", doc="orders of all customers"),
        Column(name="revenue_eur", kind="float64", unit="EUR"),
    ),
    key=("period",),
    prefix_stable=frozenset({"horizon"}),
)

CUSTOMERS = TableSchema(
    name="customers",
    doc="One row per customer.",
    columns=(
        Column(name="customer", kind="int64", doc="0, 1, ..., customers - 1"),
        Column(name="orders", kind="int64", unit="orders", doc="orders over the horizon"),
    ),
    key=("customer",),
    prefix_stable=frozenset({"population"}),
)

TABLES = (ORDERS_BY_PERIOD, CUSTOMERS)
