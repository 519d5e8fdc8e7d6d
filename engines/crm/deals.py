"""Give every opportunity its deal: stages, amount and outcome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.crm.addressing import Variates
from engines.crm.clock import DAY_MS, Clock, Instants, months
from engines.crm.funnel import (
    CUSTOMER,
    LOST,
    OPPORTUNITY,
    OTHER,
    WON,
    Contacts,
    Kinds,
    Paths,
    Step,
)
from engines.crm.numbers import with_odds
from engines.crm.params import CrmParams
from runner.contract import Floats

DEAL_STAGES = (
    "appointment_scheduled", "qualified_to_buy", "presentation_scheduled",
    "decision_maker_bought_in", "contract_sent", "closed_won", "closed_lost",
)  # fmt: skip
CLOSED_WON, CLOSED_LOST = 5, 6
STATUSES = ("open", "won", "lost")
OPEN_DEAL, WON_DEAL, LOST_DEAL = range(3)


@dataclass(frozen=True, slots=True)
class Deals:
    """All deals of full paths, sorted by contact, one per contact at most; (n_deals,).

    `boundaries` int64 (n_deals, 6): creation, entry to the four later stages, close, in ms;
    `amount` in currency; `win_probability` and `won` as known at close.
    """

    contact: Contacts
    pass_index: NDArray[np.int8]
    sql_at: Instants
    boundaries: Instants
    amount: Floats
    win_probability: Floats
    won: NDArray[np.bool_]

    @property
    def created(self) -> Instants:
        """Return when each deal is created."""
        return np.asarray(self.boundaries[:, 0])

    @property
    def closed(self) -> Instants:
        """Return when each deal closes, inside the window or after it."""
        return np.asarray(self.boundaries[:, -1])


def make_deals(
    params: CrmParams, draws: Variates, clock: Clock, kinds: Kinds, paths: Paths
) -> Deals:
    """Return the deals of all opportunities, and end the paths of their contacts."""
    contact = np.concatenate([o.contact for o in paths.opportunities])
    order = np.argsort(contact, kind="stable")
    contact = contact[order]
    sql_at = np.concatenate([o.sql_at for o in paths.opportunities])[order]
    days = np.concatenate([o.cycle_days for o in paths.opportunities])[order]
    passes = np.concatenate([o.pass_index for o in paths.opportunities])[order]
    boundaries = _boundaries(params, sql_at, days)
    chance = _win_probability(params, clock, kinds, contact, boundaries[:, -1])
    deals = Deals(
        contact=contact,
        pass_index=passes,
        sql_at=sql_at,
        boundaries=boundaries,
        amount=_amounts(params, draws, kinds, contact),
        win_probability=chance,
        won=draws.uniform("crm.deal.outcome", entities=contact) < chance,
    )
    paths.terminal_at[contact] = deals.closed
    paths.steps += closing_steps(deals)
    return deals


def _boundaries(params: CrmParams, sql_at: Instants, days: Floats) -> Instants:
    reached = np.cumsum(params.scenario.cycle.shares.listed())
    reached[-1] = 1.0
    boundaries = np.empty((sql_at.size, reached.size), dtype=np.int64)
    before = sql_at
    for index, share in enumerate(reached):
        at = sql_at + np.rint(share * days * DAY_MS).astype(np.int64)
        before = boundaries[:, index] = np.maximum(before + 1, at)
    return boundaries


def _amounts(params: CrmParams, draws: Variates, kinds: Kinds, contact: Contacts) -> Floats:
    law = params.scenario.deal_amount
    amount = np.exp(law.mu + law.sigma * draws.normal("crm.deal.amount", entities=contact))
    amount *= kinds.of(kinds.amount, contact)
    return np.asarray(np.round(np.clip(amount, law.min, law.max), 2))


def _win_probability(
    params: CrmParams, clock: Clock, kinds: Kinds, contact: Contacts, closed: Instants
) -> Floats:
    seasons = np.asarray(params.deals.win_multiplier_by_month)
    base = np.full(contact.size, params.scenario.deal_win_rate_base)
    base *= seasons[0] if (seasons == seasons[0]).all() else seasons[months(clock.local(closed))]
    chance = np.clip(base, 0.0, 1.0)
    return np.asarray(with_odds(chance, kinds.of(kinds.win_odds, contact)))


def closing_steps(deals: Deals) -> list[Step]:
    """Return the steps from opportunity to customer or out, one for each pass and outcome."""
    found = []
    for pass_index in np.unique(deals.pass_index).tolist():
        for won, target, reason in ((True, CUSTOMER, WON), (False, OTHER, LOST)):
            these = np.flatnonzero((deals.pass_index == pass_index) & (deals.won == won))
            if these.size:
                contact, at = deals.contact[these], deals.closed[these]
                found.append(Step(contact, at, OPPORTUNITY, target, reason, pass_index))
    return found
