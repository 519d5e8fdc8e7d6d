"""Bill customers, let payments fail, and collect failed invoices after the dunning wait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.population import Rates
from runner.contract import Draws, Floats

STATUSES = ("paid", "failed", "recovered", "written_off")
PAID, FAILED, RECOVERED, WRITTEN_OFF = range(len(STATUSES))

MONTHS_PER_YEAR = 12
NEVER = -1

Ints = NDArray[np.int64]


def invoice_weeks(periods_per_year: int, weeks: int) -> list[int]:
    """Return the tenure weeks below `weeks` in which an invoice is due: 0, 5, 9, 13, 18, ...

    Week t is one if t = 0 or `floor(P t / 52)` has risen since week t - 1.
    """
    step = periods_per_year
    return [t for t in range(weeks) if t == 0 or step * t // 52 > step * (t - 1) // 52]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoices:
    """Invoices of a batch in order of customer and week, all (n_invoices,).

    Attributes:
        place: int64, the customer's place in the batch. week: int64, of issue.
        amount: int64, USD. status: int8, place in `STATUSES`.
        resolved_week: int64, tenure week of payment or final outcome, -1 when there is none.
    """

    place: Ints
    week: Ints
    amount: Ints
    status: NDArray[np.int8]
    resolved_week: Ints


class Ledger:
    """All invoices of a batch: one row per invoice week, one column per customer.

    A failed invoice waits as long as its customer's dunning takes. Rows stay, so that any number
    can be open at once, whatever the length.
    """

    def __init__(self, weeks: list[int], customers: int, rates: Rates) -> None:
        self._row = {week: row for row, week in enumerate(weeks)}
        self._weeks = np.array(weeks, dtype=np.int64)
        shape = (len(weeks), customers)
        self._issued = np.zeros(shape, dtype=np.bool_)
        self._amount = np.zeros(shape, dtype=np.int64)
        self._status = np.zeros(shape, dtype=np.int8)
        self._resolved = np.zeros(shape, dtype=np.int32)
        self._failed: dict[int, Ints] = {}
        self._rates = rates
        self._waits = np.unique(rates.dunning_weeks).tolist()

    def is_due(self, week: int) -> bool:
        """Tell whether invoices are written in a tenure week."""
        return week in self._row

    def issue(self, week: int, place: Ints, amount: Ints, failed: NDArray[np.bool_]) -> Ints:
        """Write invoices to customers (n,), and return those whose payment failed."""
        row, lost = self._row[week], place[failed]
        self._issued[row, place] = True
        self._amount[row, place] = amount
        self._resolved[row, place] = week
        self._status[row, lost] = FAILED
        self._resolved[row, lost] = NEVER
        self._failed[week] = lost
        return lost

    def resolve(
        self, week: int, is_active: NDArray[np.bool_], index: Ints, draws: Draws
    ) -> tuple[Ints, Ints]:
        """Settle what falls due, and return the recovered and the lost customers.

        Args:
            is_active: bool (n,), who is still a customer at the start of the week.
            index: int64 (n,), global customer indices.

        The draw belongs to the week of issue: another dunning length keeps each outcome. A
        customer has one dunning length and at most one invoice a week, so at most one falls due.
        """
        recovered, lost = [_NOBODY], [_NOBODY]
        for wait in self._waits:
            issued = week - wait
            open_now = self._failed.get(issued, _NOBODY)
            if len(self._waits) > 1:
                open_now = open_now[self._rates.dunning_weeks[open_now] == wait]
            due = open_now[is_active[open_now]]
            if not due.size:
                continue
            uniform = draws.uniform("payment_recovery", step=issued, entities=index[due])
            is_paid = uniform < self._rates.recovery_prob[due]
            row = self._row[issued]
            self._status[row, due] = np.where(is_paid, RECOVERED, WRITTEN_OFF)
            self._resolved[row, due] = week
            recovered.append(due[is_paid])
            lost.append(due[~is_paid])
        return np.concatenate(recovered), np.concatenate(lost)

    def in_order(self) -> Invoices:
        """Return all invoices written."""
        place, row = np.nonzero(np.ascontiguousarray(self._issued.T))
        return Invoices(
            place=place,
            week=self._weeks[row],
            amount=self._amount[row, place],
            status=self._status[row, place],
            resolved_week=self._resolved[row, place].astype(np.int64),
        )


_NOBODY = np.zeros(0, dtype=np.int64)


def failure_probability(level: Floats, shock: Floats | None, cap: float) -> Floats:
    """Return the probability that a payment fails, float64 (n,)."""
    return np.minimum(level if shock is None else level * shock, cap)
