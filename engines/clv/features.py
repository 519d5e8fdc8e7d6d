"""Read tables about customers, and group customers by their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.clv import reading
from engines.clv.params import ClvParams
from engines.clv.params_data import FeatureTable
from engines.clv.purchases import Texts, sums_by
from engines.clv.reading import Column
from engines.clv.rfm import StageData
from engines.clv.table_files import missing, read_table
from runner.contract import Floats, PlanError, Problem

MISSING, OTHER = "(missing)", "(other)"
_ID, _DATE = "customer_id", "date"
_MOST_GROUPS = 20
_FIFTHS = (0.2, 0.4, 0.6, 0.8)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One column of a feature table, rows in the order of customers and days.

    Attributes:
        name: `<table>.<column>`; position: place of each row's customer among all customers.
        day: days since 1970-01-01, None for a table without dates.
        numbers: float64 (n_rows,), NaN = missing; or texts, empty = missing.
        aggregate: how dated rows of one customer become one value.
    """

    name: str
    position: Ints
    day: Ints | None
    numbers: Floats | None
    texts: Texts | None
    aggregate: str

    @property
    def is_static_text(self) -> bool:
        """Tell whether the column can make cohorts."""
        return self.day is None and self.texts is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSet:
    """All feature columns, and how many rows of each table belong to no known customer."""

    features: tuple[Feature, ...]
    unknown_rows: Mapping[str, int]

    def named(self, name: str) -> Feature | None:
        """Return a feature by name."""
        return next((f for f in self.features if f.name == name), None)


def read_features(params: ClvParams, files: Mapping[str, Path], ids: Texts) -> FeatureSet:
    """Return the feature tables of a file source; `ids`: all customers, ascending (n,).

    Raises:
        PlanError: what is wrong with any of the tables.
    """
    features: list[Feature] = []
    problems: list[Problem] = []
    unknown: dict[str, int] = {}
    for name, table in params.data.feature_tables.items():
        try:
            found, left_out = _read_one(name, table, files[_path(name)], ids, params)
        except PlanError as error:
            problems += error.problems
            continue
        features += found
        unknown[name] = left_out
    if not problems:
        problems = _cohort_problems(params, features)
    if problems:
        raise PlanError(problems)
    return FeatureSet(features=tuple(features), unknown_rows=unknown)


def _path(name: str) -> str:
    return f"data.feature_tables.{name}.path"


def _cohort_problems(params: ClvParams, features: list[Feature]) -> list[Problem]:
    by = params.drift.cohort_by
    if not params.drift.enabled or "." not in by:
        return []
    usable = [f.name for f in features if f.is_static_text]
    if by in usable:
        return []
    allowed = f"must be a text column of a table without dates; here: {', '.join(usable) or 'none'}"
    return [Problem("params.drift.cohort_by", by, allowed)]


def _read_one(
    name: str, table: FeatureTable, file: Path, ids: Texts, params: ClvParams
) -> tuple[list[Feature], int]:
    where = f"params.data.feature_tables.{name}"
    frame, problems = read_table(file, f"{where}.path", None)
    if frame is None:
        raise PlanError(problems)
    known = [str(c) for c in frame.columns]
    problems = missing([_ID], known, f"{where}.path")
    problems += missing(list(table.columns or ()), known, f"{where}.columns")
    if problems:
        raise PlanError(problems)
    names, id_column = _columns_used(table, known), Column(f"{where}.path", _ID)
    texts, problems = reading.read_ids(frame[_ID], id_column)
    day: Ints | None = None
    if _DATE in known:
        dates = Column(f"{where}.path", _DATE)
        day, wrong = reading.read_days(
            frame[_DATE], dates, params.data.date_format, params.data.timezone
        )
        problems += wrong
    elif not problems:
        problems += _repeated(texts, id_column)
    if problems:
        raise PlanError(problems)
    place = np.minimum(np.searchsorted(ids, texts), ids.size - 1)
    rows = np.flatnonzero(ids[place] == texts)
    order = np.lexsort((rows, day[rows] if day is not None else rows, place[rows]))
    rows = rows[order]
    features = [
        _feature(f"{name}.{column}", frame[column], rows, place, day, table, where)
        for column in names
    ]
    return features, int(texts.size - rows.size)


def _columns_used(table: FeatureTable, known: list[str]) -> list[str]:
    """Return the columns to use: those listed, or all that describe customers."""
    if table.columns is not None:
        return list(table.columns)
    return [c for c in known if c not in (_ID, _DATE)]


def _repeated(texts: Texts, column: Column) -> list[Problem]:
    distinct, first, count = np.unique(texts, return_index=True, return_counts=True)
    again = np.flatnonzero(count > 1)
    if not again.size:
        return []
    named = ", ".join(f"{distinct[k]} (first in row {first[k] + 1})" for k in again[:5])
    allowed = f"without a column {_DATE}, each customer has one row; repeated: {named}"
    return [column.problem(allowed)]


def _feature(  # noqa: PLR0913, PLR0917 - one column of one table
    name: str, series: Any, rows: Ints, place: Ints, day: Ints | None, table: FeatureTable,
    where: str,
) -> Feature:  # fmt: skip
    import pandas as pd

    texts = reading.texts_of(series)
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=float)
    is_number = bool((np.isfinite(numbers) | (texts == "")).all() and (texts != "").any())
    if day is not None and table.aggregate == "sum" and not is_number:
        allowed = "holds texts, which cannot be summed; use aggregate: last"
        raise PlanError([Problem(f"{where}.aggregate", name, allowed)])
    return Feature(
        name=name,
        position=place[rows],
        day=None if day is None else day[rows],
        numbers=numbers[rows] if is_number else None,
        texts=None if is_number else texts[rows],
        aggregate=table.aggregate,
    )


def groups_of(feature: Feature, data: StageData, ticks_per_day: int) -> Texts:
    """Return each customer's group at the end of a stage, text (n,).

    Only rows dated inside the stage count. Texts are groups by value, beyond the 20 most frequent
    `(other)`; numbers are fifths of the customers who have one, `q1` (lowest) to `q5`.
    """
    position = data.customers.position
    n = int(position.max()) + 1 if position.size else 0
    known = np.ones(feature.position.size, dtype=bool) & (feature.position < n)
    if feature.day is not None:
        known &= feature.day * ticks_per_day <= data.end
    owner = feature.position[known]
    if feature.numbers is not None:
        by_customer = _numbers(owner, feature.numbers[known], feature.aggregate, n)
        return _fifths(by_customer[position])
    assert feature.texts is not None  # noqa: S101 - numbers or texts
    labels = np.full(n, MISSING, dtype=object)
    labels[owner] = feature.texts[known]  # rows are in order of days: the last one stays
    labels[labels == ""] = MISSING
    return _most_frequent(labels[position])


def _numbers(owner: Ints, numbers: Floats, aggregate: str, n: int) -> Floats:
    given = np.isfinite(numbers)
    owner, numbers = owner[given], numbers[given]
    found = np.full(n, np.nan)
    if aggregate == "sum":
        total = sums_by(owner, numbers, n)
        there = np.bincount(owner, minlength=n) > 0
        found[there] = total[there]
    else:
        found[owner] = numbers
    return found


def _fifths(numbers: Floats) -> Texts:
    found = np.full(numbers.size, MISSING, dtype=object)
    given = np.isfinite(numbers)
    if given.any():
        edges = np.quantile(numbers[given], _FIFTHS)
        place = np.searchsorted(edges, numbers[given], side="left")
        names = np.array(["q1", "q2", "q3", "q4", "q5"], dtype=object)
        found[given] = names[place]
    return found


def _most_frequent(labels: Texts) -> Texts:
    names, place, count = np.unique(labels, return_inverse=True, return_counts=True)
    order = np.argsort(-count, kind="stable")
    kept = [k for k in order if names[k] != MISSING][:_MOST_GROUPS]
    is_kept = np.zeros(names.size, dtype=bool)
    is_kept[kept] = True
    is_kept |= names == MISSING
    shown = np.where(is_kept, names, OTHER)
    return np.asarray(shown[place], dtype=object)


def static_labels(feature: Feature, n: int) -> Texts:
    """Return the text of a column without dates for the first n customers of the file."""
    assert feature.texts is not None  # noqa: S101 - checked while planning
    labels = np.full(n, MISSING, dtype=object)
    known = feature.position < n
    labels[feature.position[known]] = feature.texts[known]
    labels[labels == ""] = MISSING
    return labels
