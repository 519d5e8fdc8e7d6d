"""Walk every contact through the funnel to the end of its path, whatever the window.

Contacts still walking are handled together, one stage of one pass after the other; what happens
to them is recorded as steps, in the order in which it happens to each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.crm.addressing import Variates
from engines.crm.clock import Instants
from engines.crm.numbers import as_ms, erlang, with_odds
from engines.crm.params import CrmParams, archetypes, mix_shares
from engines.crm.scenario import Funnel
from runner.contract import Draws, Floats, assign

STAGES = (
    "subscriber", "lead", "mql", "sql", "opportunity", "customer", "nurture", "other",
)  # fmt: skip
SUBSCRIBER, LEAD, MQL, SQL, OPPORTUNITY, CUSTOMER, NURTURE, OTHER = range(8)
REASONS = (
    "created", "advanced", "nurtured", "disqualified", "re_entered", "won", "lost",
)  # fmt: skip
CREATED, ADVANCED, NURTURED, DISQUALIFIED, RE_ENTERED, WON, LOST = range(7)
NO_STAGE = -1

Contacts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of event of many contacts: contact ids and instants int64 (n,)."""

    contact: Contacts
    at: Instants
    source: int
    target: int
    reason: int
    pass_index: int


@dataclass(frozen=True, slots=True)
class Opportunities:
    """Contacts that become opportunities: ids and SQL entry int64 (n,), whole cycle in days."""

    contact: Contacts
    sql_at: Instants
    cycle_days: Floats
    pass_index: NDArray[np.int8]


@dataclass(slots=True)
class Paths:
    """What happens to contacts before any deal closes.

    `lead_at`, `terminal_at` int64 (n_contacts,): first entry to lead (-1: never) and end of the
    path; those of contacts with a deal are set when the deal is known.
    """

    lead_at: Instants
    terminal_at: Instants
    steps: list[Step] = field(default_factory=list)
    opportunities: list[Opportunities] = field(default_factory=list)

    def entries(self, target: int) -> Iterator[Step]:
        """Give the steps that lead to a stage."""
        return (step for step in self.steps if step.target == target)


@dataclass(frozen=True, slots=True)
class Kinds:
    """Archetype of each contact, int64 (n_contacts,), and the multipliers by archetype (k,)."""

    of_contact: NDArray[np.int64]
    drop_odds: Floats
    win_odds: Floats
    cycle: Floats
    amount: Floats

    def of(self, multipliers: Floats, contact: Contacts) -> Floats | float:
        """Return the multipliers of contacts (n,); one number where all are the same."""
        if (multipliers == multipliers[0]).all():
            return float(multipliers[0])
        return np.asarray(multipliers[self.of_contact[contact]])


def assign_kinds(params: CrmParams, draws: Draws, contacts: slice) -> Kinds:
    """Give each of some contacts of the run its archetype."""
    kinds = list(archetypes(params).values())
    given = (
        assign(mix_shares(params), draws, stream="crm.contact.archetype", entities=contacts)
        if len(kinds) > 1
        else np.zeros(contacts.stop - contacts.start, dtype=np.int64)
    )
    return Kinds(
        given,
        drop_odds=np.array([kind.drop_odds_multiplier for kind in kinds]),
        win_odds=np.array([kind.win_odds_multiplier for kind in kinds]),
        cycle=np.array([kind.cycle_multiplier for kind in kinds]),
        amount=np.array([kind.amount_multiplier for kind in kinds]),
    )


def walk(params: CrmParams, draws: Variates, created: Instants, kinds: Kinds) -> Paths:
    """Return the paths of all contacts; `created` int64 (n_contacts,)."""
    everyone = np.arange(created.size)
    paths = Paths(np.full(created.size, -1), np.zeros(created.size, dtype=np.int64))
    paths.steps.append(Step(everyone, created, NO_STAGE, SUBSCRIBER, CREATED, 0))
    walker = _Walker(params, draws, kinds, paths)
    contact, at = walker.pass_through(everyone, created, SUBSCRIBER, 0)
    for pass_index in range(1, params.scenario.funnel.max_nurture_cycles + 1):
        at = walker.wait_in_nurture(contact, at, pass_index - 1)
        paths.steps.append(Step(contact, at, NURTURE, LEAD, RE_ENTERED, pass_index))
        contact, at = walker.pass_through(contact, at, LEAD, pass_index)
    return paths


@dataclass(slots=True)
class _Walker:
    """Moves contacts, and records where they come by."""

    params: CrmParams
    draws: Variates
    kinds: Kinds
    paths: Paths

    def pass_through(
        self, contact: Contacts, at: Instants, first: int, pass_index: int
    ) -> tuple[Contacts, Instants]:
        """Walk one pass from stage `first`; return who goes to nurture, and when."""
        parked: list[tuple[Contacts, Instants]] = []
        for stage in range(first, SQL + 1):
            entered = at
            at, cycle = self._leave(contact, at, stage, pass_index)
            drops = self._drops(contact, stage, pass_index)
            out = np.flatnonzero(drops)
            parked.append(self._drop(contact[out], at[out], stage, pass_index))
            on = np.flatnonzero(~drops)
            if cycle is not None:
                passes = np.full(on.size, pass_index, dtype=np.int8)
                self.paths.opportunities.append(
                    Opportunities(contact[on], entered[on], cycle[on], passes)
                )
            contact, at = contact[on], at[on]
            self._record(contact, at, stage, stage + 1, ADVANCED, pass_index)
            if stage == SUBSCRIBER:
                self.paths.lead_at[contact] = at
        return _merged(parked)

    def wait_in_nurture(self, contact: Contacts, at: Instants, pass_index: int) -> Instants:
        """Return when nurtured contacts come back: int64 (n,)."""
        funnel = self.params.scenario.funnel
        waiting = erlang(
            self.draws, "crm.funnel.nurture_dwell", 16 * pass_index, funnel.dwell_shape, contact
        )
        return at + as_ms(funnel.nurture_dwell_mean_days * waiting)

    def _leave(
        self, contact: Contacts, at: Instants, stage: int, pass_index: int
    ) -> tuple[Instants, Floats | None]:
        """Return when contacts leave a stage, and from SQL their whole cycle in days."""
        scenario = self.params.scenario
        if stage == SQL:
            cycle = scenario.cycle
            mean = scenario.avg_sales_cycle_days * self.kinds.of(self.kinds.cycle, contact)
            days = mean * erlang(
                self.draws, "crm.cycle.total", 16 * pass_index, cycle.shape, contact
            )
            return at + as_ms(cycle.shares.sql * days), days
        step, funnel = 256 * pass_index + 16 * stage, scenario.funnel
        waiting = erlang(self.draws, "crm.funnel.dwell", step, funnel.dwell_shape, contact)
        return at + as_ms(_dwell_means(funnel)[stage] * waiting), None

    def _drops(self, contact: Contacts, stage: int, pass_index: int) -> NDArray[np.bool_]:
        probability = drop_probabilities(self.params)[stage]
        chance = with_odds(probability, self.kinds.of(self.kinds.drop_odds, contact))
        step = 16 * pass_index + stage
        return self.draws.uniform("crm.funnel.drop", step=step, entities=contact) < chance

    def _drop(
        self, contact: Contacts, at: Instants, stage: int, pass_index: int
    ) -> tuple[Contacts, Instants]:
        """Send dropped contacts to nurture or out; return those in nurture."""
        funnel = self.params.scenario.funnel
        if stage == SUBSCRIBER or pass_index >= funnel.max_nurture_cycles:
            returns = np.zeros(contact.size, dtype=bool)
        else:
            step = 16 * pass_index + stage
            u = self.draws.uniform("crm.funnel.nurture", step=step, entities=contact)
            returns = u < funnel.nurture_share
        self._record(contact[returns], at[returns], stage, NURTURE, NURTURED, pass_index)
        self._record(contact[~returns], at[~returns], stage, OTHER, DISQUALIFIED, pass_index)
        self.paths.terminal_at[contact[~returns]] = at[~returns]
        return contact[returns], at[returns]

    def _record(  # noqa: PLR0913, PLR0917 - the fields of a step
        self, contact: Contacts, at: Instants, source: int, target: int, reason: int, index: int
    ) -> None:
        if contact.size:
            self.paths.steps.append(Step(contact, at, source, target, reason, index))


def _merged(parts: list[tuple[Contacts, Instants]]) -> tuple[Contacts, Instants]:
    contact = np.concatenate([part[0] for part in parts])
    at = np.concatenate([part[1] for part in parts])
    order = np.argsort(contact, kind="stable")
    return contact[order], at[order]


def _dwell_means(funnel: Funnel) -> tuple[float, float, float]:
    dwell = funnel.dwell_mean_days
    return dwell.subscriber, dwell.lead, dwell.mql


def drop_probabilities(params: CrmParams) -> tuple[float, float, float, float]:
    """Return the drop probability at the end of subscriber, lead, MQL and SQL."""
    drop = params.scenario.funnel.drop
    return drop.subscriber_to_lead, drop.lead_to_mql, drop.mql_to_sql, drop.sql_to_opportunity
