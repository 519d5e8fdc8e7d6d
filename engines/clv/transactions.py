"""Turn a purchase file into purchase days: refunds netted, equal days merged, customers ordered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.clv import reading
from engines.clv.params import ClvParams
from engines.clv.purchases import Purchases, Texts
from engines.clv.reading import Column
from engines.clv.table_files import read_table
from engines.clv.windows import Windows, day_of, file_windows, iso, stray_end_problems
from runner.contract import Floats, PlanError, Problem

MIN_CUSTOMERS = 30
_TOP_BIT = np.uint64(2**63 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileData:
    """A cleaned purchase file.

    `slot_order`: int64 (n,), customers in the order in which bootstrap slots count them: numeric
    when all ids are whole numbers, else as text. `report`: what cleaning did, by item.
    """

    purchases: Purchases
    windows: Windows
    slot_order: NDArray[np.int64]
    report: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of the file: customer as place in the sorted distinct ids, day, amount."""

    ids: Texts
    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: Floats
    cohort: Texts | None


def read_file(params: ClvParams, file: Path) -> FileData:
    """Return the purchase days of a file.

    Raises:
        PlanError: everything that is wrong with the file, together.
    """
    rows = _read(params, file)
    days = _Days.of(rows, params)
    if not days.customer.size:
        wanted = "purchase days; at least 30 customers with one are needed"
        raise PlanError([Problem("params.data.path", str(file), f"has no {wanted}")])
    windows, problems = file_windows(params, int(days.day.min()), int(days.day.max()))
    problems += stray_end_problems(params, days.day)
    if problems:
        raise PlanError(problems)
    purchases, outside = _acquired(days.purchases(rows), params)
    purchases = purchases.until(windows.observation_end)
    purchases = replace(purchases, position=np.arange(len(purchases)))
    _require_enough(purchases, windows)
    late = int((purchases.first > windows.calibration_end).sum())
    report = {
        "raw_rows": rows.day.size,
        "customers": len(purchases),
        "purchase_days": purchases.tick.size,
        "merged_rows": days.used_rows - days.customer.size,
        "negative_rows": int((rows.amount < 0).sum()),
        "refund_only_days": days.refund_only_days,
        "refund_only_revenue": days.refund_only_revenue,
        "zero_rows": int((rows.amount == 0).sum()),
        "customers_outside_acquisition": outside,
        "customers_after_calibration": late,
        "first_date": float(purchases.tick.min()),
        "last_date": float(purchases.tick.max()),
        "revenue_total": float(purchases.revenue.sum()),
    }
    return FileData(
        purchases=purchases, windows=windows, slot_order=_slot_order(purchases.ids), report=report
    )


def _read(params: ClvParams, file: Path) -> _Rows:
    names = params.data.columns
    id_column = Column("params.data.columns.customer_id", names.customer_id)
    date_column = Column("params.data.columns.order_date", names.order_date)
    amount_column = Column("params.data.columns.revenue", names.revenue)
    wanted = {c.name: c.where for c in (id_column, date_column, amount_column)}
    if names.cohort is not None:
        wanted.setdefault(names.cohort, "params.data.columns.cohort")
    table, problems = read_table(file, "params.data.path", wanted)
    if table is None or problems:
        raise PlanError(problems)
    if not len(table):
        allowed = f"has 0 rows; at least {MIN_CUSTOMERS} customers are needed"
        raise PlanError([Problem("params.data.path", str(file), allowed)])
    refuses = params.data.refund_policy == "error"
    ids, wrong_ids = reading.read_ids(table[names.customer_id], id_column)
    days, wrong_days = reading.read_days(
        table[names.order_date], date_column, params.data.date_format, params.data.timezone
    )
    amounts, wrong_amounts = reading.read_amounts(
        table[names.revenue], amount_column, refuse_negative=refuses
    )
    if wrong_ids or wrong_days or wrong_amounts:
        raise PlanError([*wrong_ids, *wrong_days, *wrong_amounts])
    distinct, customer = np.unique(ids, return_inverse=True)
    cohort = None
    if names.cohort is not None:
        labels = reading.texts_of(table[names.cohort])
        cohort = _cohorts(distinct, customer, labels, names.cohort)
    return _Rows(ids=distinct, customer=customer, day=days, amount=amounts, cohort=cohort)


def _cohorts(ids: Texts, customer: NDArray[np.int64], labels: Texts, name: str) -> Texts:
    first = np.zeros(ids.size, dtype=np.int64)
    first[customer[::-1]] = np.arange(customer.size)[::-1]
    found = labels[first]
    other = np.flatnonzero(labels != found[customer])
    if other.size:
        row = other[0]
        mine = f"{found[customer[row]]} and {labels[row]}"
        allowed = f"must be constant per customer; {ids[customer[row]]} has {mine}"
        raise PlanError([Problem("params.data.columns.cohort", name, allowed)])
    found[found == ""] = "(missing)"
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """Purchase days, sorted by customer and day, and what became of refunds."""

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    revenue: Floats
    used_rows: int
    refund_only_days: int
    refund_only_revenue: float

    @staticmethod
    def of(rows: _Rows, params: ClvParams) -> _Days:
        """Merge the rows of one customer and day; a day that is a refund is no purchase."""
        keep = np.ones(rows.day.size, dtype=bool)
        if params.data.refund_policy == "drop":
            keep &= rows.amount >= 0
        if params.data.zero_revenue == "drop":
            keep &= rows.amount != 0
        customer, day, amount = rows.customer[keep], rows.day[keep], rows.amount[keep]
        order = np.lexsort((amount, day, customer))
        customer, day, amount = customer[order], day[order], amount[order]
        is_new = np.ones(customer.size, dtype=bool)
        is_new[1:] = (np.diff(customer) != 0) | (np.diff(day) != 0)
        start = np.flatnonzero(is_new)
        if not start.size:
            return _Days(customer=customer, day=day, revenue=amount, used_rows=0,
                         refund_only_days=0, refund_only_revenue=0.0)  # fmt: skip
        total = np.add.reduceat(amount, start)
        refund = (np.minimum.reduceat(amount, start) < 0) & (
            total <= _NOTHING * _size(amount, start)
        )
        bought = ~refund
        return _Days(
            customer=customer[start][bought],
            day=day[start][bought],
            revenue=np.maximum(total[bought], 0.0),
            used_rows=int(np.diff(np.append(start, customer.size))[bought].sum()),
            refund_only_days=int(refund.sum()),
            refund_only_revenue=float(total[refund].sum()) + 0.0,
        )

    def purchases(self, rows: _Rows) -> Purchases:
        """Return the purchases of all customers that have a purchase day."""
        sizes = np.bincount(self.customer, minlength=rows.ids.size)
        there = np.flatnonzero(sizes)
        return Purchases(
            ids=rows.ids[there],
            copy=np.zeros(there.size, dtype=np.int64),
            entity=entities_of(rows.ids[there]),
            offset=np.concatenate([[0], np.cumsum(sizes[there])]).astype(np.int64),
            tick=self.day,
            revenue=self.revenue,
            cohort=None if rows.cohort is None else rows.cohort[there],
            archetype=None,
            position=np.arange(there.size),
        )


_NOTHING = 1e-12  # a sum this small beside its terms is 0 but for rounding: 19.99 - 19.99


def _size(amount: Floats, start: NDArray[np.int64]) -> Floats:
    return np.asarray(np.add.reduceat(np.abs(amount), start), dtype=np.float64)


def _acquired(purchases: Purchases, params: ClvParams) -> tuple[Purchases, int]:
    """Return the customers first seen inside the acquisition window, and how many were not."""
    window, inside = params.window, np.ones(len(purchases), dtype=bool)
    if window.acquisition_start:
        inside &= purchases.first >= day_of(window.acquisition_start)
    if window.acquisition_end:
        inside &= purchases.first <= day_of(window.acquisition_end)
    return purchases.take(np.flatnonzero(inside)), int((~inside).sum())


def _require_enough(purchases: Purchases, windows: Windows) -> None:
    fault = too_few(purchases, windows)
    if fault:
        raise PlanError([Problem("params.data.path", "", fault)])


def too_few(purchases: Purchases, windows: Windows) -> str | None:
    """Return why these customers cannot be fitted in the calibration window, or None."""
    fitted = int((purchases.first <= windows.calibration_end).sum()) if len(purchases) else 0
    end = iso(windows.calibration_end // windows.ticks_per_day)
    if fitted < MIN_CUSTOMERS:
        return f"{fitted} customers bought up to {end}; at least {MIN_CUSTOMERS} are needed"
    known = int((purchases.tick <= windows.calibration_end).sum())
    if known <= fitted:
        return (
            f"none of {fitted} customers bought again up to {end}: nothing to estimate a rate "
            "from; at least 1 repeat purchase is needed"
        )
    return None


def entities_of(ids: Texts) -> NDArray[np.uint64]:
    """Return each id's address in random draws: BLAKE2b-64 of its UTF-8 text, top bit cleared."""
    digest = b"".join(hashlib.blake2b(t.encode(), digest_size=8).digest() for t in ids)
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64) & _TOP_BIT


def _slot_order(ids: Texts) -> NDArray[np.int64]:
    texts: list[Any] = ids.tolist()
    if all(t.isascii() and t.removeprefix("-").isdigit() for t in texts):
        return np.array(sorted(range(len(texts)), key=lambda i: (int(texts[i]), texts[i])))
    return np.arange(len(texts))
