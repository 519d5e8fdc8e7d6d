"""Find subscriptions and events that contradict each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.asof import is_null
from engines.lifecycle.events import CHURN, DOWNGRADE, EVENT_TYPES, EXPANSION, RENEWAL
from engines.lifecycle.hazards import is_anniversary
from engines.lifecycle.history import History
from engines.lifecycle.rows import changes_of, sums_by_place
from engines.lifecycle.weeks import NON_RENEWAL, VOLUNTARY

Flags = NDArray[np.bool_]


def wrong_keys(history: History) -> Flags:
    """Return whose ids repeat or point to nobody."""
    ids, subscribed = history.customers.index, history.subscriptions["customer_id"]
    wrong = np.concatenate([[False], np.diff(ids) <= 0])
    if ids.size != subscribed.size or (ids != subscribed).any():
        return np.ones(history.count, dtype=np.bool_)
    events, invoices = history.events, history.invoices
    for rows, place, sub_key, width in (
        (events, history.event_place, events["event_type"], len(EVENT_TYPES)),
        (invoices, history.invoice_place, 0, 1),
    ):
        known = (place >= 0) & (place < history.count)
        known &= ids[np.clip(place, 0, history.count - 1)] == rows["customer_id"]
        key = history.key(place, rows["tenure_week"]) * width + sub_key
        rising = np.concatenate([[True], np.diff(key) > 0])[: key.size]
        wrong |= history.any_of(np.clip(place, 0, history.count - 1), ~(known & rising))
    return wrong


def wrong_terminal_state(history: History) -> Flags:
    """Return whose end of the subscription is told in two ways."""
    rows, churned = history.subscriptions, history.churned
    final = np.ma.getdata(rows["mrr_at_churn_usd"])
    changes = sums_by_place(history.event_place, changes_of(history.events), history.count)
    expected = history.customers.mrr + changes
    churn_at = np.ma.getdata(rows["churn_at"])
    wrong = history.event_count(CHURN) != churned
    wrong |= (rows["current_mrr_usd"] == 0) != churned
    wrong |= (rows["churn_reason"] >= 0) != churned
    for name in ("mrr_at_churn_usd", "churn_week", "subscription_end_at"):
        wrong |= is_null(rows[name]) == churned
    wrong |= np.where(churned, final, rows["current_mrr_usd"]) != expected
    wrong |= churned & (np.ma.getdata(rows["subscription_end_at"]) != churn_at)
    wrong |= churned & (churn_at != history.customers.start + 7 * history.last_week)
    return np.asarray(wrong)


def broken_chain(history: History) -> Flags:
    """Return in whose events MRR jumps, moves the wrong way, or who has rows after churn."""
    events, place = history.events, history.event_place
    before, after, kind = events["mrr_before_usd"], events["mrr_after_usd"], events["event_type"]
    is_first = np.concatenate([[True], np.diff(place) != 0])[: place.size]
    previous = np.where(is_first, history.customers.mrr[place], np.roll(after, 1))
    moves_right = np.select(
        [kind == EXPANSION, kind == DOWNGRADE, kind == CHURN],
        [after > before, after < before, after == 0],
        after == before,
    )
    late = events["tenure_week"] > history.last_week[place]
    wrong = history.any_of(place, (before != previous) | ~moves_right | late)
    late = history.invoices["tenure_week"] > history.last_week[history.invoice_place]
    wrong |= history.any_of(history.invoice_place, late)
    for name, counted in (
        ("renewal_count", RENEWAL), ("expansion_count", EXPANSION), ("downgrade_count", DOWNGRADE),
    ):  # fmt: skip
        wrong |= history.subscriptions[name] != history.event_count(counted)
    return wrong


def wrong_anniversaries(history: History) -> Flags:
    """Return who renews off an anniversary, misses one, or leaves for the wrong reason."""
    events, place, term = history.events, history.event_place, history.customers.term_months
    chosen = events["event_type"] == RENEWAL
    at, week = place[chosen], events["tenure_week"][chosen]
    wrong = history.any_of(at, ~is_anniversary(term[at], week))
    survived = history.last_week - history.churned
    passed = np.where(survived < 0, 0, (6 * survived + 2) // (26 * term))
    wrong |= history.event_count(RENEWAL) != passed
    due = is_anniversary(term, history.last_week)
    reason = history.subscriptions["churn_reason"]
    return np.asarray(wrong | ((reason == NON_RENEWAL) & ~due) | ((reason == VOLUNTARY) & due))
