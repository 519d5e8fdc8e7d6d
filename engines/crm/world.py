"""Hold what happened to the contacts of one block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.crm.admission import Admitted
from engines.crm.clock import Instants
from engines.crm.companies import Companies
from engines.crm.deals import Deals
from engines.crm.intake import IntakeWindow
from engines.crm.layout import Block
from engines.crm.reconciliation import Balance
from engines.crm.timeline import Activities, Lifecycle


@dataclass(frozen=True, slots=True)
class World:
    """One block: the window in ms, contacts (n_contacts,), and all that happened to them.

    Contacts and companies count from 0 within the block. `lead_at` is the first entry to lead, -1
    if none. `deals` holds full paths; those created at or after `end` are pending.
    `cycle_multiplier` is the largest one among archetypes present.
    """

    start: int
    end: int
    intake: IntakeWindow
    block: Block
    created: Instants
    lead_at: Instants
    owner: NDArray[np.int16]
    kinds: NDArray[np.int16]
    cycle_multiplier: float
    companies: Companies
    lifecycle: Lifecycle
    deals: Deals
    activities: Activities
    touches: Mapping[int, Admitted]
    reconciliation: Mapping[str, Balance]

    @property
    def n_contacts(self) -> int:
        """Return the number of contacts of the block."""
        return self.created.size
