"""Lay a batch out as rows of the tables: columns as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.accounts import Accounts
from engines.lifecycle.events import CHURN, DOWNGRADE, EXPANSION, RENEWAL
from engines.lifecycle.invoices import NEVER
from engines.lifecycle.population import Customers
from engines.lifecycle.signals import NO_SCORE
from engines.lifecycle.tables import ACTIVE, CHURNED
from engines.lifecycle.traits import ACCOUNT_TRAITS, TRAITS
from engines.lifecycle.weeks import STAYED, Lives

Rows: TypeAlias = Mapping[str, NDArray[Any]]
"""Columns of one table, (n_rows,); nulls are masked, dates days, texts places in their list."""

Tables: TypeAlias = Mapping[str, Rows]
"""Rows of several tables by name, of the same customers."""


def profile_rows(accounts: Accounts, row: NDArray[np.int64] | slice) -> Rows:
    """Return what snapshots and accounts both say of an account."""
    return {
        "industry": accounts.industry[row],
        "region": accounts.region[row],
        "employee_band": accounts.employee[row],
        "estimated_revenue_band": accounts.revenue[row],
    }


def account_rows(accounts: Accounts, new: slice) -> Rows:
    """Return rows of `accounts` for a part of the batch's accounts."""
    return {
        "account_id": accounts.index[new],
        "motif": accounts.motif[new],
        **profile_rows(accounts, new),
        "process_maturity_band": accounts.maturity[new],
        "created_at": accounts.created[new],
    }


def customer_rows(customers: Customers) -> Rows:
    """Return rows of `customers`."""
    return {
        "customer_id": customers.index,
        "account_id": customers.account,
        "initial_plan": customers.plan,
        "csm_rep_id": customers.csm,
        "customer_start_at": customers.start,
        "sim_end_at": customers.sim_end,
        "initial_mrr_usd": customers.mrr,
        "contract_term_months": customers.term_months,
    }


def latent_rows(customers: Customers) -> Rows:
    """Return rows of `latents`."""
    own = {f"customer_{trait}": customers.own[:, place] for place, trait in enumerate(TRAITS)}
    shared = {
        f"account_{trait}": customers.shared[:, place] for place, trait in enumerate(ACCOUNT_TRAITS)
    }
    acts = {f"effective_{t}": customers.effective[:, place] for place, t in enumerate(TRAITS)}
    ids = {"customer_id": customers.index, "account_id": customers.account}
    return {**ids, **own, **shared, **acts}


def subscription_rows(lives: Lives) -> Rows:
    """Return rows of `subscriptions`, as they stand at the end."""
    customers, events = lives.customers, lives.events
    stayed = lives.churn_week == STAYED
    churn_at = np.ma.masked_array(customers.start + 7 * lives.churn_week, mask=stayed)
    return {
        "customer_id": customers.index,
        "plan_name": customers.plan,
        "subscription_status": np.where(stayed, ACTIVE, CHURNED),
        "subscription_start_at": customers.start,
        "current_mrr_usd": np.where(stayed, lives.mrr, 0),
        "mrr_at_churn_usd": np.ma.masked_array(lives.mrr, mask=stayed),
        "contract_term_months": customers.term_months,
        "renewal_count": events.count(RENEWAL, len(customers)),
        "expansion_count": events.count(EXPANSION, len(customers)),
        "downgrade_count": events.count(DOWNGRADE, len(customers)),
        "subscription_end_at": churn_at,
        "churn_at": churn_at,
        "churn_week": np.ma.masked_array(lives.churn_week, mask=stayed),
        "churn_reason": lives.reason,
    }


def event_rows(lives: Lives) -> Rows:
    """Return rows of `subscription_events`."""
    customers, events = lives.customers, lives.events
    is_renewal = events.kind == RENEWAL
    return {
        "customer_id": customers.index[events.place],
        "event_type": events.kind,
        "tenure_week": events.week,
        "event_date": customers.start[events.place] + 7 * events.week,
        "mrr_before_usd": events.before,
        "mrr_after_usd": events.after,
        "contract_term_months_new": np.ma.masked_array(
            customers.term_months[events.place], mask=~is_renewal
        ),
    }


def invoice_rows(lives: Lives) -> Rows:
    """Return rows of `invoices`."""
    customers, invoices = lives.customers, lives.invoices
    start = customers.start[invoices.place]
    is_open = invoices.resolved_week == NEVER
    return {
        "customer_id": customers.index[invoices.place],
        "tenure_week": invoices.week,
        "invoice_date": start + 7 * invoices.week,
        "amount_usd": invoices.amount,
        "payment_status": invoices.status,
        "resolved_at": np.ma.masked_array(start + 7 * invoices.resolved_week, mask=is_open),
    }


def health_rows(lives: Lives) -> Rows:
    """Return rows of `health_signals`: weeks 0 to the last one lived, customer by customer.

    Raises:
        ValueError: the signals were not kept.
    """
    kept, customers = lives.signals.kept, lives.customers
    if kept is None:
        raise ValueError("the signals of this batch were not kept")
    weeks = np.arange(kept.users.shape[0])
    lived = weeks <= lives.last_week[:, None]
    counts = lives.last_week + 1
    week = np.broadcast_to(weeks.astype(np.int16), lived.shape)[lived]
    score = np.ascontiguousarray(kept.score.T)[lived]
    return {
        "customer_id": np.repeat(customers.index, counts),
        "tenure_week": week,
        "period_start": np.repeat(customers.start, counts) + np.int64(7) * week,
        "active_users": np.ascontiguousarray(kept.users.T)[lived],
        "feature_depth_score": np.ascontiguousarray(kept.depth.T)[lived],
        "support_tickets": np.ascontiguousarray(kept.tickets.T)[lived],
        "nps_score": np.ma.masked_array(score, mask=score == NO_SCORE),
    }


def places_of(customers: Rows, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each id among the rows of `customers`, int64 (n_rows,)."""
    known = customers["customer_id"]
    if known.size and int(known[-1]) - int(known[0]) == known.size - 1:
        return np.asarray(ids - known[0])
    return np.searchsorted(known, ids)


def sums_by_place(
    place: NDArray[np.int64], values: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Return the sum of whole numbers at each place 0..count-1, int64 (count,), exact."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, place, values)
    return total


def changes_of(events: Rows) -> NDArray[np.int64]:
    """Return the change of MRR by each event, churn left out, int64 (n_events,)."""
    is_churn = events["event_type"] == CHURN
    return np.where(is_churn, 0, events["mrr_after_usd"] - events["mrr_before_usd"])
