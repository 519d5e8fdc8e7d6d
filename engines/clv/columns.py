"""Make the columns of which tables consist."""

from __future__ import annotations

from runner.contract import Column

PROBABILITY, PURCHASES, PERCENT = "probability", "purchases", "percent"


def texts(*names: str) -> tuple[Column, ...]:
    """Return text columns."""
    return tuple(Column(name=name, kind="str") for name in names)


def ints(unit: str, *names: str, nullable: bool = False) -> tuple[Column, ...]:
    """Return columns of whole numbers."""
    return tuple(Column(name=n, kind="int64", unit=unit, nullable=nullable) for n in names)


def floats(unit: str, *names: str, nullable: bool = False) -> tuple[Column, ...]:
    """Return columns of numbers."""
    return tuple(Column(name=n, kind="float64", unit=unit, nullable=nullable) for n in names)


def maybe(unit: str, *names: str) -> tuple[Column, ...]:
    """Return columns of numbers that may be missing."""
    return floats(unit, *names, nullable=True)


COPY = Column(
    name="copy", kind="int64", unit="number", doc="0, 1, ...: copies of a resampled customer"
)
