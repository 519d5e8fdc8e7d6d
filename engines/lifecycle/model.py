"""Simulate a run, one batch of customers after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.accounts import Accounts, AccountWalk, draw_accounts
from engines.lifecycle.checks import Findings
from engines.lifecycle.metrics import measure
from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.population import Customers, draw_customers
from engines.lifecycle.rows import (
    Rows,
    account_rows,
    customer_rows,
    event_rows,
    health_rows,
    invoice_rows,
    latent_rows,
    profile_rows,
    subscription_rows,
)
from engines.lifecycle.setup import Setup
from engines.lifecycle.snapshots import cutoffs, snapshot_rows
from engines.lifecycle.summaries import TenureSummary, WeeklySummary
from engines.lifecycle.tally import Tally
from engines.lifecycle.weeks import live
from runner.contract import Draws, Outcome, TableSink

BLOCK = 4096  # customers in memory at once; no result depends on it

Ints = NDArray[np.int64]


def simulate(
    params: LifecycleParams, prepared: Setup, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Run one replicate; the horizon is days after the observation date."""
    run = _Run(prepared, draws, out)
    for customers in chosen_customers(params):
        run.add(customers)
    run.finish()
    return Outcome(metrics=measure(run.tally), checks=run.findings.texts())


def chosen_customers(params: LifecycleParams) -> Iterator[Ints]:
    """Give the indices of the customers to simulate, rising, a batch at a time."""
    chosen, count = params.population.only_customers, params.population.n_customers
    if chosen is None:
        for start in range(0, count, BLOCK):
            yield np.arange(start, min(start + BLOCK, count))
        return
    in_order = np.array(sorted(chosen), dtype=np.int64)
    for start in range(0, in_order.size, BLOCK):
        yield in_order[start : start + BLOCK]


class _Run:
    """What a run adds up and writes while batches come and go."""

    def __init__(self, setup: Setup, draws: Draws, out: TableSink) -> None:
        params = setup.params
        self.tally, self.findings = Tally(setup), Findings(setup)
        self._setup, self._draws, self._out = setup, draws, out
        self._walk = AccountWalk(params.population.customers_per_account_mean, draws)
        self._next_account = 0
        self._weekly, self._tenure = WeeklySummary(setup.dates), TenureSummary(setup.dates)
        self._regimes = [r for r in params.snapshot.regimes if out.wants(f"snapshot_{r}")]
        self._keeps_signals = bool(self._regimes) or out.wants("health_signals")

    def add(self, index: Ints) -> None:
        """Simulate a batch of customers, measure and check it, and write its rows."""
        customers, accounts, new = self._people(index)
        lives = live(self._setup, self._draws, customers, keep_signals=self._keeps_signals)
        tables: dict[str, Rows] = {
            "customers": customer_rows(customers),
            "subscriptions": subscription_rows(lives),
            "subscription_events": event_rows(lives),
            "invoices": invoice_rows(lives),
        }
        if self._keeps_signals:
            tables["health_signals"] = health_rows(lives)
        self.tally.add(lives, tables)
        self._weekly.add(tables)
        self._tenure.add(lives)
        self._write("accounts", account_rows(accounts, new))
        if self._out.wants("latents"):
            self._write("latents", latent_rows(customers))
        for name, rows in tables.items():
            self._write(name, rows)
        snapshots = self._snapshots(customers, accounts, tables)
        for name, rows in snapshots.items():
            self._write(name, rows)
        self.findings.add(customers, accounts, tables, snapshots)

    def _people(self, index: Ints) -> tuple[Customers, Accounts, slice]:
        """Return a batch's customers and accounts, and which of the accounts are new."""
        account = self._walk.accounts_of(index)
        last = int(account[-1])
        if self._setup.params.population.only_customers is None:
            first = min(int(account[0]), self._next_account)  # with those that have no customer
            wanted = np.arange(first, last + 1)
        else:
            wanted = np.unique(account)
        accounts = draw_accounts(self._setup, self._draws, wanted)
        new = slice(int(np.searchsorted(wanted, self._next_account)), None)
        self._next_account = last + 1
        row = np.searchsorted(wanted, account)
        return draw_customers(self._setup, self._draws, index, accounts, row), accounts, new

    def _snapshots(
        self, customers: Customers, accounts: Accounts, tables: dict[str, Rows]
    ) -> dict[str, Rows]:
        params, horizon = self._setup.params, self._setup.dates.horizon
        profile = profile_rows(accounts, customers.row)
        return {
            f"snapshot_{regime}": snapshot_rows(
                params, tables, profile, cutoffs(params, regime, customers.start), horizon
            )
            for regime in self._regimes
        }

    def _write(self, table: str, rows: Rows) -> None:
        columns: dict[str, Any] = dict(rows)
        if self._out.wants(table):
            self._out.write(table, columns)

    def finish(self) -> None:
        """Write and check what is known only at the end."""
        weekly = self._weekly.rows()
        self.findings.add_bridge(weekly)
        self._write("weekly_summary", weekly)
        self._write("tenure_summary", self._tenure.rows())
