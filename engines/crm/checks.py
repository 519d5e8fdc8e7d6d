"""Verify in each run that its objects are consistent."""

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
from engines.crm.intake import distance
from engines.crm.params import CrmParams, volume
from engines.crm.scenario import TOUCH_TYPES, GroupSize
from engines.crm.timeline import Activities, Lifecycle
from engines.crm.touches import BASELINE, CALL, FOLLOW_UP_TASK, MQL_CALL, TASK
from engines.crm.world import World
from runner.contract import Check

_KS_LIMIT = 3.0
_KS_FEWEST = 50
_HALF_CENT = 0.005

CHECKS = (
    Check(name="times_in_window", doc="published times lie in the window, creations in the intake"),
    Check(name="reconciliation", doc="planned = processed + skipped + pending; tables agree"),
    Check(name="limits_kept", doc="no cap and no budget is exceeded"),
    Check(name="lifecycle_legal", doc="stages follow each other as the funnel allows"),
    Check(name="deals_legal", doc="deal times rise, amounts are in range, customers have won"),
    Check(name="companies_legal", doc="each contact has one company, sizes are in range"),
    Check(name="activities_legal", doc="no activity before its parent, no task beside a call"),
    Check(name="arrivals_follow_shape", doc="KS distance of creations <= 3/sqrt(N), N >= 50"),
    Check(name="volume_exact", doc="as many contacts as base records times the multiplier"),
    Check(name="keys_resolve", doc="every company, contact, deal and owner named exists"),
)

_ALLOWED: Mapping[tuple[int, int], int] = {
    (NO_STAGE, SUBSCRIBER): CREATED,
    **{(stage, stage + 1): ADVANCED for stage in range(SUBSCRIBER, OPPORTUNITY)},
    **{(stage, NURTURE): NURTURED for stage in range(LEAD, SQL + 1)},
    **{(stage, OTHER): DISQUALIFIED for stage in range(SUBSCRIBER, SQL + 1)},
    (NURTURE, LEAD): RE_ENTERED,
    (OPPORTUNITY, CUSTOMER): WON,
    (OPPORTUNITY, OTHER): LOST,
}


def run_checks(params: CrmParams, world: World, rows: Mapping[str, int]) -> dict[str, str | None]:
    """Return each check's name with None, or with where it is broken; `rows`: written by table."""
    return {
        "times_in_window": times_in_window(world),
        "reconciliation": reconciliation(world, rows),
        "limits_kept": limits_kept(params, world.activities, world.n_contacts),
        "lifecycle_legal": lifecycle_legal(
            world.lifecycle, params.scenario.funnel.max_nurture_cycles
        ),
        "deals_legal": deals_legal(params, world),
        "companies_legal": companies_legal(params.scenario.group_size, world),
        "activities_legal": activities_legal(params, world),
        "arrivals_follow_shape": arrivals_follow_shape(world),
        "volume_exact": volume_exact(params, world),
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
    return _first(late, lambda row: f"contact {row} created at {world.created[row]} ms")


def reconciliation(world: World, rows: Mapping[str, int]) -> str | None:
    """Check the balances, and the rows of the tables that were written."""
    for name, b in world.reconciliation.items():
        sums = b.processed + b.skipped_record_cap + b.skipped_global_budget + b.pending
        if b.planned != sums or min(b.declined, b.planned, b.processed, b.pending) < 0:
            return f"{name}: {b.planned} planned, {sums} accounted for"
    processed = {name: balance.processed for name, balance in world.reconciliation.items()}
    expected = {
        "contacts": processed["contact"],
        "companies": processed["company"],
        "lifecycle_events": processed["lifecycle_event"],
        "deals": processed["deal"],
        "deal_stage_events": processed["deal_stage_event"],
        "activities": sum(processed[name] for name in TOUCH_TYPES),
    }
    for table, count in expected.items():
        if rows.get(table, count) != count:
            return f"table {table} has {rows[table]} rows, {count} objects were processed"
    return None


def limits_kept(params: CrmParams, activities: Activities, n_contacts: int) -> str | None:
    """Check caps per contact and budgets per run."""
    touch = params.scenario.touch
    for kind, name in enumerate(TOUCH_TYPES):
        contact = activities.contact[activities.kind == kind]
        cap, budget = getattr(touch.cap_per_contact, name), getattr(touch.budget, name)
        if budget is not None and contact.size > budget:
            return f"{contact.size} {name}s exceed the budget of {budget}"
        if cap is not None:
            per_contact = np.bincount(contact, minlength=n_contacts)
            found = _first(
                per_contact > cap,
                lambda row, n=name, c=per_contact: f"contact {row} has {c[row]} {n}s",  # type: ignore[misc]
            )
            if found:
                return found
    return None


def lifecycle_legal(lifecycle: Lifecycle, most_returns: int) -> str | None:
    """Check order, numbering and transitions of every contact's events."""
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
        broken, lambda row: f"contact {lifecycle.contact[row]}, event {lifecycle.seq[row]}"
    )


def deals_legal(params: CrmParams, world: World) -> str | None:
    """Check times, amounts and outcomes of deals, one per contact."""
    deals, law = world.deals, params.scenario.deal_amount
    times = np.column_stack((deals.sql_at, deals.boundaries))
    broken = (np.diff(times, axis=1) <= 0).any(axis=1)
    broken |= ~(deals.amount >= law.min - _HALF_CENT) | ~(deals.amount <= law.max + _HALF_CENT)
    broken[1:] |= np.diff(deals.contact) <= 0
    broken |= _deal_stage(world, deals) != world.lifecycle.stage[deals.contact]
    found = _first(broken, lambda row: f"deal {deals.contact[row]}")
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
    return _first(broken, lambda row: f"company {row} of {size[row]} contacts")


def activities_legal(params: CrmParams, world: World) -> str | None:
    """Check parents, and that follow-up tasks stand only where no call does."""
    activities = world.activities
    is_baseline = activities.trigger == BASELINE
    early = ~is_baseline & (activities.at < activities.parent)
    early |= is_baseline & (activities.at < world.lead_at[activities.contact])
    found = _first(early, lambda row: f"activity {row} is before its parent")
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
    return _first(both, lambda row: f"contact {contact[row]} has a call and a follow-up task")


def _entry(
    contact: NDArray[np.int32], pass_index: NDArray[np.int8], passes: int
) -> NDArray[np.int64]:
    return contact.astype(np.int64) * passes + pass_index


def arrivals_follow_shape(world: World) -> str | None:
    """Check the distance of creation times from the shape of arrivals."""
    n_contacts = world.n_contacts
    if n_contacts < _KS_FEWEST:
        return None
    found = distance(world.shape, (world.created - world.intake.start) / world.intake.span)
    limit = _KS_LIMIT / n_contacts**0.5
    return None if found <= limit else f"distance {found:.6g} exceeds {limit:.6g}"


def volume_exact(params: CrmParams, world: World) -> str | None:
    """Check the number of contacts."""
    wanted = volume(params)
    return None if wanted == world.n_contacts else f"{world.n_contacts} contacts, not {wanted}"


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
