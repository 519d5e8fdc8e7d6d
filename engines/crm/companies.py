"""Group contacts into companies whose sizes lie in the scenario's range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import Instants
from engines.crm.numbers import counts
from engines.crm.scenario import GroupSize
from runner.contract import Draws

_FILLED_TOGETHER = 25
"""Companies that fill up at once: new contacts join them in random order."""


@dataclass(frozen=True, slots=True)
class Companies:
    """Companies and their contacts.

    `of_contact` int64 (n_contacts,): company of each contact. By company, (n_companies,):
    `size` int64, `created` int64 ms, `first_contact` int64, `exempt` bool (outside the range
    because no composition exists).
    """

    of_contact: NDArray[np.int64]
    size: NDArray[np.int64]
    exempt: NDArray[np.bool_]
    created: Instants
    first_contact: NDArray[np.int64]


def make_companies(group: GroupSize, draws: Draws, created: Instants) -> Companies:
    """Return the companies of contacts created at `created`, int64 (n_contacts,)."""
    n_contacts = created.size
    most = n_contacts // group.min + 1
    drawn = counts(draws.uniform("crm.company.size", entities=slice(0, most)), group.min, group.max)
    size, exempt = composition(drawn, n_contacts, group.min, group.max)
    of_contact = _join(size, draws)
    opened, first = _earliest(of_contact, created, size.size)
    return Companies(of_contact, size, exempt, opened, first)


def composition(
    drawn: NDArray[np.int64], n_contacts: int, low: int, high: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return sizes that sum to `n_contacts`, int64 (k,), and which of them are exempt, bool (k,).

    `drawn` sizes are used until they suffice; the last company gets the rest. A rest below `low`
    is filled up from earlier companies, last first, or spread over them; if neither works no
    composition exists, and the last company is exempt.
    """
    last = int(np.searchsorted(np.cumsum(drawn), n_contacts))
    size = drawn[: last + 1].copy()
    size[last] = n_contacts - size[:last].sum()
    exempt = np.zeros(size.size, dtype=bool)
    missing = low - int(size[last])
    if missing <= 0:
        return size, exempt
    if int((size[:last] - low).sum()) >= missing:
        size[:last] -= _last_first(size[:last] - low, missing)
        size[last] = low
    elif int((high - size[:last]).sum()) >= size[last]:
        size[:last] += _last_first(high - size[:last], int(size[last]))
        return size[:last], exempt[:last]
    else:
        exempt[last] = True
    return size, exempt


def _last_first(room: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    """Return how much of `wanted` each place with `room` (k,) gives, the last places first."""
    before = np.cumsum(room[::-1]) - room[::-1]
    return np.asarray(np.clip(wanted - before, 0, room[::-1])[::-1])


def _join(size: NDArray[np.int64], draws: Draws) -> NDArray[np.int64]:
    slots = np.repeat(np.arange(size.size), size)
    key = draws.uniform("crm.company.slot", entities=slice(0, slots.size))
    key += slots // _FILLED_TOGETHER
    return np.asarray(slots[np.argsort(key, kind="stable")])


def _earliest(
    of_contact: NDArray[np.int64], created: Instants, n_companies: int
) -> tuple[Instants, NDArray[np.int64]]:
    """Return when each company's earliest contact was created, and who that is (lower id first)."""
    opened = np.full(n_companies, np.iinfo(np.int64).max)
    np.minimum.at(opened, of_contact, created)
    is_first = np.flatnonzero(created == opened[of_contact])
    first = np.full(n_companies, created.size)
    np.minimum.at(first, of_contact[is_first], is_first)
    return opened, first
