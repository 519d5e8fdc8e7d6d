"""Take a batch of customers through its weeks; within a week causes act in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.accounts import uniform_integers
from engines.lifecycle.events import (
    CHURN,
    DOWNGRADE,
    EXPANSION,
    FAILURE,
    RECOVERED,
    RENEWAL,
    EventLog,
    Events,
)
from engines.lifecycle.hazards import (
    capped,
    expansion_probability,
    is_anniversary,
    onboarding_factor,
)
from engines.lifecycle.invoices import (
    MONTHS_PER_YEAR,
    Invoices,
    Ledger,
    failure_probability,
    invoice_weeks,
)
from engines.lifecycle.optional_causes import Decline, Shocks
from engines.lifecycle.population import Customers, Rates, customer_rates
from engines.lifecycle.setup import Setup
from engines.lifecycle.signals import Signals
from runner.contract import Draws, Floats, SimulationError

REASONS = ("payment_failure", "non_renewal", "voluntary")
UNPAID, NON_RENEWAL, VOLUNTARY = range(len(REASONS))
STAYED = -1

MOST_MRR_USD = 10**12

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """What became of a batch of customers.

    Attributes:
        churn_week: int64 (n,), -1 for those who stayed.
        reason: int64 (n,), place in `REASONS`, -1 for those who stayed.
        mrr: int64 (n,), USD per month at the end, for those who left just before.
        last_week: int64 (n,), last week lived: the churn week, or the last one simulated.
    """

    customers: Customers
    churn_week: Ints
    reason: Ints
    mrr: Ints
    last_week: Ints
    events: Events
    invoices: Invoices
    signals: Signals


def live(setup: Setup, draws: Draws, customers: Customers, *, keep_signals: bool) -> Lives:
    """Simulate a batch from week 0 to the end of each customer.

    Raises:
        SimulationError: an MRR reaches 10^12 USD.
    """
    batch = _Batch(setup, draws, customers, keep_signals=keep_signals)
    for week in range(batch.weeks):
        batch.step(week)
    return batch.lives()


class _Batch:
    """The state of a batch. `_place` holds the places of active customers, rising."""

    def __init__(
        self, setup: Setup, draws: Draws, customers: Customers, *, keep_signals: bool
    ) -> None:
        params, count = setup.params, len(customers)
        self.weeks = int(customers.last_week.max()) + 1
        self._params, self._draws, self._customers = params, draws, customers
        self._rates: Rates = customer_rates(setup, customers)
        self._signals = Signals(setup, draws, customers, keep=keep_signals)
        due_weeks = invoice_weeks(params.billing.periods_per_year, self.weeks)
        self._ledger = Ledger(due_weeks, count, self._rates)
        self._log = EventLog()
        optional = params.optional
        self._decline = (
            Decline(optional.usage_decline, customers, draws)
            if optional.usage_decline.enabled
            else None
        )
        self._shocks = Shocks(setup, customers, draws) if optional.account_shock.enabled else None
        terms = np.arange(self.weeks)
        self._is_anniversary = np.stack([is_anniversary(m, terms) for m in setup.term_months])
        self._shortest = int(customers.last_week.min())
        self._place = np.arange(count)
        self._index = customers.index
        self._is_active = np.ones(count, dtype=np.bool_)
        self._mrr = customers.mrr.copy()
        self._churn_week = np.full(count, STAYED, dtype=np.int64)
        self._reason = np.full(count, STAYED, dtype=np.int64)

    def step(self, week: int) -> None:
        """Live one week: signals, dunning, invoices and churn, renewal, expansion, downgrade."""
        if week > self._shortest:
            self._keep(self._customers.last_week[self._place] >= week)
        self._observe(week)
        self._collect(week)
        if not self._place.size:
            return
        leaves, due = self._churn_hits(week)
        if self._params.billing.bill_on_churn_date:
            self._bill(week)
        self._leave(week, leaves, np.where(due[leaves], NON_RENEWAL, VOLUNTARY))
        if not self._params.billing.bill_on_churn_date:
            self._bill(week)
        self._renew(week, due[~leaves])
        expanded = self._expand(week)
        if self._params.optional.downgrade.enabled:
            self._downgrade(week, expanded)

    def _keep(self, stays: NDArray[np.bool_]) -> None:
        self._is_active[self._place[~stays]] = False
        self._place, self._index = self._place[stays], self._index[stays]

    def _observe(self, week: int) -> None:
        if self._decline is not None:
            self._decline.step(week, self._place)
        usage = None if self._decline is None else self._decline.usage
        self._signals.observe(week, self._place, usage)

    def _collect(self, week: int) -> None:
        """Settle failed invoices that fall due; a write-off ends the subscription."""
        recovered, lost = self._ledger.resolve(
            week, self._is_active, self._customers.index, self._draws
        )
        mrr = self._mrr[recovered]
        self._log.add(RECOVERED, week, recovered, mrr, mrr)
        if lost.size:
            self._leave(week, np.isin(self._place, lost), np.full(lost.size, UNPAID))

    def _leave(self, week: int, leaves: NDArray[np.bool_], reason: Ints) -> None:
        """Let active customers leave: bool (n_active,), and why: int64 (n_leaving,)."""
        gone = self._place[leaves]
        if not gone.size:
            return
        self._churn_week[gone], self._reason[gone] = week, reason
        before = self._mrr[gone]
        self._log.add(CHURN, week, gone, before, np.zeros_like(before))
        self._keep(~leaves)

    def _churn_hits(self, week: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return who draws churn and for whom the week is an anniversary, bool (n_active,)."""
        place, params = self._place, self._params
        hazard = self._rates.churn[place] * onboarding_factor(week, params.onboarding)
        due = self._is_anniversary[self._customers.term[place], week] if (
            self._is_anniversary[:, week].any()
        ) else np.zeros(place.size, dtype=np.bool_)  # fmt: skip
        at = np.flatnonzero(due)
        hazard[at] *= self._rates.renewal[place[at]]
        if self._decline is not None:
            hazard *= self._decline.churn_factor(place)
        if self._shocks is not None:
            hazard *= self._shocks.churn_factor(week, place)
        uniform = self._draws.uniform("churn", step=week, entities=self._index)
        return uniform < capped(hazard, params.hazard_cap), due

    def _bill(self, week: int) -> None:
        place, params = self._place, self._params
        if not self._ledger.is_due(week) or not place.size:
            return
        shock = None if self._shocks is None else self._shocks.failure_factor(week, place)
        failing = failure_probability(self._rates.payment[place], shock, params.hazard_cap)
        uniform = self._draws.uniform("payment_failure", step=week, entities=self._index)
        mrr = self._mrr[place]
        months = MONTHS_PER_YEAR // params.billing.periods_per_year
        failed = self._ledger.issue(week, place, mrr * months, uniform < failing)
        self._log.add(FAILURE, week, failed, self._mrr[failed], self._mrr[failed])

    def _renew(self, week: int, due: NDArray[np.bool_]) -> None:
        renewed = self._place[due]
        mrr = self._mrr[renewed]
        self._log.add(RENEWAL, week, renewed, mrr, mrr)

    def _expand(self, week: int) -> Ints:
        """Let customers buy more, and return them; depth is asked only of those who might."""
        params, level = self._params, self._rates.expansion[self._place]
        uniform = self._draws.uniform("expansion", step=week, entities=self._index)
        might = np.flatnonzero(uniform < level * (params.expansion_depth_offset + 1.0))
        depth = self._signals.depth(self._place[might])
        probability = expansion_probability(
            level[might], depth, depth_offset=params.expansion_depth_offset, cap=params.hazard_cap
        )
        hit = might[uniform[might] < probability]
        place = self._place[hit]
        if place.size:
            uniform = self._draws.uniform("expansion_delta", step=week, entities=self._index[hit])
            self._change(EXPANSION, week, place, self._mrr[place] + self._increase(place, uniform))
        return place

    def _increase(self, place: Ints, uniform: Floats) -> Ints:
        mrr, fraction = self._mrr[place], self._rates.fraction[place]
        low = np.maximum(1, (fraction[:, 0] * mrr).astype(np.int64))
        high = np.maximum(low, (fraction[:, 1] * mrr).astype(np.int64))
        return uniform_integers(uniform, low, high - low + 1)

    def _downgrade(self, week: int, expanded: Ints) -> None:
        """Let customers that did not expand this week pay less."""
        settings, cap = self._params.optional.downgrade, self._params.hazard_cap
        uniform = self._draws.uniform("downgrade", step=week, entities=self._index)
        hit = uniform < capped(self._rates.downgrade[self._place], cap)
        hit &= ~np.isin(self._place, expanded)
        place = self._place[hit]
        uniform = self._draws.uniform("downgrade_delta", step=week, entities=self._index[hit])
        low, high = settings.mrr_fraction
        mrr = self._mrr[place]
        cut = np.floor((low + (high - low) * uniform) * mrr).astype(np.int64)
        after = np.maximum(settings.min_mrr_usd, mrr - cut)
        is_lower = after < mrr
        self._change(DOWNGRADE, week, place[is_lower], after[is_lower])

    def _change(self, kind: int, week: int, place: Ints, after: Ints) -> None:
        if after.size and int(after.max()) >= MOST_MRR_USD:
            customer = int(self._customers.index[place[int(after.argmax())]])
            raise SimulationError(
                f"customer {customer}, week {week}: MRR = {int(after.max())} USD reaches 10^12; "
                "lower expansion.base_per_week or expansion.mrr_fraction of its motif"
            )
        self._log.add(kind, week, place, self._mrr[place], after)
        self._mrr[place] = after

    def lives(self) -> Lives:
        """Return what became of the batch."""
        stayed = self._churn_week == STAYED
        return Lives(
            customers=self._customers,
            churn_week=self._churn_week,
            reason=self._reason,
            mrr=self._mrr,
            last_week=np.where(stayed, self._customers.last_week, self._churn_week),
            events=self._log.in_order(self.weeks),
            invoices=self._ledger.in_order(),
            signals=self._signals,
        )
