"""Add up what metrics need, batch by batch, in whole numbers: no batch size changes a bit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.asof import is_by
from engines.lifecycle.events import EXPANSION
from engines.lifecycle.invoices import FAILED, PAID, RECOVERED, WRITTEN_OFF
from engines.lifecycle.rows import Rows, Tables, changes_of, places_of, sums_by_place
from engines.lifecycle.setup import Setup
from engines.lifecycle.snapshots import revenue_within
from engines.lifecycle.weeks import REASONS, STAYED, Lives

YEAR_WEEKS = 52
YEAR_DAYS = 365

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Tally:
    """Counts and sums of a run, Python integers by name.

    Names with a motif or a reason are `name.<motif>` and `name.<reason>`.
    """

    setup: Setup
    counts: Counter[str] = field(default_factory=Counter)
    _last_account: int = -1

    def add(self, lives: Lives, tables: Tables) -> None:
        """Add a batch; its customers follow those of the batches before."""
        self._add_lives(lives)
        self._add_mrr(lives, tables)
        self._add_invoices(tables["invoices"])

    def _count(self, **sums: int) -> None:
        for name, value in sums.items():
            self.counts[name] += int(value)

    def _add_lives(self, lives: Lives) -> None:
        exposed = lives.customers.last_week >= YEAR_WEEKS
        churned = lives.churn_week != STAYED
        in_year = exposed & churned & (lives.churn_week <= YEAR_WEEKS)
        self._count(
            customers=churned.size,
            customer_weeks=int((lives.last_week + 1).sum()),
            expansions=int((lives.events.kind == EXPANSION).sum()),
        )
        for place, reason in enumerate(REASONS):
            is_it = lives.reason == place
            self.counts[f"churned.{reason}"] += int(is_it.sum())
            self.counts[f"year1.{reason}"] += int((is_it & in_year).sum())
        self._by_motif("customers_of", lives, np.ones(churned.size, dtype=np.bool_))
        self._by_motif("exposed", lives, exposed)
        self._by_motif("year1_churned", lives, in_year)

    def _by_motif(self, name: str, lives: Lives, chosen: NDArray[np.bool_]) -> None:
        motifs = self.setup.shares
        found = np.bincount(lives.customers.motif[chosen], minlength=len(motifs))
        for motif, count in zip(motifs, found.tolist(), strict=True):
            self.counts[f"{name}.{motif}"] += count

    def _add_mrr(self, lives: Lives, tables: Tables) -> None:
        observed = self.setup.dates.observed
        now, later = mrr_at(tables, observed), mrr_at(tables, observed + YEAR_DAYS)
        active = ~is_by(tables["subscriptions"]["churn_at"], observed)
        self._by_motif("active", lives, active)
        self._count(
            mrr_observed=int(now.sum()),
            mrr_later=int(later[active].sum()),
            mrr_kept=int(np.minimum(now, later)[active].sum()),
            active_accounts=self._new_accounts(lives.customers.account[active]),
        )

    def _new_accounts(self, accounts: Ints) -> int:
        """Count accounts with an active customer; one may go on from the batch before."""
        found = np.unique(accounts)
        if not found.size:
            return 0
        seen_before = int(found[0] == self._last_account)
        self._last_account = int(found[-1])
        return found.size - seen_before

    def _add_invoices(self, invoices: Rows) -> None:
        params, observed = self.setup.params, self.setup.dates.observed
        by_status = np.bincount(invoices["payment_status"], minlength=4).tolist()
        self._count(
            invoices=sum(by_status),
            unpaid_at_first=sum(by_status) - by_status[PAID],
            recovered=by_status[RECOVERED],
            written_off=by_status[WRITTEN_OFF],
            still_failed=by_status[FAILED],
        )
        for window in params.targets.windows_days:
            within = revenue_within(params, invoices, observed, window)
            self.counts[f"revenue.{window}"] += int(invoices["amount_usd"][within].sum())


def mrr_at(tables: Tables, date: int) -> Ints:
    """Return the MRR of each customer at the end of a day by which all have started, int64 (n,)."""
    customers, events = tables["customers"], tables["subscription_events"]
    known = events["event_date"] <= date
    place = places_of(customers, events["customer_id"][known])
    changes = sums_by_place(place, changes_of(events)[known], customers["customer_id"].size)
    gone = is_by(tables["subscriptions"]["churn_at"], date)
    return np.where(gone, 0, customers["initial_mrr_usd"] + changes)
