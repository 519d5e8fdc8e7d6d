"""Declare where purchases come from: a file, or a simulated population."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.contract import (
    REQUIRED,
    ParamGroup,
    Problem,
    Share,
    complete_shares,
    group,
    groups,
    nearest,
    param,
    shown,
)

DATASETS: Mapping[str, Path] = {"cdnow": Path(__file__).parent / "data" / "cdnow.csv"}
SUFFIXES = (".csv", ".csv.gz", ".parquet")
_LAST_YEAR = 9000  # dates end with the year 9999


def _positive(default: float, unit: str, doc: str, high: float = 1e4) -> Any:
    return param(default, unit=unit, low=1e-4, high=high, doc=doc)


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaGeometric(ParamGroup):
    """True parameters of a BG/NBD or MBG/NBD population."""

    r: float = _positive(0.243, "shape", "purchase rates: shape")
    alpha: float = _positive(4.414, "time_units", "purchase rates: inverse scale")
    a: float = _positive(0.793, "shape", "leaving probabilities: first Beta parameter")
    b: float = _positive(2.426, "shape", "leaving probabilities: second Beta parameter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pareto(ParamGroup):
    """True parameters of a Pareto/NBD population."""

    r: float = _positive(0.553, "shape", "purchase rates: shape")
    alpha: float = _positive(10.578, "time_units", "purchase rates: inverse scale")
    s: float = _positive(0.606, "shape", "death rates: shape")
    beta: float = _positive(11.669, "time_units", "death rates: inverse scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend(ParamGroup):
    """True parameters of what purchases are worth."""

    p: float = _positive(6.25, "shape", "spend per purchase: shape", 1e6)
    q: float = param(
        3.74, unit="shape", low=1, low_open=True, high=1e4, doc="spend level: shape; mean needs > 1"
    )
    gamma: float = _positive(15.44, "currency", "spend level: scale", 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archetype(ParamGroup):
    """A kind of customer: factors on the rates of the process."""

    share: Share = param("auto", unit="fraction", low=0, high=1, doc="auto = the rest")
    rate_scale: float = param(1.0, unit="factor", low=0.01, high=100, doc="on the purchase rate")
    dropout_scale: float = param(
        1.0, unit="factor", low=0.01, high=100, doc="on the death rate, or the odds of leaving"
    )
    spend_scale: float = param(1.0, unit="factor", low=0.01, high=100, doc="on every purchase")
    acquisition_window: tuple[float, ...] | None = param(
        None, unit="time_units", low=0, high=1e5,
        doc="[low, high] of the first purchase; null = [0, acquisition_units]",
    )  # fmt: skip

    @property
    def is_standard(self) -> bool:
        """Tell whether the process applies as it is."""
        return self.rate_scale == self.dropout_scale == self.spend_scale == 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthetic(ParamGroup):
    """A simulated population with known parameters."""

    process: str = param(
        "pareto_nbd", choices=("bg_nbd", "mbg_nbd", "pareto_nbd"), doc="how customers buy and leave"
    )
    bg: BetaGeometric = group(BetaGeometric)
    pareto: Pareto = group(Pareto)
    spend: Spend = group(Spend)
    n_customers: int = param(
        4000, unit="customers", low=30, high=10_000_000, doc="size of the population"
    )
    acquisition_units: float = param(
        12.0, unit="time_units", low=0, high=1e5, doc="first purchases fall into [0, this]"
    )
    resolution: str = param(
        "continuous", choices=("continuous", "day"),
        doc="day floors times to days and merges equal days",
    )  # fmt: skip
    origin_date: str = param("2024-01-01", doc="ISO date of time 0")
    archetypes: Mapping[str, Archetype] = groups(
        {"standard": Archetype(share=1.0)}, doc="kinds of customers"
    )

    def problems(self) -> list[Problem]:
        """Refuse shares that do not sum to 1, and an origin that is no date."""
        found = []
        try:
            archetype_shares(self)
        except ValueError as error:
            found.append(Problem("archetypes", ", ".join(self.archetypes), str(error)))
        try:
            late = datetime.date.fromisoformat(self.origin_date).year > _LAST_YEAR
            allowed = f"must not be after the year {_LAST_YEAR}"
        except ValueError:
            late, allowed = True, "must be an ISO date"
        if late:
            found.append(Problem("origin_date", shown(self.origin_date), allowed))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns(ParamGroup):
    """What the columns of the file are called."""

    customer_id: str = param("customer_id", doc="column with the customer's id")
    order_date: str = param("order_date", doc="column with the day or time of purchase")
    revenue: str = param("revenue", doc="column with the amount; negative = refund")
    cohort: str | None = param(None, doc="column with a label that is constant per customer")

    def problems(self) -> list[Problem]:
        """Refuse one column for two purposes."""
        names = [self.customer_id, self.order_date, self.revenue]
        if len(set(names)) < len(names):
            allowed = "customer_id, order_date and revenue must be distinct columns"
            return [Problem("", ", ".join(names), allowed)]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureTable(ParamGroup):
    """A table about customers."""

    path: str = param(REQUIRED, doc="a .csv, .csv.gz or .parquet file with customer_id")
    columns: tuple[str, ...] | None = param(
        None, doc="columns to use; null = all but customer_id and date"
    )
    aggregate: str = param(
        "last", choices=("sum", "last"), doc="how dated rows of one customer become one value"
    )

    def problems(self) -> list[Problem]:
        """Refuse files of another kind."""
        return path_problems("path", self.path, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Data(ParamGroup):
    """Where purchases come from and how they are read."""

    source: str = param("file", choices=("file", "synthetic"), doc="a file, or a simulation")
    path: str = param("cdnow", doc="a packaged data set, or a .csv, .csv.gz or .parquet file")
    columns: Columns = group(Columns)
    date_format: str | None = param(
        None, doc="strptime format; null = ISO date or timestamp, or YYYYMMDD"
    )
    timezone: str | None = param(
        None, doc="IANA name to which stamps with a zone are converted; null = stamps without zone"
    )
    currency: str = param("USD", doc="unit of all money columns")
    refund_policy: str = param(
        "net", choices=("net", "drop", "error"), doc="net per day, remove, or refuse negative rows"
    )
    zero_revenue: str = param(
        "keep", choices=("keep", "drop"), doc="whether a day of zero revenue is a purchase"
    )
    feature_tables: Mapping[str, FeatureTable] = groups({}, doc="tables about customers")
    synthetic: Synthetic = group(Synthetic)

    def problems(self) -> list[Problem]:
        """Refuse unknown data sets, other file types and unknown time zones."""
        if self.source == "synthetic":
            return []
        found = path_problems("path", self.path, tuple(DATASETS))
        if self.timezone is not None:
            try:
                zoneinfo.ZoneInfo(self.timezone)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
                allowed = "must be an IANA name, such as Europe/Vienna"
                found.append(Problem("timezone", shown(self.timezone), allowed))
        return found


def path_problems(where: str, path: str, known: tuple[str, ...]) -> list[Problem]:
    """Return a problem unless the path names a packaged data set or a file of a known type."""
    if path in known or path.lower().endswith(SUFFIXES):
        return []
    sets = f"a packaged data set ({', '.join(known)}) or " if known else ""
    allowed = f"must be {sets}a file ending in {', '.join(SUFFIXES)}{nearest(path, known)}"
    return [Problem(where, shown(path), allowed)]


def archetype_shares(synthetic: Synthetic) -> dict[str, float]:
    """Return the share of each archetype, `auto` completed.

    Raises:
        ValueError: shares do not sum to 1, or two are auto.
    """
    return complete_shares({name: kind.share for name, kind in synthetic.archetypes.items()})
