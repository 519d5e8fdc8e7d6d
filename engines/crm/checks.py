"""Verify in each block of a run that its objects are consistent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from engines.crm.admission import PENDING, PROCESSED
from engines.crm.companies import Companies
from engines.crm.deals import Deals
from engines.crm.funnel import (
    ADVANCED,
    CREATED,
    CUSTOMER,
    DISQUALIFIED,
    LEAD,
    LOST,
    NO_STAGE,
    NURTURE,
    NURTURED,
    OPPORTUNITY,
    OTHER,
    RE_ENTERED,
    SQL,
    SUBSCRIBER,
    WON,
)
from engines.crm.params import CrmParams
from engines.crm.scenario import TOUCH_TYPES, GroupSize
from engines.crm.touches import BASELINE, CALL, FOLLOW_UP_TASK, MQL_CALL, TASK
from engines.crm.world import World

_HALF_CENT = 0.005

_ALLOWED: Mapping[tuple[int, int], int] = {
    (NO_STAGE, SUBSCRIBER): CREATED,
    **{(stage, stage + 1): ADVANCED for stage in range(SUBSCRIBER, OPPORTUNITY)},
    **{(stage, NURTURE): NURTURED for stage in range(LEAD, SQL + 1)},
    **{(stage, OTHER): DISQUALIFIED for stage in range(SUBSCRIBER, SQL + 1)},
    (NURTURE, LEAD): RE_ENTERED,
    (OPPORTUNITY, CUSTOMER): WON,
    (OPPORTUNITY, OTHER): LOST,
}


def block_faults(params: CrmParams, world: World) -> dict[str, str | None]:
    """Return the checks of a block, by name: None, or where it is broken."""
    return {
        "times_in_window": times_in_window(world),
        "limits_kept": caps_kept(params, world),
        "lifecycle_legal": lifecycle_legal(world, params.scenario.funnel.max_nurture_cycles),
        "deals_legal": deals_legal(params, world),
        "companies_legal": companies_legal(params.scenario.group_size, world),
        "activities_legal": activities_legal(params, world),
        "keys_resolve": keys_resolve(params, world),
    }


def _first(broken: NDArray[np.bool_], text: Callable[[int], str]) -> str | None:
    """Return the text for the first row that is broken, or None."""
    return text(int(np.argmax(broken))) if broken.any() else None


def times_in_window(world: World) -> str | None:
    """Check that times lie in [start, end), and creations before the intake end."""
    for name, times in (("lifecycle event", world.lifecycle.at), ("activity", world.activities.at)):
        outside = (times < world.start) | (times >= world.end)
        found = _first(outside, lambda row, n=name, t=times: f"{n} {row} at {t[row]} ms")  # type: ignore[misc]
        if found:
            return found
    late = (world.created < world.start) | (world.created >= world.intake.end)
    return _first(
        late, lambda row: f"contact {row + _from(world)} created at {world.created[row]} ms"
    )


def _from(world: World) -> int:
    """Return the number of a block's first contact."""
    return int(world.block.contacts.start)


def caps_kept(params: CrmParams, world: World) -> str | None:
    """Check caps per contact."""
    for kind, name in enumerate(TOUCH_TYPES):
        cap = getattr(params.scenario.touch.cap_per_contact, name)
        if cap is not None:
            contact = world.activities.contact[world.activities.kind == kind]
            per_contact = np.bincount(contact, minlength=world.n_contacts)
            found = _first(
                per_contact > cap,
                lambda row, n=name, c=per_contact: (  # type: ignore[misc]
                    f"contact {row + _from(world)} has {c[row]} {n}s"
                ),
            )
            if found:
                return found
    return None


def lifecycle_legal(world: World, most_returns: int) -> str | None:
    """Check order, numbering and transitions of every contact's events."""
    lifecycle = world.lifecycle
    legal = np.full((9, 8), -1, dtype=np.int8)
    for (before, after), reason in _ALLOWED.items():
        legal[before + 1, after] = reason
    source, at, passes = lifecycle.source, lifecycle.at, lifecycle.pass_index
    starts = np.zeros(at.size, dtype=bool)
    starts[lifecycle.first[:-1]] = True
    inner = np.flatnonzero(~starts)
    broken = legal[source + 1, lifecycle.target] != lifecycle.reason
    broken |= starts != (lifecycle.reason == CREATED)
    broken |= lifecycle.seq != np.arange(at.size) - lifecycle.first[lifecycle.contact]
    broken[inner] |= at[inner] <= at[inner - 1]
    broken[inner] |= source[inner] != lifecycle.target[inner - 1]
    step = passes[inner] - passes[inner - 1]
    broken[inner] |= step != (lifecycle.reason[inner] == RE_ENTERED)
    broken |= (passes < 0) | (passes > most_returns)
    return _first(
        broken,
        lambda row: f"contact {lifecycle.contact[row] + _from(world)}, event {lifecycle.seq[row]}",
    )


def deals_legal(params: CrmParams, world: World) -> str | None:
    """Check times, amounts and outcomes of deals, one per contact."""
    deals, law = world.deals, params.scenario.deal_amount
    times = np.column_stack((deals.sql_at, deals.boundaries))
    broken = (np.diff(times, axis=1) <= 0).any(axis=1)
    broken |= ~(deals.amount >= law.min - _HALF_CENT) | ~(deals.amount <= law.max + _HALF_CENT)
    broken[1:] |= np.diff(deals.contact) <= 0
    broken |= _deal_stage(world, deals) != world.lifecycle.stage[deals.contact]
    found = _first(broken, lambda row: f"deal {deals.contact[row] + _from(world)}")
    if found:
        return found
    customers = int((world.lifecycle.stage == CUSTOMER).sum())
    won = int((deals.won & (deals.closed < world.end)).sum())
    return None if customers == won else f"{customers} customers, {won} won deals"


def _deal_stage(world: World, deals: Deals) -> NDArray[np.int8]:
    """Return the stage that a contact must have by its deal; unseen deals say nothing."""
    closed = np.where(deals.won, CUSTOMER, OTHER)
    stage = np.where(deals.closed < world.end, closed, OPPORTUNITY)
    seen = deals.created < world.end
    return np.where(seen, stage, world.lifecycle.stage[deals.contact]).astype(np.int8)


def companies_legal(group: GroupSize, world: World) -> str | None:
    """Check sizes, membership and creation of companies."""
    companies: Companies = world.companies
    size = companies.size
    broken = ((size < group.min) | (size > group.max)) & ~companies.exempt
    broken |= np.bincount(companies.of_contact, minlength=size.size) != size
    first = companies.first_contact
    broken |= (world.created[first] != companies.created) | (
        companies.of_contact[first] != np.arange(size.size)
    )
    broken[companies.of_contact[world.created < companies.created[companies.of_contact]]] = True
    first_company = world.block.companies.start
    return _first(broken, lambda row: f"company {row + first_company} of {size[row]} contacts")


def activities_legal(params: CrmParams, world: World) -> str | None:
    """Check parents, and that follow-up tasks stand only where no call does."""
    activities = world.activities
    is_baseline = activities.trigger == BASELINE
    early = ~is_baseline & (activities.at < activities.parent)
    early |= is_baseline & (activities.at < world.lead_at[activities.contact])
    found = _first(
        early,
        lambda row: (
            f"an activity of contact {activities.contact[row] + _from(world)} is before its parent"
        ),
    )
    if found or CALL not in world.touches:
        return found
    passes = params.scenario.funnel.max_nurture_cycles + 1
    calls, tasks = world.touches[CALL], world.touches[TASK]
    stands = (calls.fate == PROCESSED) | (calls.fate == PENDING)
    stands &= calls.candidates.trigger == MQL_CALL
    called = np.zeros(world.n_contacts * passes, dtype=bool)
    called[
        _entry(calls.candidates.contact[stands], calls.candidates.pass_index[stands], passes)
    ] = True
    follow_up = tasks.candidates.trigger == FOLLOW_UP_TASK
    contact = tasks.candidates.contact[follow_up]
    both = called[_entry(contact, tasks.candidates.pass_index[follow_up], passes)]
    return _first(
        both, lambda row: f"contact {contact[row] + _from(world)} has a call and a follow-up task"
    )


def _entry(
    contact: NDArray[np.int32], pass_index: NDArray[np.int8], passes: int
) -> NDArray[np.int64]:
    return contact.astype(np.int64) * passes + pass_index


def keys_resolve(params: CrmParams, world: World) -> str | None:
    """Check that what rows point to exists."""
    pointers: dict[str, tuple[NDArray[np.integer], int]] = {
        "owner": (world.owner, params.owners.count),
        "company": (world.companies.of_contact, world.companies.size.size),
        "deal's contact": (world.deals.contact, world.n_contacts),
        "activity's contact": (world.activities.contact, world.n_contacts),
    }
    for name, (key, count) in pointers.items():
        if key.size and not 0 <= int(key.min()) <= int(key.max()) < count:
            return f"{name}: {key.min()} to {key.max()}, there are {count}"
    return None
