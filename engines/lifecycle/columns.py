"""Spell the columns that several tables share."""

from __future__ import annotations

from collections.abc import Sequence

from engines.lifecycle.params import LifecycleParams
from runner.contract import Column, ColumnKind, Role

USD, MRR = "USD", "USD_per_month"


def account_id(role: Role = "") -> Column:
    """Return the id of an account."""
    return Column(name="account_id", kind="id", pattern="acct_{:08d}", role=role)


def customer_id(role: Role = "") -> Column:
    """Return the id of a customer."""
    return Column(name="customer_id", kind="id", pattern="cust_{:08d}", role=role)


def text(name: str, categories: Sequence[str], role: Role = "", doc: str = "") -> Column:
    """Return a column of texts from a list."""
    return Column(name=name, kind="category", categories=tuple(categories), role=role, doc=doc)


def date(name: str, doc: str = "", *, nullable: bool = False, role: Role = "") -> Column:
    """Return a column of dates."""
    return Column(name=name, kind="date", nullable=nullable, doc=doc, role=role)


def whole(  # noqa: PLR0913 - one keyword per property of a column
    name: str, kind: ColumnKind, unit: str, doc: str = "", *, nullable: bool = False,
    role: Role = "",
) -> Column:  # fmt: skip
    """Return a column of numbers of a kind, mostly whole ones."""
    return Column(name=name, kind=kind, unit=unit, nullable=nullable, doc=doc, role=role)


def number(
    name: str, unit: str, doc: str = "", *, nullable: bool = False, role: Role = ""
) -> Column:
    """Return a float64 column."""
    return Column(name=name, kind="float64", unit=unit, nullable=nullable, doc=doc, role=role)


def profile(params: LifecycleParams, role: Role = "") -> tuple[Column, ...]:
    """Return the columns that describe an account, in tables and snapshots."""
    population = params.population
    employees = [band.label for band in population.employee_bands.values()]
    revenues = [band.label for band in population.revenue_bands.values()]
    return (
        text("industry", population.industries, role),
        text("region", population.regions, role),
        text("employee_band", employees, role),
        text("estimated_revenue_band", revenues, role),
    )
