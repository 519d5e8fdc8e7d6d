"""Each check notices when its invariant is broken."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engines.lifecycle import model
from engines.lifecycle.accounts import AccountWalk, draw_accounts
from engines.lifecycle.checks import CHECKS, Findings
from engines.lifecycle.events import EXPANSION, FAILURE, RENEWAL
from engines.lifecycle.invoices import FAILED, PAID, RECOVERED
from engines.lifecycle.population import draw_customers
from engines.lifecycle.tests.support import HISTORY, draws_of, params_of, setup_of, simulated
from engines.lifecycle.weeks import VOLUNTARY

Tables = dict[str, dict[str, Any]]
GIVEN = {"motif": "payment_fragile", "motifs.payment_fragile.payment.fail_base_per_invoice": 0.1}
PEOPLE = 200


@functools.cache
def written() -> Tables:
    return simulated(params_of(GIVEN, n=PEOPLE))[0]


def findings_of(tables: Tables) -> dict[str, str | None]:
    setup, draws = setup_of(params_of(GIVEN, n=PEOPLE)), draws_of()
    index = np.arange(PEOPLE)
    account = AccountWalk(3.0, draws).accounts_of(index)
    accounts = draw_accounts(setup, draws, np.arange(account[-1] + 1))
    customers = draw_customers(setup, draws, index, accounts, account)
    findings = Findings(setup)
    history = {name: tables[name] for name in (*HISTORY, "health_signals")}
    snapshots = {name: tables[name] for name in ("snapshot_calendar", "snapshot_early")}
    findings.add(customers, accounts, history, snapshots)
    findings.add_bridge(tables["weekly_summary"])
    return findings.texts()


def broken(table: str, column: str, change: Callable[[Tables, Any], Any]) -> Tables:
    """Return the rows of a run with one column changed in place by `change(tables, copy)`."""
    tables = {name: dict(rows) for name, rows in written().items()}
    tables[table][column] = tables[table][column].copy()
    change(tables, tables[table][column])
    return tables


def first(tables: Tables, table: str, column: str, value: int) -> int:
    return int(np.flatnonzero(tables[table][column] == value)[0])


def without_row(table: str, find: Callable[[Tables], int]) -> Tables:
    tables = {name: dict(rows) for name, rows in written().items()}
    row = find(tables)
    tables[table] = {name: np.ma.concatenate([c[:row], c[row + 1 :]]) if np.ma.isMaskedArray(c)
                     else np.delete(c, row) for name, c in tables[table].items()}  # fmt: skip
    return tables


def assign(table: str, column: str, row: Callable[[Tables], int], value: Any) -> Tables:
    def change(tables: Tables, values: Any) -> None:
        values[row(tables)] = value

    return broken(table, column, change)


def stayed(tables: Tables) -> int:
    return int(np.flatnonzero(tables["subscriptions"]["subscription_status"] == 0)[0])


def event(kind: int) -> Callable[[Tables], int]:
    return lambda tables: first(tables, "subscription_events", "event_type", kind)


def invoice(status: int) -> Callable[[Tables], int]:
    return lambda tables: first(tables, "invoices", "payment_status", status)


BREAKS: list[tuple[str, Callable[[], Tables]]] = [
    ("keys", lambda: assign("invoices", "tenure_week", lambda _: 1, 0)),
    ("keys", lambda: assign("subscriptions", "customer_id", lambda _: 3, 2)),
    ("keys", lambda: assign("subscription_events", "customer_id", lambda _: 0, PEOPLE + 5)),
    ("people", lambda: assign("subscriptions", "mrr_at_churn_usd", lambda _: 0, 10**12)),
    ("terminal_state", lambda: assign("subscriptions", "current_mrr_usd", stayed, 0)),
    ("terminal_state", lambda: assign("subscriptions", "churn_reason", stayed, VOLUNTARY)),
    ("terminal_state", lambda: assign("subscriptions", "mrr_at_churn_usd", stayed, 100)),
    ("terminal_state", lambda: without_row("subscription_events", event(EXPANSION))),
    ("event_chain", lambda: assign("subscription_events", "mrr_before_usd", event(EXPANSION), 7)),
    ("event_chain", lambda: assign("subscription_events", "mrr_after_usd", event(RENEWAL), 7)),
    ("event_chain", lambda: assign("subscription_events", "tenure_week", lambda _: -1, 157)),
    ("anniversaries", lambda: without_row("subscription_events", event(RENEWAL))),
    ("anniversaries", lambda: assign("subscription_events", "tenure_week", event(RENEWAL), 53)),
    ("invoice_count", lambda: without_row("invoices", invoice(PAID))),
    ("invoice_count", lambda: assign("invoices", "tenure_week", lambda _: 0, 1)),
    ("invoice_amount", lambda: assign("invoices", "amount_usd", lambda _: 30, 1)),
    ("dunning_events", lambda: without_row("subscription_events", event(FAILURE))),
    ("dunning_events", lambda: assign("invoices", "payment_status", invoice(RECOVERED), PAID)),
    ("no_orphaned_failure", lambda: assign("invoices", "payment_status", lambda _: 0, FAILED)),
    ("resolution_dates", lambda: assign("invoices", "resolved_at", invoice(RECOVERED), 20_000)),
    ("resolution_dates", lambda: assign("invoices", "resolved_at", invoice(FAILED), 20_000)),
    ("mrr_bridge", lambda: assign("weekly_summary", "mrr_usd", lambda _: 51, 1)),
    ("mrr_bridge", lambda: assign("weekly_summary", "active_customers", lambda _: 51, 1)),
    ("health_weeks", lambda: without_row("health_signals", lambda _: 0)),
    ("health_weeks", lambda: assign("health_signals", "tenure_week", lambda _: 1, 5)),
    ("health_weeks", lambda: assign("health_signals", "period_start", lambda _: 1, 5)),
    ("signal_ranges", lambda: assign("health_signals", "feature_depth_score", lambda _: 9, 1.2)),
    ("signal_ranges", lambda: assign("health_signals", "feature_depth_score", lambda _: 9, 1 / 3)),
    ("signal_ranges", lambda: assign("health_signals", "active_users", lambda _: 9, -1)),
    ("signal_ranges", lambda: assign("health_signals", "nps_score", lambda _: 9, 5)),
    ("targets", lambda: assign("snapshot_calendar", "ltv_revenue_90d", lambda _: 2, 1e9)),
    ("targets", lambda: assign("snapshot_early", "ltv_revenue_730d", lambda _: 2, 0.0)),
]


def test_an_untouched_run_holds_and_every_check_is_made():
    assert findings_of(written()) == dict.fromkeys((check.name for check in CHECKS), None)


@pytest.mark.parametrize(("name", "rows"), BREAKS)
def test_a_broken_invariant_is_named_with_its_customer(name, rows):
    text = findings_of(rows())[name]
    assert text is not None
    assert text.startswith(("customer", "calendar week 51: "))


def test_checks_that_need_signals_are_left_out_without_them():
    made = set(simulated(params_of(GIVEN, n=50), collect=())[1].checks)
    assert {check.name for check in CHECKS} - made == {"health_weeks", "signal_ranges", "targets"}


def test_every_batch_is_checked(monkeypatch):
    monkeypatch.setattr(model, "BLOCK", 10)
    assert simulated(params_of(GIVEN, n=35))[1].checks["targets"] is None
