"""Balance what should exist against what exists, by type of object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from engines.crm.admission import PENDING, PROCESSED, SKIPPED_BUDGET, SKIPPED_CAP, Admitted
from engines.crm.companies import Companies
from engines.crm.deals import Deals
from engines.crm.scenario import TOUCH_TYPES
from engines.crm.timeline import Lifecycle

OBJECTS = (
    "contact", "company", "deal", "lifecycle_event", "deal_stage_event", *TOUCH_TYPES,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Counts of one type: attempted = declined + planned, planned = the other four."""

    declined: int = 0
    planned: int = 0
    processed: int = 0
    skipped_record_cap: int = 0
    skipped_global_budget: int = 0

    pending: int = 0

    def plus(self, other: Balance) -> Balance:
        """Return the counts of both together."""
        names = (field.name for field in fields(self))
        return Balance(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def attempted(self) -> int:
        """Return planned and declined together."""
        return self.declined + self.planned


def reconcile(
    companies: Companies,
    lifecycle: Lifecycle,
    deals: Deals,
    touches: Mapping[int, Admitted],
    end: int,
) -> dict[str, Balance]:
    """Return the balance of each type of object of a block."""
    return {
        "contact": _cut(companies.of_contact.size, companies.of_contact.size),
        "company": _cut(companies.size.size, int((companies.created < end).sum())),
        "deal": _cut(deals.contact.size, int((deals.created < end).sum())),
        "lifecycle_event": _cut(lifecycle.planned, lifecycle.at.size),
        "deal_stage_event": _cut(deals.boundaries.size, int((deals.boundaries < end).sum())),
        **{name: _touches(touches.get(kind)) for kind, name in enumerate(TOUCH_TYPES)},
    }


def joined(one: Mapping[str, Balance], other: Mapping[str, Balance]) -> dict[str, Balance]:
    """Return the balances of two sets of blocks together."""
    return {name: one.get(name, Balance()).plus(balance) for name, balance in other.items()}


def _cut(planned: int, processed: int) -> Balance:
    return Balance(planned=planned, processed=processed, pending=planned - processed)


def _touches(admitted: Admitted | None) -> Balance:
    if admitted is None:
        return Balance()
    return Balance(
        declined=admitted.proposal.declined,
        planned=admitted.fate.size,
        processed=admitted.count(PROCESSED),
        skipped_record_cap=admitted.count(SKIPPED_CAP),
        skipped_global_budget=admitted.count(SKIPPED_BUDGET),
        pending=admitted.count(PENDING),
    )
