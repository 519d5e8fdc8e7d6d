"""Group contacts into companies whose sizes lie in the scenario's range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import Instants
from engines.crm.numbers import counts
from engines.crm.scenario import GroupSize
from runner.contract import Draws

FILLED_TOGETHER = 25
"""Companies that fill up at once: new contacts join them in random order."""
_DRAWN_TOGETHER = 65_536


@dataclass(frozen=True, slots=True)
class Companies:
    """Companies and their contacts.

    `of_contact` int64 (n_contacts,): company of each contact. By company, (n_companies,):
    `size` int16, `created` int64 ms, `first_contact` int64, `exempt` bool (outside the range
    because no composition exists).
    """

    of_contact: NDArray[np.int64]
    size: NDArray[np.int16]
    exempt: NDArray[np.bool_]
    created: Instants
    first_contact: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Contacts of each company of a run, int16 (n_companies,), and whether it is exempt, bool."""

    size: NDArray[np.int16]
    exempt: NDArray[np.bool_]


def draw_sizes(group: GroupSize, draws: Draws, n_contacts: int) -> Sizes:
    """Return the sizes of the companies of a run of `n_contacts`."""
    parts: list[NDArray[np.int16]] = []
    total = 0
    for first in range(0, n_contacts // group.min + 1, _DRAWN_TOGETHER):
        here = slice(first, min(first + _DRAWN_TOGETHER, n_contacts // group.min + 1))
        u = draws.uniform("crm.company.size", entities=here)
        parts.append(counts(u, group.min, group.max).astype(np.int16))
        total += int(parts[-1].sum())
        if total >= n_contacts:
            break
    return Sizes(*composition(np.concatenate(parts), n_contacts, group.min, group.max))


def make_companies(
    sizes: Sizes, draws: Draws, created: Instants, first_company: int = 0, first_contact: int = 0
) -> Companies:
    """Return the companies of consecutive contacts, both counted from 0.

    `sizes` and `created`, int64 (n_contacts,), are those of the companies and contacts from
    `first_company` and `first_contact` of the run on; `FILLED_TOGETHER` divides `first_company`.
    """
    slots = np.repeat(np.arange(sizes.size.size), sizes.size)
    contacts = slice(first_contact, first_contact + slots.size)
    key = draws.uniform("crm.company.slot", entities=contacts)
    key += (slots + first_company) // FILLED_TOGETHER
    of_contact = slots[np.argsort(key, kind="stable")]
    opened, first = _earliest(of_contact, created, sizes.size.size)
    return Companies(of_contact, sizes.size, sizes.exempt, opened, first)


def composition(
    drawn: NDArray[np.int16], n_contacts: int, low: int, high: int
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Return sizes that sum to `n_contacts`, int16 (k,), and which of them are exempt, bool (k,).

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


def _last_first(room: NDArray[np.int16], wanted: int) -> NDArray[np.int16]:
    """Return how much of `wanted` each place with `room` (k,) gives, the last places first."""
    before = np.cumsum(room[::-1], dtype=np.int64) - room[::-1]
    given = np.clip(wanted - before, 0, room[::-1])
    return np.asarray(given[::-1], dtype=np.int16)


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
