"""Find where the budget of each type of activity ends, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engines.crm.admission import PROCESSED, Admitted, Cutoff, Gates, admit, refused
from engines.crm.clock import Instants
from engines.crm.draft import Drafts
from engines.crm.params import CrmParams
from engines.crm.scenario import TOUCH_TYPES
from engines.crm.touches import CALL, NOTE, TASK, TICKET, Proposer


@dataclass(slots=True)
class _Earliest:
    """The earliest due times of one type in ms, one more than its budget at most."""

    budget: int
    due: Instants = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def add(self, admitted: Admitted) -> None:
        new = admitted.candidates.due[admitted.fate == PROCESSED]
        self.due = np.concatenate((self.due, new))
        if self.due.size > self.budget + 1:
            self.due = np.partition(self.due, self.budget)[: self.budget + 1].copy()

    def cutoff(self) -> Cutoff | None:
        """Return where the budget ends; None if it suffices."""
        if self.due.size <= self.budget:
            return None
        if self.budget == 0:
            return Cutoff(int(self.due.min()), 0)
        last = int(np.partition(self.due, self.budget - 1)[self.budget - 1])
        return Cutoff(last, self.budget - int((self.due < last).sum()))


def find_cutoffs(drafts: Drafts) -> dict[int, Cutoff]:
    """Return the cutoff of each type whose budget is too small.

    Calls come first, since refused ones lead to tasks. Budgets that cannot bind cost nothing.
    """
    cutoffs: dict[int, Cutoff] = {}
    if drafts.params.touchpoints.enabled:
        for kinds in ((CALL,), (NOTE, TASK, TICKET)):
            cutoffs |= _search(drafts, [k for k in kinds if _may_bind(drafts, k)], cutoffs)
    return cutoffs


def _search(drafts: Drafts, kinds: list[int], known: dict[int, Cutoff]) -> dict[int, Cutoff]:
    if not kinds:
        return {}
    found = {kind: _Earliest(_budget(drafts.params, kind)) for kind in kinds}
    gates = Gates(known)
    for block in drafts.blocks:
        proposer = drafts.of(block).proposer
        for kind in kinds:
            found[kind].add(_admitted(drafts, proposer, kind, gates))
    cutoffs = {kind: earliest.cutoff() for kind, earliest in found.items()}
    return {kind: cutoff for kind, cutoff in cutoffs.items() if cutoff is not None}


def _admitted(drafts: Drafts, proposer: Proposer, kind: int, gates: Gates) -> Admitted:
    params, end = drafts.params, drafts.prepared.end
    if kind == NOTE:
        return admit(params, NOTE, proposer.notes(), end, gates)
    if kind == TICKET:
        return admit(params, TICKET, proposer.tickets(), end, gates)
    entries = proposer.mql_entries()
    calls = admit(params, CALL, proposer.calls(entries), end, gates)
    if kind == CALL:
        return calls
    return admit(params, TASK, proposer.tasks(entries, refused(calls, entries)), end, gates)


def _budget(params: CrmParams, kind: int) -> int:
    return int(getattr(params.scenario.touch.budget, TOUCH_TYPES[kind]))


def _may_bind(drafts: Drafts, kind: int) -> bool:
    """Tell whether a budget is less than a contact's most touches of a type, times contacts."""
    touch, name = drafts.params.scenario.touch, TOUCH_TYPES[kind]
    if getattr(touch.budget, name) is None:
        return False
    returns = drafts.params.scenario.funnel.max_nurture_cycles
    most = {
        NOTE: touch.density.notes_per_lead[1] + 1 + returns + 1,
        CALL: touch.density.calls_per_lead[1] + returns + 1,
        TASK: touch.density.tasks_per_lead[1] + returns + 1,
        TICKET: 1,
    }[kind]
    cap = getattr(touch.cap_per_contact, name)
    most = most if cap is None else min(most, cap)
    return drafts.n_contacts * most > _budget(drafts.params, kind)
