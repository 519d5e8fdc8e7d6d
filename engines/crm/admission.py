"""Admit touches in the order in which they are due, within caps per contact and budgets per run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.crm.numbers import fix_ties, in_order, rank_within
from engines.crm.params import CrmParams
from engines.crm.scenario import TOUCH_TYPES
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

Rows = NDArray[np.int64]

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


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Where a budget ends: times before `at` are inside, and the first `ties` of those at it."""

    at: int
    ties: int


@dataclass(slots=True)
class Gates:
    """Admits touches up to the cutoff of their type; blocks of contacts pass in order."""

    cutoffs: Mapping[int, Cutoff]
    _used: dict[int, int] = field(default_factory=dict)

    def refused(self, kind: int, touches: Candidates, inside: Rows) -> Rows:
        """Return which of the rows `inside` the budget of a type refuses."""
        cutoff = self.cutoffs.get(kind)
        if cutoff is None:
            return inside[:0]
        due = touches.due[inside]
        ties = inside[due == cutoff.at]
        ties = ties[_due_order(touches, ties)]
        left = cutoff.ties - self._used.get(kind, 0)
        self._used[kind] = cutoff.ties - left + min(left, ties.size)
        return np.concatenate((inside[due > cutoff.at], ties[left:]))


def admit_touches(
    params: CrmParams, proposer: Proposer, end: int, gates: Gates
) -> dict[int, Admitted]:
    """Return all touches by type; follow-up tasks know which calls were refused."""
    if not params.touchpoints.enabled:
        return {}
    entries = proposer.mql_entries()
    calls = admit(params, CALL, proposer.calls(entries), end, gates)
    return {
        NOTE: admit(params, NOTE, proposer.notes(), end, gates),
        CALL: calls,
        TASK: admit(params, TASK, proposer.tasks(entries, refused(calls, entries)), end, gates),
        TICKET: admit(params, TICKET, proposer.tickets(), end, gates),
    }


def refused(calls: Admitted, entries: list[MqlEntries]) -> list[NDArray[np.bool_]]:
    """Return for each pass which triggered calls a limit refused, in order of its entries."""
    triggered = calls.candidates.trigger == MQL_CALL
    skipped = (calls.fate == SKIPPED_CAP) | (calls.fate == SKIPPED_BUDGET)
    sizes = [int(entry.fired.sum()) for entry in entries]
    return np.split(skipped[triggered], np.cumsum(sizes)[:-1]) if sizes else []


def admit(params: CrmParams, kind: int, proposal: Proposal, end: int, gates: Gates) -> Admitted:
    """Return touches of one type with their fates.

    Ranks are needed only among contacts that exceed the cap. A budget never refills, so the cap
    can be settled first, and what a budget admits ends at one instant.
    """
    touches = proposal.candidates
    fate = np.full(touches.due.size, PROCESSED, dtype=np.int8)
    fate[touches.due >= end] = PENDING
    cap = getattr(params.scenario.touch.cap_per_contact, TOUCH_TYPES[kind])
    if cap is not None:
        inside = np.flatnonzero(fate == PROCESSED)
        contact = touches.contact[inside]
        many = inside[np.bincount(contact, minlength=1)[contact] > cap] if contact.size else inside
        many = many[_due_order(touches, many)]
        fate[many[rank_within(touches.contact[many]) >= cap]] = SKIPPED_CAP
    fate[gates.refused(kind, touches, np.flatnonzero(fate == PROCESSED))] = SKIPPED_BUDGET
    return Admitted(proposal, fate)


def _due_order(touches: Candidates, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order of chosen touches by due time, contact, trigger, pass, ordinal."""
    due = touches.due[chosen]
    order = in_order(due)
    columns = (touches.contact, touches.trigger, touches.pass_index, touches.ordinal)
    fix_ties(order, due, *(column[chosen] for column in columns))
    return order
