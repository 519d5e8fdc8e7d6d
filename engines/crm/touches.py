"""Propose notes, calls, tasks and tickets: what should happen, to whom, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engines.crm.addressing import Variates
from engines.crm.business import Calendar
from engines.crm.clock import Instants
from engines.crm.deals import Deals
from engines.crm.funnel import MQL, NURTURE, Contacts, Paths, Step
from engines.crm.numbers import counts
from engines.crm.params import CrmParams
from engines.crm.scenario import TOUCH_TYPES
from runner.contract import Floats

NOTE, CALL, TASK, TICKET = range(4)
TRIGGERS = (
    "baseline", "initial_note", "mql_call", "follow_up_task", "regression_note", "won_note",
    "lost_ticket",
)  # fmt: skip
BASELINE, INITIAL_NOTE, MQL_CALL, FOLLOW_UP_TASK, REGRESSION_NOTE, WON_NOTE, LOST_TICKET = range(7)
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """Touches of one type that should exist, (n,).

    `contact` int32, `due` and `parent` int64 ms (parent: the event that led to it, -1 for
    baseline), `trigger` and `pass_index` int8, `ordinal` int16 (of baseline touches).
    """

    contact: NDArray[np.int32]
    due: Instants
    parent: Instants
    trigger: NDArray[np.int8]
    pass_index: NDArray[np.int8]
    ordinal: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Candidates of one type, and how many probability draws declined one."""

    candidates: Candidates
    declined: int


@dataclass(frozen=True, slots=True)
class _Some:
    """Touches of one trigger, pass and ordinal."""

    contact: Contacts
    due: Instants
    parent: Instants | None
    trigger: int
    pass_index: int = 0
    ordinal: int = 0
    declined: int = 0


@dataclass(frozen=True, slots=True)
class MqlEntries:
    """Entries to MQL of one pass: who, when, whether a call is planned, and when it is due."""

    pass_index: int
    contact: Contacts
    at: Instants
    fired: NDArray[np.bool_]
    call_due: Instants


@dataclass(frozen=True, slots=True)
class Proposer:
    """Proposes touches from paths and deals."""

    params: CrmParams
    draws: Variates
    calendar: Calendar
    paths: Paths
    deals: Deals

    def mql_entries(self) -> list[MqlEntries]:
        """Return the entries to MQL, pass by pass, with the calls they trigger."""
        return [self._mql_entry(step) for step in self.paths.entries(MQL)]

    def _mql_entry(self, step: Step) -> MqlEntries:
        delay = self.params.scenario.touch.delay_min.mql_call
        fired = self._fires(MQL_CALL, step.contact, step.pass_index)
        who = step.contact[fired]
        u = self.draws.uniform("crm.touch.mql_call.delay", step=step.pass_index, entities=who)
        minutes = delay.mean + delay.jitter * (2.0 * u - 1.0)
        wait = np.maximum(np.rint(minutes * _MINUTE_MS), 0.0).astype(np.int64)
        call_due = np.full(step.contact.size, -1)
        call_due[fired] = step.at[fired] + wait
        return MqlEntries(step.pass_index, step.contact, step.at, fired, call_due)

    def calls(self, entries: list[MqlEntries]) -> Proposal:
        """Return the calls: baseline, and those at entries to MQL."""
        density = self.params.scenario.touch.density.calls_per_lead
        found = self._baseline(CALL, density)
        for entry in entries:
            on = entry.fired
            found.append(
                _Some(
                    entry.contact[on], entry.call_due[on], entry.at[on], MQL_CALL,
                    entry.pass_index, declined=int((~on).sum()),
                )
            )  # fmt: skip
        return self._proposal(CALL, found)

    def tasks(self, entries: list[MqlEntries], skipped: list[NDArray[np.bool_]]) -> Proposal:
        """Return the tasks: baseline, and follow-ups where no call is planned or pending.

        `skipped`: for each of `entries`, which calls (of those fired) a limit refused.
        """
        density = self.params.scenario.touch.density.tasks_per_lead
        found = self._baseline(TASK, density)
        for entry, refused in zip(entries, skipped, strict=True):
            found.append(self._follow_up(entry, refused))
        return self._proposal(TASK, found)

    def _follow_up(self, entry: MqlEntries, refused: NDArray[np.bool_]) -> _Some:
        without_call = ~entry.fired
        without_call[np.flatnonzero(entry.fired)[refused]] = True
        contact, at = entry.contact[without_call], entry.at[without_call]
        call_due = entry.call_due[without_call]
        fires = self._fires(FOLLOW_UP_TASK, contact, entry.pass_index)
        contact, at, call_due = contact[fires], at[fires], call_due[fires]
        delay = self._delay(FOLLOW_UP_TASK, contact, entry.pass_index)
        due = np.maximum(at + delay, call_due)
        declined = int((~fires).sum())
        return _Some(contact, due, at, FOLLOW_UP_TASK, entry.pass_index, declined=declined)

    def notes(self) -> Proposal:
        """Return the notes: baseline, at creation, at regressions and after won deals."""
        density = self.params.scenario.touch.density.notes_per_lead
        created = self.paths.steps[0]
        fires = self._fires(INITIAL_NOTE, created.contact, 0)
        at = created.at[fires]
        declined = int((~fires).sum())
        found = [
            _Some(created.contact[fires], at, at, INITIAL_NOTE, declined=declined),
            *self._baseline(NOTE, density),
        ]
        found += [
            self._triggered(REGRESSION_NOTE, step.contact, step.at, step.pass_index)
            for step in self.paths.entries(NURTURE)
        ]
        return self._proposal(NOTE, found + self._after_close(WON_NOTE, won=True))

    def tickets(self) -> Proposal:
        """Return the tickets: after lost deals."""
        return self._proposal(TICKET, self._after_close(LOST_TICKET, won=False))

    def _after_close(self, trigger: int, *, won: bool) -> list[_Some]:
        """Return touches after deals of one outcome; their draws are those of the contact."""
        found = []
        for index in np.unique(self.deals.pass_index).tolist():
            these = np.flatnonzero((self.deals.won == won) & (self.deals.pass_index == index))
            contact, at = self.deals.contact[these], self.deals.closed[these]
            some = self._triggered(trigger, contact, at, 0)
            found.append(replace(some, pass_index=index))
        return found

    def _triggered(self, trigger: int, contact: Contacts, at: Instants, pass_index: int) -> _Some:
        fires = self._fires(trigger, contact, pass_index)
        who, since = contact[fires], at[fires]
        due = since + self._delay(trigger, who, pass_index)
        return _Some(who, due, since, trigger, pass_index, declined=int((~fires).sum()))

    def _fires(self, trigger: int, contact: Contacts, pass_index: int) -> NDArray[np.bool_]:
        name = TRIGGERS[trigger]
        chance = getattr(self.params.scenario.touch.probability, name)
        u = self.draws.uniform(f"crm.touch.{name}.fire", step=pass_index, entities=contact)
        return np.asarray(u < chance)

    def _delay(self, trigger: int, contact: Contacts, pass_index: int) -> Instants:
        name = TRIGGERS[trigger]
        low, high = getattr(self.params.scenario.touch.delay_min, name)
        u = self.draws.uniform(f"crm.touch.{name}.delay", step=pass_index, entities=contact)
        return counts(u, low, high) * _MINUTE_MS

    def _baseline(self, kind: int, density: tuple[int, ...]) -> list[_Some]:
        low, high = density
        if high == 0:
            return []
        leads = np.flatnonzero(self.paths.lead_at >= 0)
        u = self.draws.uniform("crm.touch.baseline_count", step=kind, entities=leads)
        wanted = counts(u, low, high)
        return [
            self._baseline_at(kind, ordinal, leads[wanted > ordinal]) for ordinal in range(high)
        ]

    def _baseline_at(self, kind: int, ordinal: int, contact: Contacts) -> _Some:
        u: Floats = self.draws.uniform(
            "crm.touch.baseline_position", step=64 * kind + ordinal, entities=contact
        )
        lead_at = self.paths.lead_at[contact]
        length = self.paths.terminal_at[contact] - lead_at
        due = lead_at + np.floor(u * length).astype(np.int64)
        return _Some(contact, due, None, BASELINE, ordinal=ordinal)

    def _proposal(self, kind: int, found: list[_Some]) -> Proposal:
        joined = _joined(found)
        if TOUCH_TYPES[kind] in self.params.touchpoints.defer_to_business_hours:
            step = 4096 * kind + 256 * joined.trigger.astype(np.int64)
            step += np.where(joined.trigger == BASELINE, joined.ordinal, joined.pass_index)
            u = self.draws.uniform("crm.touch.defer", step=step, entities=joined.contact)
            spread = self.params.touchpoints.defer_spread_min
            joined = replace(joined, due=self.calendar.deferred(joined.due, u, spread))
        return Proposal(joined, sum(some.declined for some in found))


def _joined(found: list[_Some]) -> Candidates:
    sizes = [some.contact.size for some in found]
    total = sum(sizes)
    joined = Candidates(
        contact=np.empty(total, dtype=np.int32),
        due=np.empty(total, dtype=np.int64),
        parent=np.full(total, -1),
        trigger=np.repeat([some.trigger for some in found], sizes).astype(np.int8),
        pass_index=np.repeat([some.pass_index for some in found], sizes).astype(np.int8),
        ordinal=np.repeat([some.ordinal for some in found], sizes).astype(np.int16),
    )
    place = 0
    for some, size in zip(found, sizes, strict=True):
        here = slice(place, place + size)
        joined.contact[here] = some.contact
        joined.due[here] = some.due
        if some.parent is not None:
            joined.parent[here] = some.parent
        place += size
    return joined
