"""Admit touches in the order in which they are due, within caps per contact and budgets per run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.crm.numbers import fix_ties, in_order, rank_within
from engines.crm.params import CrmParams
from engines.crm.touches import (
    CALL,
    MQL_CALL,
    NOTE,
    TASK,
    TICKET,
    Candidates,
    MqlEntries,
    Proposal,
    Proposer,
)

PROCESSED, PENDING, SKIPPED_CAP, SKIPPED_BUDGET = range(4)


@dataclass(frozen=True, slots=True)
class Admitted:
    """Touches of one type, and what became of each: `fate` int8 (n,)."""

    proposal: Proposal
    fate: NDArray[np.int8]

    @property
    def candidates(self) -> Candidates:
        """Return the touches."""
        return self.proposal.candidates

    def count(self, fate: int) -> int:
        """Return how many met a fate."""
        return int((self.fate == fate).sum())


def admit_touches(params: CrmParams, proposer: Proposer, end: int) -> dict[int, Admitted]:
    """Return all touches by type; follow-up tasks know which calls were refused."""
    if not params.touchpoints.enabled:
        return {}
    entries = proposer.mql_entries()
    calls = _admit(params, CALL, proposer.calls(entries), end)
    return {
        NOTE: _admit(params, NOTE, proposer.notes(), end),
        CALL: calls,
        TASK: _admit(params, TASK, proposer.tasks(entries, _refused(calls, entries)), end),
        TICKET: _admit(params, TICKET, proposer.tickets(), end),
    }


def _refused(calls: Admitted, entries: list[MqlEntries]) -> list[NDArray[np.bool_]]:
    """Return for each pass which triggered calls a limit refused, in order of its entries."""
    triggered = calls.candidates.trigger == MQL_CALL
    skipped = (calls.fate == SKIPPED_CAP) | (calls.fate == SKIPPED_BUDGET)
    sizes = [int(entry.fired.sum()) for entry in entries]
    return np.split(skipped[triggered], np.cumsum(sizes)[:-1]) if sizes else []


def _admit(params: CrmParams, kind: int, proposal: Proposal, end: int) -> Admitted:
    touch, name = params.scenario.touch, ("note", "call", "task", "ticket")[kind]
    cap, budget = getattr(touch.cap_per_contact, name), getattr(touch.budget, name)
    return Admitted(proposal, admit(proposal.candidates, end, cap, budget))


def admit(touches: Candidates, end: int, cap: int | None, budget: int | None) -> NDArray[np.int8]:
    """Return the fate of each touch, int8 (n,).

    Ranks are needed only among contacts that exceed the cap, and only when the budget is
    exceeded: a budget never refills, so the cap can be settled first.
    """
    fate = np.full(touches.due.size, PROCESSED, dtype=np.int8)
    fate[touches.due >= end] = PENDING
    if cap is not None:
        inside = np.flatnonzero(fate == PROCESSED)
        contact = touches.contact[inside]
        many = inside[np.bincount(contact, minlength=1)[contact] > cap] if contact.size else inside
        many = many[_due_order(touches, many)]
        fate[many[rank_within(touches.contact[many]) >= cap]] = SKIPPED_CAP
    if budget is not None:
        inside = np.flatnonzero(fate == PROCESSED)
        if inside.size > budget:
            inside = inside[_due_order(touches, inside)]
            fate[inside[budget:]] = SKIPPED_BUDGET
    return fate


def _due_order(touches: Candidates, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order of chosen touches by due time, contact, trigger, pass, ordinal."""
    due = touches.due[chosen]
    order = in_order(due)
    columns = (touches.contact, touches.trigger, touches.pass_index, touches.ordinal)
    fix_ties(order, due, *(column[chosen] for column in columns))
    return order
