"""Cut full paths at the end of the window, and lay what remains out by contact and by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.crm.admission import PROCESSED, Admitted
from engines.crm.clock import Instants
from engines.crm.funnel import ADVANCED, CUSTOMER, RE_ENTERED, Step
from engines.crm.numbers import fix_ties, in_order, rank_within

Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Events inside the window, sorted by contact and seq, (n_events,), and where contacts are.

    `first` int64 (n_contacts + 1,): row of each contact's first event; `seq` int16; stages and
    reasons are codes, `source` -1 at creation. By contact (n_contacts,): `stage` at the end,
    `highest` stage from subscriber to customer, `returns` from nurture, `last_at`.
    """

    first: NDArray[np.int64]
    contact: NDArray[np.int32]
    seq: NDArray[np.int16]
    at: Instants
    source: Codes
    target: Codes
    reason: Codes
    pass_index: Codes
    stage: Codes
    highest: Codes
    returns: Codes
    last_at: Instants
    planned: int


def cut_lifecycle(steps: list[Step], n_contacts: int, end: int) -> Lifecycle:
    """Return the events before `end`; `steps` come in the order in which they happen to each."""
    per_contact = np.zeros(n_contacts, dtype=np.int64)
    for step in steps:
        per_contact[step.contact[step.at < end]] += 1
    first = np.concatenate(([0], np.cumsum(per_contact)))
    total = int(first[-1])
    events = Lifecycle(
        first=first,
        contact=np.repeat(np.arange(n_contacts, dtype=np.int32), per_contact),
        seq=np.empty(total, dtype=np.int16),
        at=np.empty(total, dtype=np.int64),
        source=np.empty(total, dtype=np.int8),
        target=np.empty(total, dtype=np.int8),
        reason=np.empty(total, dtype=np.int8),
        pass_index=np.empty(total, dtype=np.int8),
        stage=np.zeros(n_contacts, dtype=np.int8),
        highest=np.zeros(n_contacts, dtype=np.int8),
        returns=np.zeros(n_contacts, dtype=np.int8),
        last_at=np.zeros(n_contacts, dtype=np.int64),
        planned=sum(step.contact.size for step in steps),
    )
    so_far = np.zeros(n_contacts, dtype=np.int16)
    for step in steps:
        _lay(events, step, step.at < end, so_far)
    return events


def _lay(
    events: Lifecycle, step: Step, inside: NDArray[np.bool_], so_far: NDArray[np.int16]
) -> None:
    contact, at = step.contact[inside], step.at[inside]
    seq = so_far[contact]
    row = events.first[contact] + seq
    so_far[contact] = seq + 1
    events.seq[row], events.at[row] = seq, at
    events.source[row], events.target[row] = step.source, step.target
    events.reason[row], events.pass_index[row] = step.reason, step.pass_index
    events.stage[contact], events.last_at[contact] = step.target, at
    if step.reason == RE_ENTERED:
        events.returns[contact] += 1
    if step.target <= CUSTOMER:
        events.highest[contact] = np.maximum(events.highest[contact], step.target)


def advances_and_exits(lifecycle: Lifecycle) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return advances and exits by stage from subscriber to SQL: int64 (4,) each."""
    left = lifecycle.source.astype(np.int64) + 1
    exits = np.bincount(left, minlength=9)[1:5]
    advances = np.bincount(left[lifecycle.reason == ADVANCED], minlength=9)[1:5]
    return advances, exits


@dataclass(frozen=True, slots=True)
class Activities:
    """Processed touches in order of time, (n_activities,).

    `kind` and `trigger` are codes; `parent` ms, -1 for baseline; `ordinal` int16 counts from 0
    within contact and type.
    """

    contact: NDArray[np.int32]
    at: Instants
    parent: Instants
    kind: Codes
    trigger: Codes
    pass_index: Codes
    ordinal: NDArray[np.int16]


def line_up(admitted: dict[int, Admitted]) -> Activities:
    """Return the processed touches of all types, sorted by time, contact, type, trigger, ....

    Columns are joined one after the other: a large run never holds them twice.
    """
    kept = {kind: np.flatnonzero(a.fate == PROCESSED) for kind, a in admitted.items()}
    kind = np.repeat(np.array(list(kept), dtype=np.int8), [rows.size for rows in kept.values()])
    due, contact = _column(admitted, kept, "due"), _column(admitted, kept, "contact")
    codes = [_column(admitted, kept, name) for name in ("trigger", "pass_index", "ordinal")]
    order = in_order(due)
    fix_ties(order, due, contact, kind, *codes)
    trigger, pass_index = codes[0][order], codes[1][order]
    del codes
    due = due[order]
    contact, kind = contact[order], kind[order]
    parent = _column(admitted, kept, "parent")[order]
    del order, kept
    return Activities(
        contact=contact,
        at=due,
        parent=parent,
        kind=kind,
        trigger=trigger,
        pass_index=pass_index,
        ordinal=rank_within(contact.astype(np.int64) * 4 + kind).astype(np.int16),
    )


def _column(
    admitted: dict[int, Admitted], kept: dict[int, NDArray[np.int64]], name: str
) -> NDArray[Any]:
    """Return one column of the rows kept of all types."""
    parts = [getattr(admitted[kind].candidates, name)[rows] for kind, rows in kept.items()]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
