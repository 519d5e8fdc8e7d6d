"""Keep the activities of all blocks, packed, and give them back in the order of the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import Instants
from engines.crm.numbers import in_order
from engines.crm.params import CrmParams
from engines.crm.scenario import TOUCH_TYPES
from engines.crm.touches import BASELINE, INITIAL_NOTE, NOTE, TRIGGERS
from engines.crm.world import World

AT_ONCE = 131_072
"""Activities that are brought in order together, about."""

_PASSES = 6  # at most five returns from nurture
_CODE_BITS, _CONTACT_BITS = 8, 16
_SHIFT = _CODE_BITS + _CONTACT_BITS
_CODE, _CONTACT = (1 << _CODE_BITS) - 1, (1 << _CONTACT_BITS) - 1
_BINS = 4096


@dataclass(frozen=True, slots=True)
class Turn:
    """Activities that follow each other in time, (n,): contacts of the run, codes, ms.

    `ordinal` counts from 0 within contact and type; `delay` is ms since the parent, 0 for baseline.
    """

    contact: NDArray[np.int64]
    kind: NDArray[np.int64]
    trigger: NDArray[np.int64]
    pass_index: NDArray[np.int64]
    ordinal: NDArray[np.uint8]
    at: Instants
    delay: NDArray[np.int64]


@dataclass(slots=True)
class _Held:
    """Activities of a block in order.

    `key` int64 (n,): 39 bits of ms since the start, 16 of the contact within the block, 8 of type,
    trigger and pass. `delay` uint32: of those that can have one. `row`, `late` say how far the
    activities and the delays are used up.
    """

    first_contact: int
    key: NDArray[np.int64]
    ordinal: NDArray[np.uint8]
    delay: NDArray[np.uint32]
    row: int = 0
    late: int = 0


@dataclass(slots=True)
class Agenda:
    """Activities of the blocks added so far, in [start, end) ms."""

    params: CrmParams
    start: int
    end: int
    _held: list[_Held] = field(default_factory=list)
    _in_bin: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_BINS, dtype=np.int64))

    def add(self, world: World) -> None:
        """Keep the activities of a block, later than those added before by contact."""
        done = world.activities
        code = (done.kind.astype(np.int64) * len(TRIGGERS) + done.trigger) * _PASSES
        code += done.pass_index
        since = done.at - self.start
        key = (since << _SHIFT) | (done.contact.astype(np.int64) << _CODE_BITS) | code
        late = self._can_be_late()[code]
        delay = (done.at[late] - done.parent[late]).astype(np.uint32)
        first, ordinal = world.block.contacts.start, done.ordinal.astype(np.uint8)
        self._held.append(_Held(first, key, ordinal, delay))
        bins = since * _BINS // (self.end - self.start)
        self._in_bin += np.bincount(bins, minlength=_BINS)

    def turns(self) -> Iterator[Turn]:
        """Give all activities in order of time, contact, type, trigger, ...; once only."""
        late = self._can_be_late()
        for stop in self._stops():
            parts = [self._take(held, stop, late) for held in self._held]
            yield self._merged([part for part in parts if part.key.size], late)

    def _can_be_late(self) -> NDArray[np.bool_]:
        """Tell for each code whether such activities can come after their parent: bool (256,)."""
        code = np.arange(_CODE + 1) // _PASSES
        kind, trigger = np.divmod(code, len(TRIGGERS))
        deferred = TOUCH_TYPES[NOTE] in self.params.touchpoints.defer_to_business_hours
        at_once = (trigger == INITIAL_NOTE) & (not deferred)
        return np.asarray((trigger != BASELINE) & ~at_once & (kind < len(TOUCH_TYPES)))

    def _stops(self) -> list[int]:
        """Return instants, ms since the start, between which there are about `AT_ONCE` each."""
        so_far = np.cumsum(self._in_bin)
        wanted = np.arange(AT_ONCE, so_far[-1] + AT_ONCE, AT_ONCE)
        bins = np.unique(np.minimum(np.searchsorted(so_far, wanted), _BINS - 1)) + 1
        return [-(-int(b) * (self.end - self.start) // _BINS) for b in bins]

    def _take(self, held: _Held, stop: int, late: NDArray[np.bool_]) -> _Held:
        """Return the activities of a block from where it was left up to an instant."""
        row = int(np.searchsorted(held.key, stop << _SHIFT))
        here = slice(held.row, row)
        n_late = int(np.count_nonzero(late[held.key[here] & _CODE]))
        delay = held.delay[held.late : held.late + n_late]
        held.row, held.late = row, held.late + n_late
        return _Held(held.first_contact, held.key[here], held.ordinal[here], delay)

    def _merged(self, parts: list[_Held], late: NDArray[np.bool_]) -> Turn:
        key = np.concatenate([part.key for part in parts])
        first = np.repeat([part.first_contact for part in parts], [p.key.size for p in parts])
        ordinal = np.concatenate([part.ordinal for part in parts])
        delay = np.zeros(key.size, dtype=np.int64)
        delay[late[key & _CODE]] = np.concatenate([part.delay for part in parts])
        order = in_order(key >> _SHIFT)  # stable: parts come in the order of their contacts
        key = key[order]
        rest, pass_index = np.divmod(key & _CODE, _PASSES)
        kind, trigger = np.divmod(rest, len(TRIGGERS))
        return Turn(
            contact=first[order] + ((key >> _CODE_BITS) & _CONTACT),
            kind=kind,
            trigger=trigger,
            pass_index=pass_index,
            ordinal=ordinal[order],
            at=(key >> _SHIFT) + self.start,
            delay=delay[order],
        )
