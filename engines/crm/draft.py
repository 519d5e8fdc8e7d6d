"""Generate what happens to the contacts of one block, before any limit on activities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.crm.addressing import BlockDraws
from engines.crm.clock import Instants
from engines.crm.companies import Companies, Sizes, draw_sizes, make_companies
from engines.crm.deals import Deals, make_deals
from engines.crm.funnel import Kinds, Paths, assign_kinds, walk
from engines.crm.intake import Shape
from engines.crm.layout import BLOCK, Block, divide
from engines.crm.numbers import counts
from engines.crm.params import CrmParams, volume
from engines.crm.preparation import Prepared, arrivals, run_shape
from engines.crm.touches import Proposer
from runner.contract import Draws


@dataclass(frozen=True, slots=True)
class Draft:
    """Full paths of a block; contacts and companies count from 0 within it."""

    block: Block
    created: Instants
    kinds: Kinds
    owner: NDArray[np.int16]
    companies: Companies
    paths: Paths
    deals: Deals
    proposer: Proposer


@dataclass(slots=True)
class Drafts:
    """Drafts of the blocks of a run; the last one is kept, which spares small runs all repeats."""

    params: CrmParams
    prepared: Prepared
    draws: Draws
    shape: Shape
    created: Instants
    sizes: Sizes
    blocks: list[Block]
    _last: Draft | None = None

    @property
    def n_contacts(self) -> int:
        """Return the number of contacts of the run."""
        return self.created.size

    def of(self, block: Block) -> Draft:
        """Return the draft of a block."""
        if self._last is None or self._last.block is not block:
            self._last = None  # room for the next one
            self._last = self._make(block)
        return self._last

    def forget(self) -> None:
        """Give up the draft that is kept."""
        self._last = None

    def _make(self, block: Block) -> Draft:
        params, contacts, companies = self.params, block.contacts, block.companies
        created = self.created[contacts]
        draws = BlockDraws(self.draws, contacts.start)
        kinds = assign_kinds(params, self.draws, contacts)
        owner = self.draws.uniform("crm.contact.owner", entities=contacts)
        sizes = Sizes(self.sizes.size[companies], self.sizes.exempt[companies])
        paths = walk(params, draws, created, kinds)
        deals = make_deals(params, draws, self.prepared.clock, kinds, paths)
        return Draft(
            block=block,
            created=created,
            kinds=kinds,
            owner=counts(owner, 0, params.owners.count - 1).astype(np.int16),
            companies=make_companies(sizes, self.draws, created, companies.start, contacts.start),
            paths=paths,
            deals=deals,
            proposer=Proposer(params, draws, self.prepared.calendar, paths, deals),
        )


def make_drafts(
    params: CrmParams, prepared: Prepared, draws: Draws, at_most: int = BLOCK
) -> Drafts:
    """Return the drafts of a run, in blocks of `at_most` contacts."""
    shape = run_shape(params, prepared, draws)
    sizes = draw_sizes(params.scenario.group_size, draws, volume(params))
    created = arrivals(params, prepared, draws, shape)
    return Drafts(params, prepared, draws, shape, created, sizes, divide(sizes, at_most))
