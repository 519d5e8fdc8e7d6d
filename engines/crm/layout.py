"""Divide a run into blocks: whole groups of companies that fill up together, and their contacts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.crm.companies import FILLED_TOGETHER, Sizes

BLOCK = 50_000
"""Contacts in a block at most, unless a single group of companies has more."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive companies and contacts of the run that belong to each other alone."""

    companies: slice
    contacts: slice


def divide(sizes: Sizes, at_most: int = BLOCK) -> list[Block]:
    """Return the blocks of a run in order; together they cover all companies and contacts."""
    n_companies = sizes.size.size
    firsts = np.arange(0, n_companies, FILLED_TOGETHER)
    in_group = np.add.reduceat(sizes.size, firsts, dtype=np.int64)
    contacts = np.concatenate(([0], np.cumsum(in_group)))
    companies = np.append(firsts, n_companies)
    blocks, group = [], 0
    while group < firsts.size:
        fitting = int(np.searchsorted(contacts, contacts[group] + at_most, side="right")) - 1
        stop = max(fitting, group + 1)
        blocks.append(
            Block(
                slice(int(companies[group]), int(companies[stop])),
                slice(int(contacts[group]), int(contacts[stop])),
            )
        )
        group = stop
    return blocks
