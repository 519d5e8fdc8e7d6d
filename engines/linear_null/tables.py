"""Schemas of the tables that the linear outcome can build."""

from __future__ import annotations

from runner.contract import Column, TableSchema

OUTCOMES_BY_PERIOD = TableSchema(
    name="outcomes_by_period",
    doc="The run over time.",
    columns=(
        Column(name="period", kind="int64", unit="periods", doc="1, 2, ..., horizon"),
        Column(name="mean_outcome", kind="float64", unit="outcome", doc="mean over entities"),
        Column(
            name="sd_outcome", kind="float64", unit="outcome", nullable=True,
            doc="sample standard deviation over entities; null for one entity",
        ),
        Column(
            name="expected_outcome", kind="float64", unit="outcome",
            doc="expectation of mean_outcome",
        ),
    ),
    key=("period",),
    prefix_stable=frozenset({"horizon"}),
)  # fmt: skip

ENTITIES = TableSchema(
    name="entities",
    doc="One row per entity.",
    columns=(
        Column(name="entity", kind="int64", doc="0, 1, ..., entities - 1"),
        Column(name="archetype", kind="str", doc="name of its archetype"),
        Column(
            name="level", kind="float64", unit="outcome",
            doc="expected outcome in period 1 without treatment and shared luck",
        ),
        Column(name="effect", kind="float64", unit="outcome", doc="its own treatment effect"),
        Column(
            name="mean_outcome", kind="float64", unit="outcome", doc="mean over the horizon"
        ),
    ),
    key=("entity",),
    prefix_stable=frozenset({"population"}),
)  # fmt: skip

OUTCOMES = TableSchema(
    name="outcomes",
    doc="One row per entity and period.",
    columns=(
        Column(name="entity", kind="int64", doc="0, 1, ..., entities - 1"),
        Column(name="period", kind="int64", unit="periods", doc="1, 2, ..., horizon"),
        Column(name="outcome", kind="float64", unit="outcome"),
    ),
    key=("entity", "period"),
    prefix_stable=frozenset({"population", "horizon"}),
)

TABLES = (OUTCOMES_BY_PERIOD, ENTITIES, OUTCOMES)
